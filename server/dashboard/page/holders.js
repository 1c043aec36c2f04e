// Locks, elections and the like, read from the keys of the recipes: the oldest place of a queue has it (docs/recipes.md).

import { byId, el, gathered } from "./dom.js";
import { decode, encode, fromBase64, rangeOf, readable, visible } from "./bytes.js";
import { call, watch } from "./api.js";
import { keep, pause } from "./loop.js";

const KINDS = ["lock", "election", "semaphore", "rwlock", "reboot"];
const PLACES_MAX = 500;
const SHOWN_MAX = 100;
const FIELD_SHOWN = 200;
const SHOW_MS = 250;
const found = new Map(KINDS.map((kind) => [kind, []]));

function fieldsOf(value) {
  try {
    const fields = JSON.parse(decode(value));
    return fields !== null && typeof fields === "object" ? fields : {};
  } catch {
    return {};
  }
}

/** [{name, places: [{part, fields, created}]}] of one kind, places from the oldest on. */
function group(kind, kvs) {
  const head = `/conclave/${kind}/`;
  const things = new Map();
  for (const kv of kvs) {
    const key = fromBase64(kv.key);
    const cut = key.indexOf("//", head.length);
    const name = readable(key.slice(head.length, cut < 0 ? undefined : cut));
    if (!things.has(name)) things.set(name, { name, record: {}, places: [] });
    const fields = fieldsOf(fromBase64(kv.value));
    if (cut < 0) things.get(name).record = fields;
    else if (!/\+\d{3}$/.test(key)) things.get(name).places.push({ part: key.slice(cut + 2), fields, created: Number(kv.create_revision) });
  }
  for (const thing of things.values()) thing.places.sort((a, b) => a.created - b.created);
  return [...things.values()];
}

const weightOf = (field) => (typeof field === "number" ? field : 1);

function holdersOf(kind, { places, record }) {
  if (kind === "reboot") return places.filter((place) => place.part.startsWith("slot/"));
  if (kind === "semaphore") {
    let left = weightOf(record.slots);
    return places.filter((place) => (left -= weightOf(place.fields.weight)) >= 0 || place.created <= (record.admitted ?? 0));
  }
  if (kind === "rwlock" && places[0]?.part.startsWith("r/")) {
    const writer = places.findIndex((place) => place.part.startsWith("w/"));
    return writer < 0 ? places : places.slice(0, writer);
  }
  return places.slice(0, 1);
}

/** A field should be text, but anybody may have written anything. */
const textOf = (field) => visible(typeof field === "string" ? field : JSON.stringify(field)).slice(0, FIELD_SHOWN);

function sayPlace({ fields }) {
  const who = textOf(fields.owner ?? fields.host ?? fields.machine ?? "somebody");
  const why = fields.note ?? fields.reason ?? fields.value;
  return why ? `${who} (${textOf(why)})` : who;
}

function rows() {
  return KINDS.flatMap((kind) => found.get(kind).map((thing) => {
    const holders = holdersOf(kind, thing);
    const queued = thing.places.filter((place) => kind !== "reboot" || place.part.startsWith("queue/"));
    const waiting = queued.filter((place) => !holders.includes(place)).length;
    return el("li", { "data-kind": kind },
      el("span", { class: "quiet" }, kind), el("code", {}, thing.name),
      el("span", { class: "holder" }, holders.length > 0 ? holders.map(sayPlace).join(", ") : "nobody"),
      el("span", { class: "quiet" }, waiting > 0 ? `${waiting} waiting` : ""));
  }));
}

function show() {
  const all = rows();
  const more = all.length > SHOWN_MAX ? [el("li", { class: "quiet" }, `and ${all.length - SHOWN_MAX} more`)] : [];
  byId("holders").replaceChildren(...(all.length > 0 ? all.slice(0, SHOWN_MAX).concat(more) : [el("li", { class: "quiet" }, "no locks, elections or semaphores")]));
}

const showSoon = gathered(show, SHOW_MS);

async function read(kind) {
  const range = rangeOf(encode(`/conclave/${kind}/`));
  const { kvs = [] } = await call("kv/range", { ...range, limit: PLACES_MAX });
  found.set(kind, group(kind, kvs));
  showSoon();
}

export function startHolders() {
  keep(async (signal) => {
    const stale = new Set(KINDS);
    let wake = () => {};
    const watching = watch(KINDS.map((kind) => rangeOf(encode(`/conclave/${kind}/`))), {
      signal,
      created: () => wake(),
      events: (events) => {
        for (const { kv } of events) stale.add(fromBase64(kv.key).split("/")[2]);
        wake();
      },
    });
    let ended = false;
    watching.catch(() => {}).finally(() => {
      ended = true;
      wake();
    });
    while (!ended && !signal.aborted) {
      const again = new Promise((done) => (wake = done));
      const kinds = [...stale];
      stale.clear();
      await Promise.all(kinds.filter((kind) => found.has(kind)).map(read));
      if (stale.size === 0 && !ended) await again;
      await pause(SHOW_MS, signal);
    }
    await watching;
  });
}
