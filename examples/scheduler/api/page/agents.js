// Agents, and whether work is frozen.

import { ago, byId, el, onPress, say, showRows } from "./dom.js";
import { act } from "./calls.js";
import { state } from "./state.js";

function makeRow(agent) {
  const drain = el("button", { class: "small drain", "aria-label": `Drain ${agent.agent}` }, "Drain");
  const undrain = el("button", { class: "small undrain", "aria-label": `Undrain ${agent.agent}` }, "Undrain");
  onPress(drain, () => act(`drain ${agent.agent}`, "POST", `agents/${agent.agent}/drain`, { within_ms: 600000, reason: "asked for on the page" }));
  onPress(undrain, () => act(`undrain ${agent.agent}`, "POST", `agents/${agent.agent}/undrain`));
  return el("li", {}, el("div", { class: "head" }, el("span", { class: "name" }, agent.agent), el("span", { class: "phase" }),
    el("span", { class: "push" }, drain, undrain)), el("progress", { "aria-label": `slots of ${agent.agent} that are taken` }), el("div", { class: "why" }));
}

function updateRow(row, agent) {
  const at = (selector) => row.querySelector(selector);
  const is_there = agent.capacity !== undefined;
  row.dataset.agent = agent.agent;
  row.dataset.state = agent.state;
  const shown = at(".phase");
  shown.className = `phase ${agent.state}`;
  say(shown, agent.state);
  const slots = agent.capacity?.slots ?? 0;
  const bar = at("progress");
  bar.hidden = !is_there;
  bar.max = Math.max(1, slots);
  bar.value = agent.used.slots;
  const labels = Object.entries(agent.labels ?? {}).map(([name, value]) => `${name}=${value}`);
  const facts = [
    is_there ? `${agent.used.slots} of ${slots} slots` : `${agent.jobs} ${agent.jobs === 1 ? "job" : "jobs"}`,
    is_there && agent.used.memory_mib ? `${agent.used.memory_mib} of ${agent.capacity.memory_mib} MiB` : "",
    agent.gone ? `went ${ago(agent.gone.since_ms)}` : "",
    agent.drain?.reason ?? "",
    agent.refused ? `${agent.refused} late ${agent.refused === 1 ? "report" : "reports"} refused` : "",
    ...labels,
  ];
  say(at(".why"), facts.filter(Boolean).join(" · "));
  at(".drain").hidden = !is_there || agent.drain !== undefined;
  at(".undrain").hidden = agent.drain === undefined;
}

function showFreeze() {
  const { freeze } = state;
  byId("freeze").hidden = !freeze;
  if (!freeze) return;
  const since = freeze.since_ms ? ` ${ago(freeze.since_ms)}` : "";
  say(byId("freeze-text"), `${freeze.gone} of ${freeze.agents} agents vanished together${since}, as if the network were cut. Nothing is taken from them; new work goes on elsewhere. It ends when they return.`);
}

export function showAgents() {
  const all = [...state.agents.values()].sort((a, b) => a.agent.localeCompare(b.agent, "en", { numeric: true }));
  const ready = all.filter((agent) => agent.state === "ready").length;
  say(byId("agents-count"), all.length ? `${ready} of ${all.length} ready` : "");
  showRows(byId("agents"), all, (agent) => agent.agent, makeRow, updateRow);
  showFreeze();
}

export function startAgents() {
  onPress(byId("unfreeze"), () => act("give up the missing agents", "POST", "unfreeze"));
}
