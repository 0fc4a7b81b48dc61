"""When child processes are replaced, and when they end the command."""

import asyncio
import logging

import pytest

from bot.errors import ConfigError
from bot.processes.supervisor import MAX_PAUSE_S, STABLE_S, Supervisor
from tests.support.hand_clock import HandClock


class Clock(HandClock):
    """Records the pauses."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await super().sleep(seconds)


class FakeChild:
    """A process that ends by itself after `lives_s`, or when it is terminated."""

    def __init__(self, pid: int, clock: Clock, lives_s: float | None, starts: bool = True) -> None:
        self.pid = pid
        self.has_started = starts
        self.is_terminated = False
        self._clock = clock
        self._lives_s = lives_s
        self._ended = asyncio.Event()
        if lives_s is not None:
            self._ended.set()

    async def wait(self) -> int:
        await self._ended.wait()
        if self.is_terminated:
            return 0
        self._clock.at += self._lives_s or 0
        return -9

    def terminate(self) -> None:
        self.is_terminated = True
        self._ended.set()


class Children:
    """Spawns one child after the other; the last sets `stop`."""

    def __init__(self, clock: Clock, *lives: float | None, starts: bool = True) -> None:
        self.stop = asyncio.Event()
        self.spawned: list[FakeChild] = []
        self._clock = clock
        self._lives = list(lives)
        self._starts = starts

    async def spawn(self) -> FakeChild:
        lives_s = self._lives.pop(0) if self._lives else None
        child = FakeChild(len(self.spawned), self._clock, lives_s, self._starts)
        self.spawned.append(child)
        if not self._lives:
            self.stop.set()
        return child


async def test_child_that_could_not_start_ends_the_command():
    clock = Clock()
    children = Children(clock, None, 0.0, starts=False)

    with pytest.raises(ConfigError, match="Process 1 could not start; see its output"):
        await Supervisor(children.spawn, 2, clock).run(asyncio.Event())

    assert clock.pauses == []
    assert [child.is_terminated for child in children.spawned] == [True, False]


async def test_each_replacement_of_a_short_lived_child_waits_longer(caplog):
    clock = Clock()
    children = Children(clock, *[0.0] * 8, None)

    await Supervisor(children.spawn, 1, clock).run(children.stop)

    assert clock.pauses == [1, 2, 4, 8, 16, 32, MAX_PAUSE_S, MAX_PAUSE_S]
    replaced = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert [each.getMessage() for each in replaced] == [
        "A process has ended; starting another one"
    ] * 8


async def test_child_that_has_lived_long_is_replaced_at_once():
    clock = Clock()
    children = Children(clock, 0.0, 0.0, STABLE_S, 0.0, None)

    await Supervisor(children.spawn, 1, clock).run(children.stop)

    assert clock.pauses == [1, 2, 1]
    assert len(children.spawned) == 5


async def test_all_children_are_terminated_at_the_end():
    clock = Clock()
    children = Children(clock, None, None, None)

    await Supervisor(children.spawn, 3, clock).run(children.stop)

    assert [child.is_terminated for child in children.spawned] == [True] * 3
