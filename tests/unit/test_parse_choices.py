"""One or several of the offered options."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import parse
from bot.errors import FlowError
from tests.support.parsing import hint, read

SIZES = {"small": "Klein", "medium": ("Mittel", "normal"), "large": ("Groß!", "big", "XL")}
MEALS = {
    "fish": "Fish and chips",
    "chips": "Chips",
    "pizza": ("🍕 Pizza", "pie"),
    "salt": "Salt & vinegar",
}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("small", "small"),
        (" KLEIN. ", "small"),
        ("Normal", "medium"),
        ("gross", "large"),
        ("GROẞ", "large"),
        ("xl!", "large"),
        ("1", "small"),
        ("2.", "medium"),
        ("(3)", "large"),
        ("#3", "large"),
        ("3️⃣", "large"),
        ("\u0663", "large"),
    ],
)
def test_understands_key_label_synonym_and_number(text, key):
    assert read(parse.choice(SIZES), text) == key


@pytest.mark.parametrize("text", ["", "tiny", "0", "4", "1.5", "-", "small large", "1 and 2"])
def test_says_which_options_there_are(text):
    assert hint(parse.choice(SIZES), text) == "Please choose one of: Klein, Mittel, Groß!."


def test_a_tapped_option_counts_by_its_key():
    assert read(parse.choice(SIZES), postback="large") == "large"
    assert read(parse.multiple_choice(SIZES), postback="large") == ["large"]


def test_a_foreign_postback_is_no_option():
    with pytest.raises(parse.NotUnderstood):
        read(parse.choice(SIZES), postback="huge")


def test_a_label_is_understood_without_its_emoji():
    assert read(parse.choice(MEALS), "pizza") == "pizza"
    assert read(parse.choice(MEALS), "🍕 pizza") == "pizza"
    assert read(parse.choice({"up": "👍", "down": "👎"}), "👎") == "down"


def test_a_label_is_understood_with_other_signs_between_its_words():
    assert read(parse.choice({"a": "Yes, please"}), "yes please") == "a"


def test_a_number_that_could_mean_two_options_is_not_understood():
    people = parse.choice({"2": "For two", "4": "For four"})

    assert read(people, "4") == "4"
    assert read(people, "1") == "2"
    assert hint(people, "2") == "Please choose one of: For two, For four."


def test_labels_that_differ_by_a_sign_stay_apart():
    blood = parse.choice({"positive": "A+", "other": "A"})

    assert [read(blood, text) for text in ("a+", "A")] == ["positive", "other"]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("1", ["fish"]),
        ("1 and 3", ["fish", "pizza"]),
        ("3, 1", ["fish", "pizza"]),
        ("1,3", ["fish", "pizza"]),
        ("1+3", ["fish", "pizza"]),
        ("2/3", ["chips", "pizza"]),
        ("1 3 3", ["fish", "pizza"]),
        ("1. & 2.", ["fish", "chips"]),
        ("fish and chips", ["fish"]),
        ("fish and chips and chips", ["fish", "chips"]),
        ("Chips, and pizza!", ["chips", "pizza"]),
        ("pie\nchips", ["chips", "pizza"]),
        ("salt & vinegar & pie", ["pizza", "salt"]),
        ("pizza und chips", ["chips", "pizza"]),
        ("2 och 3", ["chips", "pizza"]),
        ("2 y 3", ["chips", "pizza"]),
        ("2 and 3", ["chips", "pizza"]),
        ("chips please", ["chips"]),
        ("1. Fish and chips\n3. Pizza", ["fish", "pizza"]),
        ("first and third", ["fish", "pizza"]),
        ("1️⃣3️⃣", ["fish", "pizza"]),
        ("- chips\n- pie", ["chips", "pizza"]),
        ("all of them", ["fish", "chips", "pizza", "salt"]),
    ],
)
def test_understands_several_options_in_one_answer(text, keys):
    assert read(parse.multiple_choice(MEALS), text) == keys


@pytest.mark.parametrize(
    "text",
    ["", "and", ",", "13", "1-3", "no chips", "1 and 5", "vinegar", "2 pizza", "chips or pie"],
)
def test_understands_several_only_where_nothing_is_left_over(text):
    assert hint(parse.multiple_choice(MEALS), text) == (
        "Please choose at least 1 of: Fish and chips, Chips, 🍕 Pizza, Salt & vinegar."
    )


@pytest.mark.parametrize(
    ("parser", "refused", "says"),
    [
        (parse.multiple_choice(SIZES, min=2), "1", "at least 2 of"),
        (parse.multiple_choice(SIZES, max=2), "1 2 3", "at most 2 of"),
        (parse.multiple_choice(SIZES, min=2, max=2), "1 2 3", "2 of"),
        (parse.multiple_choice(SIZES, min=2, max=3), "1", "2 to 3 of"),
        (parse.multiple_choice(SIZES, min=0), "x", "any of"),
    ],
)
def test_says_how_many_options_it_takes(parser, refused, says):
    assert hint(parser, refused) == f"Please choose {says}: Klein, Mittel, Groß!."


@pytest.mark.parametrize(
    ("language", "text", "keys"),
    [
        ("en", "the first two", ["fish", "chips"]),
        ("en", "the last two please", ["pizza", "salt"]),
        ("en", "first 3", ["fish", "chips", "pizza"]),
        ("de", "die ersten drei", ["fish", "chips", "pizza"]),
        ("sv", "de två sista", ["pizza", "salt"]),
        ("en", "all but the first", ["chips", "pizza", "salt"]),
        ("en", "everything except chips and pizza, thanks", ["fish", "salt"]),
        ("de", "alles außer Pizza", ["fish", "chips", "salt"]),
        ("sv", "alla utom den sista", ["fish", "chips", "pizza"]),
        ("fr", "tout sauf la pizza", ["fish", "chips", "salt"]),
        ("es", "todo menos pizza", ["fish", "chips", "salt"]),
        ("sv", "chips o pizza", ["chips", "pizza"]),
        ("sv", "1 å 3", ["fish", "pizza"]),
        ("en", "all four", ["fish", "chips", "pizza", "salt"]),
        ("en", "all 4", ["fish", "chips", "pizza", "salt"]),
    ],
)
def test_understands_counts_and_exceptions(language, text, keys):
    assert read(parse.multiple_choice(MEALS), text, language) == keys


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "1 to 3"),
        ("en", "first to third"),
        ("sv", "1 till 3"),
        ("fr", "1 à 3"),
        ("es", "del 1 al 3"),
        ("en", "first, 3"),
        ("en", "the second three"),
        ("en", "the first five"),
        ("en", "all but one"),
        ("en", "all but all"),
        ("en", "all but"),
        ("en", "chips and all but pizza"),
        ("en", "both"),
        ("en", "both chips and pizza"),
        ("en", "all three"),
        ("en", "all 3"),
        ("de", "beide"),
        ("en", "chips and pizza, all"),
    ],
)
def test_asks_again_after_a_doubtful_range_count_or_exception(language, text):
    assert hint(parse.multiple_choice(MEALS), text, language)


@pytest.mark.parametrize(
    ("label", "text"),
    [("Mittel", "mitel"), ("Mellan", "en melan tack"), ("Large", "laaarge"), ("Small", "smalll")],
)
def test_double_letters_may_be_single_and_single_letters_double(label, text):
    assert read(parse.choice({"a": label, "b": "Other"}), text, "sv") == "a"


@pytest.mark.parametrize(
    ("language", "label", "text"),
    [
        ("de", "Groß", "nehm ich die große"),
        ("de", "Groß", "die große hätte ich gern"),
        ("de", "Groß", "einmal groß bitte"),
        ("de", "Groß", "kann ich die große haben"),
        ("sv", "Stor", "kan jag få en stor"),
        ("sv", "Paketskåp", "paketskåpet tack"),
        ("sv", "Hemleverans", "hemleveransen"),
        ("fr", "Grande", "je veux bien la grande"),
        ("es", "Grande", "me pones una grande"),
        ("en", "Large", "um, gimme large"),
    ],
)
def test_polite_orders_and_other_endings(language, label, text):
    assert read(parse.choice({"a": label, "b": "Other"}), text, language) == "a"


@pytest.mark.parametrize(
    ("language", "label", "text"),
    [("de", "Groß", "die große nehm ich nicht"), ("sv", "Stor", "kan jag få en större")],
)
def test_refused_and_other_options_are_asked_again(language, label, text):
    assert hint(parse.choice({"a": label, "b": "Other"}), text, language)


def test_both_means_two_options():
    assert read(parse.multiple_choice({"a": "Ham", "b": "Cheese"}), "both") == ["a", "b"]


def test_an_option_without_something_is_no_exception():
    meals = {"ham": "Ham", "plain": "Without ham", "salad": "Salad"}

    assert hint(parse.multiple_choice(meals), "all without ham")
    assert read(parse.multiple_choice(meals), "all but salad") == ["ham", "plain"]


@pytest.mark.parametrize("text", ["l'ananas", "je prends l\u2019ananas svp"])
def test_understands_a_label_after_an_elided_article(text):
    toppings = {"ham": "Jambon", "pineapple": "Ananas"}

    assert read(parse.choice(toppings), text, "fr") == "pineapple"
    assert read(parse.multiple_choice(toppings), f"jambon et {text}", "fr") == ["ham", "pineapple"]


def test_none_is_an_answer_where_none_is_needed():
    assert read(parse.multiple_choice(SIZES, min=0), "Nein danke", "de") == []
    assert hint(parse.multiple_choice(SIZES), "no")


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda: parse.choice({}), "at least one option"),
        (lambda: parse.multiple_choice({}), "at least one option"),
        (lambda: parse.choice({"a": ()}), "'a' has no label"),
        (lambda: parse.choice({"a": "Big", "b": ("Large", "BIG!")}), "'BIG!' names two options"),
        (lambda: parse.choice({"a": "B", "b": "A"}), "names two options, 'a' and 'b'"),
        (lambda: parse.multiple_choice(SIZES, min=4), "accepts no answer"),
        (lambda: parse.multiple_choice(SIZES, min=4, max=5), "accepts no answer"),
        (lambda: parse.multiple_choice(SIZES, min=2, max=1), "accepts no answer"),
        (lambda: parse.multiple_choice(SIZES, max=0), "accepts no answer"),
    ],
)
def test_refuses_wrong_options_when_the_parser_is_made(make, fault):
    with pytest.raises(FlowError, match=fault):
        make()


@given(st.sets(st.sampled_from(sorted(MEALS)), min_size=1), st.sampled_from([" ", ", ", " and "]))
def test_understands_each_set_of_options_written_out(chosen, between):
    labels = {key: names if isinstance(names, str) else names[0] for key, names in MEALS.items()}
    parser = parse.multiple_choice(MEALS)

    found = read(parser, between.join(labels[key] for key in sorted(chosen)))

    assert set(found) == chosen
    assert msgspec.convert(json.loads(json.dumps(found)), parser.type) == found
