// The list of contacts with its search, and the page of one contact: transcript, notes, and hand-over.

import { h, icon, keepingPlace, moment, post, textWithLinks, time, toast, trying } from "./dom.js";
import { json } from "./json.js";
import { dialog, menu } from "./overlays.js";
import { timerName } from "./timers.js";
import { address, ago, channelName, lasting, many, nothing, now, place } from "./words.js";

export class Contacts {
  static last = {}; // The last search. The page of a contact links back to it.

  constructor(element, wanted) {
    this.element = element;
    this.wanted = wanted;
    Contacts.last = wanted;
    this.form = this.asked();
    this.list = h("div", { class: "list" });
    this.skip = Number(wanted.skip) || 0;
    this.seen = "";
    element.append(this.form, this.list);
  }

  asked() {
    const { flow = "", state = "", paused = "", search = "", texts = "" } = this.wanted;
    const go = (wanted) => { location.href = address("contacts", wanted); };
    const form = h("form", { class: "row search", role: "search", submit: (event) => {
      event.preventDefault();
      const texts = event.submitter?.value === "texts" ? "yes" : "";
      go({ ...this.wanted, skip: "", texts, search: new FormData(form).get("search").trim() });
    } },
      h("input", { name: "search", type: "search", value: search, dir: "auto", "aria-label": "Phone number, id or words", placeholder: "Phone number, id or words", autocomplete: "off" }),
      h("button", { type: "submit", class: "quiet" }, "Search"),
      h("button", { type: "submit", class: "quiet", value: "texts", "aria-pressed": texts ? "true" : null, title: "Search the recent messages" }, "Search texts"),
      flow ? chip(state ? `${flow}/${state}` : flow, address("contacts", { paused, search })) : null,
      h("a", { class: "chip", href: address("contacts", { flow, state, search, paused: paused ? "" : "yes" }), "aria-pressed": String(Boolean(paused)), role: "button" }, "With a person"));
    return form;
  }

  async load(counts) {
    const { flow = "", state = "", paused = "", search = "", texts = "" } = this.wanted;
    if (texts && search) return this.loadTexts(search);
    const found = await post("api/contacts", { flow, state, search, paused: Boolean(paused), skip: this.skip });
    const told = JSON.stringify([found, this.skip]);
    if (told === this.seen) return;
    this.seen = told;
    const bound = found.is_complete ? "" : ` of the ${many(counts.contacts, "contact")} read; there are more`;
    keepingPlace(this.list, () => this.list.replaceChildren(
      found.total
        ? h("p", { class: "muted small", role: "status" }, `${many(found.total, "contact")}${bound}, most recent first`)
        : none(this.wanted, bound),
      found.rows.length ? rows(found.rows) : "",
      this.pager(found)));
  }

  async loadTexts(search) {
    const found = await post("api/texts", { search });
    const told = JSON.stringify(found);
    if (told === this.seen) return;
    this.seen = told;
    keepingPlace(this.list, () => this.list.replaceChildren(
      found.rows.length
        ? h("p", { class: "muted small", role: "status" }, `${many(found.rows.length, "contact")} with “${search}” in the logs of the ${many(found.searched, "contact")} who wrote most recently`)
        : nothing(`No recent message contains “${search}”.`, `Only the logs of the ${many(found.searched, "contact")} who wrote most recently were searched.`),
      found.rows.length ? h("ol", { class: "queue" }, found.rows.map((one) => h("li", { class: "waiting" },
        h("a", { href: address("contact", { id: one.contact }) },
          h("span", { class: "row" }, h("span", {}, who(one)), h("span", { class: "gap" }), h("span", { class: "muted small", title: moment(one.at) }, ago(one.at))),
          h("span", { class: "last", dir: "auto" }, one.text))))) : ""));
  }

  pager(found) {
    const { total, rows: shown } = found;
    if (total <= shown.length && !this.skip) return "";
    const turn = (by) => { location.href = address("contacts", { ...this.wanted, skip: Math.max(0, this.skip + by) }); };
    return h("div", { class: "row pager" },
      h("button", { type: "button", class: "quiet small", disabled: !this.skip, click: () => turn(-found.page) }, "Earlier page"),
      h("span", { class: "muted small" }, `${this.skip + 1}–${this.skip + shown.length}`),
      h("button", { type: "button", class: "quiet small", disabled: this.skip + shown.length >= total, click: () => turn(found.page) }, "Next page"));
  }
}

