"""A flow's messages as each channel shows them, and what a channel rejects."""

import types
from dataclasses import dataclass
from gettext import GNUTranslations
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
    Turn,
    _,
    ask,
    call,
    choose,
    on,
    open_url,
    parse,
    reply,
    step,
)
from bot.errors import ConfigError
from bot.flow.definition import of_class, of_module
from bot.flow.load import Flows
from bot.i18n.languages import Languages
from bot.messages import ListChoice, ListMessage, Raw, Section, TemplateReference
from bot.messages import call as call_choice
from bot.tooling.check import messages as check
from bot.tooling.preview import channels_named, preview, require_language
from bot.tooling.walked_messages import messages_of

PLACE = Location("Pizzeria", 55.6, 13.0)
PRICES = {"small": 9, "large": 12}


@dataclass
class Baked:
    number: str
    minutes: int | None = None


async def bake(size) -> Baked:
    raise AssertionError("a preview must not bake")


async def weigh(size):
    raise AssertionError("a preview must not weigh")


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

    @step(to=(END, "weighed"))
    async def place(self, turn):
        data = self.data
        order = await turn.once(bake, data.size)
        turn.say(PLACE, _("Thank you for {n}!", n=data.count))
        turn.say(Card(f"{data.size} pizza", choices=[open_url("Track", "https://pizza.example")]))
        turn.say(f"Order {order.number}, in {order.minutes} minutes")
        turn.say(str(data.count))
        return END

    @step(to=END)
    async def weighed(self, turn):
        turn.say("On the scales")
        turn.say(f"It is {await turn.once(weigh, self.data.size)} heavy")
        return END

    @on("media")
    def looks(self, turn):
        turn.say("Nice picture!")


def lines(flow, *channels, numbered=True):
    flows = Flows([of_class(flow)])
    said = messages_of(flows)[flow.name]
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


def test_questions_that_functions_make_are_shown_as_they_were_asked():
    shown = lines(Pizza, "RCS")

    assert "count: question\n  RCS\n    How many, at 9 €?\n" in shown
    assert "count: reask\n  RCS\n    A number, please.\n" in shown
    assert "count: reminder after 1h30m\n  RCS\n    Still hungry?\n" in shown


def test_a_question_that_needs_data_of_a_program_is_shown_with_sample_data():
    assert "address: question\n  RCS\n    ABC123\n" in lines(Pizza, "RCS")


@pytest.mark.parametrize(
    ("read", "reason"),
    [
        (lambda data: int(data.size), "invalid literal for int() with base 10: 'small'"),
        (lambda data: PRICES["huge"], "there is no 'huge'"),
    ],
)
def test_a_question_that_fails_is_named_with_the_reason(read, reason):
    class Address(Flow):
        start_on = ("address",)
        size = choose("Which size?", {"small": Option("Small", to="address")})
        address = ask(lambda data: str(read(data)), accept=parse.text(), to=END)

    shown = lines(Address, "RCS")

    assert (
        f"address: question\n  can't be shown: its code fails with sample data: {reason}\n" in shown
    )


def test_what_steps_and_handlers_say_is_shown_without_calling_anything_outside():
    shown = lines(Pizza, "RCS")

    assert "    Thank you for 1!\n" in shown
    assert "    Pizzeria: https://www.google.com/maps/search/?api=1&query=55.6,13\n" in shown
    assert "    small pizza\n    [Track: https://pizza.example]\n" in shown
    assert "    Order ABC123, in 2 minutes\n" in shown
    assert "looks: line " in shown
    assert "    Nice picture!\n" in shown


def test_a_step_that_cannot_be_run_is_named_with_the_reason():
    shown = lines(Pizza, "RCS")

    assert "weighed: line " in shown
    assert "    On the scales\n" in shown
    assert (
        "weighed: step\n"
        "  can't be shown: not run to the end: it calls weigh, and no sample of the result"
        " is known: declare the type that weigh returns\n"
    ) in shown


class Offer(Flow):
    @dataclass
    class Data:
        place: str = ""
        offered: tuple[str, ...] = ("Monday", "Friday")
        guest: str | None = None
        day: str = ""
        sure: bool = False

    data: Data

    day = choose("Which day?", lambda data: {day.lower(): day for day in data.offered}, to="sure")
    sure = ask(lambda data: f"{data.offered[0]}, {data.guest}?", accept=parse.yes_no(), to=END)


def test_the_type_of_the_data_gives_what_no_answer_has():
    shown = lines(Offer, "RCS")

    assert "day: question\n  RCS\n    Which day?\n    [Monday] [Friday]\n" in shown
    assert "sure: question\n  RCS\n    Monday, None?\n" in shown


