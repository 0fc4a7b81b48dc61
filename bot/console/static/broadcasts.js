// Shows the latest broadcasts with their outcomes.

import { get, h, keepingPlace, moment, post, toast } from "./dom.js";
import { dialog } from "./overlays.js";
import { ago, many, nothing, percent, scrolled } from "./words.js";

const NUMBERS = ["accepted", "waiting", "sent", "delivered", "read", "failed", "answered", "stopped", "canceled"];
const PLAIN = new Set(["accepted", "waiting", "sent", "canceled"]); // These counts are shown without a percentage of the sent messages.

export class Broadcasts {
  constructor(element) {
    this.element = element;
    this.seen = "";
  }

  async load() {
    const found = await get("api/broadcasts");
    const told = JSON.stringify(found);
    if (told === this.seen) return;
    this.seen = told;
    keepingPlace(this.element, () => this.element.replaceChildren(
      found.length
        ? h("p", { class: "muted small", role: "status" }, `${many(found.length, "broadcast")}, the newest first. Percentages are shares of the sent messages.`)
        : nothing("There was no broadcast in the last 90 days.", [h("code", {}, "bot broadcast"), " sends a message to many contacts."]),
      found.length ? scrolled("Broadcasts, with their numbers", h("table", { "aria-label": "Broadcasts" },
        h("thead", {}, h("tr", {}, ["Broadcast", ...NUMBERS.map((name) => name[0].toUpperCase() + name.slice(1))].map((words) => h("th", { scope: "col" }, words)))),
        h("tbody", {}, found.map(row))), "list") : ""));
  }
}

async function cancel(one) {
  await dialog(`Cancel ${one.name}?`, [], "Cancel broadcast", {
    note: "The rows that are not sent yet will not be sent. This can't be undone, and the broadcast's name can't be used again.",
    submit: async () => {
      const { sent, canceled } = await post("api/broadcasts/cancel", { name: one.name });
      toast(`Canceled: ${sent.toLocaleString()} sent, ${canceled.toLocaleString()} not sent.`);
      document.dispatchEvent(new Event("refresh"));
    },
  });
}

function end(one) {
  if (one.canceled_at) return h("span", { class: "muted small", title: moment(one.canceled_at) }, `, canceled ${ago(one.canceled_at)}`);
  return one.has_ended ? null : h("button", { type: "button", class: "quiet small", "data-key": `cancel ${one.name}`, "aria-label": `Cancel ${one.name}`, click: () => cancel(one) }, "Cancel");
}

function row(one) {
  const failed = Object.values(one.failed).reduce((sum, count) => sum + count, 0);
  const counts = { ...one, failed };
  const why = Object.entries(one.failed).map(([reason, count]) => `${reason}: ${count.toLocaleString()}`).join("\n");
  return h("tr", {},
    h("td", {}, one.name, one.started_at ? h("span", { class: "muted small", title: moment(one.started_at) }, ` ${ago(one.started_at)}`) : null, end(one)),
    NUMBERS.map((name) => h("td", { class: `number${name === "failed" && failed ? " bad" : ""}`, title: name === "failed" ? why : "" },
      counts[name].toLocaleString(), PLAIN.has(name) ? null : h("span", { class: "muted small" }, ` ${percent(counts[name], one.sent)}`))));
}
