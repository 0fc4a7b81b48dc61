"""docs/simulation.md lists everything. tests/test_docs.py runs its examples."""

import re
from pathlib import Path

from bot.testing.chat_file import HEADERS
from bot.testing.chat_lines import ACTIONS
from bot.tooling.explore.finding import KINDS

PAGE = (Path(__file__).parents[2] / "docs" / "simulation.md").read_text()


def test_the_grammar_has_all_words():
    grammar = PAGE.partition("```ebnf")[2].partition("```")[0]

    assert [word for word in (*HEADERS, *ACTIONS, "twice", "old") if word not in grammar] == []


def test_all_findings_are_told():
    table = PAGE.partition("reports these findings:\n")[2].partition("\nFor each finding")[0]

    assert re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE) == list(KINDS)
