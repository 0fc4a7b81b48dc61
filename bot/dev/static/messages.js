// Draws one message on a phone: its content, its buttons, and its status.

import { h, icon, link, safeUrl, textWithLinks, time } from "./dom.js";
import { place } from "./map.js";

const EMOJI = ["👍", "❤️", "😂", "😮", "😢", "🙏"];
const EMOJI_ONLY = /^(\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Emoji_Modifier}|\u200d|\ufe0f){1,12}$/u;
const MEDIA = [
  [/\.(jpe?g|png|gif|webp|avif|svg|heic)$/i, "picture", "Picture"],
  [/\.(mp4|mov|webm|3gp|mkv)$/i, "video", "Video"],
  [/\.(mp3|ogg|wav|m4a|aac|opus|amr)$/i, "sound", "Sound"],
];
const CHOICE_ICONS = { url: "link", call: "phone", location: "pin", share_location: "pin", calendar: "calendar" };

// `acts` has the functions to call on a tap: tap(message, choice) and react(message, emoji).
export function bubble(message, acts) {
  const mine = message.from === "contact";
  const item = h("li", { class: `message ${mine ? "mine" : "theirs"}${message.native && message.kind === "carousel" ? " across" : ""}`, "data-id": message.id, "data-reply": message.reply || null, tabindex: -1 });
  if (message.day) item.append(h("span", { class: "day muted small" }, message.day));
  item.append(h("span", { class: "hidden" }, mine ? "You:" : "Bot:"));
  if (message.kind === "failed") {
    item.append(h("div", { class: "bubble lost" }, icon("alert"), ` A ${message.text} message did not arrive`), foot(message, mine));
    return item;
  }
  item.append(...(mine ? fromContact(message) : fromApp(message, acts)));
  if (message.failure) item.append(failure(message.failure));
  if (EMOJI_ONLY.test(message.text.trim())) item.querySelector(".bubble")?.classList.add("emoji-only");
  item.append(foot(message, mine, acts));
  return item;
}

// A text that is being sent to the server.
export function pending(text) {
  return h("li", { class: "message mine pending" }, h("span", { class: "hidden" }, "You:"),
    h("div", { class: "bubble", dir: "auto" }, text), h("div", { class: "foot" }, h("span", { class: "status" }, icon("clock", "Being sent"))));
}

// The error of the failed turn that this message started.
function failure({ error, place: raised, letter }) {
  return h("div", { class: "failure" },
    h("strong", {}, letter ? "The turn failed; the message is now a dead letter" : "The turn failed; the bot tries again"),
    h("span", {}, error), raised ? h("span", { class: "mono" }, raised) : null);
}

function fromContact(message) {
  const { body } = message;
  if (message.kind === "location") {
    const { latitude, longitude } = body.coordinates ?? {};
    return [h("div", { class: "bubble wide" }, place(latitude, longitude, body.title, body.label))];
  }
  if (message.kind === "media" || message.kind === "media_card")
    return [h("div", { class: "bubble wide" }, media(body), message.text ? h("p", { dir: "auto" }, textWithLinks(message.text)) : null)];
  if (message.kind === "choice_response")
    return [h("div", { class: "bubble tapped", dir: "auto" }, message.text)];
  if (message.text) return [h("div", { class: "bubble", dir: "auto" }, textWithLinks(message.text))];
  return [h("div", { class: "bubble raw" }, JSON.stringify(body, null, 1))];
}

function fromApp(message, acts) {
  const button = (choice) => choiceButton(message, choice, acts);
  const draw = message.native ? NATIVE[message.kind] : null;
  if (draw) return draw(message, button);
  return [h("div", { class: message.kind.startsWith("explicit") || message.kind.startsWith("channel") ? "bubble raw" : "bubble", dir: "auto" }, textWithLinks(message.text)), ...message.choices.map(button)];
}

const NATIVE = {
  choice: (message, button) => [
    message.text ? h("div", { class: "bubble", dir: "auto" }, textWithLinks(message.text), footer(message.body.message_properties?.whatsapp_footer)) : null,
    h("div", { class: "choices" }, message.choices.map(button)),
  ].filter(Boolean),
  card: (message, button) => [card(message.body, message.choices.map(button))],
  carousel: (message, button) => {
    let rest = [...message.choices];
    const cards = message.body.cards.map((one) => {
      const own = rest.splice(0, (one.choices ?? []).length);
      return card(one, own.map(button));
    });
    const row = h("div", { class: "carousel", tabindex: 0, role: "group", "aria-label": `Carousel of ${cards.length} cards` }, cards);
    return rest.length ? [row, h("div", { class: "choices" }, rest.map(button))] : [row];
  },
  location: ({ body }) => [h("div", { class: "bubble wide" }, place(body.coordinates?.latitude, body.coordinates?.longitude, body.title, body.label))],
  media: ({ body }) => [h("div", { class: "bubble wide" }, media(body))],
  list: (message, button) => [list(message, button)],
  contact_info: ({ text }) => [h("div", { class: "bubble contact-info" }, icon("card"), h("span", { dir: "auto" }, textWithLinks(text)))],
};

