// Draws a flow's graph from the server's SVG, and highlights the current state.

import { s } from "./dom.js";

// `state` is the current state, `been` has the visited states, and `walked` the transitions that were
// taken, as "from to". `badges` has short texts by state, and `labels` has texts by transition.
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
    edge.parentNode.append(edge); // Draws this transition above the transitions that were not taken.
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

// Appends text to a label, and widens the label's background.
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