function none({ flow, state, search, paused }, bound) {
  if (search) return nothing(`No contact has “${search}” in its number or id${bound}.`, "“Search texts” searches the recent messages.");
  if (flow || paused) return nothing(`No contact is ${paused ? "with a person" : `in ${state ? `${flow}/${state}` : flow}`} now${bound}.`, "The list is updated automatically.");
  return nothing("There are no contacts yet.", "A contact is listed here after its first message.");
}

function chip(words, away) {
  return h("a", { class: "chip on", href: away, "aria-label": `${words}: show all` }, h("span", { class: "mono" }, words), icon("close"));
}

export function who({ channel, identity }) {
  return [h("span", { class: "channel" }, channelName(channel)), " ", h("span", { class: "identity" }, identity)];
}

// On narrow screens CSS changes the display of rows, and browsers then drop the table roles. So they are explicit.
function rows(all) {
  return h("div", { class: "scroll" }, h("table", { "aria-label": "Contacts", role: "table" },
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, ["Contact", "State", "Last message"].map((words) => h("th", { scope: "col", role: "columnheader" }, words)))),
    h("tbody", { role: "rowgroup" }, all.map((row) => h("tr", { role: "row" },
      h("td", { role: "cell" }, h("a", { href: address("contact", { id: row.contact }) }, who(row)), " ", marks(row)),
      h("td", { class: "mono", role: "cell" }, row.where.length ? place(row.where.at(-1)) : h("span", { class: "muted" }, "no flow"), row.where.length > 1 ? h("span", { class: "muted" }, ` over ${row.where.slice(0, -1).join(", ")}`) : ""),
      h("td", { class: "muted number", role: "cell", title: row.heard ? moment(row.heard) : "" }, row.heard ? ago(row.heard) : "never"))))));
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
    this.from = wanted.from === "inbox" ? ["inbox", "Inbox"] : ["contacts", "Contacts"];
    this.seen = "";
    this.thread = h("ol", { class: "thread", tabindex: 0, "aria-label": "Transcript" });
    this.form = new Answer((answer) => this.tell("say", answer, ""));
    this.parts = { about: h("header", { class: "about" }), held: h("div", { class: "held row" }), stuck: h("div", { role: "alert" }), facts: h("aside", { class: "facts", "aria-label": "About the contact" }) };
    this.notes = new Notes((note, words) => this.tell("note", note, words));
  }

  async load() {
    const found = await post("api/contact", { contact: this.id });
    const told = JSON.stringify(found);
    if (told === this.seen) return;
    if (!this.seen) this.build();
    this.seen = told;
    this.render(found);
  }

  build() {
    const { about, held, stuck, facts } = this.parts;
    this.element.replaceChildren(about, held, stuck, h("div", { class: "columns talk" }, h("div", { class: "conversation" }, this.thread, this.form.element), h("div", { class: "beside" }, this.notes.element, facts)));
  }

  // Shows the contact again without losing the focus or unsent input.
  render(found) {
    const { session } = found;
    const { about, held, stuck, facts } = this.parts;
    const atEnd = this.thread.scrollTop + this.thread.clientHeight >= this.thread.scrollHeight - 20;
    about.replaceChildren(
      h("a", { href: address(this.from[0], this.from[0] === "contacts" ? Contacts.last : {}), class: "small back" }, `← ${this.from[1]}`),
      h("h2", {}, who(session.address)),
      h("p", { class: "mono muted small" }, found.contact));
    held.classList.toggle("paused", Boolean(session.pause));
    keepingPlace(held, () => held.replaceChildren(...this.hold(session, found.assigned)));
    if (document.activeElement === held) held.querySelector("button").focus();
    this.notes.show(found.notes);
    keepingPlace(stuck, () => stuck.replaceChildren(
      found.stuck ? h("p", { class: "notice" }, icon("alert"), h("span", {}, h("strong", {}, "Stuck: "), found.stuck)) : "",
      ...found.letters.map((letter) => this.letter(letter))));
    const wrote = this.form.element.contains(document.activeElement);
    this.form.element.hidden = !session.pause;
    if (wrote && !session.pause) held.querySelector("button").focus();
    keepingPlace(this.thread, () => this.thread.replaceChildren(...[transcript(found.transcript)].flat()));
    if (atEnd) this.thread.scrollTop = this.thread.scrollHeight;
    keepingPlace(facts, () => facts.replaceChildren(...beside(found, facts.querySelector("details")?.open ?? false)));
  }

  // A dead letter of the contact, which explains why the bot did not answer.
  letter({ id, kind, texts, error, reason, place, at }) {
    const what = texts.filter(Boolean).join(" · ");
    return h("div", { class: "notice" }, icon("alert"),
      h("div", {},
        h("p", {}, h("strong", {}, kind === "turn" ? "No answer" : "Not sent"), what ? [kind === "turn" ? " to " : ": ", h("bdi", {}, `“${what}”`)] : null, h("span", { title: moment(at) }, ` ${ago(at)}: `), error || reason),
        place ? h("pre", {}, place) : null),
      h("button", { type: "button", class: "quiet small", "data-key": `retry ${id}`, click: () => this.retry(id) }, "Retry"));
  }

  async retry(id) {
    const answer = await trying(() => post(`api/dead/${id}/retry`));
    if (!answer) return;
    toast(answer.done ? "Queued again. A worker will try again." : "The dead letter was gone already.");
    document.dispatchEvent(new Event("refresh"));
  }

  // Shows whether the bot or a person handles the contact, with a button to change this.
  hold({ pause, consent }, assigned) {
    if (!pause) return [
      consent === "out"
        ? h("p", {}, h("strong", {}, "This contact has opted out"), h("span", { class: "muted" }, ": the bot is silent until the contact writes START"))
        : h("p", {}, h("strong", {}, "The bot talks"), h("span", { class: "muted" }, " with this contact")),
      h("button", { type: "button", class: "main", click: () => this.takeOver() }, "Take over"),
    ];
    const person = assigned || pause.agent?.display_name || "A person";
    const why = [pause.reason, pause.error, pause.place].filter(Boolean).map((each) => `: ${each}`).join("");
    return [
      h("p", {}, h("strong", {}, `${person} handles this contact`), h("span", { class: "muted", title: moment(pause.since) }, ` for ${lasting(now() - pause.since)}`, why ? h("bdi", {}, why) : null)),
      h("span", { class: "gap" }),
      h("button", { type: "button", class: "quiet", click: () => this.assign(person) }, "Assign"),
      h("button", { type: "button", class: "main", click: () => this.handBack() }, "Hand back"),
    ];
  }

  async assign(person) {
    await dialog("Assign", [["assigned", "Who handles this contact", { required: true, maxlength: 60, autocomplete: "name", value: person === "A person" ? agentName() : person, autofocus: true }]], "Assign", {
      submit: ({ assigned }) => this.tell("note", { by: agentName(), assigned: assigned.trim() }, `${assigned.trim()} handles this contact.`),
    });
  }

  // The dialog is needed because this button appears where "Take over" was. A double click must not do both.
  async handBack() {
    await dialog("Hand back?", [], "Hand back", {
      note: "The bot continues in the same state, and repeats its last question.",
      submit: () => this.tell("resume", {}, "Handed back. The bot continues in a moment."),
    });
  }

  async takeOver() {
    await dialog("Take over", [["reason", "Reason, shown to colleagues", { maxlength: 200, autofocus: true }]], "Take over", {
      note: "The bot does not answer this contact until you hand the contact back.",
      submit: ({ reason }) => this.tell("pause", { reason: reason.trim() }, "Taken over. The bot is silent from now on."),
    });
  }

  async tell(what, more, words) {
    const done = await trying(() => post(`api/${what}`, { contact: this.id, ...more }));
    if (!done) return null;
    if (words) toast(words);
    setTimeout(() => document.dispatchEvent(new Event("refresh")), 400);
    return done;
  }
}

