// The members: each is asked for itself, once a second, so that the page outlives the one it came from.

import { byId, el, say } from "./dom.js";
import { stateOf } from "./api.js";

const ROLES = { pre_candidate: "asks for an election", candidate: "candidate", leader: "leader", follower: "follower", learner: "learner" };

/** Everything known: by id, {name, http, voter, state, since, blocked}; `since` is when it last answered. */
export const members = new Map();
export let own = null;

function learn(state) {
  for (const member of state.members) {
    const known = members.get(member.id) ?? { id: member.id, state: null, since: 0 };
    members.set(member.id, Object.assign(known, { name: member.name, http: member.http, voter: member.voter }));
  }
  for (const id of [...members.keys()]) {
    if (!state.members.some((member) => member.id === id) && id !== own) members.delete(id);
  }
}

async function ask(member) {
  try {
    member.state = await stateOf(member.id === own ? "" : member.http);
    if (member.state.id !== member.id) throw new Error("another member answers there");
    member.since = Date.now();
    member.answers = true;
  } catch {
    member.answers = false;
  }
}

/** One round; true if our own member answered. */
export async function askAll() {
  if (own === null) {
    const state = await stateOf("").catch(() => null);
    if (state === null) return false;
    own = state.id;
    learn(state);
  }
  await Promise.all([...members.values()].filter((member) => member.id === own || member.http).map(ask));
  const newest = answering().sort((a, b) => b.state.term - a.state.term || b.state.committed - a.state.committed)[0];
  if (newest) learn(newest.state);
  return members.get(own)?.answers ?? false;
}

export const answering = () => [...members.values()].filter((member) => member.answers);

/** Who leads, by whoever knows the highest term. */
export function leaderNow() {
  const knowing = answering().filter((member) => member.state.leader !== "").sort((a, b) => b.state.term - a.state.term);
  if (knowing.length === 0) return null;
  const { leader, term } = knowing[0].state;
  return { id: leader, term, name: members.get(leader)?.name ?? leader };
}

export const inOrder = () => [...members.values()].sort((a, b) => a.name.localeCompare(b.name));

/** The first of the tellers that has heard of the member lately: our own page may not be allowed to ask it. */
function heardBy(member) {
  for (const teller of answering()) {
    const seen = teller.state.members.find((each) => each.id === member.id);
    if (seen && seen.heard) return teller;
  }
  return null;
}

/** The policy of the page names the members of when it was loaded. */
document.addEventListener("securitypolicyviolation", (event) => {
  for (const member of members.values()) {
    if (member.http && event.blockedURI.startsWith(member.http + "/")) member.foreign = true;
  }
});

/** Members let pages of members ask, and this one came by another address. */
const isStranger = () => ![...members.values()].some((member) => member.http === location.origin);

function roleOf(member) {
  if (member.answers) return ROLES[member.state.role] ?? member.state.role;
  if (!member.http) return "serves no HTTP";
  const teller = heardBy(member);
  if (teller) return `not reached from here; ${teller.name} hears it`;
  if (!member.since && member.foreign) return "new since this page was loaded";
  if (!member.since && isStranger()) return "not asked from here";
  if (!member.since) return "does not answer";
  return `does not answer for ${Math.round((Date.now() - member.since) / 1000)} s`;
}

const NUMBERS = { term: "term", committed: "committed", applied: "applied", durable: "on disk", revision: "revision", keys: "keys", leases: "leases",
  watches: "watches" };

function cells(member, leader) {
  const state = member.state;
  // In a narrow window there are no columns, and each number stands under its name.
  const number = ([field, name]) => el("td", { class: "n", "data-name": name }, state ? state[field] : "–");
  const name = member.http && member.id !== own ? el("a", { href: member.http + "/ui", rel: "noreferrer" }, member.name) : member.name;
  const told = !member.answers && leader?.id === member.id ? "leads, by the others" : roleOf(member);
  const alarms = (state?.alarms ?? []).join(", ");
  return [
    el("th", { scope: "row" }, name, member.id === own ? " (this page's)" : ""), el("td", { class: "role" }, told),
    ...Object.entries(NUMBERS).map(number),
    el("td", { class: alarms ? "alarm" : "quiet", "data-name": "alarms" }, alarms || "none"),
  ];
}

function hint() {
  const unreached = inOrder().filter((member) => !member.answers && !member.since && member.http);
  const here = members.get(own)?.http;
  if (unreached.some((member) => member.foreign)) return "Load the page again to ask the new members.";
  if (unreached.length === 0 || !isStranger() || !here) return "";
  return `This page may not ask the other members from ${location.origin}: open ${here}/ui, or start them with --cors ${location.origin}.`;
}

export function showMembers() {
  const leader = leaderNow();
  const focused = document.activeElement?.closest?.("#members tr")?.dataset.member;
  byId("members").replaceChildren(...inOrder().map((member) => {
    const leads = member.answers && member.state.role === "leader" && leader?.id === member.id;
    const row = el("tr", { class: leads ? "leader" : member.answers ? "" : "gone", "data-member": member.name }, ...cells(member, leader));
    if (focused === member.name) queueMicrotask(() => row.querySelector("a")?.focus());
    return row;
  }));
  say(byId("leader-line"), leader ? `${leader.name} leads in term ${leader.term}` : "nobody leads at the moment");
  say(byId("hint"), hint());
}
