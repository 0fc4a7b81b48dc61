"""Clocks that leap while two workers send: no reply is doubled, and none waits."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from bot.emulator.fault_injection import RequestFault
from tests.support.bot_stack import Stack
from tests.support.machine_clock import MachineClock, can_preload
from tests.support.redis_server import RedisServer

CONTACTS = 12
SEND = "POST */messages:send"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[RedisServer]:
    """A server with a clock of its own."""
    server = RedisServer(tmp_path / "redis")
    server.clock = MachineClock(tmp_path / "redis-clock")
    await server.start()
    yield server
    server.kill()


@pytest.mark.skipif(not can_preload(), reason="a clock of its own takes Linux and a C compiler")
async def test_no_reply_is_sent_twice_when_clocks_leap(
    stack: Stack, server: RedisServer, tmp_path: Path
) -> None:
    clocks = [MachineClock(tmp_path / f"clock-{number}") for number in range(2)]
    web = stack.bot("web", REDIS_URL=server.url, BOT_LEASE=1)
    workers = [
        stack.bot("worker", {"clock_file": str(clock.file)}, REDIS_URL=server.url, BOT_LEASE=1)
        for clock in clocks
    ]
    await asyncio.gather(*(bot.start() for bot in (web, *workers)))
    stack.post_to(web)
    phones = [stack.phone(number) for number in range(CONTACTS)]
    # Sends are in progress, or have an unknown outcome, whenever a clock leaps.
    stack.platform.faults.add(
        RequestFault(on=SEND, action="drop", taken=True, delay_s=0.2, count=CONTACTS)
    )

    for phone in phones:
        phone.says("hello")
    for number, ahead_s in enumerate((100.0, 800.0, 795.0), 1):
        await stack.until(partial(_has_taken, stack, 3 * number))
        assert server.clock
        server.clock.ahead_s = ahead_s
        clocks[number % 2].ahead_s = -7 * ahead_s
    await stack.until(lambda: all(map(stack.said_to, phones)))
    for phone in phones:
        phone.says("tea")
    await stack.until(lambda: all(len(stack.said_to(phone)) >= 4 for phone in phones))
    for bot in workers:
        bot.terminate()
    await asyncio.gather(*(bot.end() for bot in workers))

    said = [stack.said_to(phone) for phone in phones]
    assert [(texts[:2], texts[3:]) for texts in said] == [(["Go on.", "1 tea"], ["Go on."])] * (
        CONTACTS
    )


def _has_taken(stack: Stack, least: int) -> bool:
    messages = stack.platform.state.messages.values()
    return sum(message.direction == "TO_CONTACT" for message in messages) >= least
