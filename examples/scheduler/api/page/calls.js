// Calls to the scheduler, and what came of them in words.

import { byId, say } from "./dom.js";

const CALL_MS = 20000;

/** The answer; throws an Error that says what was wrong and where. */
export async function call(method, path, body) {
  const request = { method, signal: AbortSignal.timeout(CALL_MS), cache: "no-store" };
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers = { "Content-Type": "application/json" };
  }
  const answer = await fetch(`v1/${path}`, request);
  const json = await answer.json();
  if (!answer.ok) throw new Error(json.error ?? `status ${answer.status}`);
  return json;
}

let quietAt = 0;
export function tell(text) {
  clearTimeout(quietAt);
  say(byId("said"), text);
  quietAt = setTimeout(() => say(byId("said"), ""), 15000);
}

/** Does it and says what came of it. */
export async function act(what, method, path, body) {
  try {
    const { changed } = await call(method, path, body);
    tell(changed === 0 ? `${what}: there was nothing to do` : `${what}: done`);
  } catch (problem) {
    tell(`${what}: ${problem.message}`);
  }
}
