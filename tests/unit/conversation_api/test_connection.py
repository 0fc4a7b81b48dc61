"""Reading responses from a connection, without sockets: in pieces, or cut off."""

import asyncio

import httpx
import pytest

from bot.conversation_api.connection import Answer, Connection

CHUNKED = (
    b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-One: 1\r\n\r\n"
    b"5\r\nhello\r\n3\r\n, a\r\n0\r\n\r\n"
)
PLAIN = b"HTTP/1.1 503 Away\r\nContent-Length: 8\r\nX-One: 1\r\n\r\nhello, a"
ENDLESS = b"HTTP/1.1 200 OK\r\nX-One: 1\r\n\r\nhello, a"


class PlayedTransport(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.is_aborted = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def abort(self) -> None:
        self.is_aborted = True

    def is_closing(self) -> bool:
        return self.is_aborted


def opened() -> tuple[Connection, PlayedTransport]:
    connection, transport = Connection(), PlayedTransport()
    connection.connection_made(transport)
    return connection, transport


async def asked(connection: Connection) -> asyncio.Task[Answer]:
    task = asyncio.create_task(connection.exchange(b"GET / HTTP/1.1\r\n\r\n"))
    await asyncio.sleep(0)
    return task


@pytest.mark.parametrize("answer", [CHUNKED, PLAIN])
async def test_an_answer_may_come_in_any_pieces(answer: bytes) -> None:
    for size in range(1, len(answer)):
        connection, transport = opened()
        for _ in range(2):
            task = await asked(connection)
            assert not connection.is_free
            for start in range(0, len(answer), size):
                connection.data_received(answer[start : start + size])
            status, headers, body = await task

            assert status == (503 if answer is PLAIN else 200)
            assert (b"x-one", b"1") in [(name.lower(), value) for name, value in headers]
            assert b"link" not in [name.lower() for name, _ in headers]
            assert body == b"hello, a"
            assert connection.is_free
        assert transport.written == b"GET / HTTP/1.1\r\n\r\n" * 2


@pytest.mark.parametrize("answer", [CHUNKED, PLAIN])
async def test_an_answer_cut_off_anywhere_is_none(answer: bytes) -> None:
    for end in range(len(answer)):
        connection, transport = opened()
        task = await asked(connection)
        connection.data_received(answer[:end])
        connection.connection_lost(None)

        with pytest.raises(httpx.RemoteProtocolError):
            await task
        assert transport.is_aborted


async def test_a_body_of_untold_length_ends_with_the_connection() -> None:
    connection, _ = opened()
    task = await asked(connection)
    connection.data_received(ENDLESS)
    connection.connection_lost(None)

    assert (await task).body == b"hello, a"
    assert not connection.is_free


@pytest.mark.parametrize("fault", [ConnectionResetError(), TimeoutError()])
async def test_a_body_of_untold_length_does_not_end_with_a_fault(fault: OSError) -> None:
    connection, _ = opened()
    task = await asked(connection)
    connection.data_received(ENDLESS)
    connection.connection_lost(fault)

    with pytest.raises(httpx.ReadError):
        await task


async def test_a_body_of_untold_length_does_not_end_where_we_close() -> None:
    connection, _ = opened()
    task = await asked(connection)
    connection.data_received(ENDLESS)
    connection.close()
    connection.connection_lost(None)

    with pytest.raises(httpx.RemoteProtocolError):
        await task


async def test_nothing_is_sent_over_a_connection_closed_at_once() -> None:
    connection, transport = opened()
    connection.connection_lost(None)

    with pytest.raises(httpx.ConnectError):
        await connection.exchange(b"POST / HTTP/1.1\r\n\r\n")
    assert transport.written == b""
