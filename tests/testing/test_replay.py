"""Logged turns on changed code: differences are reported, and nothing is changed or called."""

from datetime import timedelta
from typing import ClassVar

import pytest

from bot import END, ContactData, Flow, Option, ask, choose, on, parse, step
from bot.flow.definition import of_class
from bot.flow.load import Flows
from bot.tooling.replay import replay, told


class Bakery:
    calls = 0

    @classmethod
    def bake(cls, size: str) -> int:
        cls.calls += 1
        return 7


def pizza(words="Which size?", baked=Bakery.bake):
    class Pizza(Flow):
        start_on = ("pizza",)

        size = choose(
            lambda data: words, {"s": Option("Small", to="place")}, remind={"10m": "Hungry?"}
        )

        @step(to=END)
        async def place(self, turn):
            number = await turn.once(baked, self.data.size)
            turn.say(f"Order {number}")
            return END

    return Pizza


@pytest.fixture
async def replayed(simulation, contact, monkeypatch):
    """A conversation in the store, and the report of its replay on other flows."""
    await contact.says("pizza")
    await contact.waits("11m")
    await contact.says("small")
    Bakery.calls = 0

    async def run(flow, since=0.0):
        monkeypatch.setattr("bot.tooling.replay.load_flows", lambda where: Flows([of_class(flow)]))
        before = await simulation.bot.store.reader.log(contact.session.address.key)
        lines = told(await replay(simulation.settings, since))
        assert await simulation.bot.store.reader.log(contact.session.address.key) == before
        assert Bakery.calls == 0
        return lines

    return run


pytestmark = pytest.mark.flows([pizza()])


async def test_the_same_code_does_the_same(replayed):
    assert (await replayed(pizza()))[-1].endswith("of 1 contacts: none differ, 0 not run")


async def test_changed_words_are_told(replayed, contact):
    lines = await replayed(pizza("What size?"))

    assert lines[:3] == [
        f"{contact.session.address.key} at 2026-01-05 09:00:00Z",
        "  -< Which size?",
        "  +< What size?",
    ]
    assert lines[-1].endswith("1 differs, 0 not run")


async def test_a_call_that_was_not_made_then_is_not_made_now(replayed):
    def bill(size: str) -> int:
        raise AssertionError("it is called")

    lines = await replayed(pizza(baked=bill))

    assert "it calls " in lines[0]
    assert "bill, whose result isn't in the log" in lines[0]
    assert lines[-1].endswith("none differ, 1 not run")


async def test_only_turns_since_then_are_run(replayed, simulation):
    lines = await replayed(pizza("What size?"), since=simulation.clock.now() - 60)

    assert lines[-1].endswith("none differ, 0 not run")


def renamed(migration):
    class Pizza(Flow):
        start_on = ("pizza",)
        version = 2
        migrate: ClassVar = {1: migration}

        width = choose(
            lambda data: "Which size?",
            {"s": Option("Small", to="place")},
            remind={"10m": "Hungry?"},
        )

        @step(to=END)
        async def place(self, turn):
            turn.say("Order 7")
            return END

    return Pizza


async def test_a_state_that_migrate_renames_is_no_difference(replayed):
    lines = await replayed(renamed({"size": "width"}))

    assert lines[-1].endswith("none differ, 0 not run")


async def test_a_state_that_no_migrate_names_is_a_difference(replayed):
    lines = await replayed(renamed({}))

    assert "  -= pizza/size" in lines
    assert "  += pizza/width" in lines


async def test_a_migrate_that_raises_is_a_difference(replayed):
    def broken(state, data):
        raise RuntimeError("no such size")

    lines = await replayed(renamed(broken))

    assert "raised RuntimeError for state 'size'" in lines[4]
    assert lines[-1].endswith("5 differ, 0 not run")


class Broken(Flow):
    start_on = ("pizza",)
    name = "pizza"

    @step(to=END)
    def size(self, turn):
        raise RuntimeError("no flour")


async def test_an_exception_is_a_difference(replayed):
    lines = await replayed(Broken)

    assert "  +! RuntimeError: no flour" in lines


class Vault(Flow):
    start_on = ("vault",)

    pin = ask("Your PIN?", accept=parse.text(pattern=r"\d{4}"), to="open_", secret=True)

    @step(to="again")
    async def open_(self, turn):
        token = await turn.once(unlock, self.data.pin)
        turn.say(f"Open {len(token)}.")
        return "again"

    again = ask("Again?", accept=parse.text(), to=END)


def unlock(pin: str) -> str:
    return f"token-{pin}"


