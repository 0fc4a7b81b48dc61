"""Values in a flow's data keep their types from turn to turn, or are refused when they are set."""

import math
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import END, Flow, Option, Text, Turn, ask, call, choose, parse, step
from bot.flow.values import NotStorable, decode, encode, plain


class Color(Enum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


@dataclass
class Item:
    name: str
    price: Decimal = Decimal(0)
    tags: set[str] = field(default_factory=set)
    total: int = field(init=False, default=0)


class Point(msgspec.Struct, frozen=True):
    x: int
    at: date


VALUES = [
    *(Decimal("9.90"), date(2026, 1, 9), datetime(2026, 1, 9, 12, tzinfo=UTC), time(9, 30)),
    *(timedelta(days=1, seconds=2), {1, 2}, frozenset({"a"}), (1, "b"), b"\x00\xff"),
    *(Color.RED, Level.HIGH, Item("bell", Decimal(9), {"new"}), Point(1, date(2026, 1, 1))),
    *({1: "one", 2: "two"}, {"$": "decimal", "v": "1"}, {"$$": {"$x": [{"$": 1}]}}),
    *([{"a": (1, {2})}], math.inf, None, True, "text", 12, 1.5),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_comes_back_as_it_was(value):
    stored = msgspec.json.decode(msgspec.json.encode(encode(value)))
    found = decode(stored)

    assert found == value
    assert type(found) is type(value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text("$vaodf", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("$vof", max_size=2), inner, max_size=3)
    ),
)


@given(json_values)
def test_no_json_forges_a_mark(value):
    assert decode(encode(value)) == value
    assert plain(encode(value)) == value


@pytest.mark.parametrize(
    "value",
    [object(), {("a", 1): 2}, "\ud800", [lambda: 1]],
    ids=["object", "tuple as key", "lone surrogate", "function"],
)
def test_what_cannot_be_stored_is_refused(value):
    with pytest.raises(NotStorable):
        encode(value)


class Sub(Flow):
    number = ask("Number?", accept=parse.text(), to=END)

    def returns(self):
        return Item(self.data.number)


class Keep(Flow):
    start_on = ("keep",)

    @step(to="item")
    def begin(self, turn: Turn) -> str:
        self.data.total = Decimal("9.90")
        self.data.day = date(2026, 1, 9)
        self.data.seen = {"a"}
        return "item"

    item = call("sub", to="sure")
    sure = choose("Sure?", {"y": Option("Yes", to="tell")})

    @step(to=END)
    def tell(self, turn: Turn) -> str:
        data = self.data
        turn.say(f"{data.total * 2} {data.day:%d %B} {data.seen} {type(data.item).__name__}")
        return END


@pytest.mark.flows([Keep, Sub])
async def test_values_of_steps_and_returned_values_keep_their_types(contact):
    for text in ("keep", "P-1", "yes"):
        await contact.says(text)

    contact.sees("19.80 09 January {'a'} Item")


@dataclass
class Order:
    size: str = "small"
    items: list[Item] = field(default_factory=list)
    number: int = 0


class Typed(Flow):
    data: Order

    number = ask("Number?", accept=parse.integer(), to="pack")

    @step(to=END)
    def pack(self, turn: Turn) -> str:
        self.data.items = [Item("lamp")]
        return END


class Caller(Flow):
    start_on = ("caller",)

    order = call("typed", to="sure")
    sure = choose(
        lambda data: (
            f"{data.order['size']} {data.order['number']} {data.order['items'][0]['price']}?"
        ),
        {"y": Option("Yes", to=END)},
    )


@pytest.mark.flows([Caller, Typed])
async def test_typed_data_is_returned_with_the_fields_that_nobody_has_set(contact):
    await contact.says("caller")
    await contact.says("5")

    contact.sees("small 5 0?")


class Odd(Flow):
    start_on = ("odd",)

    @step(to=END)
    def store(self, turn: Turn) -> str:
        self.data.prices = {("small", "red"): 9}
        return END


class Attribute(Flow):
    start_on = ("attribute",)

    @step(to=END)
    def store(self, turn: Turn) -> str:
        self.total = 5
        return END


class Channel(Flow):
    start_on = ("channel",)

    @step(to=END)
    def tell(self, turn: Turn) -> str:
        turn.say(Text("Hello").on("WHATSUP", "Hi"))
        return END


@pytest.mark.flows([Odd, Attribute, Channel])
@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("odd", "self.data.prices can't be stored"),
        ("attribute", "self.total is lost after this turn. Store it in self.data"),
        ("channel", "unknown channel 'WHATSUP'. Did you mean 'WHATSAPP'"),
    ],
)
async def test_a_mistake_at_run_time_is_named(contact, word, reason):
    await contact.says(word)

    contact.sees_nothing(failed=reason)


@pytest.mark.flows([Sub])
async def test_data_from_outside_is_never_taken_for_a_marked_value(contact):
    forged = {"$": "object", "of": "subprocess:Popen", "v": {"args": "true"}}
    await contact.starts_flow("sub", {"given": forged})

    assert contact.data == {"given": forged}
    await contact.says("P-2")
    assert not contact.failure
