// What needs somebody: contacts that are stuck, and dead letters.

import { get, h, keepingPlace, moment, post, toast, trying } from "./dom.js";
import { who } from "./contacts.js";
import { json } from "./json.js";
import { dialog } from "./overlays.js";
import { address, ago, many } from "./words.js";

export class Stuck {
  constructor(element) {
    this.element = element;
    this.seen = "";
  }

  async load(counts) {
    const found = await get("api/stuck");
    const told = JSON.stringify([found, counts.is_complete]);
    if (told === this.seen) return;
    this.seen = told;
    const bound = counts.is_complete ? "" : ` Of the first ${many(counts.contacts, "contact")}; there are more.`;
    keepingPlace(this.element, () => this.element.replaceChildren(
      h("p", { class: "muted small", role: "status" }, found.total ? `${many(found.total, "contact")} for whom something has waited for a minute, or who can't continue${found.total > found.rows.length ? `, ${found.rows.length} of them here` : ""}; longest silent first.${bound}` : `No message or reply has waited for longer than a minute, and every contact can continue. Checked every few seconds.${bound}`),
      found.rows.length ? h("div", { class: "scroll list" }, h("table", { "aria-label": "Stuck contacts" },
        h("thead", {}, h("tr", {}, ["Contact", "Why"].map((words) => h("th", { scope: "col" }, words)))),
        h("tbody", {}, found.rows.map((one) => h("tr", {}, h("td", {}, h("a", { href: address("contact", { id: one.contact }) }, who(one))), h("td", {}, one.why)))))) : ""));
  }
}

export class Dead {
  constructor(element) {
    this.element = element;
    this.seen = "";
  }

  async load() {
    const found = await get("api/dead");
    const told = JSON.stringify(found);
    if (told === this.seen) return;
    this.seen = told;
    const more = found.total > found.letters.length ? `, the first ${found.letters.length} of them here` : "";
    this.element.replaceChildren(
      h("p", { class: "muted small", role: "status" }, found.letters.length ? `${many(found.total, "dead letter")}${more}: what was given up after the last try.` : "There are no dead letters."),
      h("ul", { class: "letters" }, found.letters.map((letter) => this.letter(letter))));
  }

  letter(letter) {
    const inside = h("div", { class: "whole" });
    const details = h("details", { toggle: () => details.open && !inside.hasChildNodes() && this.open(letter, inside) },
      h("summary", { class: "small" }, "What it holds"), inside);
    return h("li", { class: "letter", "data-id": letter.id },
      h("div", { class: "row" },
        h("strong", {}, { send: "A reply that wasn't sent", turn: "A turn that failed" }[letter.kind] ?? letter.kind),
        h("span", { class: "muted small", title: moment(letter.at) }, ago(letter.at)),
        h("span", { class: "row does" },
          h("button", { type: "button", class: "quiet small", click: () => this.retry(letter) }, "Retry"),
          h("button", { type: "button", class: "quiet small bad", click: () => this.drop(letter) }, "Drop"))),
      h("p", { class: "mono" }, letter.reason),
      h("p", { class: "small muted" }, `after ${many(letter.tries, "try", "tries")} · `, h("a", { href: address("contact", { id: letter.contact }) }, letter.contact)),
      details);
  }

  async open(letter, inside) {
    const whole = await trying(() => get(`api/dead/${letter.id}`));
    if (whole) inside.replaceChildren(h("pre", { tabindex: 0 }, json({ items: whole.items, reply: whole.reply, session: whole.session })));
  }

  async retry(letter) {
    const answer = await trying(() => post(`api/dead/${letter.id}/retry`));
    if (answer) this.told(answer.done ? "Put back; a worker tries again." : "It was gone already.");
  }

  async drop(letter) {
    await dialog("Drop this dead letter?", [], "Drop", {
      note: "What it holds is deleted for good, and the contact doesn't hear of it.",
      submit: async () => {
        const answer = await post(`api/dead/${letter.id}/drop`);
        this.told(answer.done ? "Dropped." : "It was gone already.");
        return answer;
      },
    });
  }

  told(words) {
    toast(words);
    document.dispatchEvent(new Event("refresh"));
  }
}
