"""Labels of questions and of parsers in the contact's language."""

import pytest
from babel.messages.catalog import Catalog

from bot import END, Flow, Option, ask, call, choose, parse
from bot.flow.definition import of_class
from bot.flow.load import Flows
from bot.i18n.languages import Languages, _compiled


class Size(Flow):
    count = ask("How many?", accept=parse.integer(), to=END, label="number of pizzas")


class Pizza(Flow):
    start_on = ("pizza",)

    kind = ask(
        "Which kind?",
        accept=parse.choice({"thin": "Thin", "deep": "Deep"}),
        to="extras",
        label="kind of pizza",
    )
    extras = ask("Extras?", accept=parse.multiple_choice({"ham": "Ham", "egg": "Egg"}), to="size")
    size = call("size", to="sure")
    sure = choose(
        lambda data: f"{data.kind} {','.join(data.extras)} {data.size['count']}?",
        {"yes": Option("Yes", to=END)},
        bursts=("merge", "3s"),
    )


SWEDISH = {
    "kind of pizza": "sorts pizza",
    "number of pizzas": "antal pizzor",
    "extras": "tillbehör",
    "Thin": "Tunn",
    "Deep": "Tjock",
    "Ham": "Skinka",
    "Egg": "Ägg",
}


def swedish() -> Flows:
    catalog = Catalog("sv")
    for text, translation in SWEDISH.items():
        catalog.add(text, translation)
    languages = Languages(catalogs={"sv": {"": _compiled(catalog)}})
    return Flows([of_class(Pizza), of_class(Size)], languages=languages)


pytestmark = [
    pytest.mark.parametrize("bot_flows", [swedish()], ids=[""]),
    pytest.mark.contact(language="sv"),
]


async def orders(contact):
    for text in ("pizza", "tunn", "skinka och ägg", "2"):
        await contact.says(text)
    contact.sees("thin ham,egg 2?")


async def test_labels_of_parsers_are_translated(contact):
    await orders(contact)


async def test_labels_count_as_they_are_written_too(contact):
    for text in ("pizza", "deep", "ham", "3"):
        await contact.says(text)
    contact.sees("deep ham 3?")


async def test_hint_has_the_translated_labels(contact):
    await contact.says("pizza")
    await contact.says("none of these")
    contact.sees("Please choose one of: Tunn, Tjock.")


@pytest.mark.parametrize(
    ("name", "answer", "expected"),
    [
        ("ändra sorts pizza", "tjock", "deep ham,egg 2?"),
        ("change kind of pizza", "tjock", "deep ham,egg 2?"),
        ("ändra antal pizzor", "7", "thin ham,egg 7?"),
        ("ändra tillbehör", "ägg", "thin egg 2?"),
    ],
)
async def test_answer_is_changed_by_its_translated_name(contact, name, answer, expected):
    await orders(contact)
    await contact.says(name)
    await contact.waits("4s")
    await contact.says(answer)
    contact.sees(expected)


async def test_translated_name_ends_a_burst(contact):
    await orders(contact)
    await contact.says("hm")
    await contact.says("ändra antal pizzor")
    await contact.waits("16s")
    contact.sees("How many?")
