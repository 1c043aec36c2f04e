// Jobs and the queue.

import { ago, byId, el, onPress, say, showRows } from "./dom.js";
import { act } from "./calls.js";
import { state } from "./state.js";
import { openDetail } from "./detail.js";

const JOBS_MAX = 200;
const QUEUE_MAX = 12;
const PHASES = ["pending", "assigned", "accepted", "running", "failed", "lost", "succeeded", "dead", "cancelled"];
const FINAL = new Set(["succeeded", "dead", "cancelled"]);
const BUSY = new Set(["assigned", "accepted", "running"]);

let phase = "";

export const isFinal = (job) => FINAL.has(job.phase);
export const canRetry = (job) => job.phase === "dead" || job.phase === "cancelled";

const inQueueOrder = (a, b) => (b.priority ?? 50) - (a.priority ?? 50) || a.created - b.created || byName(a, b);
const byName = (a, b) => a.job.localeCompare(b.job, "en", { numeric: true });
const rank = (job) => (BUSY.has(job.phase) ? 0 : isFinal(job) ? 2 : 1);
/** What goes on, what waits, and then what ended last. */
function inOrder(a, b) {
  return rank(a) - rank(b) || (rank(a) === 2 ? b.changed_ms - a.changed_ms || byName(a, b) : inQueueOrder(a, b));
}

function matches(job, words) {
  const text = `${job.job} ${job.agent ?? ""} ${job.command ?? ""}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

function makeRow(job) {
  const name = el("button", { class: "name" }, job.job);
  name.addEventListener("click", () => openDetail(job.job));
  const cancel = el("button", { class: "small cancel", "aria-label": `Cancel ${job.job}` }, "Cancel");
  const retry = el("button", { class: "small retry", "aria-label": `Retry ${job.job}` }, "Retry");
  onPress(cancel, () => act(`cancel ${job.job}`, "POST", `jobs/${job.job}/cancel`));
  onPress(retry, () => act(`retry ${job.job}`, "POST", `jobs/${job.job}/retry`));
  return el("li", {}, el("div", { class: "head" }, name, el("span", { class: "phase" }), el("span", { class: "where quiet" }),
    el("span", { class: "command" }), el("span", { class: "push" }, el("span", { class: "when quiet" }), cancel, retry)), el("div", { class: "why" }));
}

function updateRow(row, job) {
  const at = (selector) => row.querySelector(selector);
  row.dataset.phase = job.phase;
  const shown = at(".phase");
  shown.className = `phase ${job.phase}`;
  say(shown, job.phase);
  say(at(".where"), job.agent ? (isFinal(job) || BUSY.has(job.phase) ? `on ${job.agent}` : `was on ${job.agent}`) : "");
  say(at(".when"), ago(job.changed_ms));
  say(at(".command"), job.command ?? "");
  at(".command").title = job.command ?? "";
  const times = [job.failures ? `failed ${job.failures}×` : "", job.losses ? `lost ${job.losses}×` : ""].filter(Boolean).join(", ");
  say(at(".why"), [job.phase === "succeeded" || job.reason === job.phase ? "" : job.reason, times].filter(Boolean).join(" · "));
  at(".cancel").hidden = isFinal(job);
  at(".retry").hidden = !canRetry(job);
}

function showPhases(counts, total) {
  const chips = [{ key: "", count: total }, ...PHASES.filter((name) => counts.get(name) || name === phase).map((key) => ({ key, count: counts.get(key) ?? 0 }))];
  showRows(byId("phases"), chips, ({ key }) => key, ({ key }) => {
    const chip = el("button", { type: "button" });
    chip.addEventListener("click", () => {
      phase = key;
      showJobs();
    });
    return chip;
  }, (chip, { key, count }) => {
    say(chip, `${key || "all"} ${count}`);
    chip.setAttribute("aria-pressed", key === phase);
  });
}

function showQueue(pending) {
  const queue = pending.sort(inQueueOrder);
  say(byId("queue-count"), queue.length ? `${queue.length} waiting` : "");
  showRows(byId("queue"), queue.slice(0, QUEUE_MAX), (job) => job.job, (job) => {
    const name = el("button", { class: "name" }, job.job);
    name.addEventListener("click", () => openDetail(job.job));
    return el("li", {}, el("div", { class: "head" }, name, el("span", { class: "quiet prio" }), el("span", { class: "push quiet when" })), el("div", { class: "why" }));
  }, (row, job) => {
    say(row.querySelector(".prio"), `priority ${job.priority ?? "?"}`);
    say(row.querySelector(".when"), `since ${ago(job.submitted_ms).replace(" ago", "")}`);
    const why = [job.reason, job.after ? `after ${job.after.join(", ")}` : "", job.delay_ms ? `held back for ${job.delay_ms} ms` : ""];
    say(row.querySelector(".why"), why.filter(Boolean).join(" · "));
  });
  const more = queue.length - QUEUE_MAX;
  say(byId("queue-more"), more > 0 ? `and ${more} more` : queue.length ? "" : "Nothing waits.");
}

export function showJobs() {
  const all = [...state.jobs.values()];
  const counts = new Map();
  for (const job of all) counts.set(job.phase, (counts.get(job.phase) ?? 0) + 1);
  showPhases(counts, all.length);
  showQueue(all.filter((job) => job.phase === "pending"));
  const words = byId("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = all.filter((job) => (phase === "" || job.phase === phase) && matches(job, words)).sort(inOrder);
  say(byId("jobs-count"), found.length === all.length ? "" : `${found.length} of ${all.length}`);
  showRows(byId("jobs"), found.slice(0, JOBS_MAX), (job) => job.job, makeRow, updateRow);
  const more = found.length - JOBS_MAX;
  say(byId("jobs-more"), more > 0 ? `and ${more} more: the filter narrows it down` : found.length || !state.filled ? "" : "No such job.");
  const running = counts.get("running") ?? 0;
  document.title = `${running ? `${running} running · ` : ""}conclave scheduler`;
}

export function startJobs() {
  byId("filter").addEventListener("input", showJobs);
}
