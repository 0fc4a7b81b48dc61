"""Hooks: around turns, services by name, an author's recognizer."""

import re
from types import ModuleType
from typing import Any

import msgspec
import pytest

from bot import END, Flow, FlowError, Option, choose, step
from bot.contact.address import Address
from bot.errors import ConfigError
from bot.flow.definition import of_class, of_module
from bot.flow.hooks import Hooks
from bot.flow.load import Flows
from bot.items.outbound import OutboundEntry
from bot.telemetry.redaction import unmasked

hooks = Hooks()
log: list[Any] = []


@hooks.service
async def kitchen(settings):
    log.append("open")
    yield {"large": 12}
    log.append("close")


@hooks.around_turn
async def outer(turn, proceed):
    log.append(f"before {turn.text}")
    await proceed()
    log.append(f"after {turn.contact.channel}")


@hooks.recognize(timeout_s=1)
async def model(turn, meanings):
    if "crash" in turn.text:
        raise RuntimeError("no model today")
    if "enormous" in turn.text:
        return "large" if "large" in meanings else None
    if "hungry" in turn.text:
        return "pizza" if "pizza" in meanings else None
    return "nonsense"


class Pizza(Flow):
    """Order a pizza."""

    start_on = ("pizza",)

    size = choose("Which size?", {"large": Option("Large", to="price"), "no": Option("No", to=END)})

    @step(to=END)
    async def price(self, turn, kitchen):
        turn.say(f"{kitchen[self.data.size]} €")
        return END


@pytest.fixture
def bot_flows():
    log.clear()
    return Flows([of_class(Pizza)], hooks=hooks)


async def test_gives_a_step_the_service_it_names_and_closes_it(contact, simulation):
    async with simulation.bot.services():
        await contact.says("pizza")
        await contact.says("large")

    contact.sees("12 €")
    assert log[0] == "open"
    assert log[-1] == "close"
    assert "before large" in log
    assert "after SMS" in log


async def test_the_recogniser_finds_an_option_in_free_text(contact, simulation):
    async with simulation.bot.services():
        await contact.says("pizza")
        await contact.says("something enormous")

    contact.sees("12 €")


async def test_the_recogniser_finds_a_flow_to_start(contact):
    await contact.says("I am so hungry")

    contact.sees("Which size?")


@pytest.mark.parametrize("text", ["crash", "whatever"])
async def test_without_the_recogniser_it_goes_on_as_if_there_were_none(contact, text):
    await contact.says("pizza")
    await contact.says(text)

    contact.sees("Sorry, I didn't understand that. Which size?")


async def test_what_the_recognizer_may_not_return_is_logged(contact, caplog):
    await contact.says("pizza")
    await contact.says("whatever")

    assert [each.getMessage() for each in caplog.records if "recognizer" in each.getMessage()] == [
        "The recognizer returned 'nonsense', which is none of its candidates: large, no"
    ]


class TestRecognizingAStateMachine:
    @pytest.fixture
    def bot_flows(self):
        understanding = Hooks()
        log.clear()

        @understanding.recognize(timeout_s=1)
        async def note(turn, meanings):
            log.append(meanings)

        described = ModuleType("taxi", "Call a taxi.\n\nOnly in town.")
        plain = ModuleType("bus")
        module: Any
        for module in (described, plain):
            module.states = ["asked", {"name": "end", "final": True}]
            module.transitions = [{"trigger": "message", "source": "asked", "dest": "end"}]
            module.said = ()
            module.start_on = (module.__name__, f"{module.__name__} please")
        return Flows([of_module(described), of_module(plain)], hooks=understanding)

    async def test_gives_its_docstring_or_its_start_words(self, contact):
        await contact.says("whatever")

        assert log == [{"taxi": "Call a taxi.", "bus": "bus, bus please"}]


def test_a_missing_service_is_told_at_load():
    with pytest.raises(
        FlowError, match=r"Pizza\.price: there is no service 'kitchen'; the services are conv"
    ):
        Flows([of_class(Pizza)])


