// A list to choose a contact from, which is searched by typing. The most recent contacts are first.
// The last entry is a new contact with the typed identity.

import { h } from "./dom.js";
import { channelName } from "./phone.js";
import { place } from "./overlays.js";

const MAX_SHOWN = 100;

// The form of an identity on any channel: a number, a WhatsApp user ID, or a name.
export const IDENTITY = "[A-Za-z0-9_+.\\/=:@\\-]{1,128}";

// `contacts` is a list of {identity, channels, unread}. `choose` is called with the chosen identity.
// Returns a function that replaces the listed contacts.
export function chooser(button, contacts, current, choose) {
  const list = h("ul", { id: "contact-list", role: "listbox", "aria-label": "Contacts" });
  const status = h("p", { class: "muted small", role: "status" });
  const input = h("input", {
    role: "combobox", "aria-expanded": "true", "aria-controls": "contact-list", "aria-autocomplete": "list",
    "aria-label": "Search contacts", placeholder: "Search, or a new number", autocomplete: "off", spellcheck: "false",
    input: () => { active = null; show(); }, keydown: (event) => key(event),
  });
  const box = h("div", { class: "menu chooser-box", popover: "auto", role: "dialog", "aria-label": "Contacts" }, input, status, list);
  let active = null;

  function show() {
    const words = input.value.trim().replace(/^\+/, "");
    const found = contacts.filter((one) => matches(one, words.toLowerCase()));
    const shown = found.slice(0, MAX_SHOWN);
    list.replaceChildren(...shown.map((one) => option(one)));
    const isNew = new RegExp(`^${IDENTITY}$`).test(words) && !contacts.some((one) => one.identity === words);
    if (isNew) list.append(option({ identity: words, isNew }));
    const more = found.length > shown.length ? `; the ${MAX_SHOWN} most recent ones are listed` : "";
    status.textContent = found.length ? `${found.length} ${found.length === 1 ? "contact" : "contacts"}${more}` : words ? `No contact has “${words}”.` : "No contact yet.";
    const kept = active && list.querySelector(`#${CSS.escape(active.id)}`);
    activate(kept || (!words && list.querySelector("[aria-selected=true]")) || list.firstElementChild);
  }

  function option({ identity, channels = [], unread = 0, isNew = false }) {
    const details = isNew ? "new contact" : channels.map(channelName).join(", ");
    return h("li", { id: `contact-${identity}`, role: "option", "aria-selected": String(identity === current), click: () => take(identity) },
      h("span", { class: "identity" }, identity), h("span", { class: "muted small" }, details), unread ? h("span", { class: "count" }, `${unread} new`) : null);
  }

  function activate(item) {
    active?.classList.remove("active");
    active = item;
    item?.classList.add("active");
    item?.scrollIntoView({ block: "nearest" });
    if (item) input.setAttribute("aria-activedescendant", item.id);
    else input.removeAttribute("aria-activedescendant");
  }

  function key(event) {
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    if (step) activate(active?.[step] ?? (event.key === "ArrowDown" ? list.firstElementChild : list.lastElementChild));
    else if (event.key === "Enter") active?.click();
    else return;
    event.preventDefault();
  }

  function take(identity) {
    box.hidePopover();
    choose(identity);
  }

  box.addEventListener("toggle", (event) => {
    button.setAttribute("aria-expanded", String(event.newState === "open"));
    if (event.newState === "closed") box.remove();
  });
  button.after(box);
  show();
  box.showPopover();
  place(box, button);
  input.focus();
  activate(active);
  return (newer) => {
    contacts = newer;
    if (box.isConnected) show();
  };
}

function matches({ identity, channels }, words) {
  return identity.toLowerCase().includes(words) || channels.some((name) => channelName(name).toLowerCase().startsWith(words));
}