const agentName = () => localStorage.getItem("agent") ?? "";

// Notes of the people who handle the contact.
class Notes {
  constructor(send) {
    this.list = h("ol", { class: "notes" });
    const text = h("textarea", { rows: 2, dir: "auto", maxlength: 2000, required: true, "aria-label": "Note", placeholder: "A note for colleagues" });
    const form = h("form", { class: "note-form", submit: async (event) => {
      event.preventDefault();
      if (await send({ by: agentName(), text: text.value.trim() }, "Noted.")) text.value = "";
    } }, text, h("button", { type: "submit", class: "quiet small" }, "Add note"));
    this.element = h("section", { class: "facts", "aria-label": "Notes" }, h("h3", {}, "Notes"), this.list, form);
  }

  show(notes) {
    keepingPlace(this.list, () => this.list.replaceChildren(...notes.map((note) => h("li", {},
      h("p", { dir: "auto" }, note.text || `${note.assigned} handles this contact.`),
      h("p", { class: "muted small", title: moment(note.at) }, [note.by, ago(note.at)].filter(Boolean).join(" · "))))));
  }
}

// Canned answers, stored in this browser.
const canned = {
  all: () => JSON.parse(localStorage.getItem("canned") ?? "[]"),
  add: (text) => localStorage.setItem("canned", JSON.stringify([...new Set([...canned.all(), text])])),
  remove: (text) => localStorage.setItem("canned", JSON.stringify(canned.all().filter((one) => one !== text))),
};

