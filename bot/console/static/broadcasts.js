// Broadcasts: what came of the last ones.

import { get, h, moment } from "./dom.js";
import { ago, many, nothing, percent, scrolled } from "./words.js";

const NUMBERS = ["accepted", "waiting", "sent", "delivered", "read", "failed", "answered", "stopped"];

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
    this.element.replaceChildren(
      found.length
        ? h("p", { class: "muted small", role: "status" }, `${many(found.length, "broadcast")}, the newest first. Shares are of those that were sent.`)
        : nothing("There was no broadcast in the last 90 days.", [h("code", {}, "bot broadcast"), " sends a message to many contacts."]),
      found.length ? scrolled("Broadcasts, with their numbers", h("table", { "aria-label": "Broadcasts" },
        h("thead", {}, h("tr", {}, ["Broadcast", ...NUMBERS.map((name) => name[0].toUpperCase() + name.slice(1))].map((words) => h("th", { scope: "col" }, words)))),
        h("tbody", {}, found.map(row))), "list") : "");
  }
}

function row(one) {
  const failed = Object.values(one.failed).reduce((sum, count) => sum + count, 0);
  const counts = { ...one, failed };
  const why = Object.entries(one.failed).map(([reason, count]) => `${reason}: ${count.toLocaleString()}`).join("\n");
  return h("tr", {},
    h("td", {}, one.name, one.started_at ? h("span", { class: "muted small", title: moment(one.started_at) }, ` ${ago(one.started_at)}`) : null),
    NUMBERS.map((name) => h("td", { class: `number${name === "failed" && failed ? " bad" : ""}`, title: name === "failed" ? why : "" },
      counts[name].toLocaleString(), name === "accepted" || name === "waiting" || name === "sent" ? null : h("span", { class: "muted small" }, ` ${percent(counts[name], one.sent)}`))));
}
