// The page: the open phones of a contact, the panel beside them, and the stream of changes that updates both.

import { IDENTITY, chooser } from "./contact_chooser.js";
import { coalesced, get, getText, h, icon, ifAnswered, post, toast, trying } from "./dom.js";
import { Conversation, length } from "./conversation.js";
import { dialog, menu } from "./overlays.js";
import { Phone, channelName } from "./phone.js";
import { themes } from "./theme.js";
import { Traffic } from "./traffic.js";

const FIRST = { identity: "46700000001", channels: ["SMS", "WHATSAPP"] };
const $ = (id) => document.getElementById(id);

const conversation = new Conversation($("bot"), skipTime, onTurn);
const traffic = new Traffic($("traffic"));
const phones = new Map();
const unread = new Map();
let about = { channels: [], contacts: [], fault: "" };
let identity = "";
let selected = null;

// The open phones are in the URL, so that a reload opens them again.
function readAddress() {
  const [who, names] = location.hash.slice(1).split(":");
  const known = about.channels.map((channel) => channel.name);
  const channels = (names ?? "").split(",").filter((name) => known.includes(name));
  return {
    identity: decodeURIComponent(who) || about.contacts[0]?.identity || FIRST.identity,
    channels: channels.length ? channels : FIRST.channels,
  };
}

function writeAddress() {
  const names = [...phones.values()].map((phone) => phone.channel);
  history.replaceState(null, "", `#${encodeURIComponent(identity)}:${names.join(",")}`);
}

function openPhone(name) {
  const channel = about.channels.find((one) => one.name === name);
  const phone = new Phone(channel, identity, (what, ...more) => {
    if (what === "closed") closePhone(phone);
    else if (what === "picked") lookAt(...more);
    else select(phone);
  });
  phones.set(phone.key, phone);
  $("phones").append(phone.element);
  phone.offer(starts());
  phone.refresh();
  return phone;
}

// -- turns --

function lookAt(message, reply) {
  panel(true);
  if (document.body.dataset.view === "phones" && getComputedStyle(document.querySelector(".inspector")).display === "none") view("bot");
  else tab("bot");
  conversation.look(message, reply);
}

function onTurn(what, ...more) {
  if (what === "looked") selected?.mark(...more);
  else if (what === "back") goBack(more[0]);
  else trying(() => post(`/dev/dead/${more[0]}/retry`));
}

async function goBack(turn) {
  const { path, label } = selected;
  await dialog("Go back to here?", [], "Go back", {
    note: `${label} returns to its state after turn ${turn.turn}. All later messages are removed from the phone and the log.`,
    submit: () => post(`/dev/sessions/${path}`, { turn: turn.turn }),
  });
}

const starts = () => conversation.starts().slice(0, 6);

function closePhone(phone) {
  const hadFocus = phone.element.contains(document.activeElement);
  phones.delete(phone.key);
  phone.element.remove();
  if (selected === phone) select([...phones.values()][0] ?? null);
  writeAddress();
  showEmpty();
  if (hadFocus) (selected?.input ?? document.querySelector(".no-phones button")).focus();
}

function select(phone) {
  if (selected === phone) return;
  selected?.element.classList.remove("selected");
  selected = phone;
  phone?.element.classList.add("selected");
  conversation.show(phone);
  traffic.show(phone);
}

function showContact(who, channels) {
  for (const phone of phones.values()) phone.element.remove();
  phones.clear();
  identity = who;
  unread.delete(who);
  const [first] = channels.map(openPhone);
  select(first ?? null);
  writeAddress();
  showContacts();
  showEmpty();
}

function showContacts() {
  const count = [...unread.values()].reduce((sum, one) => sum + one, 0);
  $("contact").replaceChildren(h("span", { class: "hidden" }, "Contact "), h("span", { class: "identity" }, identity),
    count ? h("span", { class: "count" }, `${count} new`) : "");
  document.title = unread.size ? "● bot dev" : "bot dev";
}

function showEmpty() {
  document.querySelector(".no-phones")?.remove();
  if (!phones.size)
    $("phones").append(h("div", { class: "no-phones" }, h("p", {}, "No phone is open."), h("button", { type: "button", class: "main", click: (event) => addChannel(event.currentTarget) }, "Add channel")));
}

// A WhatsApp user ID is not a number, so other channels with phone numbers cannot reach it.
function canBeOn(who, channel) {
  return channel.name === "WHATSAPP" || !channel.by_number || !/^[A-Z]{2}\./.test(who);
}

