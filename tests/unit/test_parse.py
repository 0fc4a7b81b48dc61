import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import date, time
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import parse
from bot.callbacks import ContactMessage
from bot.errors import FlowError
from bot.parse import vocabulary
from bot.parse.answer import Parser
from tests.support.parsing import NOW, answer, read

if TYPE_CHECKING:
    from fractions import Fraction


SIZES = {"small": "Small", "large": ("Large", "big")}

QUICK: dict[str, Parser[Any]] = {
    "text": parse.text(),
    "pattern": parse.text(min_length=2, max_length=9, pattern="[a-z]+"),
    "whole": parse.integer(1, 10_000),
    "decimal": parse.decimal(places=2),
    "yes_no": parse.yes_no(),
    "phone": parse.phone(region="SE"),
    "email": parse.email,
    "options": parse.choice(SIZES),
    "several": parse.multiple_choice(SIZES, min=0),
    "location": parse.location,
    "media": parse.media(),
    "any_of": parse.any_of(parse.integer(), parse.decimal(), parse.email, parse.text(pattern="x+")),
}
SLOW: dict[str, Parser[Any]] = {
    "date": parse.date(),
    "past date": parse.date(past=True),
    "time": parse.time(),
}

LOCALES = ["en", "en-GB", "de", "de-CH", "fr", "sv", "es", "pl", "tr", "ar", "ja", "xx", "", "-"]
PIECES = """
    1 2 12 31 2024 ٣ ² 1e9 , . ; : / - + # @ ° nan inf a sec min may friday next tomorrow in days
    am pm 15h uhr kl EST Z T yes no and small large google.com/maps?q= geo: https:// [ ( ' \u2019 ½
    mailto: example.com +46701234567 \u200f \ufe0f \x00 İ ß 👍 🏽 1️⃣
"""
PIECE = st.sampled_from([*PIECES.split(), " "])
TEXTS = st.one_of(
    st.text(max_size=40), st.lists(PIECE, max_size=8).map(" ".join), st.lists(PIECE).map("".join)
)


def attempt(parser: Callable[[parse.Answer], Any], text: str, **more: Any) -> Any:
    """Return the value that the parser reads, or the `NotUnderstood` that it raises."""
    try:
        return read(parser, text, **more)
    except parse.NotUnderstood as error:
        return error


def check_any_text(parser: Parser[Any], text: str, locale: str) -> None:
    """The text is understood and stored as JSON, or NotUnderstood is raised; nothing else."""
    outcome = attempt(parser, text, locale=locale, zone="Europe/Stockholm")
    if isinstance(outcome, parse.NotUnderstood):
        assert outcome.hint.endswith(".")
        return
    restored = parser.restore(msgspec.json.decode(msgspec.json.encode(outcome)))
    assert (restored, type(restored)) == (outcome, type(outcome))


@pytest.mark.parametrize("parser", QUICK.values(), ids=QUICK)
@given(text=TEXTS, locale=st.sampled_from(LOCALES))
@settings(deadline=None, max_examples=60)
def test_understands_any_text_or_says_so(parser, text, locale):
    check_any_text(parser, text, locale)


@pytest.mark.parametrize("parser", SLOW.values(), ids=SLOW)
@given(text=TEXTS, locale=st.sampled_from(LOCALES))
@settings(deadline=None, max_examples=30)
def test_understands_any_text_as_a_date_or_says_so(parser, text, locale):
    check_any_text(parser, text, locale)


@pytest.mark.parametrize("text", ["1" * 100_000, "a " * 50_000, "٣" * 1_001, "\ufdfa" * 999])
def test_refuses_what_is_long_before_a_library_sees_it(monkeypatch, text):
    def seen(*args: object, **more: object) -> None:
        raise AssertionError("a library was asked")

    for entry in (
        "dateparser.date.DateDataParser.get_date_data",
        "phonenumbers.PhoneNumberMatcher",
        "babel.numbers.parse_decimal",
        "email_validator.validate_email",
    ):
        monkeypatch.setattr(entry, seen)

    refused = [each for name, each in {**QUICK, **SLOW}.items() if name != "text"]
    for parser in refused:
        assert isinstance(attempt(parser, text), parse.NotUnderstood)


def test_loads_no_library_before_an_answer_needs_it():
    code = (
        "import sys; from bot import parse\n"
        "parse.integer(); parse.decimal(); parse.date(); parse.time(); parse.phone(region='SE')\n"
        "parse.any_of(parse.email, parse.location, parse.yes_no(), parse.choice({'a': 'A'}))\n"
        "heavy = {'dateparser', 'phonenumbers', 'babel', 'email_validator', 'hypothesis'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Yes! ", "yes"),
        ("STOP.", "stop"),
        ("¿Qué?", "qué"),
        ("“Large”", "large"),
        ("*help*", "help"),
        ("(1)", "1"),
        ("2️⃣", "2"),
        ("straße", "strasse"),
        ("\uff26\uff35\uff2c\uff2c width", "full width"),
        ("two\n \tlines", "two lines"),
        ("don\u2019t", "don't"),
        ("C#", "c#"),
        ("#1", "#1"),
        ("A+", "a+"),
        ("👍", "👍"),
        ("I ❤️ it", "i ❤ it"),
        ("İPTAL", "iptal"),
        ("e\u0301te\u0301", "été"),
        ("\u200fمرحبا؟\u200f", "مرحبا"),  # noqa: RUF001
        ("can\u200bcel\ufeff", "cancel"),
        ("?!", "?!"),
        ("", ""),
    ],
)
def test_folds_text_for_comparison(text, folded):
    assert parse.fold(text) == folded


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("No, thanks!", "no thanks"),
        ("yes - please", "yes please"),
        ("9:30", "9:30"),
        ("it's 1.5", "it's 1.5"),
        ("? !", "? !"),
    ],
)
def test_phrases_have_no_punctuation_around_words(text, phrase):
    assert parse.phrase(text) == phrase