class TestAroundSends:
    @pytest.fixture
    def bot_flows(self):
        sends = Hooks()
        log.clear()

        @sends.around_send
        async def watch(entry, proceed):
            log.append(f"before {entry.flow}")
            if "Large" in bytes(entry.body).decode() and "broken" not in log:
                log.append("broken")
                raise RuntimeError("no audit log")
            await proceed()
            log.append("after")

        @sends.service
        async def kitchen(settings):
            yield {"large": 12}

        return Flows([of_class(Pizza)], hooks=sends)

    async def test_run_around_each_request_and_fail_it_until_they_work(self, contact, simulation):
        async with simulation.bot.services():
            await contact.says("pizza")
            contact.sees_nothing()
            await contact.waits("10s")
            contact.sees("Which size?")

        assert log == ["before pizza", "broken", "before pizza", "after"]


def test_second_hook_of_a_kind_is_an_error():
    hooks = Hooks()

    @hooks.handoff
    async def tell_desk(forward): ...

    @hooks.recognize()
    async def understand(turn, meanings): ...

    @hooks.service
    async def kitchen(settings):
        yield 1

    with pytest.raises(
        FlowError, match=r"hooks.handoff takes one function, and there are two: 'tell_desk'"
    ):

        @hooks.handoff
        async def tell_chef(forward): ...

    with pytest.raises(
        FlowError, match=r"hooks.recognize takes one function, and there are two: 'und"
    ):

        @hooks.recognize()
        async def guess(turn, meanings): ...

    with pytest.raises(FlowError, match=r"two services 'kitchen'"):
        hooks.service(kitchen)


async def forgets(turn, proceed):
    turn.say("x")


async def twice(turn, proceed):
    await proceed()
    await proceed()


async def not_awaited(turn, proceed):
    proceed()


@pytest.mark.parametrize(
    ("around", "error"),
    [
        (
            forgets,
            r"forgets\(\) has not called proceed\(\), so no flow handles the turn\..* on every"
            r" path\. To send nothing to a contact, use @hooks\.around_send, which may return"
            r" without proceed\(\)\.",
        ),
        (twice, r"twice\(\) calls proceed\(\) twice\. Call it once"),
        (not_awaited, r"not_awaited\(\) does not await proceed\(\)\. Write `await proceed\(\)`"),
    ],
)
async def test_a_hook_around_turns_that_does_not_proceed_once_fails_the_turn(
    contact, monkeypatch, caplog, around, error
):
    line = around.__code__.co_firstlineno
    monkeypatch.setattr(hooks, "turns", [outer, around])
    await contact.says("pizza")

    contact.sees_nothing(failed="hooks.around_turn")
    assert re.search(rf"test_hooks\.py:{line}: hooks\.around_turn: {error}", caplog.text)


async def test_a_hook_around_sends_drops_a_message_but_sends_none_twice():
    sent = []
    entry = OutboundEntry(msgspec.Raw(b"{}"), Address("", "SMS", "46700000001"), 0.0)

    async def send():
        sent.append(1)

    async def drops(entry, proceed):
        pass

    own = Hooks()
    own.around_send(drops)
    await own.send(entry, send)
    assert sent == []
    own.sends[:] = [twice]
    with pytest.raises(FlowError, match=r"hooks\.around_send: twice\(\) calls proceed\(\) twice"):
        await own.send(entry, send)
    assert sent == [1]
    own.sends[:] = [not_awaited]
    with pytest.raises(FlowError, match=r"not_awaited\(\) does not await proceed\(\)"):
        await own.send(entry, send)


async def broken(settings):
    raise RuntimeError("no connection")
    yield {}


async def test_error_of_a_service_is_shown_unmasked_on_the_authors_machine(bot_settings):
    own = Hooks()
    own.service(broken)
    with pytest.raises(ConfigError) as masked:
        async with own.open(bot_settings):
            pass
    with unmasked(), pytest.raises(ConfigError) as shown:
        async with own.open(bot_settings):
            pass

    way_out = "Correct the code there, or start the server that the service connects to."
    assert str(masked.value).endswith(f"raised RuntimeError. {way_out}")
    assert str(shown.value).endswith(f"raised RuntimeError: no connection. {way_out}")
