// The form.

import { byId, say } from "./dom.js";
import { call, tell } from "./calls.js";

const words = (text) => text.split(",").map((word) => word.trim()).filter(Boolean);

/** What is not filled in is left to the scheduler. */
function jobOf(form) {
  const text = (name) => form.elements[name].value.trim();
  const number = (name) => (text(name) === "" ? undefined : Number(text(name)));
  const job = { command: ["sh", "-c", text("command")] };
  if (text("id")) job.id = text("id");
  for (const name of ["count", "priority", "attempts_max"]) if (number(name) !== undefined) job[name] = number(name);
  if (number("timeout")) job.timeout_ms = number("timeout") * 1000;
  for (const name of ["slots", "memory_mib"]) if (number(name) !== undefined) (job.resources ??= {})[name] = number(name);
  if (text("after")) job.after = words(text("after"));
  if (text("labels")) job.labels = Object.fromEntries(words(text("labels")).map((pair) => [pair.split("=")[0], pair.split("=").slice(1).join("=")]));
  return job;
}

/** Pressed twice, or sent again after an answer was lost, it is submitted once: the same form has the same key until it was taken. */
let key = "";
const newKey = () => `page-${crypto.getRandomValues(new Uint32Array(3)).join("-")}`;

async function submit(form) {
  const button = form.querySelector("button");
  button.disabled = true;
  say(byId("submit-wrong"), "");
  try {
    key ||= newKey();
    const { jobs } = await call("POST", "jobs", { ...jobOf(form), idempotency_key: key });
    key = "";
    tell(`submitted ${jobs.join(", ")}`);
    form.reset();
    form.elements.command.focus();
  } catch (problem) {
    say(byId("submit-wrong"), problem.message);
  } finally {
    button.disabled = false;
  }
}

export function startSubmit() {
  const form = byId("submit-form");
  form.addEventListener("input", () => (key = ""));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(form);
  });
}
