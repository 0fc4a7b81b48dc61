"""Text, numbers, yes or no, phone numbers and e-mail addresses."""

from decimal import Decimal

import pytest
from babel.numbers import format_decimal
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import parse
from bot.errors import FlowError
from bot.parse.vocabulary import NO, YES
from tests.support.parsing import hint, read

LOCALES = ["en", "de", "de-CH", "fr", "sv", "es", "pl", "pt-PT", "it", "nb", "fi", "en-IN", "ar"]


def test_takes_text_as_it_is_written():
    assert read(parse.text(), "  Größe M, bitte!\n") == "Größe M, bitte!"


@pytest.mark.parametrize(
    ("parser", "text", "says"),
    [
        (parse.text(), " \n", "Please write a text."),
        (parse.text(min_length=8), "short", "Please write at least 8 characters."),
        (parse.text(max_length=5), "longer", "Please write at most 5 characters."),
        (
            parse.text(pattern=r"\d{5}", hint="Please give a postal code of five digits."),
            "12345-6",
            "Please give a postal code of five digits.",
        ),
        (parse.text(pattern="[ab]"), "c", "Please check the format of your answer."),
    ],
)
def test_says_what_is_wrong_with_a_text(parser, text, says):
    assert hint(parser, text) == says


def test_a_pattern_has_to_match_the_whole_text():
    code = parse.text(pattern=r"\d{5}")

    assert read(code, " 12345 ") == "12345"
    assert hint(code, "x 12345")


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda: parse.text(pattern="("), "missing \\)"),
        (lambda: parse.text(min_length=5, max_length=4), "accepts no text"),
        (lambda: parse.text(min_length=0), "accepts no text"),
        (lambda: parse.integer(2, 1), "accepts no number"),
        (lambda: parse.decimal(min=Decimal(2), max=1), "accepts no number"),
        (lambda: parse.decimal(places=-1), "places=-1"),
        (lambda: parse.phone(region="Sweden"), "ISO code"),
    ],
)
def test_refuses_wrong_parsers_when_they_are_made(make, fault):
    with pytest.raises(FlowError, match=fault):
        make()


@pytest.mark.parametrize(
    ("text", "locale", "number"),
    [
        ("42", "en", 42),
        (" 42! ", "en", 42),
        ("-7", "en", -7),
        ("\u22127", "sv", -7),
        ("+7", "en", 7),
        ("- 7", "en", -7),
        ("007", "en", 7),
        ("1,234", "en", 1234),
        ("1.234", "de", 1234),
        ("1.234", "es", 1234),
        ("1 234", "sv", 1234),
        ("1\u00a0234", "sv", 1234),
        ("1 234", "fr", 1234),
        ("1 234 567", "de", 1_234_567),
        ("1'234", "de-CH", 1234),
        ("1\u2019234", "de-CH", 1234),
        ("1,00,000", "en-IN", 100_000),
        ("٤٢", "ar", 42),
        ("\uff14\uff12", "ja", 42),
        ("9" * 18, "en", 10**18 - 1),
    ],
)
def test_reads_whole_numbers(text, locale, number):
    assert read(parse.integer(), text, locale) == number
    assert type(read(parse.integer(), text, locale)) is int


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("", "en"),
        ("ten or so", "en"),
        ("1.0", "en"),
        ("1.234", "en"),
        ("1,234", "de"),
        ("12 34", "sv"),
        ("1,23", "en"),
        ("1e3", "en"),
        ("1_000", "en"),
        ("nan", "en"),
        ("Infinity", "en"),
        ("0x10", "en"),
        ("½", "en"),
        ("--5", "en"),
        ("5-", "en"),
        ("5 apples and 2 pears", "en"),
        ("1 2", "en"),
        ("9" * 19, "en"),
        (",", "en"),
        ("-", "en"),
    ],
)
def test_refuses_what_is_no_whole_number(text, locale):
    assert hint(parse.integer(), text, locale) == "Please give a whole number."


