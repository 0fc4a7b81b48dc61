// Menus that hang on a button, and dialogs that ask for something.

import { h, trying } from "./dom.js";

export function menu(button, items) {
  const list = h("div", { class: "menu", popover: "auto", role: "menu" });
  for (const [label, act] of items) {
    const item = h("button", { type: "button", role: "menuitem", click: () => { list.hidePopover(); act(); } }, label);
    list.append(item);
  }
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = [...list.children];
    all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus();
  });
  list.addEventListener("toggle", (event) => {
    if (event.newState === "closed") list.remove();
  });
  document.body.append(list);
  list.showPopover();
  place(list, button);
  list.firstElementChild?.focus();
}

function place(list, button) {
  const at = button.getBoundingClientRect();
  const size = list.getBoundingClientRect();
  const below = at.bottom + 4 + size.height < innerHeight;
  list.style.left = `${Math.max(8, Math.min(at.left, innerWidth - size.width - 8))}px`;
  list.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - size.height - 4)}px`;
}

// Fields are [name, label, attributes]; resolves to their values, or to null when given up.
// `extra(form)` may add something above the fields.
export function dialog(title, fields, action, { extra = null, submit = null, note = "" } = {}) {
  return new Promise((resolve) => {
    const form = h("form", { novalidate: false });
    const box = h("dialog", { "aria-label": title }, h("h2", {}, title), note ? h("p", { class: "muted" }, note) : null, form);
    if (extra) form.append(extra(form));
    for (const [name, label, attributes] of fields)
      form.append(h("label", {}, h("span", {}, label), h("input", { name, autocomplete: "off", ...attributes })));
    const cancel = h("button", { type: "button", class: "quiet", click: () => box.close() }, "Cancel");
    form.append(h("div", { class: "actions" }, cancel, h("button", { type: "submit", class: "main" }, action)));
    let answer = null;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const values = Object.fromEntries(new FormData(form));
      if (submit && (await trying(() => submit(values))) === null) return;
      answer = values;
      box.close();
    });
    box.addEventListener("close", () => {
      box.remove();
      resolve(answer);
    });
    document.body.append(box);
    box.showModal();
    (form.querySelector("input[autofocus]") ?? form.querySelector("input"))?.focus();
  });
}
