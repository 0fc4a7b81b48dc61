"""Uses a page only by the keyboard, by pressing Tab until an element is reached."""

import contextlib
from typing import Any

from playwright.async_api import Page
from playwright.async_api import TimeoutError as TooLate

MAX_TABS = 80

FOCUSED = """
() => {
  const one = document.activeElement;
  const style = getComputedStyle(one);
  const box = one.getBoundingClientRect();
  const words = one.getAttribute("aria-label") ?? (one.labels?.[0]?.textContent || one.textContent);
  return {
    tag: one.tagName,
    name: words.trim().replace(/\\s+/g, " "),
    outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1,
    inView: box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth,
  };
}
"""


async def focused(page: Page) -> dict[str, Any]:
    """Return the element with the focus: its tag and name, and whether it is outlined and in
    view.
    """
    found: dict[str, Any] = await page.evaluate(FOCUSED)
    return found


async def tab_to(page: Page, name: str, *, back: bool = False) -> None:
    """Press Tab, or Shift+Tab, until the element with this name has the focus.

    Each element on the way must be in view and show that it has the focus.
    """
    passed = []
    for _ in range(MAX_TABS):
        await page.keyboard.press("Shift+Tab" if back else "Tab")
        now = await focused(page)
        passed.append(now["name"][:40])
        if now["tag"] == "BODY":  # Tab has passed the end of the page.
            continue
        assert now["outlined"], f"{now['name']!r} does not show that it has the focus"
        assert now["inView"], f"{now['name']!r} has the focus out of sight"
        if now["name"].startswith(name):
            return
    raise AssertionError(f"Tab does not lead to {name!r}, but to {passed}")


async def has_focus(page: Page, name: str) -> None:
    """Check that the element with this name has the focus, or gets it soon."""
    with contextlib.suppress(TooLate):
        is_there = f"name => ({FOCUSED})().name.startsWith(name)"
        await page.wait_for_function(is_there, arg=name, timeout=5_000)
    now = await focused(page)
    assert now["name"].startswith(name), f"the focus is on {now['name']!r}, not on {name!r}"
