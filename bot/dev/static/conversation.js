// The panel beside the phones: the contact's stored session, its state in the flow, and its turns.

import { coalesced, copy, get, h, keepingPlace, moment, time, toast } from "./dom.js";
import { graph } from "./graph.js";
import { json } from "./json.js";
import { channelName } from "./phone.js";
import { timerName } from "./timers.js";

export class Conversation {
  // `skip({for} or {until})` moves the clock forward. `told` is called with "looked" and the ids of the
  // messages and replies of the opened turn, with "back" and the turn to restore, or with "retry" and
  // the id of a dead letter.
  constructor(element, skip, told) {
    this.element = element;
    this.skip = skip;
    this.told = told;
    this.open = "";
    this.flows = [];
    this.phone = null;
    this.chosen = "";
    this.ahead = 0;
    this.refresh = coalesced(() => this.load());
    setInterval(() => this.tick(), 1000);
  }

  async loadFlows() {
    this.flows = await get("/dev/flows");
  }

  // Returns the first start word of each flow, the fallback's first.
  starts() {
    const flows = [...this.flows].sort((a, b) => b.fallback - a.fallback);
    return flows.flatMap((flow) => flow.start_on.slice(0, 1));
  }

  show(phone) {
    if (this.phone === phone) return;
    this.phone = phone;
    this.chosen = "";
    this.open = "";
    this.refresh();
  }

  // Opens the turn of a message. `message` is the message's id, and `reply` the bot's id if the message is a reply.
  async look(message, reply) {
    await this.refresh();
    const { turns, failures } = this.view;
    const failure = failures.find((one) => one.messages.includes(message));
    const turn = turns.find((one) => one.messages.includes(message) || (reply && one.replies.some(({ id }) => id === reply)));
    if (!failure && !turn) return toast("The turn of this message is no longer logged.");
    this.open = failure ? `failed ${failure.at}` : `turn ${turn.turn}`;
    this.render(this.view);
    const row = this.element.querySelector(".turns [aria-expanded=true]");
    row?.closest("li").scrollIntoView({ block: "nearest" });
    row?.focus({ preventScroll: true });
  }

  async load() {
    const phone = this.phone;
    if (!phone) return this.element.replaceChildren(h("p", { class: "muted pad" }, "Add a channel to begin."));
    let view;
    try {
      view = await get(`/dev/sessions/${phone.path}`);
    } catch {
      return;
    }
    if (phone === this.phone) this.render(view);
  }

  render(view) {
    this.view = view;
    this.ahead = view.now - Date.now() / 1000;
    const open = this.element.querySelector("details.raw")?.open;
    const runs = (view.session?.chains ?? []).flatMap((chain) => chain.runs);
    keepingPlace(this.element, () => this.element.replaceChildren(
      h("header", { class: "about" },
        h("h2", {}, channelName(this.phone.channel), " ", h("span", { class: "muted" }, this.phone.identity)),
        view.session ? h("p", { class: "muted mono" }, view.contact) : h("p", { class: "muted" }, "This contact has not written to the bot yet.")),
      this.where(runs),
      chips(view),
      this.picture(runs),
      ...data(runs, view.turns),
      timers(view.timers, this.skip),
      this.turns(view),
      view.session ? raw(view.session, open) : ""));
    this.tick();
  }

  turns({ turns, failures }) {
    if (!turns.length && !failures.length) return "";
    const rows = [
      ...turns.map((turn) => [turn.at, () => this.row(`turn ${turn.turn}`, turn, turnRow(turn), () => this.turn(turn))]),
      ...failures.map((failure) => [failure.at, () => this.row(`failed ${failure.at}`, failure, failureRow(failure), () => this.failure(failure))]),
    ].sort(([a], [b]) => b - a);
    return h("section", { class: "turns" }, h("h3", {}, "Turns"), h("ol", {}, rows.map(([, make]) => make())));
  }

  row(key, { messages, replies = [] }, words, details) {
    const open = this.open === key;
    const toggle = () => {
      this.open = open ? "" : key;
      this.told("looked", open ? [] : messages, open ? [] : replies.map(({ id }) => id));
      this.render(this.view);
    };
    if (open) this.told("looked", messages, replies.map(({ id }) => id));
    return h("li", { class: key.split(" ")[0] },
      h("button", { type: "button", "data-key": key, "aria-expanded": String(open), click: toggle }, words),
      open ? h("div", { class: "inside" }, details()) : null);
  }

