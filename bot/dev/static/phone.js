// The phone of one contact on one channel: its messages, and the contact's actions.

import { coalesced, get, h, icon, post, remove, toast, trying } from "./dom.js";
import { picker } from "./map.js";
import { bubble, pending } from "./messages.js";
import { dialog, menu } from "./overlays.js";

const NAMES = {
  SMS: "SMS", MMS: "MMS", WHATSAPP: "WhatsApp", RCS: "RCS", MESSENGER: "Messenger", VIBERBM: "Viber Business",
  INSTAGRAM: "Instagram", TELEGRAM: "Telegram", KAKAOTALK: "KakaoTalk", LINE: "LINE", WECHAT: "WeChat",
  KAKAOTALKCHAT: "KakaoTalk Chat", APPLEBC: "Apple Messages", VIBER: "Viber",
};
const PAGE = 200;
const TODAY = () => new Date().toLocaleDateString([], { dateStyle: "full" });

export const channelName = (channel) => NAMES[channel] ?? channel;

const PLACES = [["Malmö", 55.6091, 13.0007], ["Berlin", 52.52, 13.405], ["Cairo", 30.0444, 31.2357], ["New York", 40.7128, -74.006], ["São Paulo", -23.5505, -46.6333], ["Tokyo", 35.6762, 139.6503]];

let lastPlace = { latitude: 55.6091, longitude: 13.0007 };

export class Phone {
  // `told` is called with "selected", with "closed", or with "picked" and two ids: the message's, and
  // the bot's if the message is a reply.
  constructor(channel, identity, told) {
    this.channel = channel.name;
    this.identity = identity;
    this.key = `${this.channel}/${identity}`;
    this.path = `${this.channel}/${encodeURIComponent(identity)}`;
    this.rules = channel;
    this.told = told;
    this.most = PAGE;
    this.drawn = new Map();
    this.sent = []; // The texts that were sent. ArrowUp recalls them.
    this.back = 0;
    this.marked = { messages: [], replies: [] };
    this.options = { late_s: 0, copies: 0 };
    this.tellsTyping = false;
    this.composing = false;
    this.newest = "";
    this.lastSeen = ""; // The id of the newest message when the thread was last scrolled to its end.
    this.waiting = []; // The texts that are being sent to the server, with their elements.
    this.build();
    this.refresh = coalesced(() => this.load());
  }

  get label() {
    return `${channelName(this.channel)} ${this.identity}`;
  }

  build() {
    const name = channelName(this.channel);
    this.thread = h("ol", { class: "thread", click: (event) => this.pick(event), focusin: (event) => this.reach(event.target.closest("li")) });
    const log = h("div", { role: "log", "aria-label": `Messages on ${name}` }, this.thread);
    this.earlier = h("button", { type: "button", class: "quiet earlier", hidden: true, click: () => this.showEarlier() });
    this.starts = h("div", { class: "choices" });
    this.empty = h("div", { class: "empty" }, h("p", {}, "Nothing here yet."), h("p", { class: "muted" }, "Write something, or begin with:"), this.starts);
    this.typing = h("div", { class: "typing", hidden: true, role: "img", "aria-label": "The bot is typing" }, h("i"), h("i"), h("i"));
    this.atEnd = true;
    this.newer = h("button", { type: "button", class: "newer", hidden: true, click: () => this.toEnd() }, "New messages ↓");
    this.screen = h("div", {
      class: "screen", tabindex: 0, role: "region", "aria-label": `Screen of ${name}`,
      scroll: () => {
        this.atEnd = this.screen.scrollHeight - this.screen.scrollTop - this.screen.clientHeight < 60;
        this.showNewer();
      },
      keydown: (event) => this.walk(event),
    }, this.earlier, this.empty, log, this.typing);
    this.input = h("textarea", {
      rows: 1, dir: "auto", "aria-label": `Message on ${name}`, placeholder: "Message", maxlength: 16384,
      keydown: (event) => this.key_(event), input: () => this.typed(), blur: () => this.stopsTyping(),
    });
    this.chip = h("button", { type: "button", class: "chip", hidden: true, title: "Reset delay and copies", click: () => this.setOptions(0, 0) });
    this.element = h("section", { class: "phone", "data-channel": this.channel, "aria-label": this.label, focusin: () => this.told("selected"), pointerdown: () => this.told("selected") },
      h("header", {},
        h("span", { class: "dot" }),
        h("div", { class: "who" }, h("h2", {}, name), h("span", { class: "muted" }, this.identity)),
        h("button", { type: "button", class: "quiet icon", "aria-label": `More on ${name}`, "aria-haspopup": "menu", click: (event) => this.showMore(event.currentTarget) }, icon("more")),
        h("button", { type: "button", class: "quiet icon", "aria-label": `Close ${name}`, click: () => this.told("closed") }, icon("close"))),
      h("div", { class: "inside-phone" }, this.screen, this.newer),
      h("div", { class: "compose" },
        this.chip,
        h("button", { type: "button", class: "quiet icon", "aria-label": "Attach", "aria-haspopup": "menu", click: (event) => this.showAttach(event.currentTarget) }, icon("plus")),
        this.input,
        h("button", { type: "button", class: "main icon", "aria-label": "Send", click: () => this.send() }, icon("send"))));
    new ResizeObserver(() => this.stayAtEnd()).observe(this.screen);
  }

