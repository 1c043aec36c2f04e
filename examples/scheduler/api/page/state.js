// What the scheduler tells: one stream of changes, taken up where it was left.

const SILENCE_MS = 16000; // the server tells its age every 5 s
const AGAIN_MS = 2000;

export const state = { jobs: new Map(), agents: new Map(), freeze: null, filled: false, connected: false, ageMs: null };

let source = null;
let staging = null; // a picture of the whole that is not complete
let lastId = "";
let heardAt = 0;
let againTimer = 0;
let changed = () => {};

function merge(into, changes) {
  for (const [name, value] of Object.entries(changes ?? {})) {
    const now = into.get(name);
    if (value === null) into.delete(name);
    else if (!(now?.revision > value.revision)) into.set(name, value);
  }
}

function take(change) {
  const to = staging ?? state;
  merge(to.jobs, change.jobs);
  merge(to.agents, change.agents);
  if ("freeze" in change) to.freeze = change.freeze;
}

function on(name, work) {
  source.addEventListener(name, (event) => {
    heardAt = Date.now();
    if (event.lastEventId) lastId = event.lastEventId;
    state.connected = true;
    work(JSON.parse(event.data));
    changed();
  });
}

function connect() {
  disconnect();
  staging = null;
  heardAt = Date.now();
  source = new EventSource(lastId ? `v1/events?last_event_id=${encodeURIComponent(lastId)}` : "v1/events");
  on("begin", () => (staging = { jobs: new Map(), agents: new Map(), freeze: null }));
  on("change", take);
  on("ready", () => {
    if (staging) Object.assign(state, staging, { filled: true });
    staging = null;
  });
  on("age", ({ age_ms }) => (state.ageMs = age_ms));
  source.addEventListener("error", () => {
    state.connected = false;
    changed();
    clearTimeout(againTimer);
    againTimer = setTimeout(connect, AGAIN_MS);
    source.close(); // the browser's own attempts would not say where to go on after a refusal
  });
}

function disconnect() {
  clearTimeout(againTimer);
  source?.close();
  source = null;
}

/** Begins; `listener` is called after each change. */
export function listen(listener) {
  changed = listener;
  connect();
  setInterval(() => {
    if (source && Date.now() - heardAt > SILENCE_MS) {
      state.connected = false;
      connect();
    }
    changed();
  }, 1000);
  // A page that nobody sees would use up the browser's connections.
  document.addEventListener("visibilitychange", () => (document.hidden ? disconnect() : connect()));
}
