// Creates elements, and sends requests to the server. Contents of messages become text, never markup.

export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function s(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const ICONS = {
  plus: "M8 3v10M3 8h10",
  send: "M2.5 8h11M9 3.5 13.5 8 9 12.5",
  more: "M2.8 8h.4M7.8 8h.4M12.8 8h.4",
  close: "M4 4l8 8M12 4l-8 8",
  one: "M3 8.5 6 11.5 12.5 4.5",
  two: "M1 8.5 4 11.5 10 4.5M7.5 11.5 14.5 4.5",
  clock: "M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2M8 5v3.2l2 1.3",
  alert: "M8 2.5v7M8 13h.01",
  link: "M6.5 3H3v10h10V9.5M9 3h4v4M13 3 7 9",
  phone: "M3 3h3l1.2 3-1.7 1.2a8 8 0 0 0 3.3 3.3L10 8.8l3 1.2v3c-6 .5-10.5-4-10-10z",
  pin: "M8 14s4.5-4.3 4.5-7.5a4.5 4.5 0 1 0-9 0C3.5 9.7 8 14 8 14zM8 6.5h.01",
  calendar: "M3 4h10v9H3zM3 7h10M6 2.5V5M10 2.5V5",
  list: "M3 4.5h10M3 8h10M3 11.5h10",
  picture: "M2.5 3h11v10h-11zM2.5 11l3.5-3.5 2.5 2.5 2-2 3 3M10.5 6h.01",
  video: "M2 4h8v8H2zM10 7l4-2v6l-4-2",
  sound: "M3 6.5v3M5.5 4.5v7M8 3v10M10.5 5v6M13 6.5v3",
  file: "M4 2h5l3 3v9H4zM9 2v3h3",
  smile: "M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2M6 6.5h.01M10 6.5h.01M5.5 9.5c1.3 1.6 3.7 1.6 5 0",
  sun: "M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 1 0 0-5.6M8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9",
  moon: "M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z",
  half: "M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2zM8 2v12M8 4.5h3M8 7h4.5M8 9.5h4.5M8 12h2.5",
  card: "M3 4h10v8H3zM5.5 7h2M5.5 9.5h5",
};

export function icon(name, label = "") {
  const mark = s("svg", { class: "icon", viewBox: "0 0 16 16" }, s("path", { d: ICONS[name] }));
  if (label) {
    mark.setAttribute("role", "img");
    mark.setAttribute("aria-label", label);
    mark.prepend(s("title", {}, label));
  } else mark.setAttribute("aria-hidden", "true");
  return mark;
}

// Returns the URL if it is an http or https URL, otherwise null.
export function safeUrl(text) {
  try {
    const url = new URL(text);
    return ["http:", "https:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

export function link(url, ...children) {
  const safe = safeUrl(url);
  if (!safe) return h("span", { class: "no-link", title: "Not a web address" }, ...children);
  return h("a", { href: safe, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

export function textWithLinks(text) {
  return text.split(/(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]])/g).map((part, number) => (number % 2 ? link(part, part) : part));
}

export function time(seconds, exact = false) {
  const options = { hour: "2-digit", minute: "2-digit", ...(exact && { second: "2-digit" }) };
  return new Date(seconds * 1000).toLocaleTimeString([], options);
}

export const moment = (seconds) => new Date(seconds * 1000).toLocaleString([], { dateStyle: "medium", timeStyle: "medium" });

let authorization = {};

// Sends this token with all further requests.
export function authorize(token) {
  authorization = { authorization: `Bearer ${token}` };
}

async function ask(method, path, body) {
  const request = { method, headers: { ...authorization } };
  if (body !== undefined) {
    request.headers["content-type"] = "application/json";
    request.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(path, request);
  } catch {
    throw Object.assign(new Error("The server does not answer. Is it still running?"), { noAnswer: true });
  }
  if (!answer.ok) throw Object.assign(new Error(await fault(answer)), { status: answer.status });
  return answer;
}

async function fault(answer) {
  const text = await answer.text();
  try {
    const { error } = JSON.parse(text);
    const violations = (error.details?.[0]?.field_violations ?? []).map((one) => `${one.field}: ${one.description}`);
    return violations.join("; ") || error.message;
  } catch {
    return text || `The server answered ${answer.status}.`;
  }
}

export const get = async (path) => (await ask("GET", path)).json();
export const getText = async (path) => (await ask("GET", path)).text();
export const post = async (path, body) => (await ask("POST", path, body)).json();
export const remove = async (path) => (await ask("DELETE", path)).json();

// Returns a function that runs `work`. If it is called while `work` runs, `work` runs once more afterwards.
export function coalesced(work) {
  let running = null;
  let again = false;
  return function run() {
    if (running) {
      again = true;
      return running;
    }
    running = work().finally(() => {
      running = null;
      if (again) {
        again = false;
        return run();
      }
    });
    return running;
  };
}

// Calls `change`, which replaces elements in `element`. Then restores the focus and the scroll positions.
export function keepingPlace(element, change) {
  const had = element.contains(document.activeElement) && element !== document.activeElement ? nameOf(document.activeElement) : "";
  const scrolled = [...element.querySelectorAll("[data-scroll]")].map((one) => [one.dataset.scroll, one.scrollLeft, one.scrollTop]);
  change();
  for (const [name, left, top] of scrolled) {
    const now = [...element.querySelectorAll("[data-scroll]")].find((one) => one.dataset.scroll === name);
    now?.scrollTo({ left, top, behavior: "instant" });
  }
  if (!had || element.contains(document.activeElement)) return;
  focusOn(named(element, had) ?? element);
}

// Returns the control in `element` with this name (see `nameOf`).
export function named(element, name) {
  return [...element.querySelectorAll("a, button, input, select, summary, textarea, [tabindex]")].find((one) => nameOf(one) === name);
}

// Focuses an element, even if it is not a control.
export function focusOn(element) {
  if (!element.matches("a, button, input, select, summary, textarea, [tabindex]")) element.tabIndex = -1;
  element.focus({ preventScroll: true });
}

// Returns a name by which the same control is found after the page has drawn it again.
export function nameOf(element) {
  return element.dataset.key ?? `${element.tagName} ${element.getAttribute("href") ?? element.getAttribute("aria-label") ?? element.textContent}`;
}

export function toast(text) {
  const note = h("div", { class: "toast" }, text);
  document.getElementById("toasts").replaceChildren(note);
  setTimeout(() => note.remove(), 5000);
}

// Runs an action of the user. Shows its error and returns null if it fails.
export async function trying(work) {
  try {
    return await work();
  } catch (fault) {
    toast(fault.message);
    return null;
  }
}

// Runs a request that the user did not ask for. If the server does not answer, nothing changes.
// The next change in the stream tries the request again.
export async function ifAnswered(work) {
  try {
    await work();
  } catch (fault) {
    if (!fault.noAnswer) throw fault;
  }
}

export async function copy(text, what) {
  await navigator.clipboard.writeText(text);
  toast(`${what} copied`);
}
