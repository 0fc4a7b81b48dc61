"""Runs axe-core on a page. Its findings are accessibility errors."""

from functools import cache
from importlib.resources import files

from playwright.async_api import Page

RUN = """
async () => (await axe.run(document, {resultTypes: ["violations"]})).violations.flatMap(
  (rule) => rule.nodes.map((node) => `${rule.id} (${rule.impact}): ${node.html}`))
"""


@cache
def _script() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


async def violations(page: Page) -> list[str]:
    """Return axe-core's findings on the page in its current state: rule, impact, element."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(f"() => {{ {_script()} }}")
    found: list[str] = await page.evaluate(RUN)
    return found
