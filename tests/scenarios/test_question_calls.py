"""Async functions that offer options, and parsers that see the flow's data and call services."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from bot import END, Flow, FlowError, Hooks, Option, Turn, call, choose, parse, step
from bot import ask as ask_for
from bot.callbacks import ContactMessage
from bot.contact.address import Address
from bot.contact.session import Session
from bot.engine import question_calls
from bot.flow.definition import of_class
from bot.flow.flow import Data
from bot.flow.load import Flows
from bot.flow.states import Ask
from bot.items.inbound import Item
from bot.parse import Answer, NotUnderstood
from bot.tooling.walked_messages import messages_of
from bot.turn.effects import TurnEffects

NOW = datetime(2026, 1, 5, tzinfo=UTC)

hooks = Hooks()


@hooks.service
async def calendar(settings):
    yield None


class Calendar:
    """Free times, and how often they were requested."""

    def __init__(self) -> None:
        self.free: list[str] = [f"{hour}:00" for hour in range(8, 12)]
        self.asked: list[Any] = []
        self.error: Exception | None = None

    async def times(self, day: Any) -> list[str]:
        self.asked.append(day)
        if self.error:
            raise self.error
        return list(self.free)


async def free_times(data: Any, calendar: Calendar) -> dict[str, str | Option]:
    found: dict[str, str | Option] = {time: time for time in await calendar.times(data.day)}
    return {**found, "other": Option("Another day", to="day", synonyms=("no",))} if found else {}


async def _without_other(data: Any, calendar: Calendar) -> dict[str, str]:
    return {time: time for time in await calendar.times("again")}


async def known_name(answer: parse.Answer, calendar: Calendar) -> str:
    times = await calendar.times("name")
    if answer.text not in ("Ada", "Bo"):
        raise NotUnderstood(f"Nobody of that name comes on {answer.data.day}.")
    return f"{answer.text} of {len(times)}"


class Visit(Flow):
    start_on = ("visit",)

    day = ask_for("Which day?", accept=parse.text(), to="time_")
    time_ = choose("What time?", free_times, to=("name_", "day"))
    name_ = ask_for("Who comes?", accept=(known_name, parse.integer()), to="sure")
    sure = choose(lambda data: f"{data.name_} at {data.time_}?", {"yes": Option("Yes", to=END)})


class Outer(Flow):
    start_on = ("outer",)

    visit = call("visit", to="done")

    @step(to=END)
    def done(self, turn: Turn) -> str:
        turn.say("Done.")
        return END


def reads_cart(answer: parse.Answer) -> str:
    if answer.text not in answer.data.cart:
        raise NotUnderstood(f"You have {', '.join(answer.data.cart)}.")
    return answer.text


class Cart(Flow):
    start_on = ("cart",)

    @step(to="what")
    def fill(self, turn: Turn) -> str:
        self.data.cart = ["lamp", "bell"]
        return "what"

    what = ask_for("Remove what?", accept=reads_cart, to=END)


class News(Flow):
    start_on = ("news",)

    read = choose("Read?", {"yes": Option("Yes", to=END)})


FLOWS = Flows([of_class(each) for each in (Visit, Outer, Cart, News)], hooks=hooks)

pytestmark = pytest.mark.parametrize("bot_flows", [FLOWS], ids=[""])


@pytest.fixture(autouse=True)
def times(services) -> Calendar:
    found = Calendar()
    services.injects(calendar=found)
    return found


async def at_times(contact):
    await contact.says("visit")
    await contact.says("Monday")


async def test_options_are_fetched_before_the_question_is_put(contact, times):
    await at_times(contact)
    contact.sees("What time?", choices=["8:00", "9:00", "10:00", "11:00", "Another day"])
    assert times.asked == ["Monday"]
    await contact.says("2")
    contact.sees("Who comes?")
    assert contact.data["time_"] == "9:00"
    assert times.asked == ["Monday"]


async def test_what_was_put_counts_whatever_is_free_since(contact, times):
    await at_times(contact)
    times.free = []
    await contact.says("Atlantis")
    contact.sees("Sorry, I didn't understand that. What time?")
    await contact.says("help")
    await contact.says("11:00")
    contact.sees("Who comes?")
    assert times.asked == ["Monday"]


async def test_function_has_a_stand_in(contact, services, times):
    services.returns(free_times, {"noon": "12:00"})
    await at_times(contact)
    contact.sees("What time?", choices=["12:00"])
    assert times.asked == []
    assert services.calls(free_times)[0].args[0].day == "Monday"


@pytest.mark.contact(channel="RCS")
async def test_option_that_leads_elsewhere_since_a_release_is_fetched_again(
    contact, simulation, times
):
    class Released(Visit):
        name = "visit"
        start_on = ("visit",)

        time_ = choose("What time?", _without_other, to="name_")

    await at_times(contact)
    simulation.bot.use(Flows([of_class(Released)], hooks=hooks))
    await contact.taps("9:00")
    contact.sees("Who comes?")
    assert times.asked == ["Monday", "again"]


async def test_new_visit_fetches_again(contact, times):
    await at_times(contact)
    await contact.says("no")
    contact.sees("Which day?")
    times.free = ["7:00"]
    await contact.says("Tuesday")
    contact.sees("What time?", choices=["7:00", "Another day"])
    assert times.asked == ["Monday", "Tuesday"]


async def test_repeated_question_fetches_again(contact, times):
    await at_times(contact)
    await contact.says("news")
    times.free = ["7:00"]
    await contact.says("yes")
    contact.sees("What time?", choices=["7:00", "Another day"])


async def test_no_options_lead_back_to_the_last_question(contact, times):
    times.free = []
    await at_times(contact)
    contact.sees("Which day?")


@pytest.mark.parametrize("error", [OSError("down"), FlowError("wrong")])
async def test_failing_function_leads_back_to_the_last_question(contact, times, error):
    times.error = error
    await at_times(contact)
    contact.sees("Which day?")


async def test_slow_function_leads_back_to_the_last_question(contact, times, monkeypatch, caplog):
    monkeypatch.setattr(question_calls, "MAX_CALL_S", 0.01)

    async def hang(day: Any) -> list[str]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(times, "times", hang)
    await at_times(contact)
    contact.sees("Which day?")
    logged = "".join(each.__dict__.get("exception", "") for each in caplog.records)
    assert "visit.time_: a function of the question took longer than 0.01 seconds." in logged


async def test_change_asks_with_new_options_and_continues(contact, times):
    await at_times(contact)
    for text in ("8:00", "Ada"):
        await contact.says(text)
    contact.sees("Ada of 4 at 8:00?")
    times.free = ["7:00", "8:00"]
    await contact.says("change time")
    contact.sees("What time?", choices=["7:00", "8:00", "Another day"])
    await contact.says("7:00")
    contact.sees("Ada of 4 at 7:00?")


async def test_change_of_an_earlier_answer_asks_if_the_option_is_gone(contact, times):
    await at_times(contact)
    for text in ("8:00", "Ada"):
        await contact.says(text)
    times.free = ["7:00"]
    await contact.says("change day")
    await contact.says("Friday")
    contact.sees("What time?", choices=["7:00", "Another day"])


async def test_pages_of_fetched_options(contact, times):
    times.free = [f"{hour}:00" for hour in range(8, 24)]
    await at_times(contact)
    await contact.says("more")
    contact.sees("What time?", choices=[*times.free[8:], "Back", "More"])
    assert times.asked == ["Monday"]
    await contact.says("2")
    contact.sees("Who comes?")


async def test_called_flow_fetches_for_itself(contact, times):
    for text in ("outer", "Monday", "8:00", "Ada", "yes"):
        await contact.says(text)
    contact.sees("Done.")


@pytest.mark.contact(channel="RCS")
async def test_button_of_the_visit_counts(contact, times):
    await at_times(contact)
    times.free = []
    await contact.taps("10:00")
    contact.sees("Who comes?")


async def test_parser_sees_the_data_and_calls_a_service(contact, times):
    await at_times(contact)
    await contact.says("8:00")
    await contact.says("Cy")
    contact.sees("Nobody of that name comes on Monday.")
    await contact.says("7")
    contact.sees("7 at 8:00?")


async def test_parser_that_is_not_async_sees_the_data(contact):
    await contact.says("cart")
    await contact.says("car")
    contact.sees("You have lamp, bell. Remove what?")
    await contact.says("bell")
    assert contact.flow is None


@pytest.mark.exhaustive
async def test_conversation_survives_crashes(crash_points):
    async def talk(contact):
        for text in ("visit", "Monday", "8:00", "Ada", "yes"):
            await contact.says(text)
        assert contact.flow is None

    def prepare(services):
        services.injects(calendar=Calendar())

    assert await crash_points(talk, prepare=prepare) > 20


class Records:
    """A journal in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def read(self, key: str) -> bytes | None:
        return self.kept.get(key)

    async def write(self, key: str, value: bytes) -> None:
        self.kept[key] = value


