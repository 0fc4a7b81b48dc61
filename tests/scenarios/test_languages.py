"""Replies and understanding in the contact's language."""

import sys
from pathlib import Path

import pytest

from bot import FlowError
from bot.flow.load import load_flows

PIZZA = """
from bot import END, Card, Flow, Location, Option, Text, _, ask, choose, ngettext, parse, step
from bot.i18n.languages import _

PLACE = Location(_("Pizzeria"), 55.6, 13.0, label=_("Harbour Street"))


class Pizza(Flow):
    start_on = ("pizza",)

    size = choose(
        Text("Which size?").on("SMS", "Size?"),
        {"small": Option("Small", to="count"), "large": Option("Large", to="count")},
        reask="Small or large, please.",
        remind={"30m": "Still hungry?"},
    )
    count = ask("How many?", accept=parse.integer(min=1), to="sure")
    sure = choose(
        lambda data: _("{n} {size} pizzas?", n=data.count, size=data.size),
        {"yes": Option("Yes", to="done")},
    )

    @step(to=END)
    def done(self, turn):
        count = self.data.count
        turn.say(ngettext("One pizza is on its way.", "{n} pizzas are on their way.", count))
        turn.say(_(PLACE), _("Thank you!"))
        return END


class Speak(Flow):
    start_on = ("svenska",)

    @step(to=END)
    def change(self, turn):
        turn.contact.language = "sv-FI"
        turn.say(_("Thank you!"))
        return END
"""

SHARED = """
from bot import END, Flow, Option, choose


class Other(Flow):
    start_on = ("other",)

    ready = choose("Yes", {"go": Option("Small", to=END)})
"""

HEAD = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"""

SWEDISH = {
    "Which size?": "Vilken storlek?",
    "Size?": "Storlek?",
    "Small": "Liten",
    "Large": "Stor",
    "Small or large, please.": "Liten eller stor, tack.",
    "Still hungry?": "Fortfarande hungrig?",
    "How many?": "Hur många?",
    "{n} {size} pizzas?": "{n} pizzor, {size}?",
    "Yes": "Ja",
    "Pizzeria": "Pizzerian",
    "Harbour Street": "Hamngatan",
    "Thank you!": "Tack!",
    ("One pizza is on its way.", "{n} pizzas are on their way."): (
        "En pizza är på väg.",
        "{n} pizzor är på väg.",
    ),
}


def catalog(texts):
    lines = [HEAD]
    for source, text in texts.items():
        if isinstance(source, tuple):
            lines.append(f'msgid "{source[0]}"\nmsgid_plural "{source[1]}"')
            lines += [f'msgstr[{number}] "{form}"' for number, form in enumerate(text)]
        else:
            lines.append(f'msgid "{source}"\nmsgstr "{text}"')
        lines.append("")
    return "\n".join(lines)


def write(folder: Path, language: str, name: str, text: str) -> None:
    path = folder / "locale" / language / "LC_MESSAGES" / f"{name}.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def package(tmp_path, monkeypatch, request):
    """A package of flows with Swedish catalogs, importable in this test alone."""
    name = f"package_{abs(hash(request.node.nodeid))}"
    folder: Path = tmp_path / name
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "pizza.py").write_text(PIZZA)
    (folder / "other.py").write_text(SHARED)
    write(folder, "sv", "pizza", catalog(SWEDISH))
    write(folder, "sv", "other", catalog({"Small": "Litet"}))
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    for module in [each for each in sys.modules if each.partition(".")[0] == name]:
        del sys.modules[module]


@pytest.fixture
def bot_flows(package):
    return load_flows(str(package))


@pytest.fixture
async def swede(contacts):
    (contact,) = contacts(1, channel="WHATSAPP")
    await contact.says("svenska")
    contact.sees("Tack!")
    return contact


async def test_puts_questions_in_the_contact_s_language(swede):
    await swede.says("pizza")

    swede.sees("Vilken storlek?", choices=["Liten", "Stor"])


async def test_speaks_as_written_where_the_language_is_not_known(contact):
    await contact.says("pizza")

    contact.sees("Size?", choices=["Small", "Large"])


@pytest.mark.parametrize("answer", ["Stor", "STOR", "2", "large", "Large"])
async def test_takes_the_label_in_both_languages(swede, answer):
    await swede.says("pizza")
    await swede.says(answer)

    swede.sees("Hur många?")
    assert swede.data == {"size": "large"}


async def test_a_tap_on_a_translated_button_counts(swede):
    await swede.says("pizza")
    await swede.taps("Liten")

    assert swede.data == {"size": "small"}


async def test_reasks_and_reminds_in_the_language(swede):
    await swede.says("pizza")
    await swede.says("medium")
    swede.sees("Liten eller stor, tack.")
    await swede.waits("31m")

    swede.sees("Fortfarande hungrig?")


async def test_the_framework_speaks_it_too(swede):
    await swede.says("pizza")
    await swede.says("agent")
    swede.sees("En kollega tar över.")


async def test_hints_are_in_the_language(swede):
    for answer in ("pizza", "1", "none"):
        await swede.says(answer)

    swede.sees("Ange ett heltal på minst 1. Hur många?")


async def test_functions_translate_what_they_mark(swede):
    for answer in ("pizza", "1", "3"):
        await swede.says(answer)
    swede.sees("3 pizzor, small?", choices=["Ja"])
    await swede.says("ja")

    swede.sees("3 pizzor är på väg.")
    swede.sees("Pizzerian")
    swede.sees("Tack!")


async def test_has_the_plural_of_the_number(swede):
    for answer in ("pizza", "1", "1", "ja"):
        await swede.says(answer)

    swede.sees("En pizza är på väg.")


async def test_a_module_s_own_catalog_comes_before_the_others(swede):
    await swede.says("other")

    swede.sees("Ja", choices=["Litet"])


@pytest.fixture
def bot_settings(bot_settings, request):
    from dataclasses import replace

    return replace(bot_settings, language=getattr(request, "param", "en"))


@pytest.mark.parametrize("bot_settings", ["sv"], indirect=True)
async def test_the_default_language_is_a_setting(contact):
    await contact.says("pizza")

    contact.sees("Storlek?", choices=["Liten", "Stor"])


async def test_learns_the_language_from_the_contact_s_record(simulation, contact):
    contact.phone.says("other")
    await contact.run_until_idle()
    contact.sees("Yes")
    (contact_id,) = simulation.platform.state.contacts
    await simulation.bot.api.contacts.update(contact_id, {"language": "SV"})
    await contact.run_until_idle()
    assert contact.session.language == "sv"
    await contact.says("pizza")

    contact.sees("Storlek?")


async def test_a_slip_in_a_translation_does_not_fail_the_turn(package, swede, caplog):
    for answer in ("pizza", "1", "3"):
        await swede.says(answer)

    swede.sees("3 small pizzas?")
    assert "'{n} {size} pizzas?' into sv can't be filled" in caplog.text


@pytest.fixture(autouse=True)
def _slip(request, package):
    if "slip" in request.node.name:
        slip = {**SWEDISH, "{n} {size} pizzas?": "{antal} pizzor?"}
        write(package, "sv", "pizza", catalog(slip))


@pytest.mark.parametrize(
    ("language", "text", "fault"),
    [
        ("klingon", HEAD, "'klingon' is not a language. Name the folder by a code"),
        ("sv", "msgid no quotes", "can't be read as a gettext catalog"),
    ],
)
def test_says_what_is_wrong_with_a_catalog(package, language, text, fault):
    write(package, language, "pizza", text)

    with pytest.raises(FlowError, match=fault):
        load_flows(str(package))
