// Shows JSON indented and colored.

import { h } from "./dom.js";

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;

export function json(value) {
  const text = JSON.stringify(value, null, 2) ?? "";
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(TOKEN)) {
    const [all, string, colon] = found;
    parts.push(text.slice(from, found.index));
    if (string) parts.push(h("span", { class: colon ? "key" : "string" }, string), colon ?? "");
    else parts.push(h("span", { class: "number" }, all));
    from = found.index + all.length;
  }
  return h("code", {}, parts, text.slice(from));
}

// Shows a JSON text indented and colored. A text that is not JSON is shown unchanged.
export function parsed(text) {
  try {
    return json(JSON.parse(text));
  } catch {
    return h("code", {}, text);
  }
}

export function indented(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
