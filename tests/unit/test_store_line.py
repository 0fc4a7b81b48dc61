"""The line to a server: batches, and connections that fail."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, ResponseError

from bot.store.line import Line, RedisCommand, ask

Answer = Callable[[asyncio.StreamWriter], None]


class Server:
    """A fake server that sends the prepared answers, then disconnects."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.heard: list[bytes] = []
        self.connections = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while data := await reader.read(100_000):
            if b"SETINFO" in data:
                writer.write(b"+OK\r\n" * data.count(b"SETINFO"))
                continue
            self.heard.append(data)
            self.answers.pop(0)(writer)
        writer.close()


def says(*pieces: bytes) -> Answer:
    return lambda writer: writer.writelines(pieces)


def hangs_up(writer: asyncio.StreamWriter) -> None:
    writer.close()


def says_nothing(writer: asyncio.StreamWriter) -> None:
    pass


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    server = Server()
    socket = await asyncio.start_unix_server(server, str(tmp_path / "s"))
    yield server
    socket.close()
    await socket.wait_closed()


@pytest.fixture
async def line(server: Server, tmp_path: Path) -> AsyncIterator[Line]:
    client = Redis(unix_socket_path=str(tmp_path / "s"), protocol=2)
    line = Line(client)
    yield line
    await line.aclose()
    await client.aclose()


async def answers(line: Line, *commands: RedisCommand, timeout_s: float = 5.0) -> Any:
    done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    line.send(commands, timeout_s, done.set_result)
    return await done


async def test_a_batch_is_one_write_and_its_answers_keep_their_order(
    server: Server, line: Line
) -> None:
    server.answers = [says(b"$3\r\none\r\n:2\r\n")]

    assert await answers(line, ("GET", "a"), ("LLEN", "b")) == [b"one", 2]
    assert server.heard == [b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n*2\r\n$4\r\nLLEN\r\n$1\r\nb\r\n"]


async def test_an_error_answers_its_own_command(server: Server, line: Line) -> None:
    server.answers = [says(b"-NOSCRIPT none\r\n-ERR no\r\n+OK\r\n")]

    unknown, refused, good = await answers(line, ("EVALSHA", "x"), ("GET", "a"), ("ECHO", "b"))

    assert isinstance(unknown, NoScriptError)
    assert isinstance(refused, ResponseError)
    assert str(refused) == "ERR no"
    assert good == b"OK"


async def test_answers_have_the_form_of_redis_py(server: Server, line: Line) -> None:
    server.answers = [says(b"*2\r\n$1\r\na\r\n$1\r\n1\r\n")]

    assert await answers(line, ("HGETALL", "h")) == [{b"a": b"1"}]


async def test_a_malformed_answer_is_returned_as_an_error(server: Server, line: Line) -> None:
    server.answers = [says(b":1\r\n:2\r\n")]

    odd, good = await answers(line, ("HGETALL", "h"), ("LLEN", "a"))

    assert isinstance(odd, Exception)
    assert good == 2


async def test_batches_share_one_connection(server: Server, line: Line) -> None:
    server.answers = [says(b":1\r\n"), says(b":2\r\n")]

    assert await answers(line, ("LLEN", "a")) == [1]
    assert await answers(line, ("LLEN", "a")) == [2]
    assert server.connections == 1


@pytest.mark.parametrize(
    "fault",
    [hangs_up, says(b"?what\r\n"), says(b"-READONLY You can't write against a replica.\r\n")],
    ids=["hung up", "not the protocol", "no master any more"],
)
async def test_a_failed_batch_is_sent_once_more_on_a_new_connection(
    server: Server, line: Line, fault: Answer
) -> None:
    server.answers = [says(b":1\r\n"), fault, says(b":2\r\n:3\r\n")]
    await answers(line, ("LLEN", "a"))

    assert await answers(line, ("LLEN", "a"), ("LLEN", "b")) == [2, 3]
    assert server.heard[1] == server.heard[2]
    assert server.connections == 2


async def test_the_second_failure_is_reported(server: Server, line: Line) -> None:
    server.answers = [says(b":1\r\n"), hangs_up, hangs_up, says(b":2\r\n")]
    await answers(line, ("LLEN", "a"))

    assert isinstance(await answers(line, ("LLEN", "a")), RedisConnectionError)
    assert await answers(line, ("LLEN", "a")) == [2]


async def test_a_batch_that_timed_out_is_not_sent_again(server: Server, line: Line) -> None:
    server.answers = [says(b":1\r\n"), says_nothing, says(b":2\r\n")]
    await answers(line, ("LLEN", "a"))

    assert isinstance(await answers(line, ("LLEN", "a"), timeout_s=0.01), TimeoutError)
    assert await answers(line, ("LLEN", "a")) == [2]
    assert server.connections == 2


async def test_a_cancelled_question_disconnects(server: Server, line: Line) -> None:
    heard = asyncio.Event()
    server.answers = [says(b":1\r\n"), lambda writer: heard.set(), says(b":2\r\n")]
    assert await ask(line, ("LLEN", "a"), 5.0) == 1
    waiting = asyncio.create_task(ask(line, ("BLPOP", "a", 0), 5.0))
    await heard.wait()

    waiting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await ask(line, ("LLEN", "a"), 5.0) == 2
    assert server.connections == 2
