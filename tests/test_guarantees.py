"""The page of guarantees names tests that there are, and settings that there are."""

import re
from pathlib import Path

import pytest

from bot.settings import Settings

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "guarantees.md").read_text()
TESTS = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)))


def test_every_guarantee_is_there():
    assert re.findall(r"^## G(\d)\.", PAGE, re.MULTILINE) == [str(n) for n in range(1, 10)]


@pytest.mark.parametrize(("path", "name"), TESTS)
def test_a_named_test_exists(path, name):
    assert f"def {name}" in (ROOT / path).read_text()


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(BOT_\w+)`", PAGE))))
def test_a_named_setting_exists(name):
    assert name in Settings.variables()
