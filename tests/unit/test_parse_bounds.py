"""Work on an answer is bounded, and at most proportional to its length."""

import contextlib
import unicodedata

import pytest

from bot import END, Flow, Option, ask, choose, parse
from bot.parse.grammar.lexicon import Lexicon
from bot.parse.normalize import MAX_ANSWER_CHARS
from tests.support import parsing

SIZES = {"s": "Small", "m": "Medium", "l": "Large"}


class Size(Flow):
    start_on = ("size",)

    size = choose("Which size?", {"s": Option("Small", to="note"), "l": Option("Large", to="note")})
    note = ask("Any note?", accept=parse.date(), to=END)


@pytest.fixture
def lookups(monkeypatch):
    """Counts the phrases that lexicons look for."""
    counts = []
    original = Lexicon._phrase

    def counted(self, found, at):
        counts.append(at)
        return original(self, found, at)

    monkeypatch.setattr(Lexicon, "_phrase", counted)
    return counts


@pytest.mark.parametrize(
    ("parser", "piece", "few"),
    [
        (parse.date(), "and ", 10),
        (parse.time(), "in ", 10),
        (parse.decimal(), "one ", 10),
        (parse.yes_no(), "yes ", 10),
        (parse.multiple_choice(SIZES), "small ", 40),
        (parse.multiple_choice(SIZES), "please ", 40),
        (parse.choice(SIZES), "the ", 20),
    ],
)
def test_twice_the_words_take_twice_the_lookups_at_most(lookups, parser, piece, few):
    counts = []
    for number in (few, 2 * few):
        lookups.clear()
        with contextlib.suppress(parse.NotUnderstood):
            parsing.read(parser, piece * number)
        counts.append(len(lookups))

    # At the end of a text there is less to look for behind each word.
    assert counts[1] <= 2 * counts[0] + 64


@pytest.mark.flows([Size])
async def test_combining_marks_without_end_are_never_normalized(contact, monkeypatch):
    lengths = []
    original = unicodedata.normalize

    def measured(form, text):
        lengths.append(len(text))
        return original(form, text)

    await contact.says("size")
    monkeypatch.setattr(unicodedata, "normalize", measured)
    await contact.says("a" + "\u0301" * 65_536)
    await contact.says("Small")
    await contact.says("1" + "\u0301" * 65_536)

    assert max(lengths) <= MAX_ANSWER_CHARS + 1
    assert contact.state == "note"


def test_long_text_equals_no_word():
    assert parse.fold("stop" + " " * MAX_ANSWER_CHARS + "it") != "stop"
    assert parse.phrase("stop" + " " * MAX_ANSWER_CHARS) != "stop"
