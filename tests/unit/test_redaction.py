"""What logs may contain about contacts and errors."""

import re

import pytest

from bot.settings import Secret
from bot.telemetry.redaction import Pseudonyms, format_exception, strings_in, unmasked


def error_of(words: str, cause: BaseException | None = None) -> BaseException:
    try:
        raise RuntimeError(words) from cause
    except RuntimeError as error:
        return error


def test_a_contact_has_one_pseudonym_which_depends_on_the_secret():
    ours, others = Pseudonyms(Secret("a")), Pseudonyms(Secret("b"))

    assert ours.of("SMS:46700000001") == ours.of("SMS:46700000001")
    assert ours.of("SMS:46700000001") != ours.of("SMS:46700000002")
    assert ours.of("SMS:46700000001") != others.of("SMS:46700000001")
    assert "4670" not in ours.of("SMS:46700000001")


def test_a_fault_is_told_with_its_place_and_kind():
    text = format_exception(error_of("the kitchen is on fire"))

    assert "RuntimeError: the kitchen is on fire" in text
    assert 'test_redaction.py", line' in text


def test_private_words_are_hidden_whatever_their_case_and_escapes():
    text = format_exception(
        error_of("can't read 'SECRET\\nwords' nor secret"), ["secret\nwords", "secret"]
    )

    assert "secret" not in text.lower().partition("runtimeerror:")[2]


@pytest.mark.parametrize(
    ("word", "written"), [("Iş\u0131k", "IŞIK"), ("\u0130z", "iz"), ("STRASSE", "strasse")]
)
def test_private_words_are_hidden_in_other_alphabets(word, written):
    message = format_exception(error_of(f"no {written} here")).rpartition("Error: ")[2]
    assert written in message

    hidden = format_exception(error_of(f"no {written} here"), [word]).rpartition("Error: ")[2]
    assert hidden == "no *** here"


def test_many_private_words_cost_no_more_than_a_look_at_each(monkeypatch):
    sizes = []
    compiled = re.compile

    def compile(pattern, flags):
        sizes.append(len(pattern))
        return compiled(pattern, flags)

    monkeypatch.setattr("bot.telemetry.redaction.re.compile", compile)
    private = [f"word{number}" for number in range(50_000)]

    assert "***" in format_exception(error_of("no word49999 here"), private)
    assert sizes[0] < 200


def test_words_are_hidden_as_words_only():
    assert "RuntimeError: *** cat" in format_exception(error_of("a cat"), ["a"])


@pytest.mark.parametrize("number", ["46700000001", "+46 70 000 00 01", "070-000 00 01"])
def test_long_numbers_are_hidden(number):
    assert (
        number
        not in format_exception(error_of(f"no such person: {number}")).rpartition("Error:")[2]
    )


def test_causes_and_groups_are_told_as_discreetly():
    group = BaseExceptionGroup("several", [error_of("private 1"), error_of("2")])

    text = format_exception(error_of("private 0", group), ["private"])

    assert text.count("RuntimeError") >= 3
    assert "private 0" not in text
    assert "private 1" not in text.replace('fault_of("private 1")', "")


def test_local_values_are_not_told():
    hidden = "a-local-value"

    assert "a-local-value" not in format_exception(error_of("x", None)), hidden


def test_all_words_of_json_are_found():
    assert list(strings_in({"a": ["b", {"c": 1}], "d": True, "e": None, "f": 2.5})) == [
        "b",
        "1",
        "2.5",
    ]


def test_nothing_is_hidden_on_an_author_s_own_machine():
    with unmasked():
        shown = format_exception(error_of("no pizza for +46 70 123 45 67"), ["pizza"])

    assert shown.endswith("RuntimeError: no pizza for +46 70 123 45 67")
    assert format_exception(error_of("no pizza"), ["pizza"]).endswith("no ***")
