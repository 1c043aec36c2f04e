// All about one job, with the output of its last run as it comes.

import { byId, el, onPress, say, showRows } from "./dom.js";
import { act, call } from "./calls.js";
import { state } from "./state.js";
import { canRetry, isFinal } from "./jobs.js";

const OUTPUT_MAX = 200000;
let open = null; // {name, stop, seen}

const time = (ms) => (ms ? new Date(ms).toLocaleString() : "");
const specOf = (name) => name.split(".")[0];

function facts(job, spec) {
  const list = [["Phase", job.phase], ["Why", job.reason], ["Agent", job.agent], ["Attempt", job.epoch || ""],
    ["Failed", job.failures ? `${job.failures} of ${spec?.attempts_max ?? "?"} times` : ""], ["Lost", job.losses ? `${job.losses} times` : ""],
    ["Command", (spec?.command ?? []).join(" ")], ["Priority", job.priority], ["After", (spec?.after ?? []).join(", ")],
    ["Needs", spec ? Object.entries(spec.resources).filter(([, n]) => n).map(([what, n]) => `${what} ${n}`).join(", ") : ""],
    ["Labels", Object.entries(spec?.labels ?? {}).map(([name, value]) => `${name}=${value}`).join(", ")],
    ["Submitted", time(job.submitted_ms)], ["Changed", time(job.changed_ms)]];
  return list.filter(([, value]) => value !== undefined && value !== "").map(([name, value]) => [name, String(value)]);
}

function showFacts(job, spec) {
  const items = facts(job, spec).flatMap(([name, value]) => [{ key: `${name}?`, tag: "dt", text: name }, { key: name, tag: "dd", text: value }]);
  showRows(byId("detail-facts"), items, ({ key }) => key, ({ tag }) => el(tag), (child, { text }) => say(child, text));
}

function showRuns(runs) {
  const rows = Object.entries(runs ?? {}).map(([epoch, run]) => ({ epoch, run })).sort((a, b) => b.epoch - a.epoch);
  showRows(byId("detail-runs"), rows, ({ epoch }) => epoch, () => el("p", { class: "quiet" }), (row, { epoch, run }) => {
    const end = run.exit_code !== undefined ? `exit code ${run.exit_code}` : run.signal !== undefined ? `signal ${run.signal}` : "";
    const why = run.reason === end ? "" : run.reason;
    say(row, [`Attempt ${epoch} on ${run.agent}: ${run.phase}`, end, why, time(run.started_ms)].filter(Boolean).join(" · "));
  });
}

function showActions(job) {
  const actions = [];
  const isElement = job.job !== specOf(job.job);
  if (!isFinal(job)) actions.push({ key: "cancel", label: "Cancel" });
  if (!isFinal(job) && isElement) actions.push({ key: "cancel-all", label: "Cancel the whole array" });
  if (canRetry(job)) actions.push({ key: "retry", label: "Retry" });
  if (isFinal(job)) actions.push({ key: "discard", label: isElement ? "Discard the whole array" : "Discard" });
  showRows(byId("detail-actions"), actions, ({ key }) => key, ({ key, label }) => {
    const button = el("button", { class: "small" }, label);
    if (key === "discard") button.dataset.sure = "Yes, forget it";
    if (key === "cancel-all") button.dataset.sure = "Yes, all of it";
    const [verb] = key.split("-");
    const name = key === "discard" || key === "cancel-all" ? specOf(job.job) : job.job;
    onPress(button, () => act(`${verb} ${name}`, "POST", `jobs/${name}/${verb}`));
    return button;
  }, () => {});
}

/** Follows the output until the job is final or the dialog closes. */
async function follow(name, signal) {
  const log = byId("detail-log");
  const told = byId("detail-log-state");
  try {
    const answer = await fetch(`v1/jobs/${name}/logs?follow=true`, { signal, cache: "no-store" });
    if (!answer.ok) throw new Error((await answer.json()).error);
    say(told, "as it comes");
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const at_end = log.scrollHeight - log.scrollTop - log.clientHeight < 30;
      log.append(value);
      if (log.textContent.length > OUTPUT_MAX) log.textContent = log.textContent.slice(-OUTPUT_MAX / 2);
      if (at_end) log.scrollTop = log.scrollHeight;
    }
    if (!signal.aborted) say(told, log.textContent ? "" : "none");
  } catch (problem) {
    if (!signal.aborted) say(told, problem.message);
  }
}

async function load() {
  const { name } = open;
  try {
    const shown = await call("GET", `jobs/${name}`);
    if (open?.name !== name) return;
    open.spec = shown.spec;
    showRuns(shown.jobs[name]?.runs);
  } catch {
    return; // the facts that the stream told stay
  }
  showDetail();
}

/** Brings an open dialog up to date. */
export function showDetail() {
  if (!open) return;
  const job = state.jobs.get(open.name);
  if (!job) {
    showActions({ job: open.name, phase: "" });
    byId("detail-facts").replaceChildren(el("dt", {}, "Phase"), el("dd", {}, "forgotten"));
    byId("detail-actions").replaceChildren();
    return;
  }
  if (open.seen !== job.revision) {
    const again = open.final && !isFinal(job);
    open.seen = job.revision;
    open.final = isFinal(job);
    load();
    if (again) startLog();
  }
  showFacts(job, open.spec);
  showActions(job);
}

function startLog() {
  open.stop?.abort();
  open.stop = new AbortController();
  byId("detail-log").textContent = "";
  follow(open.name, open.stop.signal);
}

export function openDetail(name) {
  open?.stop?.abort();
  open = { name, stop: null, seen: 0, final: false, spec: null };
  say(byId("detail-title"), name);
  byId("detail-runs").replaceChildren();
  byId("detail-actions").replaceChildren();
  byId("detail").showModal();
  showDetail();
  startLog();
}

export function startDetail() {
  const dialog = byId("detail");
  byId("detail-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    open?.stop?.abort();
    open = null;
  });
}