@given(st.text())
def test_folding_twice_changes_nothing(text):
    assert parse.fold(parse.fold(text)) == parse.fold(text)


@given(st.text(alphabet=st.characters(categories=["L", "N"]), min_size=1))
def test_folding_ignores_case_and_surroundings(text):
    assert parse.fold(f" “{text}”. ") == parse.fold(text)


@pytest.mark.parametrize("table", ["YES", "NO", "FALSE_FRIENDS", "COMING"])
def test_words_are_folded_and_of_languages_known(table):
    for language, listed in getattr(vocabulary, table).items():
        assert len(language) in (2, 3)
        assert listed == tuple(map(parse.fold, listed))


async def test_applies_functions_of_your_own_sync_and_async():
    def shout(given: parse.Answer) -> str:
        return given.text.upper()

    async def count(given: parse.Answer) -> int:
        return len(given.text)

    assert await parse.apply(shout, answer("pizza")) == "PIZZA"
    assert await parse.apply(count, answer("pizza")) == 5


def test_takes_the_type_of_a_function_of_your_own_from_what_it_returns():
    class Even:
        async def __call__(self, given: parse.Answer) -> int:
            return 2

    def day(given: parse.Answer) -> date:
        return given.now.date()

    def later(offset: int, given: parse.Answer) -> Awaitable[int]:
        return parse.apply(Even(), given)

    def anything(given):
        return given.text

    assert parse.as_parser(day).restore("2024-05-15") == date(2024, 5, 15)
    assert parse.as_parser(Even()).type is int
    assert parse.as_parser(partial(later, 3)).type is int
    assert parse.as_parser(anything).type is Any
    assert parse.as_parser(parse.email) is parse.email


def test_email_and_location_are_parsers_with_and_without_parentheses():
    assert parse.email() is parse.email
    assert parse.location() is parse.location


def test_refuses_what_is_no_parser():
    def unreadable(given: "Fraction") -> "Fraction":
        return given

    def day_or_word(given: parse.Answer) -> date | str:
        return given.text

    wrong: Any = "text"
    with pytest.raises(FlowError, match="'text' is not a parser"):
        parse.as_parser(wrong)
    with pytest.raises(FlowError, match=r"write parse\.integer\(\), with parentheses"):
        parse.any_of(parse.integer)  # type: ignore[arg-type]
    with pytest.raises(FlowError, match="unreadable name Fraction"):
        parse.as_parser(unreadable)
    with pytest.raises(FlowError, match=r"day_or_word returns .* which JSON can't restore"):
        parse.as_parser(day_or_word)
    with pytest.raises(FlowError, match="at least one parser"):
        parse.any_of()


def test_takes_the_first_parser_that_understands():
    async def even(given: parse.Answer) -> int:
        if not given.text.isdigit() or int(given.text) % 2:
            raise parse.NotUnderstood("Please give an even number.")
        return int(given.text)

    either = parse.any_of(even, parse.date(), parse.yes_no())

    assert read(either, "4") == 4
    assert read(either, "tomorrow") == date(2024, 5, 16)
    assert read(either, "ok") is True


def test_joins_the_hints_where_no_parser_understands():
    def silent(given: parse.Answer) -> int:
        raise parse.NotUnderstood

    either = parse.any_of(parse.integer(max=9), silent, parse.integer(max=9), parse.yes_no())

    fault = attempt(either, "?")

    assert fault.hint == "Please give a whole number of at most 9. Please answer yes or no."


def test_faults_of_a_function_of_your_own_are_not_hidden():
    def broken(given: parse.Answer) -> int:
        return int(given.text)

    with pytest.raises(ValueError, match="invalid literal"):
        read(parse.any_of(broken, parse.text()), "x")


@pytest.mark.parametrize(
    "value",
    [
        date(2024, 5, 15),
        time(15, 30),
        Decimal("1.50"),
        True,
        7,
        "some text",
        ["small", "large"],
        parse.Location(55.61, 13.0, "Home"),
        parse.Media("https://example.com/a.jpg", "image"),
    ],
)
def test_restores_each_kind_of_value_that_any_of_gives(value):
    either = parse.any_of(
        parse.text(),
        parse.date(),
        parse.time(),
        parse.decimal(),
        parse.any_of(parse.integer(), parse.yes_no()),
        parse.multiple_choice(SIZES),
        parse.location,
        parse.media(),
    )

    restored = either.restore(msgspec.json.decode(msgspec.json.encode(value)))

    assert (restored, type(restored)) == (value, type(value))


def test_refuses_to_restore_what_no_parser_gives():
    with pytest.raises(msgspec.ValidationError, match="none of"):
        parse.any_of(parse.integer(), parse.date()).restore({"a": 1})


def test_errors_and_hints_never_repeat_what_was_written():
    parsers = [each for name, each in {**QUICK, **SLOW}.items() if name != "text"]

    faults = [attempt(parser, "secret-4711 §") for parser in parsers]

    assert {type(fault) for fault in faults} == {parse.NotUnderstood}
    assert "4711" not in str([(repr(fault), str(fault), fault.hint) for fault in faults])


def test_a_zone_unknown_is_named():
    with pytest.raises(FlowError, match="'Mars/Base'"):
        read(parse.date(), "today", zone="Mars/Base")


def test_an_answer_is_complete_with_a_message_and_the_time():
    plain = parse.Answer(message=ContactMessage(), now=NOW)

    assert (plain.text, plain.postback, plain.channel) == ("", "", "")
    assert (plain.locale, plain.zone) == ("en", "UTC")