  turn(turn) {
    const back = () => this.told("back", turn);
    return [
      h("dl", {},
        h("dt", {}, "turn"), h("dd", {}, `${turn.turn}, ${moment(turn.at)}`),
        h("dt", {}, "caused by"), h("dd", {}, setOff(turn)),
        h("dt", {}, "path"), h("dd", { class: "mono small" }, turn.path.join(" → ") || "same state"),
        turn.replies.flatMap((reply) => [h("dt", {}, "reply"), h("dd", { dir: "auto" }, reply.text || "(no text)")])),
      changes(turn.changes),
      turn.is_known ? h("button", { type: "button", class: "quiet small", "data-key": `back ${turn.turn}`, click: back }, "Go back to here") : null,
    ];
  }

  failure(failure) {
    const retry = () => this.told("retry", failure.letter);
    return [
      h("dl", {},
        h("dt", {}, "at"), h("dd", {}, moment(failure.at)),
        h("dt", {}, "tries"), h("dd", {}, String(failure.tries)),
        h("dt", {}, "error"), h("dd", { class: "bad" }, failure.error),
        failure.place ? [h("dt", {}, "place"), h("dd", { class: "mono small" }, failure.place)] : []),
      failure.letter
        ? h("button", { type: "button", class: "quiet small", "data-key": `retry ${failure.letter}`, click: retry }, "Retry")
        : h("p", { class: "muted small" }, "The bot will try the turn again."),
    ];
  }

  where(runs) {
    if (!runs.length) {
      const words = this.starts();
      const button = (word) => h("button", { type: "button", class: "quiet small", dir: "auto", "data-key": `start ${word}`, click: () => this.phone.begin(word) }, word);
      return h("div", { class: "where none" }, h("p", {}, "No flow is active."), words.length ? h("p", { class: "row starts" }, h("span", { class: "muted" }, "Begin with "), words.map(button)) : null);
    }
    return h("ol", { class: "where", "aria-label": "Active flows" }, runs.map((run, number) => h("li", {},
      h("button", { type: "button", "aria-pressed": String(run.flow === this.shownFlow(runs)?.name), click: () => this.choose(run.flow) },
        h("span", {}, run.flow), h("strong", { "data-current": number === runs.length - 1 }, run.state)))));
  }

  shownFlow(runs) {
    const wanted = this.chosen || runs.at(-1)?.flow;
    return this.flows.find((flow) => flow.name === wanted) ?? this.flows.find((flow) => flow.name === lastFlow(this.view)) ?? this.flows.find((flow) => flow.fallback) ?? this.flows[0];
  }

  choose(name) {
    this.chosen = name;
    this.render(this.view);
  }

  picture(runs) {
    const flow = this.shownFlow(runs);
    if (!flow) return "";
    const { been, walked } = walk(this.view.turns, flow.name);
    const state = runs.find((run) => run.flow === flow.name)?.state;
    const select = h("select", { "aria-label": "Flow", change: (event) => this.choose(event.target.value) },
      this.flows.map((one) => h("option", { value: one.name, selected: one === flow }, one.name)));
    return h("section", { class: "flow", "aria-label": "Flow" },
      h("div", { class: "row" }, h("h3", {}, "Flow"), select, h("span", { class: "muted small" }, `version ${flow.version}`)),
      h("div", { class: "canvas", tabindex: 0, role: "group", "aria-label": "Graph", "data-scroll": "graph" }, graph(flow, { state, been, walked })));
  }

  tick() {
    const now = Date.now() / 1000 + this.ahead;
    for (const cell of this.element.querySelectorAll("[data-due]")) cell.textContent = `in ${length(Number(cell.dataset.due) - now)}`;
  }
}

function lastFlow(view) {
  const path = view.turns.find((turn) => turn.path.length)?.path ?? [];
  return path.at(-1)?.split("/")[0];
}

// Returns the states and transitions of a flow that the logged turns went through.
function walk(turns, name) {
  const been = new Set();
  const walked = new Set();
  let last = null;
  for (const turn of [...turns].reverse()) {
    for (const step of turn.path) {
      const [flow, state] = step.split("/");
      if (flow !== name) continue;
      if (last && last !== "end") walked.add(`${last} ${state}`);
      been.add(state);
      last = state;
    }
  }
  return { been, walked };
}