  // Shows a button if messages have arrived while the thread is not scrolled to its end.
  showNewer() {
    if (this.atEnd) this.lastSeen = this.newest;
    const hadFocus = document.activeElement === this.newer;
    this.newer.hidden = this.newest === this.lastSeen;
    if (hadFocus && this.newer.hidden) this.input.focus();
  }

  toEnd() {
    this.atEnd = true;
    this.stayAtEnd();
    this.showNewer();
    this.input.focus();
  }

  stayAtEnd() {
    if (this.atEnd) this.screen.scrollTop = this.screen.scrollHeight;
  }

  // Tab reaches the buttons of one message only: the bot's newest message, or the message that was
  // focused with the arrow keys.
  reach(item) {
    if (!item || item === this.reached) return;
    this.reached = item;
    for (const control of this.thread.querySelectorAll("a, button, summary, .carousel")) control.tabIndex = item.contains(control) ? 0 : -1;
  }

  // Offers words that start a flow, while the phone is empty.
  offer(words) {
    this.empty.children[1].textContent = words.length ? "Write something, or begin with:" : "Write something to begin.";
    this.starts.replaceChildren(...words.map((word) => h("button", { type: "button", class: "choice", dir: "auto", click: () => this.begin(word) }, word)));
  }

  async begin(word) {
    await this.sendContent({ text: word });
    this.input.focus();
  }

  // Opens the turn of a clicked message.
  pick(event) {
    const bubble = event.target.closest(".bubble, .card, .failure");
    if (!bubble || event.target.closest("a, button, summary") || String(getSelection())) return;
    this.look(bubble.closest(".message"));
  }

  look(item) {
    const { id, reply } = item.dataset;
    this.told("selected");
    this.told("picked", id, reply);
  }

  // Marks the messages and replies of the opened turn.
  mark(messages, replies) {
    this.marked = { messages, replies };
    for (const item of this.thread.children) item.classList.toggle("picked", messages.includes(item.dataset.id) || (Boolean(item.dataset.reply) && replies.includes(item.dataset.reply)));
  }

  walk(event) {
    if (event.key === "Enter" && event.target.matches(".message")) return this.look(event.target);
    const step = { ArrowUp: "previousElementSibling", ArrowDown: "nextElementSibling" }[event.key];
    if (!step || !this.thread.children.length) return;
    event.preventDefault();
    const from = document.activeElement.closest(".message");
    const to = from ? from[step] : this.thread.lastElementChild;
    to?.focus();
  }

  async load() {
    let view;
    try {
      view = await get(`/dev/phones/${this.path}?most=${this.most}`);
    } catch {
      return; // The stream of changes has ended, too, and reports this. When it is open again, the phone is loaded again.
    }
    this.render(view);
  }

