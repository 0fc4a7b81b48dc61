"""Batches: which calls are grouped, and what happens to each if something fails."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, ResponseError

from bot.errors import StoreError
from bot.store import scripts
from bot.store.batcher import MAX_BATCH, Batcher
from bot.store.client import connect, line_of
from bot.store.line import Done, Line, RedisCommand


class Server(Line):
    """A fake line: stores batches, and answers each when the test says so."""

    def __init__(self) -> None:
        self.batches: list[list[tuple[Any, ...]]] = []
        self.answers: list[Any] = []
        self.is_open = True
        self.waiting: list[tuple[Done, Any]] = []

    def send(self, commands: Sequence[RedisCommand], timeout_s: float, done: Done) -> None:
        self.batches.append(list(commands))
        answer = self.answers.pop(0) if self.answers else [command[-1] for command in commands]
        self.waiting.append((done, answer))
        if self.is_open:
            asyncio.get_running_loop().call_soon(self.let_go)

    def let_go(self) -> None:
        self.is_open = True
        waiting, self.waiting = self.waiting, []
        for done, answer in waiting:
            done(answer)

    async def aclose(self) -> None:
        pass


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
async def batcher(server: Server) -> AsyncIterator[Batcher]:
    batcher = Batcher(server, "server", 5.0)
    yield batcher
    await batcher.close()


async def test_calls_of_one_tick_are_one_batch(server: Server, batcher: Batcher) -> None:
    answers = await asyncio.gather(*(batcher.command("ECHO", n) for n in range(3)))

    assert answers == [0, 1, 2]
    assert server.batches == [[("ECHO", 0), ("ECHO", 1), ("ECHO", 2)]]


async def test_calls_during_a_batch_are_the_next_batch(server: Server, batcher: Batcher) -> None:
    server.is_open = False
    first = batcher.command("ECHO", 0)
    await asyncio.sleep(0)
    others = [batcher.command("ECHO", n) for n in (1, 2)]

    server.let_go()

    assert await asyncio.gather(first, *others) == [0, 1, 2]
    assert [len(batch) for batch in server.batches] == [1, 2]


async def test_a_batch_has_a_maximum_size(server: Server, batcher: Batcher) -> None:
    await asyncio.gather(*(batcher.command("ECHO", n) for n in range(MAX_BATCH + 1)))

    assert [len(batch) for batch in server.batches] == [MAX_BATCH, 1]


async def test_an_error_answers_only_its_own_call(server: Server, batcher: Batcher) -> None:
    server.answers = [[b"ok", ResponseError("WRONGTYPE of key")]]

    answers: Any = await asyncio.gather(
        batcher.command("GET", "a"), batcher.command("GET", "b"), return_exceptions=True
    )

    good, bad = answers
    assert good == b"ok"
    assert isinstance(bad, StoreError)
    assert str(bad) == "Redis at server: WRONGTYPE of key"
    assert isinstance(bad.__cause__, ResponseError)


async def test_only_unknown_scripts_are_sent_as_text(server: Server, batcher: Batcher) -> None:
    server.answers = [[NoScriptError("NOSCRIPT"), b"value"], [b"stored"]]

    answers: Any = await asyncio.gather(
        batcher.script(scripts.ACCEPT, "key", "arg"), batcher.command("GET", "b")
    )

    assert answers == [b"stored", b"value"]
    assert server.batches == [
        [("EVALSHA", scripts.ACCEPT, 1, "key", "arg"), ("GET", "b")],
        [("EVAL", scripts.ACCEPT.source, 1, "key", "arg")],
    ]


async def test_a_failed_batch_fails_its_calls_only(server: Server, batcher: Batcher) -> None:
    server.answers = [RedisConnectionError("gone")]

    failed: Any = await asyncio.gather(
        batcher.command("GET", "a"), batcher.command("GET", "b"), return_exceptions=True
    )

    assert [str(fault) for fault in failed] == ["Redis at server: gone"] * 2
    assert await batcher.command("ECHO", "again") == "again"


async def test_an_error_that_may_repeat_a_command_is_reported_by_name(
    server: Server, batcher: Batcher
) -> None:
    server.answers = [RuntimeError("SET key +46700000001")]

    with pytest.raises(StoreError, match=r"^Redis at server: RuntimeError$"):
        await batcher.command("GET", "a")


async def test_a_cancelled_call_does_not_affect_others(server: Server, batcher: Batcher) -> None:
    server.is_open = False
    first, second = batcher.command("ECHO", 1), batcher.command("ECHO", 2)
    await asyncio.sleep(0)
    first.cancel()

    server.let_go()

    assert await second == 2
    assert server.batches == [[("ECHO", 1), ("ECHO", 2)]]


async def test_closing_waits_for_sent_calls_and_refuses_new_ones(
    server: Server, batcher: Batcher
) -> None:
    away = batcher.command("ECHO", 1)

    await batcher.close()

    assert away.result() == 1
    with pytest.raises(StoreError, match="closed"):
        await batcher.command("ECHO", 2)


async def test_a_silent_server_is_reported_after_the_timeout(tmp_path: Path) -> None:
    async def stay_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    path = str(tmp_path / "s")
    server = await asyncio.start_unix_server(stay_silent, path)
    client = connect(f"unix://{path}")
    batcher = Batcher(line_of(client), "host", 0.05)

    with pytest.raises(StoreError, match="did not answer in time"):
        await batcher.command("PING")

    await batcher.close()
    await client.aclose()
    server.close()
    await server.wait_closed()