async def test_turn_that_runs_again_does_not_call_again(times):
    journal = Records()
    seen = []
    for _run in range(2):
        effects = TurnEffects(Session(Address("", "SMS", "1")), Item("1"), None, 0.0, journal)
        effects.services = {"calendar": times}
        question, name = (of_class(Visit).states[each] for each in ("time_", "name_"))
        assert isinstance(question, Ask)
        assert isinstance(name, Ask)
        data = Data({"day": "Monday"})
        answer = Answer(
            message=ContactMessage(), text="Ada", now=NOW, data=data, services=effects.services
        )
        offered = await question_calls.options(effects, question, data, "visit.time_")
        value = await question_calls.value(effects, name, answer, "visit.name_")
        with pytest.raises(NotUnderstood, match="Nobody of that name comes on Monday"):
            await question_calls.value(effects, name, replace(answer, text="Cy"), "visit.name_")
        seen.append((offered, value))
    assert seen[0] == seen[1]
    assert seen[0][0]["other"] == Option("Another day", to="day", synonyms=("no",))
    assert times.asked == ["Monday", "name", "name"]
    assert sorted(journal.kept) == ["1:visit.time_", "2:visit.name_", "3:visit.name_"]


async def test_secret_answer_is_not_recorded(times):
    journal = Records()
    effects = TurnEffects(Session(Address("", "SMS", "1")), Item("1"), None, 0.0, journal)
    pin = ask_for("PIN?", accept=known_name, to=END, secret=True)
    answer = Answer(message=ContactMessage(), text="Ada", now=NOW, services={"calendar": times})
    assert await question_calls.value(effects, pin, answer, "visit.pin") == "Ada of 4"
    assert journal.kept == {}


def test_preview_shows_samples_without_a_call(times):
    said = {(each.state, each.what): each for each in messages_of(FLOWS)["visit"]}
    message = said["time_", "question"].message
    assert message is not None
    assert [each.title for each in message.choices] == ["Option 1", "Option 2"]  # type: ignore[attr-defined]
    assert times.asked == []


def test_functions_of_another_form_are_refused():
    async def question(data: Any) -> str:
        return "?"

    def with_service(data: Any, calendar: Calendar) -> dict[str, str]:
        return {}

    with pytest.raises(
        FlowError, match=r"question\(\) is async; only a function that returns options"
    ):
        choose(question, {"a": "A"}, to=END)  # type: ignore[arg-type]
    with pytest.raises(FlowError, match="A function that calls a service is async: async def"):
        choose("?", with_service, to=END)
    with pytest.raises(FlowError, match=r"is async: async def options\(data, calendar\)\."):
        choose("?", lambda data, calendar: {}, to=END)


def test_service_must_be_there():
    with pytest.raises(FlowError, match=r"Visit\.time_: there is no service 'calendar'"):
        Flows([of_class(Visit)])