function card(body, buttons) {
  const tall = { SHORT: "short", TALL: "tall" }[body.height] ?? "medium";
  return h("div", { class: "card" },
    body.media_message ? media(body.media_message, tall) : null,
    body.title || body.description
      ? h("div", { class: "card-words" }, body.title ? h("strong", { dir: "auto" }, body.title) : null, body.description ? h("p", { dir: "auto" }, textWithLinks(body.description)) : null)
      : null,
    buttons.length ? h("div", { class: "choices" }, buttons) : null);
}

function list(message, button) {
  const { body } = message;
  const rest = [...message.choices];
  const sections = body.sections.map((section) => h("div", { class: "section" },
    section.title ? h("h3", { dir: "auto" }, section.title) : null,
    section.items.map((item) => (item.choice
      ? h("div", { class: "list-item" }, button(rest.shift()), item.choice.description ? h("p", { dir: "auto" }, item.choice.description) : null)
      : h("p", { class: "product" }, `Product ${item.product?.id ?? ""}`)))));
  return h("div", { class: "card" },
    body.media ? media(body.media) : null,
    h("div", { class: "card-words" }, h("strong", { dir: "auto" }, body.title), body.description ? h("p", { dir: "auto" }, textWithLinks(body.description)) : null),
    h("details", { class: "list" }, h("summary", {}, icon("list"), h("span", { dir: "auto" }, body.message_properties?.menu || "Options")), sections));
}

const footer = (text) => (text ? h("p", { class: "footer", dir: "auto" }, text) : null);

// Pictures are not fetched from other servers. Only their names are shown.
function media(body, size = "medium") {
  const url = safeUrl(body.url);
  const path = url ? decodeURIComponentSafely(new URL(url).pathname) : "";
  const [, kind, word] = MEDIA.find(([pattern]) => pattern.test(path)) ?? [null, "file", "File"];
  const name = body.filename_override || path.split("/").pop() || body.url || "";
  return h("div", { class: `media ${kind} ${size}` }, icon(kind, word), link(body.url, name));
}

function decodeURIComponentSafely(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function choiceButton(message, choice, acts) {
  const mark = CHOICE_ICONS[choice.kind];
  const label = [mark ? icon(mark) : null, h("span", { dir: "auto" }, choice.label)];
  const tap = () => acts.tap(message, choice);
  if (choice.kind === "url" && safeUrl(choice.body.url)) {
    const anchor = link(choice.body.url, ...label);
    anchor.className = "choice";
    anchor.addEventListener("click", tap);
    return anchor;
  }
  return h("button", { type: "button", class: "choice", click: tap }, label);
}

const STATUS = {
  sent: ["one", "Sent"],
  taken: ["two", "Accepted by the bot"],
  refused: ["alert", "Refused"],
  QUEUED: ["clock", "Queued"],
  QUEUED_ON_CHANNEL: ["one", "On its way"],
  DELIVERED: ["two", "Delivered"],
  READ: ["two", "Read"],
  FAILED: ["alert", "Failed"],
};

function foot(message, mine, acts = null) {
  const [mark, word] = message.failure ? ["alert", "The turn failed"] : STATUS[message.status] ?? ["clock", message.status];
  const status = h("span", { class: `status ${message.failure ? "failed" : message.status.toLowerCase()}`, title: message.reason || word }, icon(mark, word));
  const bad = ["refused", "FAILED"].includes(message.status);
  const reaction = message.reaction ? h("span", { class: "reaction", role: "img", "aria-label": `You reacted ${message.reaction}` }, message.reaction) : null;
  const [parts, encoding] = message.sms_parts ?? [0, ""];
  const size = parts ? `${parts} ${parts === 1 ? "part" : "parts"} in ${encoding}` : "";
  const words = [message.flash ? "Flash" : "", message.sender ? `from ${message.sender}` : "", size, time(message.at)].filter(Boolean).join(" · ");
  const line = h("div", { class: "foot" }, reaction, h("span", {}, words), status, bad ? h("span", { class: "bad" }, message.reason || word) : null);
  if (!mine && acts?.react) line.append(reactions(message, acts));
  return line;
}

function reactions(message, acts) {
  const row = h("span", { class: "emoji", hidden: true });
  const open = h("button", { type: "button", class: "react", "aria-label": "React", "aria-expanded": "false" }, icon("smile"));
  const react = (emoji) => () => acts.react(message, emoji);
  row.append(...EMOJI.map((emoji) => h("button", { type: "button", "aria-label": `React ${emoji}`, click: react(emoji) }, emoji)));
  if (message.reaction) row.append(h("button", { type: "button", "aria-label": "Remove the reaction", click: react("") }, icon("close")));
  open.addEventListener("click", () => {
    row.hidden = !row.hidden;
    open.setAttribute("aria-expanded", String(!row.hidden));
    if (!row.hidden) row.firstElementChild.focus();
  });
  return h("span", { class: "reacting" }, open, row);
}