class Wide(Flow):
    @dataclass
    class Data:
        table: str
        seats: int
        name_: str = ""

    data: Data

    name_ = ask(lambda data: f"Who, at {data.table} for {data.seats}?", accept=parse.text(), to=END)


def test_fields_that_the_data_requires_are_samples():
    assert "name_: question\n  RCS\n    Who, at ABC123 for 2?\n" in lines(Wide, "RCS")


class Waits(Flow):
    start_on = ("wait",)

    coming = choose(
        "Are you coming?",
        {"yes": Option("Yes", to="greet")},
        attempts=2,
        otherwise="sorry",
        timeout=("1h", "late"),
    )

    @step(to=END)
    def greet(self, turn):
        for name in ("Ann", "Bo"):
            turn.say(f"Meet {name}!")
        return END

    @step(to=(END, "hidden"))
    def sorry(self, turn):
        turn.say("Never mind.")
        return END

    @step(to=END)
    def late(self, turn):
        turn.say("Too late.")
        return END

    @step(to=END)
    def hidden(self, turn):
        turn.say("Nothing leads here.")
        return END

    @on("doors_opened")
    def opened(self, turn):
        turn.say("Open!")


def test_all_that_answers_time_and_events_lead_to_is_shown():
    shown = lines(Waits, "SMS")

    for words in ("Never mind.", "Too late.", "Open!", "Nothing leads here."):
        assert shown.count(f"    {words}\n") == 1
    assert "    Meet Ann!\n" in shown
    assert "    Meet Bo!\n" in shown
    assert "can't be shown" not in shown


class Party(Flow):
    @dataclass
    class Data:
        guests: int
        sure: bool = False

    data: Data

    sure = ask(lambda data: f"Tea for {data.guests}?", accept=parse.yes_no(), to=END)


class Host(Flow):
    start_on = ("host",)

    guests = ask("How many?", accept=parse.integer(), to="party")
    party = call("party", data=lambda data: {"guests": data.guests * 10}, to=END)


def test_a_flow_that_is_called_has_the_data_of_its_caller():
    said = messages_of(Flows([of_class(Party), of_class(Host)]))

    assert [each.message for each in said["party"]] == [Text("Tea for 10?")]


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
        (Raw({"SMS": {"a": 1}}), "SMS", ["  SMS", "    the channel's own JSON"]),
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
    with pytest.raises(
        ConfigError, match="'SMSS' is not a channel; the channels are WHATSAPP, SMS"
    ):
        channels_named(["smss"])


class Long(Flow):
    a = ask("x" * 1001, accept=parse.text(), to="b")
    b = choose("Yes?", {"y": Option("Yes, by all means do it now", to=END)})


def test_check_names_what_a_channel_cuts_once():
    flows = Flows([of_class(Long)])
    (line,) = check.refused(flows, {"": messages_of(flows)}, channels_named([]))

    assert line.endswith(
        ": Long.a: question: text_message.text: 1001 characters, at most 1000, the"
        " rest is cut off (VIBERBM). Shorten it, or word the message for that"
        " channel with .on('VIBERBM', …). If your bot doesn't use VIBERBM, set BOT_CHANNELS to"
        " its channels."
    )


class Goods(Flow):
    which = choose(
        Carousel([Card("Lamp", choices=[reply("Lamp", postback="lamp")]), Card("Lock")]),
        {"lamp": Option("Lamp", to=END), "none": Option("None", to=END)},
    )


def test_check_names_what_a_channel_has_too_many_of():
    flows = Flows([of_class(Goods)])
    channels = channels_named(["INSTAGRAM", "SMS"])
    (line,) = check.refused(flows, {"": messages_of(flows)}, channels)

    assert line.endswith(
        ": Goods.which: question: carousel_message.choices: 1 choice, at most 0 (INSTAGRAM). Use"
        " fewer, or word the message for that channel with .on('INSTAGRAM', …)."
    )


class WrongNumber(Flow):
    start_on = ("call",)

    @step(to=END)
    def tell(self, turn: Turn) -> str:
        turn.say(Card("We are here", choices=[call_choice("Call us", "0046 70")]))
        return END


def test_check_asks_to_correct_what_no_channel_takes():
    flows = Flows([of_class(WrongNumber)])
    (line,) = check.refused(flows, {"": messages_of(flows)}, channels_named([]))

    assert line.endswith(
        "choices[0].call_message.phone_number: not a phone number in E.164 form, such as"
        " +46700100200 (every channel). Correct the message, because no channel accepts it."
    )


def test_check_notes_what_becomes_text():
    flows = Flows([of_class(Long)])
    said = {"": messages_of(flows)}
    noted = list(check.noted(flows, said, channels_named(["SMS", "MMS", "WHATSAPP"])))

    assert [line.partition(": Long.")[2] for line in noted] == [
        "a: question: text_message.text: sent as 7 parts in GSM-7 (SMS)",
        "b: question: choice_message: shown as text (SMS, MMS)",
        "b: question: choice_message.choices[0].text_message.text: 27 characters, at most 20; with"
        " more, the message is shown as text (WHATSAPP)",
    ]