@pytest.mark.parametrize(
    ("text", "locale", "number"),
    [
        ("1,234.5", "en", "1234.5"),
        ("1.234,5", "de", "1234.5"),
        ("1234,50", "de", "1234.50"),
        ("1 234,5", "sv", "1234.5"),
        ("1'234.5", "de-CH", "1234.5"),
        (".5", "en", "0.5"),
        (",5", "de", "0.5"),
        ("-0,5", "fr", "-0.5"),
        ("-0", "en", "0"),
        ("3", "en", "3"),
        ("\u0663\u066b\u0665", "ar", "3.5"),
    ],
)
def test_reads_decimal_numbers_exactly(text, locale, number):
    assert str(read(parse.decimal(), text, locale)) == number


@pytest.mark.parametrize(
    ("text", "locale"),
    [("1.500", "sv"), ("12.345", "fr"), ("1,2345.6", "de"), ("1.2.3", "en"), ("1,23,4", "en")],
)
def test_number_that_can_be_read_in_two_ways_is_refused(text, locale):
    assert hint(parse.decimal(), text, locale).startswith("Please give a number, such as 1")


@pytest.mark.parametrize(
    ("text", "locale", "number"),
    [
        ("1.5", "de", "1.5"),
        ("1,5", "en", "1.5"),
        ("1,234.5", "de", "1234.5"),
        ("1.234,5", "en", "1234.5"),
        ("12.50", "sv", "12.50"),
    ],
)
def test_signs_of_another_locale_count_if_only_one_number_is_possible(text, locale, number):
    assert str(read(parse.decimal(), text, locale)) == number


@given(
    number=st.decimals(min_value=-(10**11), max_value=10**11, places=4),
    locale=st.sampled_from(LOCALES),
)
@settings(deadline=None)
def test_reads_each_number_as_the_locale_writes_it(number, locale):
    written = format_decimal(number, locale=locale.replace("-", "_"), decimal_quantization=False)

    assert read(parse.decimal(), written, locale) == number


@given(number=st.integers(-(10**18) + 1, 10**18 - 1), locale=st.sampled_from(LOCALES))
@settings(deadline=None)
def test_reads_each_whole_number_as_the_locale_writes_it(number, locale):
    written = format_decimal(number, locale=locale.replace("-", "_"))

    assert read(parse.integer(), written, locale) == number


def test_bounds_of_numbers_are_included():
    assert [read(parse.integer(1, 3), text) for text in "13"] == [1, 3]
    assert read(parse.decimal(min=0.1), "0.1") == Decimal("0.1")


@pytest.mark.parametrize(
    ("parser", "text", "locale", "says"),
    [
        (parse.integer(1, 10), "11", "en", "Please give a whole number between 1 and 10."),
        (parse.integer(min=1000), "1", "de", "Please give a whole number of at least 1.000."),
        (parse.decimal(max=0.5), "1", "de", "Please give a number of at most 0,5."),
        (parse.decimal(), "x", "de", "Please give a number, such as 1.234,5."),
        (
            parse.decimal(min=0, places=2),
            "12.345",
            "en",
            "Please give a number of at least 0. At most 2 decimals.",
        ),
    ],
)
def test_says_which_numbers_it_takes(parser, text, locale, says):
    assert hint(parser, text, locale) == says


@pytest.mark.parametrize(
    ("text", "locale", "verdict"),
    [
        ("Yes!", "en", True),
        ("no.", "en", False),
        ("Yes, please", "en", True),
        ("No, thanks!", "en", False),
        ("OK", "sv", True),
        ("Ja", "de-AT", True),
        ("Nej tack", "sv", False),
        ("Sí", "es-MX", True),
        ("d\u2019accord", "fr", True),
        ("Nei", "no", False),
        ("nei", "nn", False),
        ("Да", "ru", True),
        ("Βεβαίως", "el", True),
        ("HAYIR", "tr", False),
        ("no", "it", False),
        ("no", "sv", False),
        ("👍", "en", True),
        ("👍🏽", "en", True),
        ("👍👍", "xx", True),
        ("✔️", "en", True),
        ("👎🏿", "fr", False),
    ],
)
def test_reads_yes_and_no_in_the_contacts_language(text, locale, verdict):
    assert read(parse.yes_no(), text, locale) is verdict


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("", "en"),
        ("maybe", "en"),
        ("yes and no", "en"),
        ("yes, but later", "en"),
        ("ja", "en"),
        ("no", "pl"),
        ("No", "cs-CZ"),
        ("tak", "da"),
        ("👍👎", "en"),
        ("🏽", "en"),
    ],
)
def test_takes_nothing_else_for_yes_or_no(text, locale):
    assert hint(parse.yes_no(), text, locale) == "Please answer yes or no."


