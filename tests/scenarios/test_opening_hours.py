"""Opening hours in conversations: steps, words, texts and hand-over."""

from dataclasses import replace
from datetime import date

import pytest

from bot import (
    END,
    HANDOFF,
    Flow,
    Hours,
    Keywords,
    Option,
    Turn,
    _,
    ask,
    choose,
    keyword,
    on,
    parse,
    step,
)
from bot.flow.definition import of_class
from bot.flow.load import Flows
from bot.settings import Secret

OFFICE = Hours("Mon-Fri 08:00-18:00", closed=[date(2026, 1, 6)], zone="Europe/Berlin")
"""The clock of simulations starts on Monday the 5th of January 2026, at 10:00 in Berlin."""


class Desk(Keywords):
    handoff_hours = OFFICE

    @keyword("hours")
    def hours(self, turn: Turn) -> str:
        if OFFICE.open_at(turn.now):
            turn.say("We are here.")
        else:
            turn.say(_("We open on {opens:full}.", opens=OFFICE.next_opening(turn.now)))
        return "again"


class Sick(Flow):
    start_on = ("sick",)

    what = ask(
        "What is it?", accept=parse.text(min_length=8), to="call_", attempts=2, otherwise=HANDOFF
    )

    @step(to=(END, HANDOFF))
    def call_(self, turn: Turn) -> str:
        return HANDOFF


class Late(Flow):
    start_on = ("late",)

    sure = choose("Sure?", {"yes": Option("Yes", to=END)}, timeout=("12h", HANDOFF))


class Alarm(Flow):
    start_on_events = ("alarm",)

    @step(to=HANDOFF)
    def call_(self, turn: Turn) -> str:
        return HANDOFF


class Helper(Flow):
    start_on = ("helper",)

    @step(to=HANDOFF)
    def call_(self, turn: Turn) -> str:
        return HANDOFF


class Broken(Flow):
    start_on = ("broken",)

    sure = choose("Sure?", lambda data: {}, to=END)


class Plain(Flow):
    start_on = ("plain",)

    name_ = ask("Name?", accept=parse.text(), to=END)

    @on("help_needed", to=HANDOFF)
    def called(self, turn: Turn) -> str:
        return HANDOFF


FLOWS = Flows([of_class(each) for each in (Sick, Late, Alarm, Helper, Broken, Plain)], Desk())
OPENS = "We open on Wednesday, January 7, 2026, 8:00 AM."

pytestmark = pytest.mark.parametrize("bot_flows", [FLOWS], ids=[""])


@pytest.fixture
def bot_settings(bot_settings):
    return replace(
        bot_settings,
        handoff_url="https://desk.example/bot",
        handoff_secret=Secret("a secret of the desk"),
    )


async def test_word_hands_over_within_the_hours(contact):
    await contact.says("plain")
    await contact.says("agent")
    contact.sees("A colleague will take over.")
    assert contact.session.pause is not None


async def test_word_says_when_somebody_is_there_and_the_question_is_repeated(contact):
    await contact.waits("9h")
    await contact.says("plain")
    await contact.says("agent")
    contact.sees(f"Nobody is here now. {OPENS}")
    contact.sees("Name?")
    assert contact.session.pause is None
    await contact.says("Ada")
    assert contact.flow is None


async def test_word_says_when_somebody_is_there_without_a_flow(contact):
    await contact.waits("9h")
    await contact.says("agent")
    contact.sees(f"Nobody is here now. {OPENS}")
    assert contact.session.pause is None


async def test_flow_that_hands_over_continues_with_its_question(contact, simulation):
    await contact.waits("9h")
    await contact.says("sick")
    await contact.says("my head hurts")
    contact.sees(f"Nobody is here now. {OPENS}")
    contact.sees("What is it?")
    assert simulation.desk.kinds == []
    await contact.waits("38h")
    await contact.says("my head hurts")
    contact.sees("A colleague will take over.")
    assert simulation.desk.kinds == ["handoff"]


async def test_too_many_attempts_begin_anew_outside_the_hours(contact):
    await contact.waits("9h")
    for text in ("sick", "?", "!"):
        await contact.says(text)
    contact.sees(f"Nobody is here now. {OPENS}")
    contact.sees("What is it?")
    await contact.says("?")
    contact.sees("Please write at least 8 characters. What is it?")


async def test_flow_without_a_question_ends(contact):
    await contact.waits("9h")
    await contact.says("helper")
    contact.sees(f"Nobody is here now. {OPENS}")
    assert contact.flow is None


async def test_contact_who_did_not_write_is_handed_over_when_it_opens(contact, simulation):
    await contact.says("late")
    await contact.waits("13h")
    contact.sees_nothing()
    assert contact.session.pause is None
    await contact.waits("32h")
    assert contact.session.pause is None
    await contact.waits("2h")
    assert simulation.desk.kinds == ["handoff"]
    contact.sees_nothing()


async def test_contact_who_writes_before_it_opens_is_told(contact, simulation):
    await contact.says("late")
    await contact.waits("13h")
    await contact.says("yes")
    contact.sees(f"Nobody is here now. {OPENS}")
    contact.sees("Sure?")
    await contact.says("yes")
    assert contact.flow is None
    await contact.waits("40h")
    assert simulation.desk.kinds == []


async def test_event_at_night_is_handed_over_when_it_opens(contact, simulation):
    await contact.waits("9h")
    await contact.says("hours")
    contact.sees(OPENS)
    await contact.receives_event("alarm")
    contact.sees_nothing()
    await contact.waits("38h")
    assert simulation.desk.kinds == ["handoff"]


async def test_stop_ends_the_wait(contact, simulation):
    await contact.says("late")
    await contact.waits("13h")
    await contact.stops()
    await contact.waits("40h")
    assert simulation.desk.kinds == []


async def test_question_that_cannot_be_put_is_handed_over_at_any_hour(contact):
    await contact.waits("9h")
    await contact.says("broken")
    assert contact.session.pause is not None


async def test_operator_takes_a_contact_at_any_hour(contact, simulation):
    await contact.waits("9h")
    await contact.says("plain")
    await simulation.bot.pause(contact.session.address.key)
    await contact.run_until_idle()
    assert contact.session.pause is not None


async def test_words_follow_the_hours(contact):
    await contact.says("hours")
    contact.sees("We are here.")
    await contact.waits("9h")
    await contact.says("hours")
    contact.sees(OPENS)
