"""Phrases of authors, as contacts type them."""

import pytest

from bot.messages import call
from bot.parse.phrases import Phrases


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("hjälp", "HJALP"),
        ("atrás", "atras"),
        ("människa", "Manniska!"),
        ("kapı", "KAPI"),  # noqa: RUF001
        ("café", "cafe\u0301"),
    ],
)
def test_phrase_is_found_without_its_accents(phrase, text):
    phrases: Phrases[int] = Phrases()
    phrases.add(phrase, 1)

    assert phrases.find(text) == 1


def test_phrases_that_differ_by_an_accent_stay_apart():
    phrases: Phrases[int] = Phrases()
    phrases.add("año", 1)
    phrases.add("ano", 2)

    assert [phrases.find(text) for text in ("Año", "ano")] == [1, 2]


def test_second_value_of_a_phrase_is_told():
    phrases: Phrases[int] = Phrases()

    assert [phrases.add("pizza", 1), phrases.add("Pizza!", 2)] == [1, 1]


def test_long_text_is_no_phrase():
    phrases: Phrases[int] = Phrases()
    phrases.add("stop", 1)

    assert phrases.find("stop" + " " * 2_000) is None


@pytest.mark.parametrize("number", ["46700000001", "+46700000001"])
def test_number_to_call_is_sent_with_its_plus(number):
    assert call("Call us", number).content()["phone_number"] == "+46700000001"
