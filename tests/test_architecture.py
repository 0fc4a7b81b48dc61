"""Everything that the architecture page names exists, and imports keep to the page's table."""

import re

from tests.support.modules import MODULES, ROOT, imports, part_of, under

PAGE = (ROOT / "docs" / "architecture.md").read_text()


def rows() -> dict[str, int]:
    """Return the row of each folder and root module in the table of imports."""
    table = PAGE.partition("## Who may import whom")[2].partition("##")[0]
    return {
        name: int(number)
        for number, names in re.findall(r"^\| (\d+) \| (.*) \|$", table, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", names)
    }


def test_every_part_has_a_row():
    parts = {part_of(name).removeprefix("bot.") for name in MODULES} - {"bot", "__main__"}

    assert sorted(rows()) == sorted(parts)


def test_imports_keep_to_the_rows():
    found = rows()
    order = list(found)
    upward = [
        f"{name} imports {other}"
        for name, path in MODULES.items()
        if name not in ("bot", "bot.__main__")
        for other in imports(path)
        if under(other, "bot") and other != "bot" and part_of(other) != part_of(name)
        if order.index(part_of(other).removeprefix("bot."))
        > order.index(part_of(name).removeprefix("bot."))
        and found[part_of(other).removeprefix("bot.")] >= found[part_of(name).removeprefix("bot.")]
    ]

    assert upward == []


def test_files_that_the_page_names_exist():
    for path in re.findall(r"`([\w/]+\.(?:py|lua|js))`", PAGE):
        places = [ROOT / "bot" / path, ROOT / path, ROOT / "bot/conversation_api" / path]
        lua = ROOT / "bot/store/scripts" / path
        assert any(place.exists() for place in [*places, lua]), path


def test_the_root_of_the_package_has_nine_modules_at_most():
    found = {path.stem for path in (ROOT / "bot").glob("*.py")} - {"__init__", "__main__"}

    assert len(found) <= 9, sorted(found)
