# ruff: noqa: RUF001 -- letters and signs that look alike are what this is about
"""What counts as naming an option."""

from collections.abc import Mapping

import pytest

from bot.parse.listing import listed
from bot.parse.option_matching import Matcher

SIZES = {"s": ("Small",), "m": ("Medium",), "l": ("Large",), "xl": ("Extra large",)}
SLOTS = {"a": ("8–10 am",), "b": ("Can't say",), "c": ("T-shirt",), "d": ("Fish & chips",)}


def meant(text: str, options: Mapping[str, tuple[str, ...]], language: str = "en") -> str | None:
    matcher = Matcher(options, language)
    return matcher.meant(text) or matcher.near(text)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("1. Small", "s"),
        ("1) small", "s"),
        ("2 - Medium", "m"),
        ("option 1", "s"),
        ("option two", "m"),
        ("no. 2", "m"),
        ("the first one", "s"),
        ("2nd", "m"),
        ("one", "s"),
        ("the last one please", "xl"),
        ("i'd like the small one, thanks", "s"),
        ("Small 😊", "s"),
        ("`Small`", "s"),
        ("large x", "l"),
        ("med", "m"),
        ("extra", "xl"),
    ],
)
def test_option_in_other_words(text, key):
    assert meant(text, SIZES) == key


@pytest.mark.parametrize(
    "text",
    [
        "1. Large",
        "small or medium",
        "not small",
        "x large",
        "the red one",
        "5",
        "0",
        "either",
        "s m",
    ],
)
def test_no_single_option(text):
    assert meant(text, SIZES) is None


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("8-10 am", "a"),
        ("8 - 10 am", "a"),
        ("Can‘t say", "b"),
        ("Can`t say", "b"),
        ("cant say", "b"),
        ("t shirt", "c"),
        ("fish & chips please", "d"),
    ],
)
def test_signs_that_a_keyboard_lacks(text, key):
    assert meant(text, SLOTS) == key


@pytest.mark.parametrize(
    ("label", "text", "language"),
    [
        ("Não", "nao", "pt"),
        ("Más tarde", "mas tarde", "es"),
        ("Göteborg", "goteborg", "sv"),
        ("Łódź", "lodz", "pl"),
        ("München", "muenchen", "de"),
        ("Koeln", "Köln", "de"),
        ("Groß", "GROSS", "de"),
        ("أحمر", "احمر", "ar"),
        ("کتاب", "كتاب", "fa"),
        ("Kırmızı", "KIRMIZI", "tr"),
        ("Αθήνα", "ΑΘΗΝΑ", "el"),
        ("Ναί", "ΝΑΙ", "el"),
        ("L'eau minérale", "eau", "fr"),
        ("👍 Yes", "👍🏽 Yes", "en"),
    ],
)
def test_letters_that_a_keyboard_lacks(label, text, language):
    assert meant(text, {"a": (label,), "b": ("x",)}, language) == "a"


def test_number_and_beginning_that_disagree_are_asked_again():
    people = {"two": ("2 people",), "four": ("4 people",), "six": ("6 people",)}

    assert meant("2", people) is None
    assert meant("2 people", people) == "two"


def test_words_that_other_labels_lack_name_an_option():
    pizzas = {"m": ("Pizza Margherita",), "c": ("Pizza Calzone",)}

    assert meant("calzone please", pizzas) == "c"
    assert meant("pizza", pizzas) is None


def test_keys_yes_and_no_take_words_for_yes_and_no():
    booking = {"yes": ("Book it",), "no": ("Start over",)}

    assert meant("yep", booking) == "yes"
    assert meant("nein danke", booking, "de") == "no"
    assert meant("👍", booking) == "yes"
    assert meant("maybe", booking) is None


def test_sign_alone_names_the_option_that_has_it():
    drinks = {"coffee": ("☕ Coffee",), "tea": ("🍵 Tea",)}

    assert meant("🍵", drinks) == "tea"
    assert meant("🍺", drinks) is None


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("2 ham", set()),
        ("1. Ham\n2. Cheese", {"ham", "cheese"}),
        ("first and third", {"ham", "olives"}),
        ("ham, cheese please", {"ham", "cheese"}),
        ("١،٢", {"ham", "cheese"}),
        ("1-3", set()),
        ("no ham", set()),
        ("everything", {"ham", "cheese", "olives"}),
    ],
)
def test_listed_options(text, keys):
    toppings = {"ham": ("Ham",), "cheese": ("Cheese",), "olives": ("Olives",)}

    assert listed(Matcher(toppings, "en"), text) == keys


@pytest.mark.parametrize(
    ("text", "language", "key"),
    [
        ("chiken", "en", "chicken"),
        ("chikcen please", "en", "chicken"),
        ("the salad", "en", "salad"),
        ("by card", "en", "card"),
        ("par carte", "fr", "card"),
        ("den stora", "sv", "large"),
        ("die mittlere", "de", "medium"),
        ("Chicken please. Regards, Tom", "en", "chicken"),
    ],
)
def test_a_slip_an_ending_or_one_word_names_an_option(text, language, key):
    options = {
        "chicken": ("Chicken",),
        "salad": ("Caesar salad",),
        "card": ("Card", "Carte bancaire"),
        "large": ("Stor",),
        "medium": ("Mittel",),
    }

    assert meant(text, options, language) == key


@pytest.mark.parametrize("text", ["sunday", "munday", "the bus", "bear", "cares"])
def test_a_slip_that_may_mean_two_options_or_none_is_asked_again(text):
    options = {
        "mon": ("Monday bus",),
        "tue": ("Tuesday bus",),
        "a": ("Sunbay",),
        "b": ("Sunlay",),
        "c": ("Beer",),
        "d": ("Cards",),
    }

    assert meant(text, options) is None
