"""Which turns of a process run beside others."""

import asyncio

from bot.worker.turn_gate import TurnGate


class Turns:
    """Turns that run until a test ends them."""

    def __init__(self) -> None:
        self.gate = TurnGate()
        self.running: list[str] = []
        self.ends: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def begin(self, name: str, *, alone: bool = False) -> None:
        self.ends[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._run(name, alone=alone))
        await _settle()

    async def end(self, name: str) -> None:
        self.ends[name].set()
        await _settle()

    async def _run(self, name: str, *, alone: bool) -> None:
        task = asyncio.current_task()
        assert task
        try:
            await (self.gate.enter_alone(task) if alone else self.gate.enter(task))
            self.running.append(name)
            await self.ends[name].wait()
            self.running.remove(name)
        finally:
            self.gate.leave(task)


async def _settle() -> None:
    """Let all tasks go as far as they can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_turns_run_side_by_side() -> None:
    turns = Turns()
    for name in "ab":
        await turns.begin(name)

    assert turns.running == ["a", "b"]
    assert turns.gate.is_open
    for name in "ab":
        await turns.end(name)


async def test_a_suspect_waits_for_those_that_run_and_keeps_others_out() -> None:
    turns = Turns()
    await turns.begin("a")
    await turns.begin("suspect", alone=True)
    await turns.begin("b")
    assert turns.running == ["a"]
    assert not turns.gate.is_open

    await turns.end("a")
    assert turns.running == ["suspect"]

    await turns.end("suspect")
    assert turns.running == ["b"]
    await turns.end("b")


async def test_others_run_between_two_suspects() -> None:
    turns = Turns()
    for name in ("one", "two"):
        await turns.begin(name, alone=True)
    await turns.begin("a")
    assert turns.running == ["one"]

    await turns.end("one")
    assert turns.running == ["a"]
    await turns.begin("b")
    await turns.end("a")
    assert turns.running == ["two"]
    await turns.end("two")
    assert turns.running == ["b"]
    await turns.end("b")


async def test_a_suspect_that_gives_up_waiting_lets_others_in() -> None:
    turns = Turns()
    await turns.begin("a")
    await turns.begin("suspect", alone=True)
    await turns.begin("b")

    turns.tasks["suspect"].cancel()
    await _settle()

    assert turns.running == ["a", "b"]
    for name in "ab":
        await turns.end(name)


async def test_a_turn_that_is_given_up_keeps_nobody_waiting() -> None:
    turns = Turns()
    await turns.begin("endless")
    await turns.begin("suspect", alone=True)

    turns.gate.leave(turns.tasks["endless"])
    await _settle()

    assert turns.running == ["endless", "suspect"]
    for name in ("endless", "suspect"):
        await turns.end(name)