def test_a_tapped_yes_or_no_counts():
    assert read(parse.yes_no(), postback="no") is False


def test_no_word_means_both_yes_and_no(subtests):
    for language in sorted(YES):
        with subtests.test(language):
            assert not set(YES[language]) & set(NO[language])
            assert {read(parse.yes_no(), word, language) for word in YES[language]} == {True}
            assert {read(parse.yes_no(), word, language) for word in NO[language]} == {False}


@pytest.mark.parametrize(
    ("parser", "text", "locale"),
    [
        (parse.phone(), "+46 70 123 45 67", "en"),
        (parse.phone(), "0046701234567", "en"),
        (parse.phone(), "070-123 45 67", "sv"),
        (parse.phone(), "070-123 45 67", "de-SE"),
        (parse.phone(), "070-123 45 67", "zh_Hant_SE"),
        (parse.phone(region="SE"), "070 1234567", "en"),
        (parse.phone(region="SE"), "46701234567", "en"),
        (parse.phone(), "My number is +46 (0)70 123 45 67, thanks", "en"),
        (parse.phone(), "tel:+46701234567", "en"),
        (parse.phone(), "\uff0b46701234567", "ja"),
    ],
)
def test_reads_phone_numbers_as_e164(parser, text, locale):
    assert read(parser, text, locale) == "+46701234567"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0701234567",
        "+46",
        "12345",
        "+999 123 456 789",
        "+46701234567 or +46701234568",
        "+33612345678 or +33 7 12 34 56 78",
        "+1 202 555 0123 ext. 5",
        "call me",
    ],
)
def test_refuses_what_is_no_phone_number(text):
    assert hint(parse.phone(), text) == (
        "Please give a phone number with its country code, such as +1 201-555-0123."
    )


def test_asks_for_the_country_code_where_the_region_has_no_example():
    assert (
        hint(parse.phone(), "070", "en-AQ") == "Please give a phone number with its country code."
    )


def test_a_region_unknown_is_a_fault_of_the_flow():
    with pytest.raises(FlowError, match="Britain is 'GB'"):
        read(parse.phone(region="UK"), "020 7946 0000")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("anna@example.com", "anna@example.com"),
        (" <Anna.Berg+bot@EXAMPLE.com>. ", "Anna.Berg+bot@example.com"),
        ("mailto:anna@example.com", "anna@example.com"),
        ("anna@bücher.example.com", "anna@bücher.example.com"),
    ],
)
def test_reads_email_addresses(text, address):
    assert read(parse.email, text) == address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("anna at example dot com", "anna@example.com"),
        ("it's Anna dot Berg at example dot co dot uk", "Anna.Berg@example.co.uk"),
        ("anna [at] example [dot] com", "anna@example.com"),
        ("anna(at)example.com", "anna@example.com"),
        ("anna @ example.com", "anna@example.com"),
        ("anna@example punkt de", "anna@example.de"),
        ("anna ät example punkt de", "anna@example.de"),
        ("anna snabel-a example punkt se", "anna@example.se"),
        ("anna arobase example point fr", "anna@example.fr"),
        ("mi correo es anna arroba example punto es", "anna@example.es"),
        ("sure, anna@example.com", "anna@example.com"),
        ("mejla mig på anna@example.se", "anna@example.se"),
    ],
)
def test_reads_dictated_addresses_and_addresses_after_a_yes(text, address):
    assert read(parse.email, text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "look at example dot com",
        "I'm at example dot com",
        "meet at example.com",
        "anna berg at example dot com",
        "anna berg @ example.com",
        "anna underscore berg at example dot com",
        "anna at example dot com or bo at example dot com",
        "anna@example.com, bo @ example.com",
        "anna at home",
        "anna",
        "anna@",
        "@example.com",
        "anna@example",
        "anna@localhost",
        "a..b@example.com",
        "anna@[127.0.0.1]",
        "anna berg@example.com",
        "anna@example.com, bo@example.com",
        "a" * 65 + "@example.com",
    ],
)
def test_refuses_what_is_no_email_address(text):
    assert hint(parse.email, text) == ("Please give an e-mail address, such as name@example.com.")