function chips(view) {
  const { session } = view;
  if (!session) return "";
  const words = [
    session.pause ? `handed over${session.pause.reason ? `: ${session.pause.reason}` : ""}` : "",
    session.consent === "out" ? "opted out" : "",
    session.consent === "in" ? "opted in" : "",
    session.language ?? "",
    session.zone ?? "",
    view.unsent ? `${view.unsent} unsent` : "",
    session.chains?.at(-1)?.runs.at(-1).attempts ? `${session.chains.at(-1).runs.at(-1).attempts} not understood` : "",
  ].filter(Boolean);
  return words.length ? h("p", { class: "chips" }, words.map((word) => h("span", { dir: "auto" }, word))) : "";
}

function data(runs, turns) {
  const shown = runs.filter((run) => Object.keys(run.data ?? {}).length).map((run) => [run.flow, run.data]);
  const finished = turns[0]?.finished;
  if (!runs.length && finished && Object.keys(finished).length) shown.push(["The flow that ended", finished]);
  return shown.map(([name, values]) => h("section", { class: "data" },
    h("h3", {}, "Data", h("span", { class: "muted" }, ` ${name}`)),
    h("dl", {}, Object.entries(values).flatMap(([key, value]) => [h("dt", {}, key), h("dd", { dir: "auto" }, typeof value === "string" ? value : json(value))]))));
}

function timers(all, skip) {
  if (!all.length) return "";
  return h("section", { class: "timers" }, h("h3", {}, "Timers"),
    h("dl", {}, all.flatMap((timer) => [h("dt", {}, timerName(timer.name)), h("dd", {},
      h("span", { "data-due": timer.due, title: time(timer.due, true) }),
      h("button", { type: "button", class: "quiet small", "data-key": `timer ${timer.name}`, "aria-label": `Skip to ${timerName(timer.name)} now`, click: () => skip({ until: timer.due }) }, "Now"))])));
}

export function length(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const [size, unit] = parts.find(([each]) => whole >= each) ?? [1, "s"];
  const next = parts[parts.findIndex(([each]) => each === size) + 1];
  const rest = next ? Math.floor((whole % size) / next[0]) : 0;
  return `${Math.floor(whole / size)} ${unit}${rest ? ` ${rest} ${next[1]}` : ""}`;
}

const setOff = ({ by, is_timer }) => (is_timer ? timerName(by) : by);

function turnRow(turn) {
  const words = turn.heard.length ? turn.heard.join(" · ") : setOff(turn);
  const said = turn.said.map((kind) => kind.replace("_message", "").replaceAll("_", " ")).join(", ");
  return [
    h("span", { class: "muted mono small" }, time(turn.at, true)),
    h("span", { class: turn.heard.length ? "heard" : "muted", dir: "auto" }, words),
    h("span", { class: "mono small path" }, turn.path.join(" → ") || "same state"),
    said ? h("span", { class: "muted small" }, `said ${said}`) : null,
  ];
}

function failureRow(failure) {
  return [
    h("span", { class: "muted mono small" }, time(failure.at, true)),
    failure.heard.length ? h("span", { class: "heard", dir: "auto" }, failure.heard.join(" · ")) : null,
    h("span", { class: "bad" }, failure.letter ? "failed" : "failed, will be tried again"),
    h("span", { class: "small" }, failure.error),
  ];
}

// A table of the flows' data that a turn has changed.
function changes(all) {
  if (!all.length) return h("p", { class: "muted small" }, "No data changed.");
  const value = (given) => (given === null ? h("span", { class: "muted" }, "none") : typeof given === "string" ? h("bdi", {}, given) : json(given));
  return h("table", { class: "changes" },
    h("thead", {}, h("tr", {}, ["Data", "Before", "After"].map((words) => h("th", { scope: "col" }, words)))),
    h("tbody", {}, all.map((one) => h("tr", {}, h("th", { scope: "row", class: "mono" }, `${one.flow}.${one.name}`), h("td", {}, value(one.was)), h("td", {}, value(one.now))))));
}

function raw(session, open) {
  return h("details", { class: "raw", open }, h("summary", {}, "Stored session (JSON)"),
    h("div", { class: "code" }, h("button", { type: "button", class: "quiet small", click: () => copy(JSON.stringify(session, null, 2), "Session") }, "Copy JSON"), h("pre", { tabindex: 0, "aria-label": "Session", "data-scroll": "session" }, json(session))));
}

