// The graphs of flows: how many contacts are in each state now, and how often transitions were taken.

import { get, h, icon, keepingPlace, moment, post, toast } from "./dom.js";
import { graph } from "./graph.js";
import { dialog } from "./overlays.js";
import { address, ago, lasting, many, percent, scrolled } from "./words.js";

export class Flows {
  constructor(element, wanted) {
    this.element = element;
    this.wanted = wanted.flow ?? "";
    this.since = wanted.since ?? "";
    this.flows = null;
    this.seen = "";
  }

  async load(counts) {
    this.flows ??= await get("api/flows");
    const walks = await get(`api/walks?since=${this.since}`);
    const told = JSON.stringify([counts.waiting, counts.contacts, counts.paused, counts.off, walks]);
    if (told === this.seen) return;
    this.seen = told;
    this.render(counts, walks);
  }

  render(counts, walks) {
    const flow = this.flows.find((one) => one.name === this.wanted) ?? busiest(this.flows, counts);
    keepingPlace(this.element, () => this.element.replaceChildren(
      figures(counts),
      h("div", { class: "columns" },
        h("nav", { class: "side", "aria-label": "Flows" }, this.flows.map((one) => this.item(one, flow, counts))),
        h("section", { class: "picture", "aria-label": `Flow ${flow.name}` }, ...picture(flow, counts, walks, this.since)))));
    // These links are only for the mouse. The table has the same links for the keyboard.
    for (const box of this.element.querySelectorAll(".graph .state"))
      box.addEventListener("click", () => { location.href = address("contacts", { flow: flow.name, state: box.dataset.state }); });
    // On narrow screens the list of flows is horizontal.
    this.element.querySelector('.side [aria-current]')?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  item(one, flow, counts) {
    const here = total(counts, one.name);
    return h("a", { href: address("flows", { flow: one.name, since: this.since }), "aria-current": one === flow ? "true" : null, "data-key": one.name },
      h("span", {}, one.name, " ", counts.off[one.name] ? h("span", { class: "mark bad" }, "off") : null), h("span", { class: "muted" }, here ? here.toLocaleString() : ""));
  }
}

function busiest(flows, counts) {
  return [...flows].sort((a, b) => total(counts, b.name) - total(counts, a.name))[0];
}

function total(counts, name) {
  return Object.entries(counts.waiting).reduce((sum, [place, count]) => (place.startsWith(`${name}/`) ? sum + count : sum), 0);
}

export function figures(counts) {
  const { depth } = counts;
  const bound = counts.is_complete ? "" : "the first ";
  const cells = [
    [counts.contacts, `${bound}contacts`, address("contacts")],
    [counts.contacts - counts.idle, "in a flow", null],
    [counts.paused, "with a person", address("inbox")],
    [depth.waiting + depth.leased, "at work", null],
    [depth.timers, "timers", null],
    [depth.dead, "dead letters", address("dead")],
  ];
  return h("ul", { class: "figures", "aria-label": "Figures" }, cells.map(([count, words, href]) => {
    const inside = [h("strong", {}, count.toLocaleString()), h("span", { class: "muted" }, words)];
    return h("li", {}, href ? h("a", { href }, inside) : inside);
  }));
}

const RANGES = [["24h", "24 hours"], ["7d", "7 days"], ["", "All logged"]];

function ranges(flow, since) {
  return h("span", { class: "ranges row", role: "group", "aria-label": "Time range" }, RANGES.map(([value, words]) =>
    h("a", { class: "chip", href: address("flows", { flow: flow.name, since: value }), "aria-current": value === since ? "true" : null, "data-key": `since ${value}` }, words)));
}

function switching(flow, off) {
  return off
    ? h("button", { type: "button", class: "main small", "data-key": "switch", click: () => switchOn(flow) }, "Switch on")
    : h("button", { type: "button", class: "quiet small", "data-key": "switch", click: () => switchOff(flow) }, "Switch off");
}

function offNotice(off) {
  if (!off) return null;
  const told = off.say ? [" Contacts are told: ", h("bdi", {}, off.say)] : [];
  return h("p", { class: "notice" }, icon("alert"), h("span", {}, h("strong", { title: moment(off.at) }, `Switched off ${ago(off.at)}: `), h("bdi", {}, off.because), told));
}

async function switchOff(flow) {
  const fields = [
    ["because", "Why, for colleagues", { required: true, maxlength: 200, autofocus: true }],
    ["say", "Text for contacts, instead of the standard text", { maxlength: 1000 }],
  ];
  await dialog(`Switch off ${flow.name}?`, fields, "Switch off", {
    note: "Until the flow is switched on again, nothing starts it, and its contacts wait.",
    submit: ({ because, say }) => told(post("api/flows/off", { flow: flow.name, because: because.trim(), say: say.trim() }), "Switched off. Workers apply the change within ten seconds."),
  });
}

async function switchOn(flow) {
  await dialog(`Switch on ${flow.name}?`, [], "Switch on", {
    note: "Contacts in the flow continue where they are.",
    submit: () => told(post("api/flows/on", { flow: flow.name }), "Switched on. Workers apply the change within ten seconds."),
  });
}

async function told(asked, words) {
  const answer = await asked;
  toast(words);
  document.dispatchEvent(new Event("refresh"));
  return answer;
}

function completion({ began = 0, completed = 0 }) {
  if (!began) return null;
  return h("p", {}, h("strong", {}, percent(completed, began)), ` completed: ${completed.toLocaleString()} of ${many(began, "start")}`);
}

function picture(flow, counts, walks, since) {
  const badges = new Map(flow.states.map((name) => [name, counts.waiting[`${flow.name}/${name}`]]).filter(([, count]) => count).map(([name, count]) => [name, count.toLocaleString()]));
  const walked = walks.flows[flow.name] ?? { states: [], moves: [], options: [] };
  const came = new Map(walked.states.map((one) => [one.state, one.came]));
  const labels = new Map(walked.moves.map((move) => [`${move.source} ${move.target}`, percent(move.took, came.get(move.source))]));
  return [
    h("div", { class: "row head" }, h("h2", {}, flow.name), h("span", { class: "muted small" }, `version ${flow.version}`), h("span", { class: "gap" }), ranges(flow, since), switching(flow, counts.off[flow.name])),
    offNotice(counts.off[flow.name]),
    completion(walked),
    h("div", { class: "canvas", tabindex: 0, role: "group", "aria-label": "Graph", "data-scroll": "graph" },
      graph(flow, { walked: new Set(labels.keys()), badges, labels })),
    h("p", { class: "muted small" }, "The number on a state counts the contacts that are in the state now. A percentage on a path is the share of contacts who left the state by this path."),
    table(flow, counts, walked),
    options(flow, walked.options),
    h("p", { class: "muted small" }, sample(counts, walks)),
  ];
}

function sample(counts, walks) {
  const bound = counts.is_complete ? "" : `The numbers count the first ${many(counts.contacts, "contact")}; there are more. `;
  if (!walks.contacts) return `${bound}No turns are logged.`;
  return `${bound}The percentages come from the logs of the ${many(walks.contacts, "contact")} who wrote most recently. The logs contain only the last turns of each contact; the oldest turn began ${ago(walks.since)}.`;
}

// The numbers of the graph as a table, and how many contacts left the flow in each state.
function table(flow, counts, walked) {
  const known = new Map(walked.states.map((one) => [one.state, one]));
  const elsewhere = Object.keys(counts.waiting).filter((place) => place.startsWith(`${flow.name}/`)).map((place) => place.slice(flow.name.length + 1));
  const states = [...new Set([...flow.states, ...elsewhere])].filter((name) => known.has(name) || counts.waiting[`${flow.name}/${name}`]);
  if (!states.length) return h("p", { class: "muted" }, "No contact has been in this flow recently.");
  const head = ["State", "Now", "Entered", "Continued to", "Time there", "Left unfinished"].map((words) => h("th", { scope: "col" }, words));
  return scrolled("States", h("table", { "aria-label": `States of ${flow.name}` },
    h("thead", {}, h("tr", {}, head)),
    h("tbody", {}, states.map((name) => row(flow, name, counts, known.get(name), walked.moves)))));
}

// How often each option was chosen, and how many of these contacts completed or left the flow.
function options(flow, all) {
  if (!all.length) return null;
  const asked = Map.groupBy(all, (one) => one.state);
  const share = (one) => percent(one.took, asked.get(one.state).reduce((sum, other) => sum + other.took, 0));
  const head = ["Option", "Chosen", "Completed", "Left unfinished"].map((words) => h("th", { scope: "col" }, words));
  const cell = (count, whole) => h("td", { class: "number" }, count ? [count.toLocaleString(), h("span", { class: "muted" }, ` ${percent(count, whole)}`)] : "");
  return scrolled("Options", h("table", { "aria-label": `Options of ${flow.name}` },
    h("thead", {}, h("tr", {}, head)),
    h("tbody", {}, [...asked.values()].flat().map((one) => h("tr", {},
      h("th", { scope: "row" }, h("span", { class: "mono muted" }, `${one.state} `), h("bdi", {}, one.label)),
      h("td", { class: "number" }, one.took.toLocaleString(), h("span", { class: "muted" }, ` ${share(one)}`)),
      cell(one.completed, one.took), cell(one.left, one.took))))));
}

function row(flow, name, counts, one = { came: 0, left: 0 }, moves) {
  const now = counts.waiting[`${flow.name}/${name}`] ?? 0;
  const went = moves.filter((move) => move.source === name);
  return h("tr", { "data-state": name },
    h("th", { scope: "row", class: "mono" }, name),
    h("td", { class: "number" }, now ? h("a", { href: address("contacts", { flow: flow.name, state: name }), "data-key": `${flow.name}/${name}`, "aria-label": `${many(now, "contact")} in ${name}` }, now.toLocaleString()) : ""),
    h("td", { class: "number" }, one.came ? one.came.toLocaleString() : ""),
    h("td", {}, went.map((move) => h("span", { class: "way" }, h("span", { class: "mono" }, move.target), ` ${move.took.toLocaleString()} `, h("span", { class: "muted" }, percent(move.took, one.came))))),
    h("td", { class: "number", title: "Median" }, one.median_s === null || one.median_s === undefined ? "" : lasting(one.median_s)),
    h("td", { class: "number" }, one.left ? [h("span", { class: "bad" }, one.left.toLocaleString()), h("span", { class: "muted" }, ` ${percent(one.left, one.came)}`)] : ""));
}