def test_shows_what_the_model_of_a_state_machine_says():
    class Model:
        def greet(self, turn):
            turn.say("Knock, please.")

    module: Any = types.ModuleType("door")
    module.states = [{"name": "closed", "on_enter": "greet"}, {"name": "gone", "final": True}]
    module.said = ("go",)
    module.transitions = [{"trigger": "go", "source": "closed", "dest": "gone"}]
    module.Model = Model
    flows = Flows([of_module(module)])

    (saying,) = messages_of(flows)["door"]

    assert (saying.state, saying.message) == ("greet", Text("Knock, please."))


SWEDISH = Flows([of_class(Pizza)], languages=Languages(catalogs={"sv": {"": GNUTranslations()}}))


@pytest.mark.parametrize(
    ("tag", "told"),
    [
        ("swedish", "--language: 'swedish' is not a language. Did you mean 'sv'?"),
        ("sv_SE.UTF-8", "--language: 'sv_SE.UTF-8' is not a language. Write a tag such as sv or"),
        ("de", "there are no catalogs in 'de', so all texts would be shown untranslated. The"
         " languages of the catalogs are: sv. `bot messages extract --language de` adds"
         " a catalog."),
    ],
)  # fmt: skip
def test_a_language_without_texts_is_refused(tag: str, told: str) -> None:
    with pytest.raises(ConfigError) as refused:
        require_language(tag, SWEDISH, "en")

    assert told in str(refused.value)


@pytest.mark.parametrize("tag", ["", "sv", "sv-FI", "SV_se", "en", "en-GB"])
def test_languages_of_catalogs_and_of_the_source_are_accepted(tag: str) -> None:
    require_language(tag, SWEDISH, "en")


def shown_on_sms(flow: type[Flow]) -> str:
    said = messages_of(Flows([of_class(flow)]))[flow.name]
    return "\n".join(preview(said, ["SMS"], number_choices=True))


def test_event_handlers_are_shown_with_sample_data():
    class Bill(Flow):
        start_on = ("bill",)
        due = choose("Paid?", {"yes": Option("Yes", to=END)})

        @on("paid", to=END)
        def thank(self, turn: Turn) -> str:
            data = turn.event_data
            turn.say(f"{data['who']} paid {data['amount'] + 1:.2f}.")
            return END

    shown = shown_on_sms(Bill)

    assert "can't be shown" not in shown
    assert "    ABC123 paid 3.00." in shown


def test_flows_that_programs_start_are_shown_with_sample_data():
    class Moved(Flow):
        @step(to="seen")
        def tell(self, turn: Turn) -> str:
            turn.say(
                f"{self.data.name}, we moved to {self.data.street}, {self.data.km:.1f} km away."
            )
            return "seen"

        seen = choose("Will you find it?", {"yes": Option("Yes", to="thank")})

        @step(to=END)
        def thank(self, turn: Turn) -> str:
            turn.say(f"See you, {self.data.nick}!")
            return END

    shown = shown_on_sms(Moved)

    assert "can't be shown" not in shown
    assert "    ABC123, we moved to ABC123, 2.0 km away." in shown
    assert "    See you, ABC123!" in shown


def test_flows_that_events_start_are_shown_with_the_data_of_the_event():
    class Order(Flow):
        start_on_events = ("ordered",)

        @step(to=END)
        def tell(self, turn: Turn) -> str:
            turn.say(f"Order {turn.event_data['number']} of {self.data.number}.")
            return END

    assert "    Order ABC123 of ABC123." in shown_on_sms(Order)


def test_a_handler_with_a_wrong_argument_of_a_message_says_which_it_has():
    class Bill(Flow):
        start_on = ("bill",)
        due = choose("Paid?", {"yes": Option("Yes", to=END)})

        @on("paid")
        def thank(self, turn: Turn) -> None:
            turn.say(Card("Thanks!", titel="x"))  # type: ignore[call-arg]

    told = "Unexpected keyword argument 'titel'. Card has no 'titel'. Did you mean 'title'?"
    assert f"can't be shown: not run to the end: {told}" in shown_on_sms(Bill)


def test_a_handler_that_no_sample_fits_says_what_it_lacks():
    class Bill(Flow):
        start_on = ("bill",)
        due = choose("Paid?", {"yes": Option("Yes", to=END)})

        @on("paid")
        def thank(self, turn: Turn) -> None:
            turn.say({"card": "Thanks!"}[turn.event_data["how"]])

    assert "can't be shown: not run to the end: there is no 'ABC123'" in shown_on_sms(Bill)