function addChannel(button) {
  const closed = about.channels.filter((channel) => !phones.has(`${channel.name}/${identity}`) && canBeOn(identity, channel));
  menu(button, closed.map((channel) => [channelName(channel.name), () => {
    const phone = openPhone(channel.name);
    writeAddress();
    showEmpty();
    phone.input.focus();
    phone.element.scrollIntoView({ inline: "nearest" });
  }]));
}

async function newContact() {
  const taken = new Set([identity, ...about.contacts.map((one) => one.identity)]);
  let number = 46700000001;
  while (taken.has(String(number))) number++;
  const answer = await dialog("New contact", [
    ["identity", "Number, WhatsApp user ID, or name on the channel", { required: true, pattern: IDENTITY, value: number, autofocus: true }],
  ], "Open");
  if (!answer) return;
  openContact(answer.identity.replace(/^\+/, ""));
}

// Opens the same channels for another contact, except the channels that the contact cannot have.
function openContact(who) {
  const open = new Set([...phones.values()].map((phone) => phone.channel));
  const possible = about.channels.map((channel) => channel.name).filter((_, at) => canBeOn(who, about.channels[at]));
  const chosen = possible.filter((name) => open.has(name));
  showContact(who, chosen.length ? chosen : possible.slice(0, 1));
}

// The list opens before the contacts are loaded again, so that no typed character is lost.
async function chooseContact() {
  const update = chooser($("contact"), knownContacts(), identity, openContact);
  await refreshContacts();
  update(knownContacts());
}

function knownContacts() {
  const shown = about.contacts.some((one) => one.identity === identity) ? [] : [{ identity, channels: [...phones.values()].map((phone) => phone.channel) }];
  return [...shown, ...about.contacts].map((one) => ({ ...one, unread: unread.get(one.identity) ?? 0 }));
}

async function saveAsTest() {
  if (!selected) return;
  const { label, path } = selected;
  const text = await trying(() => getText(`/dev/tests/${path}`));
  if (text === null) return;
  await dialog("Save as test", [
    ["name", "Name of the file in tests/", { required: true, pattern: "[A-Za-z0-9][A-Za-z0-9_\\-]{0,63}", title: "Letters, digits, - and _", value: "conversation", autofocus: true }],
  ], "Save", {
    note: `Saves the conversation on ${label} as a test that pytest plays.`,
    extra: () => h("pre", { class: "preview", tabindex: 0, dir: "auto", "aria-label": "The file" }, text),
    submit: async ({ name }) => toast(`Saved as ${(await post(`/dev/tests/${path}`, { name })).path}`) ?? true,
  });
}

// -- time --

const SKIPS = [["1 minute", "1m"], ["30 minutes", "30m"], ["1 hour", "1h"], ["24 hours", "24h"]];

function skipMenu(button) {
  menu(button, [...SKIPS.map(([label, length]) => [label, () => skipTime({ for: length })]), ["Another time…", askSkip]]);
}

async function askSkip() {
  await dialog("Skip time", [["length", "How long, such as 90s, 31m or 2d", { required: true, pattern: "(\\s*\\d+\\s*[dhmsDHMS])+\\s*", title: "Whole numbers, each followed by d, h, m or s", value: "31m", autofocus: true }]], "Skip", {
    note: "The clock moves forward for all contacts, with their timers, messaging windows and quiet hours. It can't be moved back.",
    submit: ({ length }) => post("/dev/clock", { for: length }),
  });
}

// Moves the clock of the bot, the emulator and the page forward. Work that becomes due is done.
function skipTime(wanted) {
  return trying(() => post("/dev/clock", wanted));
}

function showClock({ ahead_s }) {
  const words = ahead_s >= 1 ? `${length(ahead_s < 60 ? ahead_s : Math.round(ahead_s / 60) * 60)} ahead` : "Skip time";
  $("clock").textContent = words;
  $("clock").setAttribute("aria-label", ahead_s >= 1 ? `Skip time; the clock is ${words}` : words);
  $("clock").title = "Moves the clock of the bot and its contacts forward";
}

// -- stream of changes --

const refreshAll = async () => {
  about = await get("/dev/about");
  await conversation.loadFlows();
  showFault(about.fault);
  showClock(about);
  showContacts();
  traffic.restart();
  await Promise.all([...[...phones.values()].map((phone) => phone.refresh()), conversation.refresh(), traffic.refresh()]);
};

const NEWS = {
  shown: (news) => { onPhone(news); countUnread(news); },
  status: onPhone,
  event: onPhone,
  phone: onPhone,
  callback: () => { traffic.refresh(); for (const phone of phones.values()) phone.refresh(); },
  request: () => traffic.refresh(),
  turn: () => { conversation.refresh(); selected?.refresh(); },
  failure: () => { conversation.refresh(); for (const phone of phones.values()) phone.refresh(); },
  clock: (news) => { showClock(news); conversation.refresh(); },
  flows: ({ fault }) => ifAnswered(async () => {
    await conversation.loadFlows();
    conversation.refresh();
    for (const phone of phones.values()) phone.offer(starts());
    showFault(fault);
    if (!fault) toast("Flows reloaded");
  }),
  fault: ({ text }) => {
    const [title, ...more] = text.split("\n");
    notice("fault", title, more.join("\n"));
  },
};

