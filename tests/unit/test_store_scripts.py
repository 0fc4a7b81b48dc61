"""The parts of the prelude that a script includes."""

import re

import pytest

from bot.store import scripts
from bot.store.scripts import Script

ALL = {name: each for name, each in vars(scripts).items() if isinstance(each, Script)}


@pytest.mark.parametrize("name", ALL)
def test_a_script_has_each_function_that_it_calls_and_no_other(name: str) -> None:
    source = re.sub(r"--.*|'[^']*'", "", ALL[name].source)
    defined = set(re.findall(r"local function (\w+)", source))
    called = set(re.findall(r"(?<![.\w])(\w+)\(", source))

    known = {"call", "tonumber", "type", "unpack", "pairs", "ipairs", "next", "function", "items"}
    assert called - defined <= known
    for function in defined:
        assert len(re.findall(rf"\b{function}\(", source)) > 1
