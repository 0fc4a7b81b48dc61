// The page: signs in, shows a view, and loads it again every few seconds.

import { authorize, get, h, icon } from "./dom.js";
import { Broadcasts } from "./broadcasts.js";
import { Contact, Contacts } from "./contacts.js";
import { Inbox, heard } from "./inbox.js";
import { Dead, Stuck } from "./trouble.js";
import { Flows } from "./flows.js";
import { themes } from "./theme.js";
import { address, nothing, setClock } from "./words.js";

const EVERY_MS = 5000;
const $ = (id) => document.getElementById(id);
const VIEWS = { flows: Flows, inbox: Inbox, contacts: Contacts, contact: Contact, broadcasts: Broadcasts, stuck: Stuck, dead: Dead };

let view = null;
let timer = 0;

// The view is in the URL after the #, such as `contacts?flow=order&state=size`.
// Browsers do not send this part to servers.
function readAddress() {
  const [name, query] = location.hash.slice(1).split("?");
  return { name: Object.hasOwn(VIEWS, name) ? name : "flows", wanted: Object.fromEntries(new URLSearchParams(query)) };
}

function show() {
  const { name, wanted } = readAddress();
  const main = h("div", { class: `view ${name}` });
  $("view").replaceChildren(main);
  const section = name === "contact" ? (wanted.from === "inbox" ? "inbox" : "contacts") : name;
  for (const tab of document.querySelectorAll(".tabs a")) {
    if (tab.getAttribute("href") === `./#${section}`) {
      tab.setAttribute("aria-current", "page");
      tab.scrollIntoView({ block: "nearest", inline: "nearest" });
    } else tab.removeAttribute("aria-current");
  }
  view = new VIEWS[name](main, wanted);
  document.querySelector(".tabs").hidden = false;
  refresh();
}

// If another view is opened while this one loads, the response for this one is ignored.
async function refresh() {
  clearTimeout(timer);
  const shown = view;
  try {
    const counts = await get("api/counts");
    setClock(counts.now);
    showCount("dead-count", counts.depth.dead);
    showCount("inbox-count", counts.unanswered);
    heard(counts.unanswered);
    if (shown === view) await shown.load(counts);
    setLink("on", "connected");
  } catch (fault) {
    if (fault.status === 401) return logIn();
    if (fault.status === 404) gone(shown, fault.message);
    else setLink("off", fault.message);
  }
  if (shown === view) timer = setTimeout(() => (document.hidden ? wait() : refresh()), EVERY_MS);
}

function showCount(id, count) {
  $(id).textContent = count;
  $(id).hidden = !count;
}

function gone(shown, words) {
  setLink("on", "connected");
  shown.element.replaceChildren(nothing(words, h("a", { href: address("contacts") }, "Show all contacts")));
}

function wait() {
  document.addEventListener("visibilitychange", refresh, { once: true });
}

function setLink(state, words) {
  if (state !== "off") $("notices").replaceChildren();
  else if (!$("link").classList.contains("off"))
    $("notices").replaceChildren(h("div", { class: "notice" }, icon("alert"), h("div", {}, h("strong", {}, words), " The page tries again every few seconds; until then it shows older data.")));
  $("link").className = `link ${state}`;
  $("link").setAttribute("aria-label", words);
  $("link").title = words;
}

// -- sign-in --

function logIn() {
  const known = localStorage.getItem("token");
  localStorage.removeItem("token");
  $("sign-out").hidden = true;
  view = null;
  const form = h("form", { class: "log-in", submit: (event) => {
    event.preventDefault();
    enter(new FormData(form).get("token").trim());
  } },
    h("h2", {}, "Sign in"),
    h("p", { class: "muted" }, "Paste the token that ", h("code", {}, "bot console"), " printed, or the value of BOT_CONSOLE_TOKEN. This browser keeps it until you sign out."),
    h("label", {}, h("span", { class: "small muted" }, "Token"), h("input", { name: "token", type: "password", required: true, autocomplete: "current-password" })),
    known ? h("p", { class: "bad", role: "alert" }, "This token is not the console's token.") : null,
    h("button", { type: "submit", class: "main" }, "Open"));
  $("view").replaceChildren(form);
  document.querySelector(".tabs").hidden = true;
  setLink("", "not signed in");
  form.elements.token.focus();
}

function enter(token) {
  localStorage.setItem("token", token);
  authorize(token);
  $("sign-out").hidden = false;
  show();
}

function begin() {
  const given = /^#token=(.+)$/.exec(location.hash);
  if (given) history.replaceState(null, "", "./#flows");
  const token = given ? decodeURIComponent(given[1]) : localStorage.getItem("token");
  if (token) enter(token);
  else show(); // In `bot dev` the console needs no token. Otherwise the first response is 401, which opens the sign-in.
}

window.addEventListener("hashchange", () => {
  if (location.hash.startsWith("#token=")) begin();
  else if (view) {
    show();
    $("view").focus();
  }
});
$("sign-out").addEventListener("click", () => { localStorage.removeItem("token"); authorize(""); logIn(); });
document.addEventListener("refresh", () => view && refresh());
themes($("theme"));
begin();
