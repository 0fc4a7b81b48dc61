"""Numbers in words, with the name of counted things, or with a currency sign."""

from decimal import Decimal
from typing import Any

import pytest

from bot import parse
from tests.support import parsing


def value(parser: parse.Parser[Any], text: str, locale: str) -> Any:
    try:
        return parsing.read(parser, text, locale)
    except parse.NotUnderstood:
        return None


@pytest.mark.parametrize(
    ("text", "locale", "number"),
    [
        ("three", "en", 3),
        ("3 people", "en", 3),
        ("5 apples", "en", 5),
        ("half a dozen", "en", 6),
        ("one hundred and five", "en", 105),
        ("two hundred fifty", "en", 250),
        ("2 million", "en", 2_000_000),
        ("table for four please", "en", 4),
        ("the 3rd", "en", 3),
        ("drei", "de", 3),
        ("3 Personen", "de", 3),
        ("siebenundsiebzig", "de", 77),
        ("eintausendzweihundert", "de", 1200),
        ("zu zweit", "de", 2),
        ("tre", "sv", 3),
        ("3 st", "sv", 3),
        ("nittionio", "sv", 99),
        ("tres", "es", 3),
        ("treinta y cinco", "es", 35),
        ("mil quinientos", "es", 1500),
        ("trois", "fr", 3),
        ("soixante et onze", "fr", 71),
        ("quatre-vingt-dix-neuf", "fr", 99),
        ("on sera 6", "fr", 6),
        ("ventotto", "it", 28),
        ("vijfenveertig", "nl", 45),
        ("femogtyve", "da", 25),
        ("kaksikymmentäkolme", "fi", 23),
        ("三十五", "ja", 35),
        ("minus three", "en", -3),
    ],
)
def test_counts_in_words(text, locale, number):
    assert value(parse.integer(), text, locale) == number


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("3 or 4", "en"),
        ("5-6", "en"),
        ("not 5", "en"),
        ("at least 3", "en"),
        ("a few", "en"),
        ("twelve fifty", "en"),
        ("4 adults and 2 kids", "en"),
        ("5 minutes ago", "en"),
        ("two and a half", "en"),
        ("no 5", "en"),
        ("7 tonight", "en"),
        ("first class", "en"),
        ("1. Small", "en"),
        ("2morrow", "en"),
        ("one thing", "en"),
        ("27 de marzo", "es"),
        ("9 uhr", "de"),
        ("inga problem", "sv"),
        ("ein paar", "de"),
        ("zwei bis drei", "de"),
        ("ett par tre", "sv"),
        ("2 vuxna 1 barn", "sv"),
        ("unos 10", "es"),
        ("une dizaine", "fr"),
    ],
)
def test_no_single_count_is_asked_again(text, locale):
    assert value(parse.integer(), text, locale) is None


@pytest.mark.parametrize(
    ("text", "locale", "amount"),
    [
        ("$9.90", "en", "9.90"),
        ("£9.90", "en-GB", "9.90"),
        ("9,90 €", "de", "9.90"),
        ("9,90 kr", "sv", "9.90"),
        ("50:-", "sv", "50"),
        ("15 euros", "fr", "15"),
        ("3.2 kg", "en", "3.2"),
        ("2 345,60 €", "fr", "2345.60"),
        ("12€50", "fr", "12.50"),
        ("12 euros con 50", "es", "12.50"),
        ("tre kronor och femtio öre", "sv", "3.50"),
        ("zwei Komma fünf", "de", "2.5"),
        ("zweieinhalb", "de", "2.5"),
        ("two point two five", "en", "2.25"),
        ("2½", "en", "2.5"),
        ("three quarters", "en", "0.75"),
        ("une heure et demie", "fr", "1.5"),
        ("£1.2k", "en-GB", "1200"),
    ],
)
def test_amounts_with_what_they_measure(text, locale, amount):
    assert value(parse.decimal(), text, locale) == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("20 max", "en"),
        ("20 tops", "en"),
        ("no more than 20", "en"),
        ("<20", "en"),
        ("> $20", "en"),
        ("~20", "en"),
        ("≈ 20", "en"),
        ("20€ max.", "de"),
        ("20 maximal", "de"),
        ("20 som mest", "sv"),
        ("20 maximalt", "sv"),
        ("20 maxi", "fr"),
        ("grand max 20", "fr"),
        ("20 aprox.", "es"),
        ("20 más o menos", "es"),
        ("20 maks", "pl"),
        ("20 max", "it"),
    ],
)
def test_limits_and_inexact_numbers_are_asked_again(text, locale):
    assert value(parse.decimal(), text, locale) is None
    assert value(parse.integer(), text, locale) is None


@pytest.mark.parametrize(
    "text", ["10-12", "less than 5", "a lot", "third", "twelve fifty", "3 or 4 euros", "§"]
)
def test_no_single_amount_is_asked_again(text):
    assert value(parse.decimal(), text, "en") is None