function onPhone(news) {
  const [, ...key] = news.phone.split("/");
  phones.get(key.join("/"))?.refresh();
}

function countUnread(news) {
  const who = news.phone.split("/").slice(2).join("/");
  if (!about.contacts.some((one) => one.identity === who)) refreshContacts();
  if (who === identity) return;
  unread.set(who, (unread.get(who) ?? 0) + 1);
  showContacts();
}

const refreshContacts = coalesced(() => ifAnswered(async () => {
  about = await get("/dev/about");
  showContacts();
}));

function listen() {
  const news = new EventSource("/emulator/news");
  news.addEventListener("open", () => { setLink("on", "connected"); ifAnswered(refreshAll); });
  news.addEventListener("error", () => setLink("off", "bot dev has stopped. Reconnecting …"));
  for (const [kind, take] of Object.entries(NEWS)) news.addEventListener(kind, ({ data }) => take(JSON.parse(data)));
}

function setLink(state, words) {
  $("link").className = `link ${state}`;
  $("link").setAttribute("aria-label", words);
  $("link").title = words;
  document.querySelector(".notice.stopped")?.remove();
  if (state === "off") notice("stopped", "bot dev has stopped. Reconnecting …", "Your messages are not sent. Start `bot dev` again in the project's folder.");
}

function showFault(text) {
  document.querySelector(".notice.flows")?.remove();
  if (text) notice("flows", "Your last change has an error; the previous version is still running", text);
}

function notice(kind, title, text) {
  const close = h("button", { type: "button", class: "quiet icon", "aria-label": "Dismiss", click: () => { note.remove(); selected?.input.focus(); } }, icon("close"));
  const note = h("div", { class: `notice ${kind}` }, icon("alert"), h("div", {}, h("strong", {}, title), text ? h("pre", {}, text) : null), close);
  if (kind === "fault") document.querySelector(".notice.fault")?.remove();
  $("notices").append(note);
}

// -- views --

function view(name) {
  document.body.dataset.view = name;
  for (const button of document.querySelectorAll(".views button")) {
    if (button.dataset.to === name) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
  if (name === "phones") selected?.element.scrollIntoView({ inline: "center" });
  else tab(name);
}

// Shows or hides the panel beside the phones. Without the panel the phones use its space.
function panel(isOn) {
  document.body.dataset.panel = isOn ? "on" : "off";
  $("panel").setAttribute("aria-pressed", String(isOn));
  localStorage.setItem("panel", isOn ? "on" : "off");
}

function tab(name) {
  for (const one of ["bot", "traffic"]) {
    $(`tab-${one}`).setAttribute("aria-selected", String(one === name));
    $(`tab-${one}`).tabIndex = one === name ? 0 : -1;
    $(one).hidden = one !== name;
  }
}

for (const button of document.querySelectorAll(".views button")) button.addEventListener("click", () => view(button.dataset.to));
for (const name of ["bot", "traffic"]) {
  $(`tab-${name}`).addEventListener("click", () => tab(name));
  $(`tab-${name}`).addEventListener("keydown", ({ key }) => {
    if (key !== "ArrowLeft" && key !== "ArrowRight") return;
    const other = name === "bot" ? "traffic" : "bot";
    tab(other);
    $(`tab-${other}`).focus();
  });
}
$("contact").addEventListener("click", chooseContact);
$("new-contact").addEventListener("click", newContact);
$("more").addEventListener("click", (event) => {
  const button = event.currentTarget;
  menu(button, [["New contact", newContact], ["Add channel", () => addChannel(button)], ["Skip time", () => skipMenu(button)], ["Save as test", saveAsTest], ["Console", () => { location.href = "/console/"; }]]);
});
$("clock").addEventListener("click", (event) => skipMenu(event.currentTarget));
$("save").addEventListener("click", saveAsTest);
$("add-channel").addEventListener("click", (event) => addChannel(event.currentTarget));

$("panel").addEventListener("click", () => panel(document.body.dataset.panel === "off"));
panel(localStorage.getItem("panel") !== "off");
themes($("theme"));
about = await get("/dev/about");
const { identity: who, channels } = readAddress();
await conversation.loadFlows();
showContact(who, channels);
selected?.input.focus();
listen();
