// Leases with their time and keys, asked every two seconds.

import { byId, el, say } from "./dom.js";
import { fromBase64, readable } from "./bytes.js";
import { call } from "./api.js";
import { keep, pause } from "./loop.js";

const ASKED_MAX = 20;
const KEYS_SHOWN = 3;
const EVERY_MS = 2000;

function row(id, lease) {
  const keys = (lease.keys ?? []).map((key) => readable(fromBase64(key)));
  const more = keys.length > KEYS_SHOWN ? ` and ${keys.length - KEYS_SHOWN} more` : "";
  return el("li", {},
    el("code", {}, BigInt(id).toString(16).padStart(16, "0")),
    el("span", { class: "mono" }, keys.length > 0 ? keys.slice(0, KEYS_SHOWN).join(", ") + more : "no keys"),
    el("span", { class: "quiet" }, `${lease.TTL ?? 0} of ${lease.grantedTTL ?? 0} s left`));
}

async function round(signal) {
  const { leases = [] } = await call("lease/leases", {});
  const asked = leases.slice(0, ASKED_MAX).map((lease) => lease.ID);
  const told = [];
  for (const ID of asked) {
    if (signal.aborted) return;
    told.push(await call("lease/timetolive", { ID, keys: true }));
  }
  const rows = asked.map((id, i) => [id, told[i]]).filter(([, lease]) => Number(lease.TTL ?? 0) >= 0).map(([id, lease]) => row(id, lease));
  byId("leases").replaceChildren(...(rows.length > 0 ? rows : [el("li", { class: "quiet" }, "no leases")]));
  say(byId("leases-more"), leases.length > ASKED_MAX ? `and ${leases.length - ASKED_MAX} more` : "");
  await pause(EVERY_MS, signal);
}

export function startLeases() {
  keep(round);
}
