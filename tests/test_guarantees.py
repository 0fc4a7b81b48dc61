"""The tests and settings that the page of guarantees names exist."""

import re
from pathlib import Path

from bot.settings import Settings

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "guarantees.md").read_text()
TESTS = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)))


def test_every_guarantee_is_there():
    assert re.findall(r"^## G(\d)\.", PAGE, re.MULTILINE) == [str(n) for n in range(1, 10)]


def test_named_tests_exist():
    assert TESTS
    assert [
        (path, name) for path, name in TESTS if f"def {name}" not in (ROOT / path).read_text()
    ] == []


def test_named_settings_exist():
    assert set(re.findall(r"`(BOT_\w+)`", PAGE)) <= set(Settings.variables())
