// The key browser: the first keys of a prefix, kept up to date by a watch; one of them with its value.

import { byId, el, gathered, say } from "./dom.js";
import { encode, fromBase64, rangeOf, readable, toBase64 } from "./bytes.js";
import { call, watch } from "./api.js";
import { keep } from "./loop.js";

const LISTED_MAX = 200;
const VALUE_SHOWN = 20000;
const FRESH_MS = 2500;
const SHOW_MS = 150;

let prefix = "";
let more = false;
let chosen = null;
let keys = new Map();  // bytes of the key -> {revision, version, lease, created, changed}
let job = null;

const list = byId("key-list");
const sorted = () => [...keys.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));

function note(kv, changed) {
  keys.set(fromBase64(kv.key), {
    revision: kv.mod_revision, created: kv.create_revision, version: kv.version, lease: kv.lease ?? "0", changed,
  });
}

function option(key, i) {
  const { version, changed } = keys.get(key);
  const made = el("div", { role: "option", id: "key-" + i, "aria-selected": key === chosen },
    el("span", {}, readable(key)), el("span", {}, "version " + version));
  if (Date.now() - changed < FRESH_MS) made.className = "fresh";
  made.addEventListener("click", () => choose(key));
  return made;
}

function show() {
  const order = sorted();
  list.replaceChildren(...order.map(option));
  const active = order.indexOf(chosen);
  if (active >= 0) list.setAttribute("aria-activedescendant", "key-" + active);
  else list.removeAttribute("aria-activedescendant");
  if ([...keys.values()].some((each) => Date.now() - each.changed < FRESH_MS)) setTimeout(showSoon, FRESH_MS);
}
const showSoon = gathered(show, SHOW_MS);
const detailSoon = gathered(showDetail, SHOW_MS);

function choose(key) {
  chosen = key;
  show();
  list.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  detailSoon();
}

async function showDetail() {
  const asked = chosen;
  if (asked === null) return;
  const detail = byId("key-detail");
  try {
    const { kvs = [] } = await call("kv/range", { key: toBase64(asked) });
    if (asked !== chosen) return;
    const title = el("p", { class: "mono" }, readable(asked));
    if (kvs.length === 0) return detail.replaceChildren(title, el("p", { class: "quiet" }, "was deleted"));
    const [kv] = kvs;
    const value = fromBase64(kv.value);
    const lease = kv.lease ? `, on lease ${BigInt(kv.lease).toString(16).padStart(16, "0")}` : "";
    detail.replaceChildren(title,
      el("p", { class: "quiet" }, `created at revision ${kv.create_revision}, changed at ${kv.mod_revision}, version ${kv.version}${lease}, ${value.length} bytes`),
      el("pre", { tabindex: "0", "aria-label": "value" }, readable(value.slice(0, VALUE_SHOWN), true)),
      el("p", { class: "quiet" }, value.length > VALUE_SHOWN ? `the first ${VALUE_SHOWN} bytes` : ""));
  } catch (problem) {
    if (asked === chosen) detail.replaceChildren(el("p", { class: "alarm" }, problem.message));
  }
}

/** True if what is listed must be read anew: keys beyond those that are listed may have moved up. */
function apply(events) {
  for (const { type, kv } of events) {
    const key = fromBase64(kv.key);
    if (type === "DELETE") keys.delete(key);
    else note(kv, Date.now());
    if (key === chosen) detailSoon();
  }
  if (keys.size > LISTED_MAX || more) {
    const order = sorted();
    for (const key of order.slice(LISTED_MAX)) keys.delete(key);
    more = more || order.length > LISTED_MAX;
  }
  showSoon();
  return more && keys.size < LISTED_MAX;
}

function sayState(live) {
  const count = more ? `the first ${LISTED_MAX} keys` : keys.size === 1 ? "1 key" : `${keys.size} keys`;
  say(byId("keys-state"), live ? `${count}, live` : "not live; trying again");
}

async function follow(signal) {
  const range = rangeOf(prefix);
  const read = await call("kv/range", { ...range, limit: LISTED_MAX, keys_only: true });
  if (signal.aborted) return;
  keys = new Map();
  for (const kv of read.kvs ?? []) note(kv, 0);
  more = Boolean(read.more);
  show();
  detailSoon();
  const start_revision = String(BigInt(read.header.revision) + 1n);
  await watch([{ ...range, start_revision }], {
    signal,
    created: () => sayState(true),
    events: (events) => {
      if (signal.aborted) return;
      if (apply(events)) job.restart();
      sayState(true);
    },
  });
}

const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };

function onKey(event) {
  if (!(event.key in STEPS)) return;
  event.preventDefault();
  const order = sorted();
  if (order.length === 0) return;
  const at = order.indexOf(chosen);
  const next = at < 0 ? 0 : Math.min(order.length - 1, Math.max(0, at + STEPS[event.key]));
  choose(order[next]);
}

export function startKeys() {
  byId("browse").addEventListener("submit", (event) => {
    event.preventDefault();
    prefix = encode(byId("prefix").value);
    say(byId("keys-state"), "reading");
    job.restart();
  });
  list.addEventListener("keydown", onKey);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input")) return;
    event.preventDefault();
    byId("prefix").focus();
  });
  job = keep(follow, () => sayState(false));
}
