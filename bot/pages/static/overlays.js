// Menus below a button, and dialogs with a form.
//
// A menu is added to the landmark of its button, so that people who navigate by landmarks find it.

import { focusOn, h, named, nameOf, trying } from "./dom.js";

export function menu(button, items) {
  const list = h("div", { class: "menu", popover: "auto", role: "menu", "aria-label": button.getAttribute("aria-label") ?? button.textContent });
  for (const [label, act] of items) {
    const item = h("button", { type: "button", role: "menuitem", click: () => { list.hidePopover(); act(); } }, label);
    list.append(item);
  }
  list.addEventListener("keydown", (event) => {
    const to = reached([...list.children], event.key);
    if (!to) return;
    event.preventDefault();
    to.focus();
  });
  list.addEventListener("toggle", (event) => {
    if (event.newState === "closed") list.remove();
  });
  (button.closest("section, aside, main, header") ?? document.body).append(list);
  list.showPopover();
  place(list, button);
  list.firstElementChild?.focus();
}

// Returns the item to focus after a key: the next, previous, first or last item, or the next item
// that begins with the typed letter.
function reached(all, key) {
  const now = all.indexOf(document.activeElement);
  if (key === "Home") return all[0];
  if (key === "End") return all.at(-1);
  const step = { ArrowDown: 1, ArrowUp: -1 }[key];
  if (step) return all[(now + step + all.length) % all.length];
  if (key.length !== 1 || key === " ") return null;
  const later = [...all.slice(now + 1), ...all.slice(0, now + 1)];
  return later.find((item) => item.textContent.toLowerCase().startsWith(key.toLowerCase()));
}

export function place(list, button) {
  const at = button.getBoundingClientRect();
  const size = list.getBoundingClientRect();
  const below = at.bottom + 4 + size.height < innerHeight;
  list.style.left = `${Math.max(8, Math.min(at.left, innerWidth - size.width - 8))}px`;
  list.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - size.height - 4)}px`;
}

// `fields` is a list of [name, label, attributes]. Resolves to the fields' values, or to null if the
// dialog is canceled.
// `extra(form)` returns an element to show above the fields.
export function dialog(title, fields, action, { extra = null, submit = null, note = "", danger = false } = {}) {
  return new Promise((resolve) => {
    const form = h("form", { novalidate: false });
    const box = h("dialog", { "aria-label": title }, h("h2", {}, title), note ? h("p", { class: "muted" }, note) : null, form);
    if (extra) form.append(extra(form));
    for (const [name, label, attributes] of fields)
      form.append(h("label", {}, h("span", {}, label), h("input", { name, autocomplete: "off", dir: attributes.type ? null : "auto", ...attributes })));
    const cancel = h("button", { type: "button", class: "quiet", click: () => box.close() }, "Cancel");
    form.append(h("div", { class: "actions" }, cancel, h("button", { type: "submit", class: danger ? "main danger" : "main" }, action)));
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
      // The control that opened the dialog may have been drawn again, or removed.
      const main = document.querySelector("main");
      if (document.activeElement === document.body) focusOn(named(main, opener) ?? main);
      resolve(answer);
    });
    const opener = nameOf(document.activeElement);
    document.body.append(box);
    box.showModal();
    (form.querySelector("input[autofocus]") ?? form.querySelector("input"))?.focus();
  });
}
