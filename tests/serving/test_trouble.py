"""Flows that raise, loop, block, never return, say or keep too much: contained, named, survived."""

import asyncio
from itertools import islice
from pathlib import Path

import pytest

from bot.worker.watchdog import GIVEN_UP
from tests.support.bot_process import BotProcess
from tests.support.bot_stack import Stack
from tests.support.redis_server import RedisServer

TROUBLE = Path(__file__).parent / "trouble"
APOLOGY = "Sorry!"


def bot_of(stack: Stack, role: str = "serve", **settings: object) -> BotProcess:
    return stack.bot(
        role,
        {"turn_attempts": 2, "retry_first_s": 0.1},
        BOT_FLOWS=TROUBLE,
        BOT_TURN_TIMEOUT=1,
        BOT_LEASE=1,
        BOT_APOLOGY=APOLOGY,
        BOT_GRACE=2,
        **settings,
    )


@pytest.fixture
async def bot(stack: Stack) -> BotProcess:
    bot = bot_of(stack)
    await bot.start()
    stack.post_to(bot)
    return bot


@pytest.mark.parametrize("word", ["loop", "sleep", "wait", "cling", "talk"])
async def test_a_failing_flow_is_given_up_and_other_contacts_continue(
    stack: Stack, bot: BotProcess, word: str
) -> None:
    troubled, other = stack.phone(1), stack.phone(2)
    flow = {"loop": "loops", "sleep": "sleeps", "wait": "waits", "cling": "clings"}.get(
        word, "talks"
    )

    troubled.says(word)
    await stack.until(lambda: len(stack.accepted()) == 1)
    other.says("hello")

    await stack.until(lambda: stack.said_to(other) == ["Hello"])
    await stack.until(lambda: stack.said_to(troubled) == [APOLOGY])
    assert f'"flow":"{flow}"' in bot.log
    troubled.says("hello")
    await stack.until(lambda: stack.said_to(troubled) == [APOLOGY, "Hello"])
    assert bot.is_running


@pytest.mark.parametrize("word", ["loop", "sleep"])
async def test_other_turns_do_not_fail_because_one_turn_blocks_their_process(
    stack: Stack, bot: BotProcess, word: str
) -> None:
    troubled, *others = [stack.phone(number) for number in range(6)]

    for phone in others:
        phone.says("slow")
    troubled.says(word)

    await stack.until(lambda: stack.said_to(troubled) == [APOLOGY])
    await stack.until(lambda: all(stack.said_to(phone) for phone in others))
    assert [stack.said_to(phone) for phone in others] == [["Done"]] * len(others)


async def test_a_session_of_50_mb_is_given_up_and_the_old_session_is_kept(
    stack: Stack, bot: BotProcess
) -> None:
    phone = stack.phone(1)

    phone.says("hoard")
    await stack.until(lambda: stack.said_to(phone) == ["More?"])
    phone.says("yes")

    await stack.until(lambda: stack.said_to(phone) == ["More?", APOLOGY])
    assert "the maximum is 262144" in bot.log
    assert "flow 'hoards'" in bot.log


async def test_a_process_that_cannot_be_freed_ends_and_others_take_over(
    stack: Stack, redis_server: RedisServer
) -> None:
    web = bot_of(stack, "web", REDIS_URL=redis_server.url)
    workers = [bot_of(stack, "worker", REDIS_URL=redis_server.url) for _ in range(4)]
    for process in (web, *workers):
        await process.start()
    stack.post_to(web)
    phones = [stack.phone(number) for number in range(10)]

    phones[0].says("stubborn")
    await stack.until(lambda: len(stack.accepted()) == 1)
    for phone in phones[1:]:
        phone.says("hello")

    await stack.until(lambda: all(stack.said_to(phone) == ["Hello"] for phone in phones[1:]))
    await stack.until(lambda: stack.said_to(phones[0]) == [APOLOGY])
    # Which ones fall, and whether that is before the apology, is the machine's affair.
    ends = [asyncio.create_task(worker.end()) for worker in workers]
    for end in islice(asyncio.as_completed(ends), 3):
        assert await end == GIVEN_UP
    fallen = [worker for worker in workers if not worker.is_running]
    # The first loss only makes the turn a suspect; then each of its two tries ends a process.
    assert len(fallen) == 3
    assert all("A turn blocks the process" in worker.log for worker in fallen)
    assert all('"flow":"stubborn"' in worker.log for worker in fallen)
    for left in ends:
        left.cancel()


async def test_a_turn_that_clings_does_not_keep_the_process_from_leaving(
    stack: Stack, bot: BotProcess
) -> None:
    stack.phone(1).says("cling")
    await stack.until(lambda: len(stack.accepted()) == 1)

    bot.terminate()

    assert await bot.end() in (0, 1)
