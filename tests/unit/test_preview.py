"""What a flow says, as each channel shows it, and what a channel refuses of it."""

import types
from typing import Any

import pytest

from bot import (
    END,
    Card,
    Carousel,
    Flow,
    Location,
    Media,
    Option,
    Template,
    Text,
    _,
    ask,
    choose,
    on,
    open_url,
    parse,
    step,
)
from bot.errors import ConfigError
from bot.flow.definition import of_class, of_module
from bot.flow.load import Flows
from bot.messages import ListChoice, ListMessage, Raw, Section, TemplateReference
from bot.tooling import check
from bot.tooling.preview import channels_named, preview, said_in

PLACE = Location("Pizzeria", 55.6, 13.0)
PRICES = {"small": 9, "large": 12}


async def bake(size):
    raise AssertionError("a preview must not bake")


class Pizza(Flow):
    size = choose(
        Text("Which size would you like today?").on("SMS", "Größe? 🍕"),
        {"small": Option("Small", to="count"), "large": Option("Large", to="count")},
    )
    count = ask(
        lambda data: f"How many, at {PRICES[data.size]} €?",
        accept=parse.integer(),
        to="address",
        reask="A number, please.",
        remind={"90m": "Still hungry?"},
    )
    address = ask(lambda data: data.street, accept=parse.text(), to="place")

    @step(to=END)
    async def place(self, turn):
        data = self.data
        order = await turn.once(bake, data.size)
        turn.say(PLACE, _("Thank you for {n}!", n=data.count))
        turn.say(Card(f"{data.size} pizza", choices=[open_url("Track", "https://pizza.example")]))
        turn.say(f"Order {order.number}")
        turn.say(str(data.count))
        return END

    @on("media")
    def looks(self, turn):
        turn.say("Nice picture!")


def lines(flow, *channels, numbered=True):
    flows = Flows([of_class(flow)])
    said = said_in(flows, flows[flow.name])
    return "\n".join(preview(said, channels_named(channels), number_choices=numbered))


def said(message, *channels):
    class Says(Flow):
        a = ask(message, accept=parse.text(), to=END)

    return lines(Says, *channels).split("\n")[1:]


def test_shows_each_channel_its_wording():
    assert lines(Pizza, "rcs", "sms").startswith(
        "size: question\n"
        "  RCS\n"
        "    Which size would you like today?\n"
        "    [Small] [Large]\n"
        "  SMS as text\n"
        "    Größe? 🍕\n"
        "\n"
        "    1. Small\n"
        "    2. Large\n"
        "    (SMS: 1 part in UCS-2)\n"
    )


def test_leaves_out_numbers_where_the_settings_do():
    assert "  SMS as text\n    Größe? 🍕\n\n    Small\n" in lines(Pizza, "SMS", numbered=False)


def test_tries_functions_with_sample_data():
    shown = lines(Pizza, "RCS")

    assert "count: question\n  RCS\n    How many, at 9 €?\n" in shown
    assert "count: reask\n  RCS\n    A number, please.\n" in shown
    assert "count: reminder after 1h30m\n  RCS\n    Still hungry?\n" in shown


def test_tells_what_sample_data_cannot_show():
    assert (
        "address: question\n"
        "  can't be shown: not with sample data: The flow's data has no 'street' yet"
    ) in lines(Pizza, "RCS")


def test_shows_what_steps_and_handlers_say_without_running_them():
    shown = lines(Pizza, "RCS")

    assert "    Thank you for 2!\n" in shown
    assert "    Pizzeria: https://www.google.com/maps/search/?api=1&query=55.6,13\n" in shown
    assert "    small pizza\n    [Track: https://pizza.example]\n" in shown
    assert "looks: line " in shown
    assert "    Nice picture!\n" in shown


def test_names_what_only_running_could_tell():
    shown = lines(Pizza, "RCS")

    assert "  can't be shown: not without running it: `order` is known only then\n" in shown
    assert "  can't be shown: not without running it: `str` is known only then\n" in shown


@pytest.mark.parametrize(
    ("message", "channel", "shown"),
    [
        (
            Carousel([Card("One", "first"), Card("Two")]),
            "LINE",
            ["  LINE", "    card 1: One", "      first", "    card 2: Two"],
        ),
        (
            ListMessage("Bread", [Section("Dark", [ListChoice("Rye", "sour", postback="r")])]),
            "WHATSAPP",
            ["  WHATSAPP", "    Bread", "    [list]", "    Dark", "      - Rye - sour"],
        ),
        (
            Template(TemplateReference("hello"), {"WHATSAPP": TemplateReference("hej")}),
            "RCS",
            ["  RCS", "    template hello", "    template hej WHATSAPP"],
        ),
        (Raw({"SMS": {"a": 1}}), "SMS", ["  SMS", "    JSON of the channel's own"]),
        (
            Media("https://pizza.example/a.jpg"),
            "MMS",
            ["  MMS", "    https://pizza.example/a.jpg"],
        ),
    ],
)
def test_shows_every_kind(message, channel, shown):
    assert said(message, channel)[: len(shown)] == shown


def test_marks_what_a_channel_cuts():
    shown = said("x" * 1001, "VIBERBM")

    assert shown[2] == (
        "    ! text_message.text: 1001 characters, at most 1000, the rest is cut off (VIBERBM)"
    )


def test_knows_no_channel_of_another_name():
    with pytest.raises(ConfigError, match="'SMSS' is no channel; there are WHATSAPP, SMS"):
        channels_named(["smss"])


class Long(Flow):
    a = ask("x" * 1001, accept=parse.text(), to="b")
    b = choose("Yes?", {"y": Option("Yes, by all means do it", to=END)})


def test_check_names_what_a_channel_cuts_once():
    (line,) = check.refused(Flows([of_class(Long)]), channels_named([]))

    assert line.endswith(
        "test_preview.py: Long.a: question: text_message.text: 1001 characters, at most 1000, the"
        " rest is cut off (VIBERBM). Shorten it, or word it for that channel with"
        " .on('VIBERBM', …)."
    )


def test_check_notes_what_becomes_text():
    noted = list(check.noted(Flows([of_class(Long)]), channels_named(["SMS", "MMS", "WHATSAPP"])))

    assert [line.partition(": Long.")[2] for line in noted] == [
        "a: question: text_message.text: 7 parts in GSM-7 (SMS)",
        "b: question: choice_message: shown as text (SMS, MMS)",
        "b: question: choice_message.choices[0].text_message.text: 23 characters, at most 20, or"
        " it is shown as text (WHATSAPP)",
    ]


def test_shows_what_the_model_of_a_raw_module_says():
    class Model:
        def greet(self, turn):
            turn.say("Knock, please.")

    module: Any = types.ModuleType("door")
    module.states = [{"name": "closed", "on_enter": "greet"}, {"name": "gone", "final": True}]
    module.transitions = [{"trigger": "go", "source": "closed", "dest": "gone"}]
    module.Model = Model
    flows = Flows([of_module(module)])

    (saying,) = said_in(flows, flows["door"])

    assert (saying.state, saying.message) == ("greet", Text("Knock, please."))
