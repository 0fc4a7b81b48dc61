"""On WhatsApp, options that do not fit on buttons are a list, if they fit in a list."""

import pytest

from bot import END, Choice, Flow, ListMessage, Option, choose
from bot.flow.pages import with_list
from bot.messages import TextChoice

CITIES = ("Aachen", "Bonn", "Celle", "Dresden")
LONG = ("Yes, please do that now", "No, please do not do it")
TOO_LONG = ("Yes, by all means do that now", "No")


def asks(labels: tuple[str, ...], **options) -> type[Flow]:
    class Ask(Flow):
        start_on = ("ask",)

        which = choose("Which?", {label: Option(label, to="sure") for label in labels}, **options)
        sure = choose("Sure?", {"yes": Option("Yes", to=END)})

    return Ask


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param(CITIES, marks=pytest.mark.flows([asks(CITIES)]), id="more than three"),
        pytest.param(LONG, marks=pytest.mark.flows([asks(LONG)]), id="long labels"),
    ],
)
@pytest.mark.contact(channel="WHATSAPP")
async def test_options_that_do_not_fit_on_buttons_are_a_list(contact, labels):
    await contact.says("ask")
    contact.sees(ListMessage, text="Which?", choices=labels)
    await contact.taps(labels[1])
    contact.sees("Sure?")

    assert contact.data == {"which": labels[1]}


@pytest.mark.flows([asks(CITIES)])
@pytest.mark.contact(channel="WHATSAPP")
async def test_a_number_means_the_place_in_the_list(contact):
    await contact.says("ask")
    await contact.says("3")

    assert contact.data == {"which": "Celle"}


@pytest.mark.flows([asks(CITIES)])
@pytest.mark.contact(channel="WHATSAPP")
async def test_an_old_row_of_a_list_belongs_to_an_earlier_question(contact):
    await contact.says("ask")
    await contact.taps("Bonn")
    await contact.taps("Celle", old=True)

    contact.sees("That button belongs to an earlier question.")
    assert contact.data == {"which": "Bonn"}


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param(CITIES[:3], marks=pytest.mark.flows([asks(CITIES[:3])]), id="three"),
        pytest.param(TOO_LONG, marks=pytest.mark.flows([asks(TOO_LONG)]), id="too long"),
    ],
)
@pytest.mark.contact(channel="WHATSAPP")
async def test_other_options_are_no_list(contact, labels):
    await contact.says("ask")
    shown = contact.sees("Which?", choices=labels)

    assert "list_message" not in str(shown.app_message)


@pytest.mark.parametrize(
    "question",
    [
        Choice("?" * 1025, [TextChoice(each) for each in CITIES]),
        Choice("Which?", [TextChoice(each) for each in (*CITIES, "Bonn")]),
        Choice("Which?", [TextChoice(each) for each in CITIES], footer="All in Germany"),
    ],
    ids=["long text", "same text", "footer"],
)
def test_a_message_that_no_list_can_show_stays_as_it_is(question):
    assert with_list(question) == question
