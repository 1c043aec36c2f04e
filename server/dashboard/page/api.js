// Calls to the member that gave the page, and states of all.

const STATE_MS = 1500;
const CALL_MS = 10000;

/** What a member tells of itself; `origin` is empty for our own. */
export async function stateOf(origin) {
  const where = origin === "" ? "ui/state" : origin + "/ui/state";
  const answer = await fetch(where, {
    cache: "no-store", credentials: origin === "" ? "same-origin" : "include", signal: AbortSignal.timeout(STATE_MS),
  });
  if (!answer.ok) throw new Error("status " + answer.status);
  return answer.json();
}

export async function call(path, body) {
  const answer = await fetch("v3/" + path, { method: "POST", body: JSON.stringify(body), signal: AbortSignal.timeout(CALL_MS) });
  const json = await answer.json();
  if (!answer.ok) throw new Error(json.message ?? "status " + answer.status);
  return json;
}

async function* linesOf(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let pieces = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = value.split("\n");
    pieces.push(lines[0]);
    for (const line of lines.slice(1)) {
      const whole = pieces.join("");
      if (whole !== "") yield whole;
      pieces = [line];
    }
  }
}

/** Watches, all in one stream, until it ends or the signal says so. `created` is called when the watches are there. */
export async function watch(requests, { signal, events, created = () => {} }) {
  const body = requests.map((create_request) => JSON.stringify({ create_request })).join("\n");
  const answer = await fetch("v3/watch", { method: "POST", body, signal });
  if (!answer.ok) throw new Error("status " + answer.status);
  let missing = requests.length;
  for await (const line of linesOf(answer.body)) {
    const { result, error } = JSON.parse(line);
    if (error) throw new Error(error.message);
    if (result.canceled) throw new Error(result.cancel_reason ?? "the watch was ended");
    if (result.created && --missing === 0) created();
    if (result.events) events(result.events);
  }
}
