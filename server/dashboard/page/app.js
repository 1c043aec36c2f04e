// The page: one round of questions a second, and what follows from the answers.

import { byId, el, say } from "./dom.js";
import { askAll, inOrder, leaderNow, members, own, showMembers } from "./members.js";
import { remember, showCharts } from "./charts.js";
import { startHolders } from "./holders.js";
import { startLeases } from "./leases.js";
import { startKeys } from "./keys.js";
import { setOpen } from "./loop.js";

const ROUND_MS = 1000;
const EVENTS_MAX = 30;
const before = { leader: "", answers: new Map() };

function happened(text) {
  const events = byId("events");
  events.prepend(el("li", {}, el("span", {}, text), el("time", { class: "quiet" }, new Date().toLocaleTimeString())));
  while (events.children.length > EVENTS_MAX) events.lastChild.remove();
}

function noteChanges() {
  for (const { id, name, answers } of inOrder()) {
    const was = before.answers.get(id);
    if (was !== undefined && was !== answers) happened(answers ? `${name} answers again` : `${name} does not answer any more`);
    before.answers.set(id, answers);
  }
  const leader = leaderNow();
  const text = leader ? `${leader.name} leads in term ${leader.term}` : "nobody leads";
  if (text !== before.leader) happened(text);
  before.leader = text;
}

function sayLink(answered) {
  const link = byId("link");
  const name = members.get(own)?.name ?? "this member";
  link.className = answered ? "" : "down";
  const others = inOrder().some((member) => member.answers);
  say(link, answered ? "" : `${name} does not answer; trying again every second. ${others
    ? "The other members are asked directly; keys, leases and holders are as they were." : "What is shown is as it was."}`);
  const state = members.get(own)?.state;
  if (state) say(byId("whose"), `served by ${state.name}, conclave ${state.version}`);
}

async function round() {
  const answered = await askAll();
  sayLink(answered);
  setOpen(answered && !document.hidden);
  if (own === null) return;
  remember();
  noteChanges();
  showMembers();
  showCharts();
}

async function forever() {
  for (;;) {
    const began = Date.now();
    if (!document.hidden) await round();
    await new Promise((done) => setTimeout(done, Math.max(100, ROUND_MS - (Date.now() - began))));
  }
}

document.addEventListener("visibilitychange", () => document.hidden && setOpen(false));
startHolders();
startLeases();
startKeys();
forever();
