// Words for numbers, places and times, and addresses of views.

import { h } from "./dom.js";

export const many = (count, one, more = `${one}s`) => `${count.toLocaleString()} ${count === 1 ? one : more}`;

export const percent = (part, whole) => (whole ? `${Math.round((100 * part) / whole)} %` : "");

// A place such as `order/size`, which may be broken at its slash.
export const place = (text) => text.split("/").flatMap((part, number) => (number ? ["/", h("wbr"), part] : [part]));

export function address(view, wanted = {}) {
  const query = new URLSearchParams(Object.entries(wanted).filter(([, value]) => value));
  // With a path before the #, nothing takes such a link for one that skips to a part of the page.
  return query.size ? `./#${view}?${query}` : `./#${view}`;
}

// A table that is scrolled sideways where it is wider than the page, also with the keyboard.
export const scrolled = (label, table, more = "") => h("div", { class: `scroll ${more}`, tabindex: 0, role: "group", "aria-label": label }, table);

// What a list says when there is nothing in it.
export const nothing = (title, words) => h("div", { class: "nothing", role: "status" }, h("p", { class: "title" }, title), h("p", { class: "muted" }, words));

// The bot's clock, which `bot dev` moves, and from which that of the browser may differ.
let ahead = 0;
export const setClock = (bots) => { ahead = bots - Date.now() / 1000; };
export const now = () => Date.now() / 1000 + ahead;

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

// How long ago, or in how long, such as "3 hr. ago".
export function ago(seconds) {
  const passed = now() - seconds;
  const [unit, size] = UNITS.find(([, each]) => Math.abs(passed) >= each) ?? UNITS.at(-1);
  return new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" }).format(-Math.trunc(passed / size), unit);
}

// How long something lasts, in its largest unit, such as "3 h".
export function lasting(seconds) {
  const [unit, size] = [["d", 86400], ["h", 3600], ["min", 60]].find(([, each]) => seconds >= each) ?? ["s", 1];
  return `${Math.max(0, Math.floor(seconds / size))} ${unit}`;
}

const NAMES = { SMS: "SMS", MMS: "MMS", RCS: "RCS", WHATSAPP: "WhatsApp", VIBERBM: "Viber", KAKAOTALK: "KakaoTalk", WECHAT: "WeChat", LINE: "LINE" };

export const channelName = (channel) => NAMES[channel] ?? channel.charAt(0) + channel.slice(1).toLowerCase();
