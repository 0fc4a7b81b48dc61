// The inbox: contacts that people handle, the longest wait first. It notifies if a contact waits.

import { get, h, keepingPlace, moment } from "./dom.js";
import { who } from "./contacts.js";
import { address, ago, lasting, many, nothing, now } from "./words.js";

const SPEAKERS = { contact: "", bot: "Bot: ", agent: "You: " };

export class Inbox {
  constructor(element) {
    this.element = element;
    this.seen = "";
  }

  async load() {
    const found = await get("api/inbox");
    const told = JSON.stringify([found, Math.floor(now() / 60)]); // The time is compared, too, so that waiting times are updated each minute.
    if (told === this.seen) return;
    this.seen = told;
    const bound = found.total > found.rows.length ? ` Only the ${found.rows.length} that were handed over first are listed.` : "";
    keepingPlace(this.element, () => this.element.replaceChildren(
      found.total
        ? h("p", { class: "muted small", role: "status" }, `${many(found.total, "contact")} with a person; ${found.unanswered ? `${found.unanswered.toLocaleString()} ${found.unanswered === 1 ? "waits" : "wait"} for an answer, the longest first` : "all are answered"}.${bound}`)
        : nothing("No contact is with a person.", "Contacts that a flow hands over, or that you take over, are listed here."),
      found.rows.length ? h("ol", { class: "queue" }, found.rows.map(row)) : ""));
  }
}

function row(one) {
  return h("li", { class: one.waits_since === null ? "waiting" : "waiting unanswered" },
    h("a", { href: address("contact", { id: one.contact, from: "inbox" }) },
      h("span", { class: "row" }, h("span", {}, who(one)), h("span", { class: "gap" }),
        one.waits_since === null
          ? h("span", { class: "mark" }, "answered")
          : h("span", { class: "mark bad", title: moment(one.waits_since) }, `waits ${lasting(now() - one.waits_since)}`)),
      h("span", { class: "last", dir: "auto" }, one.said ? `${SPEAKERS[one.who] ?? ""}${one.said}` : "Nothing was said yet."),
      h("span", { class: "muted small" }, [one.agent ? `assigned to ${one.agent}` : "not assigned", one.reason, one.notes ? many(one.notes, "note") : "", `handed over ${ago(one.since)}`].filter(Boolean).join(" · "))));
}

// -- notification --

let waited = null;
const button = document.getElementById("notify");

// Shows the number of waiting contacts in the title. Notifies if it has grown and notifications are allowed.
export function heard(unanswered) {
  document.title = unanswered ? `(${unanswered}) bot console` : "bot console";
  button.hidden = !("Notification" in window) || Notification.permission !== "default";
  if (waited !== null && unanswered > waited && "Notification" in window && Notification.permission === "granted")
    new Notification("A contact waits for an answer", { body: `${many(unanswered, "contact")} in the inbox`, tag: "inbox" });
  waited = unanswered;
}

button.addEventListener("click", async () => {
  await Notification.requestPermission();
  button.hidden = true;
});