@pytest.mark.flows([Vault])
async def test_secrets_are_in_no_log_so_their_turns_are_not_run(simulation, contact, monkeypatch):
    await contact.says("vault")
    await contact.says("4321")
    contact.sees("Open 10.")
    monkeypatch.setattr("bot.tooling.replay.load_flows", lambda where: Flows([of_class(Vault)]))

    lines = told(await replay(simulation.settings, 0.0))

    assert "the contact's answer is secret, so it isn't in the log" in lines[0]
    assert lines[-1].endswith("none differ, 1 not run")
    log = await simulation.bot.store.reader.log(contact.session.address.key)
    assert not any(b"4321" in line for line in log)


class Known(ContactData):
    visits: int = 0


def counting(words="Visit"):
    class Counting(Flow):
        start_on = ("visit",)

        @step(to=END)
        def count(self, turn):
            turn.contact.data.visits += 1
            turn.say(f"{words} {turn.contact.data.visits}")
            return END

    return Counting


@pytest.mark.flows([counting(), Known])
async def test_each_turn_finds_the_contact_data_that_it_found(simulation, contact, monkeypatch):
    for _ in range(3):
        await contact.says("visit")
    told_of = {}
    for words in ("Visit", "Call"):
        flows = Flows([of_class(counting(words))], contact_data=Known)
        monkeypatch.setattr("bot.tooling.replay.load_flows", lambda where, flows=flows: flows)
        told_of[words] = told(await replay(simulation.settings, 0.0))

    assert told_of["Visit"][-1].endswith("of 1 contacts: none differ, 0 not run")
    assert "  +< Call 3" in told_of["Call"]


class Order(Flow):
    start_on = ("order",)
    entry_points = ("later",)

    size = choose("Which size?", {"s": Option("Small", to="who")})
    who = ask("Your name?", accept=parse.text(), to=END, remind={"10m": "Still there?"})

    @on("paid")
    def paid(self, turn):
        turn.say("Paid.")

    @step(to="size")
    def later(self, turn):
        turn.schedule("paid", turn.now + timedelta(hours=1))
        return "size"


class Greet(Flow):
    start_on_events = ("greet",)

    @step(to=END)
    def tell(self, turn):
        turn.say("Good morning.")
        return END


@pytest.mark.flows([Order, Greet])
async def test_hand_over_and_consent_are_as_the_turns_before_left_them(
    simulation, contact, monkeypatch
):
    await contact.says("order")
    bot, address = simulation.bot, contact.session.address
    await contact.says("small")
    await contact.says("agent")
    await contact.says("Are you there?")
    await contact.receives_event("paid")
    await bot.start(address, "greet")
    await bot.resume(address)
    await contact.run_until_idle()
    await contact.waits("11m")
    await bot.pause(address, "a question")
    await bot.say(address, "I am a person.")
    await contact.run_until_idle()
    await contact.says("Fine.")
    await contact.waits("25h")
    await contact.says("STOP")
    await contact.says("Hello?")
    await contact.receives_event("greet")
    await contact.says("START")
    await bot.start(address, "order", state="later")
    await contact.waits("2h")
    await contact.says("small")
    await contact.says("agent")
    await contact.says("STOP")
    await contact.says("START")
    await contact.says("order")

    flows = Flows([of_class(Order), of_class(Greet)])
    monkeypatch.setattr("bot.tooling.replay.load_flows", lambda where: flows)
    for since in (0.0, simulation.clock.now() - 7200):
        report = await replay(simulation.settings, since)
        assert report.turns > 4
        assert told(report)[-1].endswith("none differ, 0 not run")


@pytest.mark.flows([Order, Greet])
async def test_a_difference_leaves_hand_over_and_consent_to_the_log(
    simulation, contact, monkeypatch
):
    await contact.says("order")
    bot, address = simulation.bot, contact.session.address
    await contact.says("small")
    await contact.says("agent")
    await bot.resume(address)
    await contact.run_until_idle()
    await contact.waits("1m")
    await contact.says("STOP")
    await contact.waits("1m")
    await contact.says("START")

    class Changed(Order):
        name = "order"
        who = ask("Who?", accept=parse.text(), to=END)

    flows = Flows([of_class(Changed), of_class(Greet)])
    monkeypatch.setattr("bot.tooling.replay.load_flows", lambda where: flows)
    report = await replay(simulation.settings, 0.0)
    assert [each.lines for each in report.differences] == [
        ["-< Your name?", "+< Who?", " = order/who"]
    ] * 2