  render(view) {
    const focused = this.thread.contains(document.activeElement) ? document.activeElement.closest(".message").dataset.id : "";
    const seen = new Set();
    const before = new Set(this.drawn.keys());
    let place = this.thread.firstElementChild;
    let day = "";
    for (const one of view.messages) {
      const date = new Date(one.at * 1000).toLocaleDateString([], { dateStyle: "full" });
      // The first message of a day shows the date, unless all messages are of today.
      const message = { ...one, day: date === day || (!day && date === TODAY()) ? "" : date };
      day = date;
      const form = JSON.stringify(message);
      let entry = this.drawn.get(message.id);
      if (!entry || entry.form !== form) {
        const element = bubble(message, this.acts());
        if (entry) {
          if (place === entry.element) place = element;
          entry.element.replaceWith(element);
        }
        entry = { form, element };
        this.drawn.set(message.id, entry);
      }
      seen.add(message.id);
      if (place === entry.element) place = place.nextElementSibling;
      else this.thread.insertBefore(entry.element, place);
    }
    this.arrived(view.messages.filter((one) => one.from === "contact" && !before.has(one.id)).map((one) => one.text));
    for (const [id, { element }] of this.drawn) {
      if (seen.has(id)) continue;
      element.remove();
      this.drawn.delete(id);
    }
    this.mark(this.marked.messages, this.marked.replies);
    this.newest = view.messages.at(-1)?.id ?? "";
    this.empty.hidden = this.thread.children.length > 0;
    this.typing.hidden = !view.typing;
    this.earlier.hidden = !view.earlier;
    this.earlier.textContent = `Show ${Math.min(view.earlier, PAGE)} earlier messages`;
    this.stayAtEnd();
    this.showNewer();
    if (focused && !this.element.contains(document.activeElement)) this.drawn.get(focused)?.element.focus();
    this.reached = null;
    this.reach(this.drawn.get(focused)?.element ?? [...this.thread.querySelectorAll(".theirs")].at(-1));
  }

  // Removes the elements of texts that were being sent, because the server has returned these texts.
  arrived(texts) {
    for (const text of texts) {
      const at = this.waiting.findIndex((one) => one.text === text);
      if (at >= 0) this.waiting.splice(at, 1)[0].element.remove();
    }
  }

  acts() {
    return {
      tap: (message, choice) => this.tap(message, choice),
      react: this.rules.has_events ? (message, emoji) => this.react(message, emoji) : null,
    };
  }

  act(deed) {
    return trying(async () => {
      await post(`/emulator/phones/${this.path}`, deed);
      return true;
    });
  }

  async sendContent(deed) {
    const done = await this.act({ ...deed, ...this.options });
    this.atEnd = true;
    this.stayAtEnd();
    return done;
  }

  async send() {
    const text = this.input.value;
    if (!text.trim()) return;
    this.sent = [...this.sent.filter((one) => one !== text), text];
    this.back = 0;
    this.input.value = "";
    this.grow();
    this.stopsTyping();
    this.input.focus();
    const element = pending(text);
    this.waiting.push({ element, text });
    this.thread.append(element);
    this.empty.hidden = true;
    this.atEnd = true;
    this.stayAtEnd();
    const isSent = await this.sendContent({ text });
    if (isSent) await this.refresh();
    element.remove();
    this.waiting = this.waiting.filter((one) => one.element !== element);
    this.empty.hidden = this.thread.children.length > 0;
    if (!isSent && !this.input.value) this.input.value = text;
  }

  async tap(message, choice) {
    if (choice.kind === "share_location") return this.sendLocation();
    if (choice.kind === "text")
      return this.sendContent({ answer: { message_id: message.id, postback: choice.postback } });
    if (choice.kind === "call") toast(`The phone would call ${choice.body.phone_number}.`);
    if (choice.kind === "calendar") toast(`The phone would add “${choice.body.event_title}”, ${choice.body.event_start} to ${choice.body.event_end}, to the calendar.`);
    if (choice.kind === "location") toast(`The phone would show ${choice.body.title} on a map.`);
    return this.sendContent({ postback: choice.postback });
  }

  react(message, emoji) {
    const undo = !emoji;
    return this.act({ reaction: { emoji: emoji || message.reaction, message_id: message.id, undo } });
  }

