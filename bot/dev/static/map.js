// Maps that are drawn without map data: only a grid of coordinates and a pin.

import { h, icon, link, s } from "./dom.js";

const WIDTH = 260;
const HEIGHT = 120;

const degrees = (value, [plus, minus], digits = 2) => `${Math.abs(value).toFixed(digits)}° ${value < 0 ? minus : plus}`;

export const coordinates = (latitude, longitude) =>
  `${degrees(latitude, "NS", 4)}, ${degrees(longitude, "EW", 4)}`;

// A map of a location and its surroundings, with a grid line each hundredth of a degree.
export function place(latitude, longitude, title = "", label = "") {
  const known = Number.isFinite(latitude) && Number.isFinite(longitude);
  const words = h("div", { class: "place-words" },
    title ? h("strong", { dir: "auto" }, title) : null,
    label ? h("span", { dir: "auto" }, label) : null,
    known
      ? link(`https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=15/${latitude}/${longitude}`, icon("pin"), coordinates(latitude, longitude))
      : "no coordinates");
  return h("div", { class: "place" }, known ? surroundings(latitude, longitude) : null, words);
}

function surroundings(latitude, longitude) {
  const step = 0.01;
  const scale = 70 / step;
  const squeeze = Math.max(0.2, Math.cos((latitude * Math.PI) / 180));
  const map = s("svg", { class: "map", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `Map of ${coordinates(latitude, longitude)}` });
  const x = (east) => WIDTH / 2 + (east - longitude) * scale * squeeze;
  const y = (north) => HEIGHT / 2 - (north - latitude) * scale;
  for (let line = -4; line <= 4; line++) {
    const east = (Math.round(longitude / step) + line) * step;
    const north = (Math.round(latitude / step) + line) * step;
    map.append(s("path", { d: `M${x(east)} 0V${HEIGHT}`, class: "line" }), s("path", { d: `M0 ${y(north)}H${WIDTH}`, class: "line" }));
    if (line % 2 === 0 && x(east) > 24 && x(east) < WIDTH - 24) map.append(s("text", { x: x(east), y: HEIGHT - 5, "text-anchor": "middle" }, degrees(east, "EW")));
    if (y(north) > 10 && y(north) < HEIGHT - 20) map.append(s("text", { x: 5, y: y(north) - 3 }, degrees(north, "NS")));
  }
  map.append(pin(WIDTH / 2, HEIGHT / 2));
  return map;
}

function pin(x, y) {
  return s("g", { class: "pin", transform: `translate(${x} ${y})` },
    s("path", { d: "M0 0C-3-6-8-10-8-16a8 8 0 1 1 16 0C8-10 3-6 0 0z" }), s("circle", { cy: -16, r: 3 }));
}

// A map of the world. A click calls `picked(latitude, longitude)`.
export function picker(picked) {
  const world = s("svg", { class: "map world", viewBox: "-180 -90 360 180", "aria-hidden": "true" });
  for (let east = -150; east <= 150; east += 30) world.append(s("path", { d: `M${east} -90V90`, class: east ? "line" : "line zero" }));
  for (let north = -60; north <= 60; north += 30) world.append(s("path", { d: `M-180 ${-north}H180`, class: north ? "line" : "line zero" }));
  const mark = pin(0, 0);
  world.append(mark);
  const move = (latitude, longitude) => mark.setAttribute("transform", `translate(${longitude} ${-latitude})`);
  world.addEventListener("click", (event) => {
    const box = world.getBoundingClientRect();
    const longitude = ((event.clientX - box.left) / box.width) * 360 - 180;
    const latitude = 90 - ((event.clientY - box.top) / box.height) * 180;
    move(latitude, longitude);
    picked(latitude, longitude);
  });
  return { world, move };
}
