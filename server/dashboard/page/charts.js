// Small charts of the last two minutes, a line for each member, from differences of counters.

import { byId, el, say, svg } from "./dom.js";
import { inOrder } from "./members.js";

const SPAN_MS = 120000;
const WIDTH = 240;
const HEIGHT = 60;
const COLOURS = 5;

const rate = (name) => (a, b, seconds) => (b[name] - a[name]) / seconds;
const CHARTS = [
  { title: "requests a second", unit: "", value: rate("requests") },
  { title: "writes a second", unit: "", value: rate("writes") },
  { title: "disk flushes a second", unit: "", value: rate("flushes") },
  { title: "ms a flush", unit: "", value: (a, b) => {
    const flushes = b.flushes - a.flushes;
    return flushes > 0 ? (b.flush_micros - a.flush_micros) / flushes / 1000 : 0;
  } },
];
const seen = new Map();  // member's id -> [{at, counters}]

export function remember() {
  const now = Date.now();
  for (const member of inOrder()) {
    const kept = (seen.get(member.id) ?? []).filter((sample) => now - sample.at < SPAN_MS + 2000);
    const { counters } = member.state ?? {};
    const last = kept.at(-1)?.counters;
    // Counters that went back are those of a new process.
    if (last && counters && counters.requests < last.requests) kept.length = 0;
    if (member.answers && counters) kept.push({ at: now, counters });
    seen.set(member.id, kept);
  }
}

/** {at, value} of each second for which there are two samples. */
function pointsOf(chart, samples) {
  return samples.slice(1).map((b, i) => {
    const a = samples[i];
    return { at: b.at, gap: b.at - a.at > 3500, value: Math.max(0, chart.value(a.counters, b.counters, (b.at - a.at) / 1000)) };
  });
}

const short = (value) => (value >= 1000 ? (value / 1000).toFixed(1) + "k" : value >= 10 || value === 0 ? value.toFixed(0) : value.toFixed(1));

function pathOf(points, top, now) {
  return points.map(({ at, value, gap }, i) => {
    const x = WIDTH * (1 - (now - at) / SPAN_MS);
    const y = HEIGHT - 2 - (HEIGHT - 6) * (value / top);
    return `${i === 0 || gap ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`;
  }).join("");
}

function draw(chart) {
  const now = Date.now();
  const lines = inOrder().map((member, i) => ({
    member, colour: `series-${i % COLOURS}`, points: pointsOf(chart, seen.get(member.id) ?? []).filter((point) => now - point.at < SPAN_MS),
  }));
  const top = Math.max(1, ...lines.flatMap((line) => line.points.map((point) => point.value)));
  chart.plot.replaceChildren(...lines.map((line) => svg("path", { class: line.colour, d: pathOf(line.points, top, now) })));
  chart.legend.replaceChildren(...lines.map(({ member, colour, points }) => {
    const value = member.answers && points.length > 0 ? short(points.at(-1).value) + chart.unit : "–";
    return el("span", { class: colour }, `${member.name} ${value}`);
  }));
  say(chart.peak, `${chart.title}, at most ${short(top)}${chart.unit}`);
}

export function showCharts() {
  if (!byId("charts").firstChild) {
    for (const chart of CHARTS) {
      chart.plot = svg("svg", { class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
      chart.peak = el("b");
      chart.legend = el("span");
      chart.legend.className = "legend";
      byId("charts").append(el("figure", {}, el("figcaption", {}, chart.peak, chart.legend), chart.plot));
    }
  }
  CHARTS.forEach(draw);
}
