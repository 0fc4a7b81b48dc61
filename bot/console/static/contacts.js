// Contacts: found, and one of them with its transcript, taken over and handed back.

import { h, icon, post, textWithLinks, time, toast, trying } from "./dom.js";
import { json } from "./json.js";
import { dialog } from "./overlays.js";
import { address, ago, channelName, many, moment } from "./words.js";

export class Contacts {
  constructor(element, wanted) {
    this.element = element;
    this.wanted = wanted;
    this.form = this.asked();
    this.list = h("div", { class: "list" });
    this.skip = 0;
    this.seen = "";
    element.append(this.form, this.list);
  }

  asked() {
    const { flow = "", state = "", paused = "", search = "" } = this.wanted;
    const go = (wanted) => { location.hash = address("contacts", wanted); };
    const form = h("form", { class: "row search", role: "search", submit: (event) => {
      event.preventDefault();
      go({ ...this.wanted, search: new FormData(form).get("search").trim() });
    } },
      h("input", { name: "search", type: "search", value: search, "aria-label": "Phone number, or id", placeholder: "Phone number, or id", autocomplete: "off" }),
      h("button", { type: "submit", class: "quiet" }, "Search"),
      flow ? chip(state ? `${flow}/${state}` : flow, address("contacts", { paused, search })) : null,
      h("a", { class: "chip", href: address("contacts", { flow, state, search, paused: paused ? "" : "yes" }), "aria-pressed": String(Boolean(paused)), role: "button" }, "With a person"));
    return form;
  }

  async load(counts) {
    const { flow = "", state = "", paused = "", search = "" } = this.wanted;
    const found = await post("api/contacts", { flow, state, search, paused: Boolean(paused), skip: this.skip });
    const told = JSON.stringify([found, this.skip]);
    if (told === this.seen) return;
    this.seen = told;
    const bound = found.is_complete ? "" : ` of the ${many(counts.contacts, "contact")} read; there are more`;
    this.list.replaceChildren(
      h("p", { class: "muted small", role: "status" }, `${many(found.total, "contact")}${bound}, the last heard from first`),
      found.rows.length ? rows(found.rows) : "",
      this.pager(found));
  }

  pager({ total, rows: shown }) {
    if (total <= shown.length && !this.skip) return "";
    const turn = (by) => { this.skip += by; document.dispatchEvent(new Event("refresh")); };
    return h("div", { class: "row pager" },
      h("button", { type: "button", class: "quiet small", disabled: !this.skip, click: () => turn(-50) }, "Earlier page"),
      h("span", { class: "muted small" }, `${this.skip + 1}–${this.skip + shown.length}`),
      h("button", { type: "button", class: "quiet small", disabled: this.skip + shown.length >= total, click: () => turn(50) }, "Next page"));
  }
}

function chip(words, away) {
  return h("a", { class: "chip on", href: away, "aria-label": `${words}: show all` }, h("span", { class: "mono" }, words), icon("close"));
}

export function who({ channel, identity }) {
  return [h("span", { class: "channel" }, channelName(channel)), " ", h("span", { class: "identity" }, identity)];
}

function rows(all) {
  return h("div", { class: "scroll" }, h("table", { "aria-label": "Contacts" },
    h("thead", {}, h("tr", {}, ["Contact", "Where", "Heard"].map((words) => h("th", { scope: "col" }, words)))),
    h("tbody", {}, all.map((row) => h("tr", {},
      h("td", {}, h("a", { href: address("contact", { id: row.contact }) }, who(row)), " ", marks(row)),
      h("td", { class: "mono" }, row.where.at(-1) ?? "", row.where.length > 1 ? h("span", { class: "muted" }, ` over ${row.where.slice(0, -1).join(", ")}`) : ""),
      h("td", { class: "muted", title: row.heard ? moment(row.heard) : "" }, row.heard ? ago(row.heard) : "never"))))));
}

function marks(row) {
  return [
    row.paused ? h("span", { class: "mark" }, "with a person") : null,
    row.consent === "out" ? h("span", { class: "mark bad" }, "opted out") : null,
  ];
}

export class Contact {
  constructor(element, wanted) {
    this.element = element;
    this.id = wanted.id ?? "";
    this.awaited = null;
    this.seen = "";
  }

  async load() {
    const found = await post("api/contact", { contact: this.id });
    const told = JSON.stringify(found);
    if (told === this.seen) return;
    this.seen = told;
    this.render(found);
  }

