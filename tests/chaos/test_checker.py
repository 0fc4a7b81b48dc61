"""The checker detects lost, duplicated and misordered messages."""

import subprocess
import sys

import httpx

from bot.emulator import Platform
from bot.emulator.event_log import Request
from bot.emulator.state import Message
from bot.testing.clock import CountingIds, VirtualClock
from tests.chaos.checker import Verdict, judge
from tests.chaos.oracle import Oracle
from tests.chaos.record import record_of
from tests.support.bot_stack import SECRET

WHO = "46700000001"


async def verdict_on(heard: list[str], sent: list[tuple[str, str]], **options: float) -> Verdict:
    """Return the checker's verdict on one contact that wrote `heard` and was sent `sent`."""
    clock = VirtualClock()
    platform = Platform(
        clock, CountingIds(), transport=httpx.MockTransport(lambda _: httpx.Response(200))
    )
    platform.register_webhook("http://bot.test/", SECRET, ("MESSAGE_INBOUND",))
    for text in heard:
        platform.phone("SMS", WHO).says(text)
        if not options.get("at_once"):
            await platform.run_due()
            clock.advance_to(clock.now() + 1)
    await platform.run_due()
    for number, (entry, text) in enumerate(sent):
        platform.state.messages[f"sent{number}"] = Message(
            id=f"sent{number}",
            app_id="",
            direction="TO_CONTACT",
            mode="CONVERSATION",
            accept_at=clock.now(),
            identity=WHO,
            metadata=entry,
            app_message={"text_message": {"text": text}},
        )
        body = b'{"recipient":{"contact_id":"01C"},"message_metadata":"%s"}' % entry.encode()
        platform.record.took(Request(clock.now(), "POST", "/messages:send", 200, body, b""))
    await platform.aclose()
    [verdict] = judge(record_of(platform))
    return verdict


def answers(*heard: str) -> list[tuple[str, str]]:
    oracle = Oracle()
    texts = [text for each in heard for text in oracle.hears(each)]
    return [(f"entry{number}", text) for number, text in enumerate(texts)]


async def test_a_good_run_is_clean() -> None:
    verdict = await verdict_on(["hello", "a", "b"], answers("hello", "a", "b"))

    assert verdict.is_clean
    assert verdict.order == ["hello", "a", "b"]


async def test_an_unanswered_message_is_lost() -> None:
    assert (await verdict_on(["hello", "a", "b"], answers("hello", "a"))).lost == ["b"]


async def test_half_an_answer_is_none() -> None:
    verdict = await verdict_on(["hello", "a"], answers("hello", "a")[:-1])

    assert verdict.lost == ["a"]


async def test_a_reply_sent_twice_is_doubled() -> None:
    sent = answers("hello", "a")

    assert (await verdict_on(["hello", "a"], [*sent, sent[1]])).doubled == ["entry1"]


async def test_a_message_handled_twice_is_unexpected() -> None:
    verdict = await verdict_on(["hello", "a"], answers("hello", "a", "a"))

    assert len(verdict.unexpected) == 3


async def test_answers_out_of_the_order_of_acceptance_are_disordered() -> None:
    verdict = await verdict_on(["hello", "a", "b"], answers("hello", "b", "a"))

    assert verdict.disordered == ["b"]


async def test_what_was_said_at_once_may_be_answered_in_any_order() -> None:
    verdict = await verdict_on(["hello", "a", "b"], answers("hello", "b", "a"), at_once=True)

    assert verdict.is_clean


async def test_the_first_message_may_be_overtaken() -> None:
    verdict = await verdict_on(["hello", "a"], answers("a", "hello"), at_once=True)

    assert verdict.is_clean
    assert verdict.order == ["a", "hello"]


async def test_a_missing_reminder_is_lost() -> None:
    assert (await verdict_on(["hello", "rest"], answers("hello", "rest"))).lost == ["Still there?"]


async def test_a_purchase_may_have_later_messages_waiting_behind_it() -> None:
    said = ["hello", "buy", "tea", "2", "yes", "rest"]

    verdict = await verdict_on(said, [*answers(*said), ("last", "Still there?")])

    assert verdict.is_clean
    assert verdict.order == said


def test_the_checker_needs_nothing_of_the_bot() -> None:
    words = "import sys, tests.chaos.checker; print([m for m in sys.modules if m[:3] == 'bot'])"

    loaded = subprocess.run([sys.executable, "-c", words], capture_output=True, check=True)

    assert loaded.stdout.strip() == b"[]"
