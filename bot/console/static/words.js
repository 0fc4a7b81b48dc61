// Writes numbers, states and times as text, and makes the URLs of views.

import { h } from "./dom.js";

export const many = (count, one, more = `${one}s`) => `${count.toLocaleString()} ${count === 1 ? one : more}`;

export const percent = (part, whole) => (whole ? `${Math.round((100 * part) / whole)} %` : "");

// A state such as `order/size`. A line may break at the slash.
export const place = (text) => text.split("/").flatMap((part, number) => (number ? ["/", h("wbr"), part] : [part]));

export function address(view, wanted = {}) {
  const query = new URLSearchParams(Object.entries(wanted).filter(([, value]) => value));
  // Without the path before the #, accessibility tools would take the link for a skip link within this page.
  return query.size ? `./#${view}?${query}` : `./#${view}`;
}

// A table that scrolls sideways if it is wider than the page. The keyboard can scroll it, too.
export const scrolled = (label, table, more = "") => h("div", { class: `scroll ${more}`, tabindex: 0, role: "group", "aria-label": label }, table);

// The text of an empty list.
export const nothing = (title, words) => h("div", { class: "nothing", role: "status" }, h("p", { class: "title" }, title), h("p", { class: "muted" }, words));

// The bot's clock. It differs from the browser's clock if `bot dev` has moved it forward.
let ahead = 0;
export const setClock = (bots) => { ahead = bots - Date.now() / 1000; };
export const now = () => Date.now() / 1000 + ahead;

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

// The time from or until now, such as "3 hr. ago" or "in 3 hr.".
export function ago(seconds) {
  const passed = now() - seconds;
  const [unit, size] = UNITS.find(([, each]) => Math.abs(passed) >= each) ?? UNITS.at(-1);
  return new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" }).format(-Math.trunc(passed / size), unit);
}

// A duration in its largest unit, such as "3 h".
export function lasting(seconds) {
  const [unit, size] = [["d", 86400], ["h", 3600], ["min", 60]].find(([, each]) => seconds >= each) ?? ["s", 1];
  return `${Math.max(0, Math.floor(seconds / size))} ${unit}`;
}

const NAMES = { SMS: "SMS", MMS: "MMS", RCS: "RCS", WHATSAPP: "WhatsApp", VIBERBM: "Viber", KAKAOTALK: "KakaoTalk", WECHAT: "WeChat", LINE: "LINE" };

export const channelName = (channel) => NAMES[channel] ?? channel.charAt(0) + channel.slice(1).toLowerCase();