  render(found) {
    const { session } = found;
    const old = this.element.querySelector(".thread");
    const atEnd = !old || old.scrollTop + old.clientHeight >= old.scrollHeight - 20;
    const open = this.element.querySelector("details")?.open ?? false;
    const focused = document.activeElement?.dataset?.key;
    const thread = h("ol", { class: "thread", tabindex: 0, "aria-label": "Transcript" }, transcript(found.transcript));
    this.element.replaceChildren(
      h("header", { class: "about" },
        h("a", { href: "#contacts", class: "small" }, "Contacts"),
        h("h2", {}, who(session.address)),
        h("p", { class: "mono muted small" }, found.contact)),
      this.held(session),
      found.stuck ? h("p", { class: "notice", role: "alert" }, icon("alert"), h("div", {}, h("strong", {}, "Stuck: "), found.stuck)) : "",
      h("div", { class: "columns talk" }, thread, beside(found, open)));
    thread.scrollTop = atEnd ? thread.scrollHeight : old.scrollTop;
    if (focused) this.element.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  // Who has the contact, and the button that changes it.
  held({ pause }) {
    const words = pause
      ? [h("strong", {}, "A person has this contact"), h("span", { class: "muted", title: moment(pause.since) }, ` since ${ago(pause.since).replace(" ago", "")}${pause.reason ? `: ${pause.reason}` : ""}`)]
      : [h("strong", {}, "The bot talks"), h("span", { class: "muted" }, " with this contact")];
    const button = pause
      ? h("button", { type: "button", class: "main", "data-key": "hold", click: () => this.tell("resume", {}, "The bot goes on: a worker hands the contact back.") }, "Hand back")
      : h("button", { type: "button", class: "main", "data-key": "hold", click: () => this.takeOver() }, "Take over");
    return h("div", { class: `held row${pause ? " paused" : ""}` }, h("p", {}, words), h("span", { class: "gap" }), button);
  }

  async takeOver() {
    await dialog("Take over", [["reason", "Why, for those who look later", { maxlength: 200, autofocus: true }]], "Take over", {
      note: "The bot falls silent for this contact until it is handed back.",
      submit: ({ reason }) => this.tell("pause", { reason: reason.trim() }, "A worker silences the bot."),
    });
  }

  async tell(what, more, words) {
    const done = await trying(() => post(`api/${what}`, { contact: this.id, ...more }));
    if (!done) return null;
    toast(words);
    setTimeout(() => document.dispatchEvent(new Event("refresh")), 400);
    return done;
  }
}

const DELIVERY = { UNSENT: "waits", "NOT SENT": "not sent", QUEUED_ON_CHANNEL: "queued", DELIVERED: "delivered", READ: "read", FAILED: "failed", SWITCHING_CHANNEL: "switching channel" };

function transcript(lines) {
  if (!lines.length) return h("li", { class: "muted" }, "No turns are logged.");
  let day = "";
  return lines.flatMap((line) => {
    const date = new Date(line.at * 1000).toLocaleDateString([], { dateStyle: "full" });
    const heading = date === day ? [] : [h("li", { class: "day muted small" }, date)];
    day = date;
    return [...heading, said(line)];
  });
}

function said(line) {
  const { delivery = "", choices = [], states = [] } = line;
  const failed = ["FAILED", "NOT SENT"].includes(delivery);
  const meta = [time(line.at), delivery ? DELIVERY[delivery] ?? delivery.toLowerCase() : ""].filter(Boolean).join(" · ");
  return h("li", { class: `line ${line.who}` },
    h("span", { class: "hidden" }, { contact: "Contact: ", bot: "Bot: ", event: "Event: " }[line.who]),
    h("div", { class: "bubble" }, textWithLinks(line.text)),
    choices.length ? h("div", { class: "options" }, choices.map((choice) => h("span", {}, choice))) : null,
    states.length ? h("div", { class: "states mono small" }, states.join(" → ")) : null,
    h("div", { class: `meta small ${failed ? "bad" : "muted"}`, title: moment(line.at) }, meta));
}

function beside(found, open) {
  const { session } = found;
  const frames = session.frames ?? [];
  const facts = [
    ["flows", frames.map((frame) => `${frame.flow}/${frame.state}`).join(" › ") || "none"],
    ["turns", session.turn],
    ["language", session.language],
    ["zone", session.zone],
    ["consent", session.consent && `opted ${session.consent}`],
    ["unhandled", found.unhandled],
    ["unsent", found.unsent],
    ...found.timers.map((timer) => [`timer ${timer.name}`, ago(timer.due)]),
  ].filter(([, value]) => value);
  return h("aside", { class: "facts", "aria-label": "How the contact stands" },
    h("dl", {}, facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, String(value))])),
    frames.map((frame) => frameData(frame)),
    h("details", { open }, h("summary", { class: "small" }, "The session as it is kept"), h("pre", { tabindex: 0 }, json(session))));
}

function frameData({ flow, data }) {
  if (!data || !Object.keys(data).length) return null;
  return h("section", {}, h("h3", {}, "Data", h("span", { class: "muted" }, ` ${flow}`)),
    h("dl", {}, Object.entries(data).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, typeof value === "string" ? value : json(value))])));
}
