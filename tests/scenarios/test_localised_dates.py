"""Dates and times in messages follow the language of the text."""

from datetime import UTC, date, datetime, time

import pytest

from bot import END, Flow, Turn, _, step
from bot.errors import FlowError
from bot.i18n.languages import read_languages, speaking

PO = """
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

msgid "On {day:full} at {hour:short}."
msgstr "{day:full} um {hour:short} Uhr."
"""

DAY, HOUR = date(2026, 1, 9), time(15, 30)


class Booking(Flow):
    start_on = ("book",)

    @step(to=END)
    def tell(self, turn: Turn) -> str:
        turn.say(_("On {day:full} at {hour:short}.", day=DAY, hour=HOUR))
        return END


@pytest.fixture
def german(tmp_path):
    path = tmp_path / "locale" / "de" / "LC_MESSAGES" / "booking.po"
    path.parent.mkdir(parents=True)
    path.write_text(PO)
    return read_languages("", tmp_path)


@pytest.mark.flows([Booking])
@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de-AT", "Freitag, 9. Januar 2026 um 15:30 Uhr."),
        ("fr", "On Friday, January 9, 2026 at 3:30 PM."),
    ],
)
async def test_a_date_is_in_the_language_of_the_text(contacts, simulation, german, language, said):
    simulation.flows.languages = german
    [contact] = contacts(1, language=language)
    await contact.says("book")

    contact.sees(said)


def test_what_is_written_in_another_language_than_english_stays_so():
    with speaking(lambda: None, "sv"):
        assert _("{day:long}", day=DAY) == "9 januari 2026"
        assert _("{at:medium}", at=datetime(2026, 1, 9, tzinfo=UTC)) == "9 jan. 2026 00:00"


@pytest.mark.parametrize(
    ("form", "meant"), [("ful", "full"), ("fullt", "full"), ("Short", "short"), ("d MMMM", "")]
)
@pytest.mark.parametrize("value", [DAY, HOUR, datetime(2026, 1, 9, tzinfo=UTC)])
def test_unknown_form_is_refused(value, form, meant):
    with pytest.raises(FlowError, match=f"unknown format '{form}'") as error:
        _(f"{{at:{form}}}", at=value)

    assert ("Did you mean " + repr(meant) in str(error.value)) == bool(meant)
    assert "A date or time takes full, long, medium or short" in str(error.value)


async def test_unknown_form_in_a_translation_sends_the_text_as_written(tmp_path):
    path = tmp_path / "locale" / "de" / "LC_MESSAGES" / "booking.po"
    path.parent.mkdir(parents=True)
    path.write_text(PO.replace("{day:full} um", "{day:voll} um"))
    languages = read_languages("", tmp_path)

    with speaking(lambda: languages.find("de", "booking")):
        said = _("On {day:full} at {hour:short}.", day=DAY, hour=HOUR)

    assert said.startswith("On Freitag, 9. Januar 2026")


def test_other_forms_are_as_python_has_them():
    assert _("{day:%d.%m.} {day} {day.year} {hour:%H}", day=DAY, hour=HOUR) == (
        "09.01. 2026-01-09 2026 15"
    )
