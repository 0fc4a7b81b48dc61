"""A flow that fails affects nobody else: retries, a dead letter, one apology, and replay."""

import msgspec
import pytest

from bot import END, Flow, Option, choose, step
from bot.outbox import dead_letter
from bot.settings import Settings


class Fragile(Flow):
    start_on = ("go",)
    broken = 0
    calls = 0

    sure = choose("Sure?", {"yes": Option("Yes", to="risk"), "no": Option("No", to=END)})

    @step(to=END)
    async def risk(self, turn):
        turn.say("Half said")
        await turn.once(self.charge)
        if type(self).broken > 0:
            type(self).broken -= 1
            raise RuntimeError("the kitchen is on fire")
        turn.say("Done")
        return END

    @classmethod
    def charge(cls) -> str:
        cls.calls += 1
        return "receipt"


class Hoard(Flow):
    start_on = ("hoard",)

    class Data:
        notes: str = ""

    @step(to="more")
    def fill(self, turn):
        self.data.notes = "x" * (dead_letter.MAX_SESSION_BYTES + 1)
        return "more"

    more = choose("More?", {"yes": Option("Yes", to="burst")})

    @step(to=END)
    def burst(self, turn):
        raise RuntimeError("no more room")


class Late(Flow):
    start_on = ("late",)

    there = choose("Still there?", {"yes": Option("Yes", to=END)}, timeout=("1h", "leave"))

    @step(to=END)
    def leave(self, turn):
        raise RuntimeError("nobody is there")


pytestmark = pytest.mark.flows([Fragile, Hoard, Late])


@pytest.fixture(autouse=True)
def reset():
    Fragile.broken, Fragile.calls = 0, 0


async def test_tries_again_and_says_everything_once(contact, caplog):
    Fragile.broken = 2
    await contact.says("go")
    await contact.says("yes")
    contact.sees_nothing(failed="the kitchen is on fire")
    assert contact.state == "sure"

    await contact.waits("1m")

    contact.sees("Half said")
    contact.sees("Done")
    contact.sees_nothing()
    assert Fragile.calls == 1
    assert "the kitchen is on fire" in caplog.records[-1].exception


async def test_the_bot_gives_up_apologizes_once_and_stores_a_dead_letter(contact, simulation):
    Fragile.broken = 100
    await contact.says("go")
    await contact.says("yes")
    await contact.waits("5m")

    contact.sees("Sorry!")
    contact.sees_nothing(failed="the kitchen is on fire")
    assert contact.state == "sure"
    await contact.says("yes")
    await contact.waits("5m")
    contact.sees_nothing(failed="the kitchen is on fire")

    letters = [letter async for letter in simulation.bot.store.admin.dead_letters()]
    assert len(letters) == 2
    assert msgspec.json.decode(letters[0].letter)["reason"] == "RuntimeError in fragile/risk"

    Fragile.broken = 0
    await contact.says("yes")
    contact.sees("Done")


async def test_leaves_other_contacts_alone(contacts):
    Fragile.broken = 100
    first, second = contacts(2)
    await first.says("go")
    await first.says("yes")
    await second.says("go")

    second.sees("Sure?")
    await second.says("no")
    assert second.flow is None


class Overflow(Flow):
    start_on = ("overflow",)

    @step(to="more")
    def fill(self, turn):
        self.data.notes = "x" * Settings().max_session_bytes
        return "more"

    more = choose("More?", {"no": Option("No", to=END)})


@pytest.mark.flows([Overflow])
async def test_session_that_is_too_large_names_flow_and_state(contact):
    await contact.says("overflow")

    contact.sees("Sorry!")
    contact.sees_nothing(failed="bytes after a turn in flow 'overflow', state 'more'; the maximum")


class Lost(Flow):
    start_on = ("lost",)

    @step(to=END)
    def wander(self, turn):
        return "nowhere"


@pytest.mark.flows([Lost])
async def test_does_not_try_again_what_cannot_help(contact, caplog):
    await contact.says("lost")

    contact.sees("Sorry!")
    assert (
        "returned 'nowhere'; its `to` declares END. Add 'nowhere' to `to`"
        in caplog.records[-1].exception
    )


class Round(Flow):
    start_on = ("round",)

    @step(to=("there", END))
    def here(self, turn):
        return "there"

    @step(to=("here", END))
    def there(self, turn):
        return "here"


@pytest.mark.flows([Round])
async def test_steps_without_a_question_name_their_loop_and_the_way_out(contact, caplog):
    await contact.says("round")

    contact.sees("Sorry!")
    told = caplog.records[-1].exception
    assert "Round.here: the turn has entered 100 states without a question: round/here" in told
    assert (
        "round/here → round/there → round/here. In this loop, ask a question, wait for an" in told
    )


class Careless(Flow):
    start_on = ("careless",)

    what = choose(
        "What?",
        {"say": "Say", "keep": "Keep", "store": "Store", "none": "None"},
        to="forget",
    )

    @step(to=END)
    async def forget(self, turn):
        if self.data.what == "say":
            turn.say(f"Order {turn.once(Fragile.charge)}")
        elif self.data.what == "keep":
            self.data.order = turn.once(Fragile.charge)
        elif self.data.what == "store":
            self.data.order = object()
        return None if self.data.what == "none" else END


@pytest.mark.flows([Careless])
@pytest.mark.parametrize(
    ("what", "fault"),
    [
        ("say", "turn.once(Fragile.charge, …) isn't awaited, so nothing was called. Write: await"),
        ("keep", "self.data.order can't be stored: its type is coroutine; await it."),
        ("store", "self.data.order can't be stored: its type is object. Store only texts"),
        ("none", "Careless.forget returned nothing; its `to` declares END."),
    ],
)
async def test_tells_what_was_forgotten(contact, simulation, what, fault):
    await contact.says("careless")
    await contact.taps(what.title())

    contact.sees("Sorry!")
    [letter] = [letter async for letter in simulation.bot.store.admin.dead_letters()]
    assert fault in msgspec.json.decode(letter.letter)["reason"]


async def test_a_dead_letter_leaves_out_a_session_of_more_than_16_kib(contact, simulation):
    await contact.says("hoard")
    await contact.says("yes")
    contact.sees_nothing(failed="no more room")
    await contact.waits("5m")

    (letter,) = [each async for each in simulation.bot.store.admin.dead_letters()]
    report = dead_letter.decode(letter.letter)
    assert bytes(report.session) == b"null"
    assert report.reason == "RuntimeError in hoard/burst"
    assert len(letter.letter) < 1_000


async def test_nobody_is_apologized_to_for_a_timer_that_fails(contact, simulation):
    await contact.says("late")
    contact.sees("Still there?")

    await contact.waits("2h")

    contact.sees_nothing(failed="nobody is there")
    assert len([each async for each in simulation.bot.store.admin.dead_letters()]) == 1
