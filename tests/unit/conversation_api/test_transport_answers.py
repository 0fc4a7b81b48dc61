"""The transport with real sockets: which bytes are a response, and where it ends."""

import asyncio
import gzip

import pytest

from bot.conversation_api import connection
from bot.errors import SendRejected
from tests.support.api_server import (
    ACCEPTED,
    BODY,
    Behavior,
    Taken,
    client,
    error_of,
    serving,
)


async def test_redirects_are_not_followed_and_cookies_not_kept() -> None:
    async def redirects(taken: Taken) -> None:
        url = f"http://127.0.0.1:{server.port}/elsewhere"
        taken.answer(b"", status=307, headers=f"location: {url}\r\nset-cookie: a=b; Path=/\r\n")

    async with serving(redirects) as server, client(server.port) as api:
        for _ in range(2):
            with pytest.raises(SendRejected, match="307"):
                await api.send_message(BODY)

    assert [taken.head.split()[1] for taken in server.taken] == [
        "/v1/projects/p/messages:send",
        "/v1/projects/p/messages:send",
    ]
    assert not any("cookie" in taken.head.lower() for taken in server.taken)


async def test_a_compressed_answer_is_read() -> None:
    async def compresses(taken: Taken) -> None:
        taken.answer(gzip.compress(ACCEPTED), headers="content-encoding: gzip\r\n")

    async with serving(compresses) as server, client(server.port) as api:
        assert (await api.send_message(BODY)).message_id == "01M"


async def says_103_first(taken: Taken) -> None:
    taken.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    taken.writer.write(b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n")
    await taken.writer.drain()
    taken.answer()


async def answers_in_chunks(taken: Taken) -> None:
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    taken.writer.write(head + b'b\r\n{"message_i\r\na\r\nd": "01M"}\r\n0\r\ntrailer: t\r\n\r\n')


@pytest.mark.parametrize("behave", [says_103_first, answers_in_chunks])
async def test_an_answer_is_read_to_its_end_and_the_connection_kept(behave: Behavior) -> None:
    async with serving(behave) as server, client(server.port) as api:
        for _ in range(2):
            assert (await api.send_message(BODY)).message_id == "01M"

    assert server.connections == 1


async def answers_and_closes(taken: Taken) -> None:
    taken.answer(headers="connection: close\r\n")
    await taken.client_gone()


async def answers_as_of_old(taken: Taken) -> None:
    taken.writer.write(b"HTTP/1.0 200 OK\r\ncontent-length: 21\r\n\r\n" + ACCEPTED)
    await taken.client_gone()


async def answers_until_it_hangs_up(taken: Taken) -> None:
    taken.writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n" + ACCEPTED)
    taken.writer.close()


async def answers_twice(taken: Taken) -> None:
    other = b'{"message_id": "02M"}'
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 21\r\n\r\n"
    taken.writer.write(answer + ACCEPTED + answer + other)
    await taken.client_gone()


async def answers_and_goes_on(taken: Taken) -> None:
    taken.answer()
    taken.writer.write(b"and what else")
    await taken.client_gone()


@pytest.mark.parametrize(
    "behave",
    [
        answers_and_closes,
        answers_as_of_old,
        answers_until_it_hangs_up,
        answers_twice,
        answers_and_goes_on,
    ],
)
async def test_after_the_last_answer_of_a_connection_another_is_opened(behave: Behavior) -> None:
    async with serving(behave) as server, client(server.port) as api:
        for _ in range(3):
            assert (await api.send_message(BODY)).message_id == "01M"

    assert server.connections == 3
    assert len(server.taken) == 3


async def test_what_comes_unasked_is_nobodys_answer() -> None:
    closed = asyncio.Event()

    async def answers_and_later_forges_another(taken: Taken) -> None:
        taken.answer()
        await taken.writer.drain()
        taken.answer(b'{"message_id": "02M"}')
        await taken.client_gone()
        closed.set()

    async with serving(answers_and_later_forges_another) as server, client(server.port) as api:
        for _ in range(3):
            assert (await api.send_message(BODY)).message_id == "01M"
            await closed.wait()
            closed.clear()

    assert server.connections == 3


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n" + b" " * 5000,
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1388\r\n" + b" " * 5000,
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 5000,
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 1000,
        b"HTTP/1.1 100 Continue\r\n\r\n" * 200,
    ],
)
async def test_an_endless_answer_is_not_read_to_its_end(
    answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MAX_BYTES", 4000)

    async def answers_without_end(taken: Taken) -> None:
        taken.writer.write(answer)
        await taken.client_gone()

    async with serving(answers_without_end) as server, client(server.port) as api:
        fault = await error_of(api)

    assert not fault.outcome_known
    assert "RemoteProtocolError" in str(fault)
    assert len(server.taken) == 1


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 21\r\ncontent-length: 22\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 21\r\ntransfer-encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
    ],
)
async def test_an_answer_that_is_not_http_leaves_the_outcome_open(head: bytes) -> None:
    async def answers_wrongly(taken: Taken) -> None:
        taken.writer.write(head + ACCEPTED)
        await taken.client_gone()

    async with serving(answers_wrongly) as server, client(server.port) as api:
        fault = await error_of(api)

    assert not fault.outcome_known
    assert "RemoteProtocolError" in str(fault)
    assert len(server.taken) == 1
