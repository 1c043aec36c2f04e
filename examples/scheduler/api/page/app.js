// The page: everything is drawn from what the stream tells, once for all changes of a moment.

import { byId, say, span } from "./dom.js";
import { listen, state } from "./state.js";
import { showAgents, startAgents } from "./agents.js";
import { showJobs, startJobs } from "./jobs.js";
import { showDetail, startDetail } from "./detail.js";
import { startSubmit } from "./submit.js";

const OLD_MS = 12000;
const DRAW_MS = 100;
let timer = 0;

function showLink() {
  const link = byId("link");
  const stale = state.ageMs !== null && state.ageMs > OLD_MS;
  link.className = state.connected && !stale ? "" : "down";
  if (!state.connected) say(link, state.filled ? "The connection is lost; trying again. What is shown is as it was." : "connecting…");
  else say(link, stale ? `The cluster does not answer. What is shown is ${span(state.ageMs)} old.` : "live");
}

function draw() {
  timer = 0;
  showLink();
  showAgents();
  showJobs();
  showDetail();
}

function typing(target) {
  return target.closest("input, textarea, select, dialog") !== null;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const field = { "/": "filter", n: "command" }[event.key];
  if (!field) return;
  event.preventDefault();
  byId(field).focus();
});

startAgents();
startJobs();
startDetail();
startSubmit();
listen(() => (timer ||= setTimeout(() => requestAnimationFrame(draw), DRAW_MS)));
