// Problems that need a person: stuck contacts and dead letters.

import { get, h, keepingPlace, moment, post, toast, trying } from "./dom.js";
import { who } from "./contacts.js";
import { json } from "./json.js";
import { dialog } from "./overlays.js";
import { address, ago, many, nothing } from "./words.js";

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
      found.total
        ? h("p", { class: "muted small", role: "status" }, `${many(found.total, "contact")} for whom something has waited for a minute, or who can't continue${found.total > found.rows.length ? `, ${found.rows.length} of them here` : ""}; longest silent first.${bound}`)
        : nothing("Nobody is stuck.", `No message or reply has waited for longer than a minute, and every contact can continue. Checked every few seconds.${bound}`),
      found.rows.length ? h("div", { class: "scroll list" }, h("table", { "aria-label": "Stuck contacts" },
        h("thead", {}, h("tr", {}, ["Contact", "Why"].map((words) => h("th", { scope: "col" }, words)))),
        h("tbody", {}, found.rows.map((one) => h("tr", {}, h("td", {}, h("a", { href: address("contact", { id: one.contact }) }, who(one))), h("td", {}, one.why)))))) : ""));
  }
}

export class Dead {
  constructor(element) {
    this.element = element;
    this.seen = "";
    this.open = new Map();
  }

  async load() {
    const found = await get("api/dead");
    const told = JSON.stringify(found);
    if (told === this.seen) return;
    this.seen = told;
    const counted = found.groups.reduce((sum, group) => sum + group.count, 0);
    const more = found.total > counted ? ` The newest ${counted.toLocaleString()} are counted here.` : "";
    keepingPlace(this.element, () => this.element.replaceChildren(
      found.groups.length
        ? h("p", { class: "muted small", role: "status" }, `${many(found.total, "dead letter")}, grouped by error: messages and replies whose last try has failed. Correct the flow, then retry the dead letters.${more}`)
        : nothing("There are no dead letters.", "If the last try of a turn or a reply fails, the message is listed here."),
      h("ul", { class: "letters" }, found.groups.map((group) => this.group(group)))));
  }

  group(group) {
    const key = keyOf(group);
    const inside = this.open.get(key) ?? h("div", { class: "inside" });
    const details = h("details", { open: this.open.has(key), toggle: () => this.toggle(details, key, group, inside) },
      h("summary", { class: "small", "data-key": `group ${key}` }, "Letters"), inside);
    const all = `all ${group.count.toLocaleString()}`;
    return h("li", { class: "letter" },
      h("div", { class: "row" },
        h("strong", { class: "mono" }, group.error || group.reason),
        h("span", { class: "row does" },
          h("button", { type: "button", class: "quiet small", "data-key": `retry ${key}`, click: () => this.retryAll(group) }, `Retry ${all}`),
          h("button", { type: "button", class: "quiet small bad", "data-key": `drop ${key}`, click: () => this.dropAll(group) }, `Drop ${all}`))),
      group.error ? h("p", { class: "mono small muted" }, [group.reason, group.place].filter(Boolean).join(" · ")) : null,
      h("p", { class: "small muted" }, KINDS[group.kind] ?? group.kind, " · ", many(group.contacts, "contact"), " · first ", h("span", { title: moment(group.first) }, ago(group.first)), ", last ", h("span", { title: moment(group.last) }, ago(group.last))),
      details);
  }

  toggle(details, key, group, inside) {
    if (!details.open) this.open.delete(key);
    else if (!this.open.has(key)) {
      this.open.set(key, inside);
      this.more(group, inside, 0);
    }
  }

  async more(group, inside, skip) {
    const letters = await trying(() => post("api/dead", { ...kindOf(group), skip }));
    if (!letters) return;
    inside.querySelector(".more")?.remove();
    if (!skip) inside.replaceChildren();
    inside.append(...letters.map((letter) => this.letter(letter)));
    const shown = skip + letters.length;
    if (shown < group.count && letters.length)
      inside.append(h("button", { type: "button", class: "quiet small more", click: () => this.more(group, inside, shown) }, `Show more of ${group.count.toLocaleString()}`));
  }

  letter(letter) {
    const whole = h("div", {});
    const details = h("details", { toggle: () => details.open && !whole.hasChildNodes() && this.show(letter, whole) },
      h("summary", { class: "small" }, "Details"), whole);
    return h("div", { class: "one-letter", "data-id": letter.id },
      h("div", { class: "row" },
        h("a", { href: address("contact", { id: letter.contact }) }, who(letter)),
        h("span", { class: "muted small", title: moment(letter.at) }, `${ago(letter.at)}, after ${many(letter.tries, "try", "tries")}`),
        h("span", { class: "row does" },
          h("button", { type: "button", class: "quiet small", "aria-label": `Retry the letter of ${letter.identity}`, click: () => this.retry(letter) }, "Retry"),
          h("button", { type: "button", class: "quiet small bad", "aria-label": `Drop the letter of ${letter.identity}`, click: () => this.drop(letter) }, "Drop"))),
      letter.texts.map((text) => h("p", { class: "wrote", dir: "auto" }, text)),
      details);
  }

  async show(letter, inside) {
    const whole = await trying(() => get(`api/dead/${letter.id}`));
    if (whole) inside.replaceChildren(h("pre", { tabindex: 0, "aria-label": "Dead letter" }, json({ items: whole.items, reply: whole.reply, session: whole.session })));
  }

  async retry(letter) {
    const answer = await trying(() => post(`api/dead/${letter.id}/retry`));
    if (answer) this.gone(letter, answer.done ? "Queued again. A worker will try again." : "The dead letter was gone already.");
  }

  async retryAll(group) {
    const answer = await trying(() => post("api/dead/retry", kindOf(group)));
    if (answer) this.told(group, `${many(answer.done, "dead letter")} queued again. Workers will try again.`);
  }

  async drop(letter) {
    await dialog("Drop this dead letter?", [], "Drop", {
      danger: true,
      note: "The dead letter is deleted permanently. The contact is not informed.",
      submit: async () => {
        const answer = await post(`api/dead/${letter.id}/drop`);
        this.gone(letter, answer.done ? "Dropped." : "The dead letter was gone already.");
        return answer;
      },
    });
  }

  async dropAll(group) {
    await dialog(`Drop ${many(group.count, "dead letter")}?`, [], "Drop", {
      danger: true,
      note: "The dead letters are deleted permanently. The contacts are not informed.",
      submit: async () => {
        const answer = await post("api/dead/drop", kindOf(group));
        this.told(group, `${many(answer.done, "dead letter")} dropped.`);
        return answer;
      },
    });
  }

  // Removes one letter from its group. The group stays open, and the focus moves to the next letter.
  gone(letter, words) {
    const element = this.element.querySelector(`[data-id="${CSS.escape(letter.id)}"]`);
    const next = (element.nextElementSibling ?? element.previousElementSibling ?? element.closest("details")).querySelector("button, summary");
    if (element.contains(document.activeElement)) next.focus();
    element.remove();
    this.news(words);
  }

  told(group, words) {
    this.open.delete(keyOf(group));
    this.news(words);
  }

  news(words) {
    toast(words);
    document.dispatchEvent(new Event("refresh"));
  }
}

const KINDS = { send: "replies that weren't sent", turn: "turns that failed", forward: "hand-overs that could not be reported" };

const keyOf = ({ kind, reason, place }) => JSON.stringify([kind, reason, place]);

// The fields that select a group in requests. Letters that are newer than the shown ones are left out.
const kindOf = ({ kind, reason, place, last }) => ({ kind, reason, place, until: last });
