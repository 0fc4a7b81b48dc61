// The button that switches between the themes. The choice is stored in this browser.

import { icon } from "./dom.js";

const THEMES = { auto: ["half", "light dark"], light: ["sun", "light"], dark: ["moon", "dark"] };

export function themes(button) {
  const use = (name) => {
    const [mark, scheme] = THEMES[name];
    document.documentElement.style.colorScheme = scheme;
    localStorage.setItem("theme", name);
    button.dataset.theme = name;
    button.setAttribute("aria-label", `Theme: ${name}`);
    button.title = `Theme: ${name}`;
    button.replaceChildren(icon(mark));
  };
  button.addEventListener("click", () => {
    const names = Object.keys(THEMES);
    use(names[(names.indexOf(button.dataset.theme) + 1) % names.length]);
  });
  use(THEMES[localStorage.getItem("theme")] ? localStorage.getItem("theme") : "auto");
}
