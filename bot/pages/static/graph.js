// A flow's graph, from the layout that the server made, with the present state lit.

import { s } from "./dom.js";

// `state` is the present one, `been` the states gone through, `walked` pairs "from to"; `badges` holds
// a short text for states, `labels` one for pairs instead of their triggers.
export function graph(flow, { state = "", been = new Set(), walked = new Set(), badges = new Map(), labels = new Map() } = {}) {
  const { width, height, states, arrows } = flow.drawing;
  const picture = s("svg", {
    class: "graph", viewBox: `0 0 ${width} ${height}`, width, height, role: "img",
    "aria-label": `Flow ${flow.name}${state ? `, in state ${state}` : ""}`,
  });
  picture.append(s("defs", {}, head("head"), head("head-walked")));
  const ordered = [...arrows].sort((a, b) => walked.has(`${a.source} ${a.target}`) - walked.has(`${b.source} ${b.target}`));
  const edges = ordered.map((arrow) => {
    const pair = `${arrow.source} ${arrow.target}`;
    return edge(arrow, walked.has(pair), labels.get(pair));
  });
  // All labels above all lines: one may lie where another arrow passes.
  picture.append(...edges.map(([line]) => line), ...edges.map(([, words]) => words));
  for (const box of states) {
    const kind = flow.kinds[box.name] ?? "state";
    const lit = box.name === state ? " lit" : been.has(box.name) ? " been" : "";
    picture.append(s("g", { class: `state ${kind}${lit}`, "data-state": box.name },
      s("title", {}, `${box.name} (${kind})`),
      s("rect", { x: box.x, y: box.y, width: box.width, height: box.height, rx: box.final ? box.height / 2 : 7 }),
      s("text", { x: box.x + box.width / 2, y: box.y + box.height / 2, "text-anchor": "middle", "dominant-baseline": "central" }, box.name),
      badges.has(box.name) ? badge(box, badges.get(box.name)) : null));
  }
  return picture;
}

function badge(box, text) {
  const width = 12 + text.length * 7;
  const x = box.x + box.width + width / 2 - 14;
  return s("g", { class: "badge" },
    s("rect", { x: x - width / 2, y: box.y - 8, width, height: 18, rx: 9 }),
    s("text", { x, y: box.y + 1, "text-anchor": "middle", "dominant-baseline": "central" }, text));
}

function edge(arrow, walked, label = arrow.label) {
  const kind = `edge${walked ? " walked" : ""}`;
  const title = () => s("title", {}, `${arrow.source} → ${arrow.target}: ${arrow.triggers.join(", ")}`);
  return [
    s("g", { class: kind }, title(), s("path", { d: arrow.path, "marker-end": `url(#${walked ? "head-walked" : "head"})` })),
    s("g", { class: kind }, title(), s("text", { x: arrow.x, y: arrow.y, "text-anchor": "middle", "dominant-baseline": "central" }, label)),
  ];
}

function head(id) {
  return s("marker", { id, class: id, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: "userSpaceOnUse", orient: "auto" }, s("path", { d: "M0 0L8 4L0 8z" }));
}
