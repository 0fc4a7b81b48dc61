// The callbacks and requests between the API and the bot, with commands to repeat them.

import { coalesced, copy, get, getText, h, time, trying } from "./dom.js";
import { indented, parsed } from "./json.js";

const KEPT = 500;

export class Traffic {
  constructor(element) {
    this.phone = null;
    this.last = 0;
    this.rows = [];
    this.whose = h("select", { "aria-label": "Whose traffic", change: () => this.filter() },
      h("option", { value: "phone" }, "This contact"), h("option", { value: "all" }, "Everyone"));
    this.what = h("select", { "aria-label": "What traffic", change: () => this.filter() },
      h("option", { value: "" }, "All"), h("option", { value: "callback" }, "Callbacks"), h("option", { value: "request" }, "Requests"));
    this.list = h("ol", { class: "entries", "aria-label": "Callbacks and requests, the newest first" });
    this.empty = h("p", { class: "muted pad" }, "No callbacks or requests yet.");
    element.append(h("div", { class: "row pad" }, this.whose, this.what, h("span", { class: "gap" }),
      h("button", { type: "button", class: "quiet small", click: () => this.clear() }, "Clear")), this.empty, this.list);
    this.refresh = coalesced(() => this.load());
  }

  show(phone) {
    this.phone = phone;
    this.filter();
  }

  // After a restart of the server the ids of entries begin again.
  restart() {
    this.last = 0;
    this.clear();
  }

  async load() {
    let entries;
    try {
      entries = await get(`/dev/traffic?after=${this.last}`);
    } catch {
      return;
    }
    for (const entry of entries) {
      const row = { entry, element: this.row(entry) };
      this.rows.push(row);
      this.list.prepend(row.element);
      this.last = Math.max(this.last, entry.id);
    }
    for (const { element } of this.rows.splice(0, Math.max(0, this.rows.length - KEPT))) element.remove();
    this.filter();
  }

  clear() {
    this.rows = [];
    this.list.replaceChildren();
    this.filter();
  }

  filter() {
    let shown = 0;
    for (const { entry, element } of this.rows) {
      const ours = this.whose.value === "all" || (this.phone && entry.phones.includes(this.phone.key));
      element.hidden = !ours || Boolean(this.what.value && entry.kind !== this.what.value);
      shown += !element.hidden;
    }
    this.empty.hidden = shown > 0;
  }

  row(entry) {
    const isCallback = entry.kind === "callback";
    const name = isCallback ? entry.trigger : `${entry.method} ${entry.path.replace(/^\/v1\/projects\/[^/]+/, "")}`;
    const good = entry.status >= 200 && entry.status < 300;
    const body = h("div", { class: "entry-body" });
    const details = h("details", { class: `entry ${entry.kind}`, toggle: () => this.fill(entry, body) },
      h("summary", {},
        h("span", { class: "arrow", role: "img", "aria-label": isCallback ? "Callback to the bot" : "Request of the bot" }, isCallback ? "→" : "←"),
        h("span", { class: "name" }, name, entry.detail ? h("span", { class: "muted" }, ` ${entry.detail.replace(/_(message|event)$/, "")}`) : null, entry.attempt > 1 ? h("span", { class: "bad" }, ` try ${entry.attempt}`) : null),
        h("span", { class: `code-status ${good ? "" : "bad"}` }, entry.status || "dropped"),
        h("span", { class: "muted small" }, time(entry.at, true))),
      body);
    return h("li", {}, details);
  }

  fill(entry, body) {
    if (body.firstChild) return;
    body.append(h("div", { class: "row" },
      h("button", { type: "button", class: "quiet small", click: () => copy(indented(entry.body), "JSON") }, "Copy JSON"),
      h("button", { type: "button", class: "quiet small", click: () => trying(async () => copy(await getText(`/dev/traffic/${entry.id}/curl`), "Command")) }, "Copy as curl")));
    if (entry.body) body.append(h("pre", { tabindex: 0, "aria-label": "Body" }, parsed(entry.body)));
    if (entry.answer) body.append(h("h4", {}, "Answer"), h("pre", { tabindex: 0, "aria-label": "Answer" }, parsed(entry.answer)));
  }
}
