"""A server on a real socket with prepared answers and failures, and a client for it."""

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest
import trustme

from bot.conversation_api import ConversationApi
from bot.errors import SendRetryable
from bot.settings import Settings
from tests.support.api_platform import SETTINGS
from tests.support.hand_clock import HandClock

BODY = {"message": {"text_message": {"text": "Zebra"}}}
ACCEPTED = b'{"message_id": "01M"}'


@dataclass
class Taken:
    """A request as it was received."""

    head: str
    body: bytes
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def answer(self, body: bytes = ACCEPTED, *, status: int = 200, headers: str = "") -> None:
        head = f"HTTP/1.1 {status} X\r\ncontent-length: {len(body)}\r\n{headers}\r\n"
        self.writer.write(head.encode() + body)

    async def client_gone(self) -> None:
        await self.reader.read()


Behavior = Callable[[Taken], Awaitable[None]]


@dataclass
class Server:
    """Answers token requests, and passes other requests to `behave`.

    It can close the connection after a response.
    """

    behave: Behavior
    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    connections: int = 0
    open: int = 0
    most_open: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            while not writer.is_closing():
                await self._serve_one(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has closed the connection
        finally:
            self.open -= 1
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"\r\ncontent-length: (\d+)", head, re.IGNORECASE)
        body = await reader.readexactly(int(length[1]) if length else 0)
        taken = Taken(head, body, reader, writer)
        if " /oauth2/token " in head:
            taken.answer(b'{"access_token": "token-1", "expires_in": 3600}')
            return
        self.taken.append(taken)
        await self.behave(taken)


@asynccontextmanager
async def serving(
    behave: Behavior, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncIterator[Server]:
    server = Server(behave)
    listening = await asyncio.start_server(server.serve, host, 0, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield server


def client(
    port: int,
    *,
    scheme: str = "http",
    host: str = "127.0.0.1",
    timeout_s: float = 10,
    concurrency: int = 8,
    transport: httpx.AsyncBaseTransport | None = None,
) -> ConversationApi:
    url = f"{scheme}://{host}:{port}"
    settings = Settings(
        project_id="p",
        app_id="01APP",
        key_id="k",
        key_secret=SETTINGS.key_secret,
        api_url=url,
        auth_url=url,
        send_timeout_s=timeout_s,
        concurrency=concurrency,
    )
    return ConversationApi(settings, HandClock(), transport)


async def error_of(api: ConversationApi) -> SendRetryable:
    with pytest.raises(SendRetryable) as caught:
        await api.send_message(BODY)
    return caught.value


async def answers(taken: Taken) -> None:
    taken.answer()


async def hangs_up(taken: Taken) -> None:
    taken.writer.close()


async def resets(taken: Taken) -> None:
    taken.writer.transport.abort()


async def speaks_something_else(taken: Taken) -> None:
    taken.writer.write(b"220 mail.test ESMTP\r\n\r\n")


async def breaks_off_in_the_head(taken: Taken) -> None:
    taken.writer.write(b"HTTP/1.1 200 OK\r\ncontent-le")
    taken.writer.close()


async def breaks_off_after_an_interim_answer(taken: Taken) -> None:
    taken.writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n")
    taken.writer.close()


async def breaks_off_in_the_body(taken: Taken) -> None:
    taken.writer.write(b'HTTP/1.1 200 OK\r\ncontent-length: 21\r\n\r\n{"message_id"')
    taken.writer.close()


async def breaks_off_in_a_chunk(taken: Taken) -> None:
    taken.writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n15\r\n{")
    taken.writer.close()


async def never_answers(taken: Taken) -> None:
    await taken.client_gone()


async def stops_in_the_body(taken: Taken) -> None:
    taken.writer.write(b'HTTP/1.1 200 OK\r\ncontent-length: 21\r\n\r\n{"message_id"')
    await taken.client_gone()


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


def prepared(api: ConversationApi) -> ConversationApi:
    """Return `api` after it has got a token, so that an error concerns the message."""
    api._token._held, api._token._renew_at = b"Bearer token-1", float("inf")
    return api


def tls_of(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context
