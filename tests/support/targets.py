"""The sizes of elements on a page that can be pressed."""

from playwright.async_api import Page

SMALL = """
(size) => {
  const controls = "a[href], button, select, summary, textarea, input, [role=option]";
  const found = [...document.querySelectorAll(controls)].filter((one) => one.checkVisibility());
  // A link in a sentence is as high as its line.
  const inText = (one) => one.matches("a") && one.closest(".bubble, .notice, p:not(.row)");
  return found.filter((one) => !inText(one)).map((one) => [one, one.getBoundingClientRect()])
    .filter(([, box]) => box.width > 0 && Math.min(box.width, box.height) < size - 0.5)
    .map(([one, box]) => {
      const words = one.getAttribute("aria-label") ?? one.textContent.slice(0, 30);
      return `${one.tagName} ${words}: ${Math.round(box.width)} x ${Math.round(box.height)}`;
    });
}
"""

MIN_PX = 24
"""Minimum size of a target in pixels in WCAG 2.2 (level AA)."""

MIN_TOUCH_PX = 44
"""Minimum size in pixels of a target that a finger can hit reliably."""


async def small_targets(page: Page, min_px: int) -> list[str]:
    """Return the elements on the page that can be pressed and are smaller than `min_px` CSS
    pixels.
    """
    found: list[str] = await page.evaluate(SMALL, min_px)
    return found
