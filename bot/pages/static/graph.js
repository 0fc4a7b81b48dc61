// A flow's graph, as the server wrote it, with the present state lit.

import { s } from "./dom.js";

// `state` is the present one, `been` the states gone through, `walked` pairs "from to"; `badges` holds
// a short text for states, `labels` one for pairs beside their triggers.
export function graph(flow, { state = "", been = new Set(), walked = new Set(), badges = new Map(), labels = new Map() } = {}) {
  const picture = element(flow.svg);
  picture.setAttribute("class", "graph");
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", `Flow ${flow.name}${state ? `, in state ${state}` : ""}`);
  for (const edge of picture.querySelectorAll(".edge")) {
    const { pair } = edge.dataset;
    const words = edge.querySelector("text");
    if (words && labels.has(pair)) lengthen(words, edge.querySelector("rect"), ` ${labels.get(pair)}`);
    if (!walked.has(pair)) continue;
    edge.classList.add("walked");
    edge.parentNode.append(edge); // Above those that were not walked.
  }
  for (const box of picture.querySelectorAll(".state")) {
    const name = box.dataset.state;
    if (name === state) box.classList.add("lit");
    else if (been.has(name)) box.classList.add("been");
    if (badges.has(name)) box.append(badge(box.querySelector("rect"), badges.get(name)));
  }
  return picture;
}

function element(node) {
  return typeof node === "string" ? node : s(node.tag, node.attributes, ...node.children.map(element));
}

// Adds to a label, and to the ground on which it is written.
function lengthen(words, ground, more) {
  const width = Number(ground.getAttribute("width"));
  const wider = (width * (words.textContent.length + more.length)) / words.textContent.length;
  ground.setAttribute("x", Number(ground.getAttribute("x")) - (wider - width) / 2);
  ground.setAttribute("width", wider);
  words.textContent += more;
}

function badge(rect, text) {
  const [left, top, length] = ["x", "y", "width"].map((name) => Number(rect.getAttribute(name)));
  const width = 12 + text.length * 7;
  const x = left + length + width / 2 - 14;
  return s("g", { class: "badge" },
    s("rect", { x: x - width / 2, y: top - 8, width, height: 18, rx: 9 }),
    s("text", { x, y: top + 1, "text-anchor": "middle", "dominant-baseline": "central" }, text));
}