  key_(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.send();
    }
    const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (step && (!this.input.value || this.input.value === this.sent.at(-this.back))) this.recall(step, event);
  }

  recall(step, event) {
    const back = Math.min(Math.max(this.back + step, 0), this.sent.length);
    if (back === this.back) return;
    event.preventDefault();
    this.back = back;
    this.input.value = back ? this.sent.at(-back) : "";
    this.grow();
  }

  typed() {
    this.grow();
    if (!this.tellsTyping || this.composing || !this.input.value) return;
    this.composing = true;
    this.act({ typing: true });
  }

  stopsTyping() {
    if (!this.composing) return;
    this.composing = false;
    this.act({ typing: false });
  }

  grow() {
    this.input.style.height = "auto";
    const border = this.input.offsetHeight - this.input.clientHeight;
    this.input.style.height = `${Math.min(this.input.scrollHeight + border, 140)}px`;
  }

  showAttach(button) {
    menu(button, [
      ["Location…", () => this.sendLocation()],
      ["Picture or file…", () => this.sendMedia()],
      ["Delay or repeat…", () => this.askOptions()],
      ["Something the API can't translate…", () => this.sendUnsupported()],
    ]);
  }

  showMore(button) {
    const items = [["Start over…", () => this.startOver()]];
    if (this.rules.has_reads) items.unshift(["Read all messages", () => this.act({ read: true })]);
    if (this.rules.has_events)
      items.unshift([this.tellsTyping ? "Don't tell the bot when I type" : "Tell the bot when I type", () => { this.tellsTyping = !this.tellsTyping; }]);
    menu(button, items);
  }

  sendLocation() {
    const extra = (form) => {
      const { world, move } = picker((latitude, longitude) => {
        form.elements.latitude.value = latitude.toFixed(4);
        form.elements.longitude.value = longitude.toFixed(4);
      });
      move(lastPlace.latitude, lastPlace.longitude);
      form.addEventListener("input", () => move(Number(form.elements.latitude.value), Number(form.elements.longitude.value)));
      const go = (name, latitude, longitude) => {
        Object.assign(form.elements.latitude, { value: latitude });
        Object.assign(form.elements.longitude, { value: longitude });
        Object.assign(form.elements.title, { value: name });
        move(latitude, longitude);
      };
      return h("div", { class: "places" }, world,
        PLACES.map(([name, ...at]) => h("button", { type: "button", class: "quiet small", click: () => go(name, ...at) }, name)));
    };
    const number = (value, most) => ({ type: "number", step: "any", min: -most, max: most, required: true, value });
    return dialog("Send a location", [
      ["latitude", "Latitude", { ...number(lastPlace.latitude, 90), autofocus: true }],
      ["longitude", "Longitude", number(lastPlace.longitude, 180)],
      ["title", "Title (optional)", { maxlength: 1024 }],
    ], "Send", {
      extra,
      submit: async ({ latitude, longitude, title }) => {
        lastPlace = { latitude: Number(latitude), longitude: Number(longitude) };
        return this.sendContent({ location: { ...lastPlace, title } });
      },
    });
  }

  sendMedia() {
    return dialog("Send a picture or file", [
      ["url", "Web address", { type: "url", required: true, maxlength: 2048, value: "https://files.example/picture.jpg" }],
      ["caption", "Caption (optional)", { maxlength: 1024 }],
    ], "Send", { note: "The bot gets only the address of the file; nothing is uploaded.", submit: ({ url, caption }) => this.sendContent({ media: { url, caption } }) });
  }

  sendUnsupported() {
    return dialog("Send something the API can't translate", [
      ["payload", "The channel's own JSON", { required: true, value: '{"type":"unknown"}' }],
    ], "Send", { note: "The bot gets the message as an UNSUPPORTED callback.", submit: ({ payload }) => this.act({ unsupported: payload }) });
  }

  async askOptions() {
    const answer = await dialog("Delay or repeat", [
      ["late", "Delay in seconds", { type: "number", min: 0, max: 86400, step: "any", required: true, value: this.options.late_s, autofocus: true }],
      ["copies", "Further copies", { type: "number", min: 0, max: 100, step: 1, required: true, value: this.options.copies }],
    ], "Use", { note: "Applies to everything that you send from this phone, until you change it here." });
    if (answer) this.setOptions(Number(answer.late), Number(answer.copies));
  }

  setOptions(late_s, copies) {
    this.options = { late_s, copies };
    const words = [late_s ? `${late_s} s late` : "", copies ? `+${copies} ${copies === 1 ? "copy" : "copies"}` : ""].filter(Boolean);
    this.chip.hidden = !words.length;
    this.chip.replaceChildren(words.join(" · "), icon("close", "Reset delay and copies"));
    this.input.focus();
  }

  async startOver() {
    const answer = await dialog("Start over?", [], "Start over", {
      danger: true,
      note: "The phone is cleared, and the bot forgets the contact.",
      submit: () => remove(`/dev/phones/${this.path}`),
    });
    if (!answer) return;
    await this.refresh();
    this.input.focus();
  }

  async showEarlier() {
    const before = this.screen.scrollHeight;
    this.most += PAGE;
    await this.refresh();
    this.screen.scrollTop += this.screen.scrollHeight - before;
  }
}