// The form for a person's answer. The name is stored in this browser.
// An answer that is tried again keeps its id, so that the contact gets it only once.
class Answer {
  constructor(send) {
    this.send = send;
    this.id = "";
    this.text = h("textarea", { rows: 2, dir: "auto", required: true, "aria-label": "Answer", placeholder: "Answer", input: () => { this.id = ""; }, keydown: (event) => this.key(event) });
    this.name = h("input", { dir: "auto", "aria-label": "Your name, which some channels show", placeholder: "Your name", maxlength: 60, autocomplete: "name", value: localStorage.getItem("agent") ?? "" });
    this.element = h("form", { class: "answer", hidden: true, submit: (event) => { event.preventDefault(); this.submit(); } },
      this.text, h("button", { type: "button", class: "quiet", "aria-haspopup": "menu", click: (event) => this.showCanned(event.currentTarget) }, "Canned"), this.name, h("button", { type: "submit", class: "main" }, "Send"));
  }

  showCanned(button) {
    const text = this.text.value.trim();
    const use = (one) => { this.text.value = one; this.id = ""; this.text.focus(); };
    const items = canned.all().map((one) => [one, () => use(one)]);
    if (text && !canned.all().includes(text)) items.push(["Save this text", () => { canned.add(text); toast("Saved in this browser."); }]);
    if (text && canned.all().includes(text)) items.push(["Remove this text", () => { canned.remove(text); toast("Removed."); }]);
    menu(button, items.length ? items : [["Write a text first, to save it here", () => this.text.focus()]]);
  }

  key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.element.requestSubmit();
  }

  async submit() {
    const text = this.text.value.trim();
    if (!text) return;
    localStorage.setItem("agent", this.name.value);
    this.id ||= `console-${Date.now()}-${Math.random().toString(36).slice(2)}`;
    const answer = { text, agent: this.name.value.trim(), id: this.id };
    if (!(await this.send(answer)) || this.id !== answer.id) return;
    this.text.value = "";
    this.id = "";
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
  const meta = [line.by, time(line.at), delivery ? DELIVERY[delivery] ?? delivery.toLowerCase() : "", line.reason].filter(Boolean).join(" · ");
  return h("li", { class: `line ${line.who}` },
    h("span", { class: "hidden" }, { contact: "Contact: ", bot: "Bot: ", agent: "Person: ", event: "Event: " }[line.who]),
    h("div", { class: "bubble", dir: "auto" }, textWithLinks(line.text)),
    choices.length ? h("div", { class: "options" }, choices.map((choice) => h("span", { dir: "auto" }, choice))) : null,
    states.length ? h("div", { class: "states mono small" }, states.join(" → ")) : null,
    h("div", { class: `meta small ${failed ? "bad" : "muted"}`, title: moment(line.at) }, meta));
}

function beside(found, open) {
  const { session } = found;
  const runs = (session.chains ?? []).flatMap((chain) => chain.runs);
  const facts = [
    ["flows", runs.map((run) => `${run.flow}/${run.state}`).join(" › ") || "none"],
    ["turns", session.turn],
    ["language", session.language],
    ["zone", session.zone],
    ["consent", session.consent && `opted ${session.consent}`],
    ["unhandled", found.unhandled],
    ["unsent", found.unsent],
    ...found.timers.map((timer) => [`timer ${timerName(timer.name)}`, ago(timer.due)]),
  ].filter(([, value]) => value);
  return [
    h("dl", {}, facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, String(value))])),
    ...[dataOf("Data of the contact", "", found.data), ...runs.map(({ flow, data }) => dataOf("Data", flow, data))].filter(Boolean),
    h("details", { open }, h("summary", { class: "small" }, "Stored session (JSON)"), h("pre", { tabindex: 0, "aria-label": "Session", "data-scroll": "session" }, json(session))),
  ];
}

function dataOf(heading, flow, data) {
  if (!data || !Object.keys(data).length) return null;
  return h("section", {}, h("h3", {}, heading, flow ? h("span", { class: "muted" }, ` ${flow}`) : null),
    h("dl", {}, Object.entries(data).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, typeof value === "string" ? value : json(value))])));
}
