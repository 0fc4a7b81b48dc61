"""Every reply in conversations with decimals, dates, Enums and dataclasses in the data."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

import pytest

from bot import END, Flow, Option, Turn, ask, call, choose, on, parse, step
from tests.support.conversation import hand_back, sees, talk


class Kind(Enum):
    PARTS = "goods"
    WORK = "work"


@dataclass
class Address:
    street: str = ""
    town: str = ""


@dataclass
class BillData:
    number: int = 0
    amount: Decimal = Decimal(0)
    due: date = date.max
    kind: Kind = Kind.PARTS
    where: Address | None = None
    sure: str = ""
    paid: Decimal = Decimal(0)


def kind_of_work(answer: parse.Answer) -> Kind:
    try:
        return Kind(answer.text.strip().lower())
    except ValueError as error:
        raise parse.NotUnderstood("It is goods or work.") from error


class Place(Flow):
    data: Address

    street = ask("Which street?", accept=parse.text(min_length=4), to="town")
    town = ask("Which town?", accept=parse.text(min_length=2), to=END)

    def returns(self) -> Address:
        return self.data


class Bill(Flow):
    start_on = ("bill",)
    data: BillData
    key = "number"

    amount = ask("What is the amount?", accept=parse.decimal(), to="due", timeout=("24h", END))
    due = ask(
        lambda data: f"When are {data.amount} € due?",
        accept=parse.date(future=True),
        to="kind",
        remind={"30m": "The day is missing."},
        timeout=("24h", "give_up"),
    )
    kind = ask("For parts or for work?", accept=kind_of_work, to="where")
    where = call("place", to="sure")
    sure = choose(
        lambda data: (
            f"{data.amount} € by {data.due:%d %B} for {data.kind.value}"
            f" to {data.where.street}, {data.where.town}?"
        ),
        {
            "yes": Option("Yes, send", to="send"),
            "later": Option("Later", to="due"),
            "no": Option("Start over", to="amount"),
        },
        stale="jump",
    )

    @step(to=END)
    def send(self, turn: Turn) -> str:
        turn.say(f"Sent: {self.data.amount - self.data.paid} €, {self.data.kind.name}.")
        return END

    @step(to=END)
    def give_up(self, turn: Turn) -> str:
        turn.say("No day, no bill.")
        return END

    @on("part_paid")
    def part_paid(self, turn: Turn) -> None:
        self.data.paid += Decimal(turn.event_data["amount"])
        turn.say(f"{self.data.paid} € are paid.")

    @on("void", to=END)
    def void(self, turn: Turn) -> str:
        turn.say(f"Bill {self.data.number} is void.")
        return END


class Mark(Enum):
    A = "a"
    B = "b"


def mark(answer: parse.Answer) -> Mark:
    try:
        return Mark(answer.text.strip().lower())
    except ValueError as error:
        raise parse.NotUnderstood("A or B.") from error


class Exam(Flow):
    """Data without a declared type."""

    start_on = ("exam",)
    key = "day"

    day = ask("Which day was it?", accept=parse.date(), to="grade")
    grade = ask("Which mark?", accept=mark, to="fee")
    fee = ask("Which fee?", accept=parse.decimal(), to="place")
    place = call("place", to="sure")
    sure = choose(
        lambda data: f"{data.day:%d %B} {data.grade.name} {data.fee + 1} {data.place.town}?",
        {"yes": Option("Right", to=END)},
    )

    @on("regraded")
    def regraded(self, turn: Turn) -> None:
        self.data.grade = Mark(turn.event_data["grade"])
        turn.say(f"It is {self.data.grade.name} now.")


class Order(Flow):
    start_on = ("order",)

    product = choose("Which part would you like?", {"bell": Option("Bell", to=END)})


class Welcome(Flow):
    start_on = ("menu",)
    fallback = True

    menu = choose("Welcome to Wheelhouse.", {"end": Option("Nothing", to=END)})


pytestmark = pytest.mark.flows([Bill, Place, Exam, Order, Welcome])


async def test_typed_answers_are_changed_over_a_call(contact):
    await talk(
        contact,
        ("bill", "What is the amount?"),
        ("12.50", "When are 12.50 € due?"),
        ("Friday", "For parts or for work?"),
        ("goods", "Which street?"),
        ("Long Street 12", "Which town?"),
        ("change amount", "What is the amount?"),
        ("20", "Which town?"),
        ("Lund", "20 € by 09 January for goods to Long Street 12, Lund?"),
        ("change kind", "For parts or for work?"),
        ("work", "20 € by 09 January for work to Long Street 12, Lund?"),
        ("change town", "Which town?"),
        ("Malmö", "20 € by 09 January for work to Long Street 12, Malmö?"),
        ("change due", "When are 20 € due?"),
        ("tomorrow", "20 € by 06 January for work to Long Street 12, Malmö?"),
        ("yes", "Sent: 20 €, WORK."),
    )


async def test_typed_answers_are_restored_by_back(contact):
    await talk(
        contact,
        ("bill", "What is the amount?"),
        ("12.50", "When are 12.50 € due?"),
        ("Friday", "For parts or for work?"),
        ("goods", "Which street?"),
        ("back", "For parts or for work?"),
        ("back", "When are 12.50 € due?"),
        ("back", "What is the amount?"),
        ("9", "When are 9 € due?"),
        ("Friday", "For parts or for work?"),
        ("work", "Which street?"),
        ("Long Street 12", "Which town?"),
        ("Lund", "9 € by 09 January for work"),
        ("back", "Which town?"),
        ("back", "Which street?"),
        ("Short Lane 3", "Which town?"),
        ("Ystad", "9 € by 09 January for work to Short Lane 3, Ystad?"),
    )


async def test_events_add_to_a_decimal_between_questions(contact):
    await contact.starts_flow("bill", {"number": 5})
    sees(contact, "What is the amount?")
    await talk(contact, ("100", "When are 100 € due?"))
    await contact.receives_event("part_paid", {"number": 5, "amount": "20.50"})
    sees(contact, "20.50 € are paid.")
    await talk(contact, ("Friday", "For parts or for work?"))
    await contact.receives_event("part_paid", {"number": 6, "amount": "1"})
    sees(contact)
    await talk(
        contact,
        ("goods", "Which street?"),
        ("Long Street 12", "Which town?"),
        ("Lund", "100 € by 09 January"),
    )
    await contact.receives_event("part_paid", {"number": 5, "amount": "9.50"})
    sees(contact, "30.00 € are paid.")
    await talk(
        contact,
        ("back", "Which town?"),
        ("Lund", "100 € by 09 January"),
        ("yes", "Sent: 70.00 €, PARTS."),
    )


async def test_key_finds_the_interrupted_bill(contact):
    await contact.starts_flow("bill", {"number": 5})
    sees(contact, "What is the amount?")
    await talk(contact, ("10", "When are 10 € due?"))
    await contact.starts_flow("bill", {"number": 6})
    sees(contact, "What is the amount?")
    await contact.receives_event("void", {"number": 5})
    sees(contact, "Bill 5 is void.")
    await talk(contact, ("20", "When are 20 € due?"))
    await contact.receives_event("void", {"number": 6})
    sees(contact, "Bill 6 is void.")
    assert contact.flow is None


@pytest.mark.contact(channel="RCS")
async def test_old_button_jumps_with_typed_data(contact):
    await talk(
        contact,
        ("bill", "What is the amount?"),
        ("10", "When are 10 € due?"),
        ("Friday", "For parts or for work?"),
        ("goods", "Which street?"),
        ("Long Street 12", "Which town?"),
        ("Lund", "10 € by 09 January"),
        ("[Later]", "When are 10 € due?"),
        ("Saturday", "For parts or for work?"),
    )
    await contact.taps("Yes, send", old=True)
    sees(contact, "Sent: 10 €, PARTS.")
    assert contact.flow is None


async def test_time_out_of_an_interrupted_typed_question(contact):
    await talk(
        contact,
        ("bill", "What is the amount?"),
        ("10", "When are 10 € due?"),
    )
    await contact.waits("31m")
    sees(contact, "The day is missing.")
    await talk(contact, ("order", "Which part"))
    await contact.waits("24h")
    sees(contact, "No day, no bill.")
    await contact.waits("1m")
    sees(contact)
    await talk(contact, ("cancel", "All right"))


async def test_event_of_a_hand_over_changes_typed_data(contact, simulation):
    await contact.starts_flow("bill", {"number": 5})
    sees(contact, "What is the amount?")
    await talk(
        contact,
        ("10", "When are 10 € due?"),
        ("agent", "A colleague will take over."),
    )
    await contact.receives_event("part_paid", {"number": 5, "amount": "3"})
    sees(contact)
    await contact.waits("40m")
    sees(contact)
    await hand_back(simulation, contact)
    sees(contact, "3 € are paid.", "When are 10 € due?")
    await talk(contact, ("Friday", "For parts or for work?"))


async def test_values_without_a_declared_type_keep_theirs_over_changes_and_back(contact):
    await talk(
        contact,
        ("exam", "Which day was it?"),
        ("9 January 2026", "Which mark?"),
        ("z", "A or B. Which mark?"),
        ("b", "Which fee?"),
        ("12.50", "Which street?"),
        ("Long Street 12", "Which town?"),
        ("Lund", "09 January B 13.50 Lund?"),
        ("change grade", "Which mark?"),
        ("a", "09 January A 13.50 Lund?"),
        ("change fee", "Which fee?"),
        ("3", "09 January A 4 Lund?"),
        ("back", "Which town?"),
        ("back", "Which street?"),
        ("back", "Which fee?"),
    )
    assert (contact.flow, contact.state) == ("exam", "fee")


async def test_event_of_a_hand_over_sets_an_enum(contact, simulation):
    await talk(
        contact,
        ("exam", "Which day was it?"),
        ("9 January 2026", "Which mark?"),
        ("b", "Which fee?"),
        ("agent", "A colleague will take over."),
    )
    await contact.receives_event("regraded", {"day": "2026-01-09", "grade": "a"})
    sees(contact)
    await hand_back(simulation, contact)
    sees(contact, "It is A now.", "Which fee?")
    await talk(
        contact,
        ("3.50", "Which street?"),
        ("stop",),
        ("start", "Welcome back."),
    )
