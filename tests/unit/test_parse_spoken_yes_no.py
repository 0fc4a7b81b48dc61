"""Yes and no as people say them."""

import pytest

from bot import parse
from tests.support import parsing


def verdict(text: str, locale: str) -> bool | None:
    try:
        found: bool = parsing.read(parse.yes_no(), text, locale)
    except parse.NotUnderstood:
        return None
    return found


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("Yes 👍", "en"),
        ("agree", "en"),
        ("exactly", "en"),
        ("yeees!!", "en"),
        ("sure, no problem", "en"),
        ("richtig", "de"),
        ("so ist es", "de"),
        ("precis", "sv"),
        ("det är rätt", "sv"),
        ("exacto", "es"),
        ("claro que sí", "es"),
        ("exactement", "fr"),
        ("pourquoi pas", "fr"),
        ("نعم", "ar"),
        ("हाँ", "hi"),
        ("はい", "ja"),
        ("是", "zh"),
        ("ya", "id"),
        ("כן", "he"),
        ("ใช่", "th"),
        ("예", "ko"),
    ],
)
def test_words_for_yes(text, locale):
    assert verdict(text, locale) is True


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("disagree", "en"),
        ("not at all", "en"),
        ("of course not", "en"),
        ("nooo", "en"),
        ("no, sorry", "en"),
        ("auf gar keinen Fall", "de"),
        ("natürlich nicht", "de"),
        ("självklart inte", "sv"),
        ("de ninguna manera", "es"),
        ("por supuesto que no", "es"),
        ("absolument pas", "fr"),
        ("bien sûr que non", "fr"),
        ("tidak", "id"),
        ("いいえ", "ja"),
        ("不用了", "zh"),
    ],
)
def test_words_for_no(text, locale):
    assert verdict(text, locale) is False


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("not sure", "en"),
        ("yes and no", "en"),
        ("yes, but later", "en"),
        ("no 👍", "en"),
        ("yes 🤷", "en"),
        ("never mind", "en"),
        ("thanks", "en"),
        ("danke", "de"),
        ("ja und nein", "de"),
        ("tak", "da"),
        ("oui mais plus tard", "fr"),
        ("ni idea", "es"),
    ],
)
def test_neither_is_asked_again(text, locale):
    assert verdict(text, locale) is None


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("I'm good thanks", "en"),
        ("I'm fine", "en"),
        ("yeah right", "en"),
        ("geht so", "de"),
        ("na ja", "de"),
        ("danke, passt schon", "de"),
        ("det är bra tack", "sv"),
        ("det är bra så", "sv"),
        ("c'est bon merci", "fr"),
        ("ça ira", "fr"),
        ("no está mal", "es"),
        ("así está bien, gracias", "es"),
    ],
)
def test_polite_refusal_without_a_no_is_asked_again(text, locale):
    assert verdict(text, locale) is None


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("no thanks, I'm good", "en"),
        ("nein danke, passt schon", "de"),
        ("nej tack, det är bra", "sv"),
        ("non merci, ça ira", "fr"),
        ("no gracias, así está bien", "es"),
    ],
)
def test_polite_refusal_with_a_no_is_a_no(text, locale):
    assert verdict(text, locale) is False


@pytest.mark.parametrize(
    ("text", "locale"),
    [("I'm good with that", "en"), ("passt, danke", "de"), ("det är bra", "sv"), ("ça va", "fr")],
)
def test_consent_in_the_words_of_a_polite_refusal_is_a_yes(text, locale):
    assert verdict(text, locale) is True
