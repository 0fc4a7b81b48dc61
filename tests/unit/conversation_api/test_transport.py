"""The transport against real sockets: what a server that misbehaves leaves known of a message.

All of it is tried on the loop of tests and on that of `bot serve` (see `conftest`).
"""

import asyncio
import gzip
import json
import re
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import trustme

from bot.conversation_api import ConversationApi, connection, transport
from bot.errors import SendRejected, SendRetryable
from bot.settings import Settings

from .support import SETTINGS, PlayedClock

BODY = {"message": {"text_message": {"text": "Zebra"}}}
ACCEPTED = b'{"message_id": "01M"}'


@dataclass
class Taken:
    """A request as it came over the wire."""

    head: str
    body: bytes
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def answer(self, body: bytes = ACCEPTED, *, status: int = 200, headers: str = "") -> None:
        head = f"HTTP/1.1 {status} X\r\ncontent-length: {len(body)}\r\n{headers}\r\n"
        self.writer.write(head.encode() + body)

    async def client_gone(self) -> None:
        await self.reader.read()


Behaviour = Callable[[Taken], Awaitable[None]]


@dataclass
class Server:
    """Answers token requests, leaves the others to `behave`, and drops the connection after it if
    it is told to."""

    behave: Behaviour
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
            pass  # the client has hung up
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
    behave: Behaviour, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
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
    return ConversationApi(settings, PlayedClock(), transport)


async def fault_of(api: ConversationApi) -> SendRetryable:
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


async def test_a_message_is_sent_and_answered() -> None:
    async with serving(answers) as server, client(server.port) as api:
        assert (await api.send_message(BODY)).message_id == "01M"

    (taken,) = server.taken
    assert json.loads(taken.body) == BODY
    lines = taken.head.strip().split("\r\n")
    assert lines[0] == "POST /v1/projects/p/messages:send HTTP/1.1"
    assert sorted(line.lower() for line in lines[1:]) == [
        "accept-encoding: gzip, deflate",
        "accept: application/json",
        "authorization: bearer token-1",
        f"content-length: {len(taken.body)}",
        "content-type: application/json",
        f"host: 127.0.0.1:{server.port}",
        "user-agent: conversation-bot",
    ]


@pytest.mark.parametrize(
    "behave",
    [
        hangs_up,
        resets,
        speaks_something_else,
        breaks_off_in_the_head,
        breaks_off_after_an_interim_answer,
        breaks_off_in_the_body,
        breaks_off_in_a_chunk,
    ],
)
async def test_a_server_that_took_the_message_and_fails_leaves_the_outcome_open(
    behave: Behaviour,
) -> None:
    async with serving(behave) as server, client(server.port) as api:
        fault = await fault_of(api)

    assert not fault.outcome_known
    assert "messages:send got no whole answer from 127.0.0.1" in str(fault)
    assert len(server.taken) == 1


@pytest.mark.parametrize("behave", [never_answers, stops_in_the_body])
async def test_a_server_that_took_the_message_and_is_silent_leaves_the_outcome_open(
    behave: Behaviour,
) -> None:
    async with serving(behave) as server, client(server.port, timeout_s=0.1) as api:
        fault = await fault_of(prepared(api))

    assert not fault.outcome_known
    assert "within 0.1 s" in str(fault)
    assert len(server.taken) == 1


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port where connections are taken, but nothing is read and nothing said."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


def prepared(api: ConversationApi) -> ConversationApi:
    """`api`, holding a token, so that the fault is that of the message."""
    api._token._held, api._token._renew_at = b"Bearer token-1", float("inf")
    return api


async def test_a_server_that_refuses_the_connection_has_not_taken_the_message() -> None:
    async with client(closed_port()) as api:
        fault = await fault_of(prepared(api))

    assert fault.outcome_known
    assert "messages:send was not sent, 127.0.0.1 can't be reached (ConnectError" in str(fault)


async def test_a_server_out_of_reach_has_not_taken_the_message(silent_port: int) -> None:
    async with client(silent_port, scheme="https", timeout_s=0.2) as api:
        fault = await fault_of(prepared(api))

    assert fault.outcome_known
    assert "ConnectTimeout" in str(fault)


@pytest.mark.parametrize("greeting", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b""])
async def test_a_server_without_tls_has_not_taken_the_message(greeting: bytes) -> None:
    async def greets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        writer.close()

    async with (
        await asyncio.start_server(greets, "127.0.0.1", 0) as listening,
        client(listening.sockets[0].getsockname()[1], scheme="https") as api,
    ):
        fault = await fault_of(prepared(api))

    assert fault.outcome_known
    assert "ConnectError" in str(fault)


async def test_who_waits_too_long_for_a_connection_has_sent_nothing() -> None:
    reached, given_up = asyncio.Event(), asyncio.Event()

    async def answers_when_the_other_has_given_up(taken: Taken) -> None:
        reached.set()
        await given_up.wait()
        taken.answer()

    async with (
        serving(answers_when_the_other_has_given_up) as server,
        client(server.port, timeout_s=0.2, concurrency=1) as api,
    ):
        first = asyncio.create_task(prepared(api).send_message(BODY))
        await reached.wait()
        fault = await fault_of(api)
        given_up.set()
        await first

    assert fault.outcome_known
    assert len(server.taken) == 1


async def test_a_token_that_cannot_be_fetched_leaves_no_doubt_about_the_message() -> None:
    async with client(closed_port()) as api:
        fault = await fault_of(api)

    assert fault.outcome_known
    assert "access token" in str(fault)


async def test_a_connection_is_kept() -> None:
    async with serving(answers) as server, client(server.port) as api:
        for _ in range(3):
            await api.send_message(BODY)

    assert len(server.taken) == 3
    assert server.connections == 1


async def test_a_connection_dropped_while_idle_is_replaced_and_nothing_repeated() -> None:
    dropped = asyncio.Event()

    async def answers_and_drops(taken: Taken) -> None:
        taken.answer()
        taken.writer.write_eof()
        await taken.client_gone()
        dropped.set()
        taken.writer.close()

    async with serving(answers_and_drops) as server, client(server.port) as api:
        for _ in range(3):
            await api.send_message(BODY)
            await dropped.wait()
            dropped.clear()

    assert len(server.taken) == 3
    assert server.connections == 3


async def test_a_kept_connection_dropped_on_a_message_does_not_repeat_it() -> None:
    async with serving(answers) as server, client(server.port) as api:
        await api.send_message(BODY)
        server.behave = hangs_up
        fault = await fault_of(api)

    assert not fault.outcome_known
    assert server.connections == 1
    assert len(server.taken) == 2


async def test_no_more_connections_are_opened_than_set() -> None:
    several = asyncio.Event()

    async def answers_when_several_wait(taken: Taken) -> None:
        if len(server.taken) >= 3:
            several.set()
        await several.wait()
        taken.answer()

    async with (
        serving(answers_when_several_wait) as server,
        client(server.port, concurrency=3) as api,
    ):
        await asyncio.gather(*(api.send_message(BODY) for _ in range(20)))

    assert server.most_open == 3
    assert len(server.taken) == 20


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


async def test_url_and_query_arrive_as_they_were_written() -> None:
    async def lists(taken: Taken) -> None:
        taken.answer(b'{"contacts": []}')

    async with serving(lists) as server, client(server.port) as api:
        async for _ in api.contacts.list(channel="SMS", identity="+46 7&=%/ö"):
            pass
        await api.contacts.get("a/b:c%2F+ö")

    assert [taken.head.split()[1] for taken in server.taken] == [
        "/v1/projects/p/contacts?channel=SMS&identity=%2B46+7%26%3D%25%2F%C3%B6",
        "/v1/projects/p/contacts/a%2Fb%3Ac%252F%2B%C3%B6",
    ]


async def test_a_call_without_a_body_sends_none() -> None:
    async def tells(taken: Taken) -> None:
        taken.answer(b"{}")

    async with serving(tells) as server, client(server.port) as api:
        await api.conversations.stop("01V")
        await api.apps.get("01A")
        await api.apps.delete("01A")

    stop, get, delete = (taken.head.lower() for taken in server.taken)
    assert "content-length: 0\r\n" in stop
    assert "content-type" not in stop + get + delete
    assert "transfer-encoding" not in stop + get + delete


async def test_another_transport_may_take_its_place() -> None:
    async with (
        serving(answers) as server,
        client(server.port, transport=httpx.AsyncHTTPTransport()) as api,
    ):
        for _ in range(2):
            await api.send_message(BODY)
        await api.conversations.stop("01V")

    assert [json.loads(taken.body or b"{}") for taken in server.taken] == [BODY, BODY, {}]
    assert server.connections == 1


async def test_a_compressed_answer_is_read() -> None:
    async def compresses(taken: Taken) -> None:
        taken.answer(gzip.compress(ACCEPTED), headers="content-encoding: gzip\r\n")

    async with serving(compresses) as server, client(server.port) as api:
        assert (await api.send_message(BODY)).message_id == "01M"


@pytest.mark.parametrize("behave", [never_answers, speaks_something_else, hangs_up])
async def test_a_fault_and_its_causes_hold_no_phone_number(behave: Behaviour) -> None:
    async with serving(behave) as server, client(server.port, timeout_s=0.1) as api:
        prepared(api)
        with pytest.raises(SendRetryable) as caught:
            async for _ in api.contacts.list(identity="+46701234567"):
                pass

    fault: BaseException | None = caught.value
    while fault is not None:
        assert "46701234567" not in f"{fault} {fault!r}"
        assert "token-1" not in f"{fault} {fault!r}"
        fault = fault.__cause__
    assert len(server.taken) >= 1


async def says_103_first(taken: Taken) -> None:
    taken.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    taken.writer.write(b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n")
    await taken.writer.drain()
    taken.answer()


async def answers_in_chunks(taken: Taken) -> None:
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    taken.writer.write(head + b'b\r\n{"message_i\r\na\r\nd": "01M"}\r\n0\r\ntrailer: t\r\n\r\n')


@pytest.mark.parametrize("behave", [says_103_first, answers_in_chunks])
async def test_an_answer_is_read_to_its_end_and_the_connection_kept(behave: Behaviour) -> None:
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
async def test_after_the_last_answer_of_a_connection_another_is_opened(behave: Behaviour) -> None:
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
    monkeypatch.setattr(connection, "MOST_BYTES", 4000)

    async def answers_without_end(taken: Taken) -> None:
        taken.writer.write(answer)
        await taken.client_gone()

    async with serving(answers_without_end) as server, client(server.port) as api:
        fault = await fault_of(api)

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
        fault = await fault_of(api)

    assert not fault.outcome_known
    assert "RemoteProtocolError" in str(fault)
    assert len(server.taken) == 1


async def test_who_is_cancelled_leaves_no_answer_to_the_next() -> None:
    reached, closed = asyncio.Event(), asyncio.Event()

    async def is_slow(taken: Taken) -> None:
        reached.set()
        await taken.client_gone()
        closed.set()

    async with serving(is_slow) as server, client(server.port, concurrency=1) as api:
        sending = asyncio.create_task(prepared(api).send_message(BODY))
        await reached.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await closed.wait()
        server.behave = answers
        assert (await api.send_message(BODY)).message_id == "01M"

    assert server.connections == 2


async def test_what_fails_holds_no_connection_back() -> None:
    port = closed_port()
    async with client(port, concurrency=1) as api:
        for _ in range(3):
            assert "(ConnectError" in str(await fault_of(prepared(api)))
    async with serving(hangs_up) as server, client(server.port, concurrency=1) as api:
        for _ in range(3):
            assert "(RemoteProtocolError" in str(await fault_of(prepared(api)))


def kept(api: ConversationApi) -> list[connection.Connection]:
    """The connections that are idle, the one used last at the end."""
    reached = api._exchange._transport
    assert isinstance(reached, transport.ApiTransport)
    return [each for idle in reached._idle.values() for each in idle]


@pytest.mark.parametrize("aged", [1, 2])
async def test_connections_left_idle_too_long_are_closed(aged: int) -> None:
    both = asyncio.Barrier(2)

    async def answers_both(taken: Taken) -> None:
        await both.wait()
        taken.answer()

    async with serving(answers_both) as server, client(server.port) as api:
        await asyncio.gather(*(prepared(api).send_message(BODY) for _ in range(2)))
        server.behave = answers
        for each in kept(api)[:aged]:
            each.free_since -= transport.KEEPALIVE_S
        await api.send_message(BODY)

        assert len(kept(api)) == 1
        assert server.connections == (2 if aged == 1 else 3)


async def test_closing_ends_what_is_under_way_and_what_is_kept() -> None:
    reached = asyncio.Event()

    async def is_slow(taken: Taken) -> None:
        reached.set()
        await taken.client_gone()

    async with serving(answers) as server:
        api = client(server.port)
        await asyncio.gather(api.send_message(BODY), api.send_message(BODY))
        server.behave = is_slow
        sending = asyncio.create_task(fault_of(api))
        await reached.wait()
        await api.aclose()
        fault = await sending

    assert not fault.outcome_known
    assert "RemoteProtocolError" in str(fault)


async def test_a_server_is_reached_by_ipv6() -> None:
    async with serving(answers, host="::1") as server, client(server.port, host="[::1]") as api:
        assert (await api.send_message(BODY)).message_id == "01M"

    assert f"host: [::1]:{server.port}\r\n" in server.taken[0].head


async def test_a_server_at_one_of_a_names_addresses_is_reached() -> None:
    async with serving(answers) as server, client(server.port, host="localhost") as api:
        assert (await api.send_message(BODY)).message_id == "01M"


async def test_a_name_that_cannot_be_one_has_not_taken_the_message() -> None:
    async with client(80, host="a..test") as api:
        fault = await fault_of(prepared(api))

    assert fault.outcome_known
    assert "a..test can't be reached" in str(fault)


async def test_the_environments_proxy_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")

    async with serving(answers) as server, client(server.port) as api:
        assert (await api.send_message(BODY)).message_id == "01M"


async def test_a_header_with_a_line_break_is_not_sent() -> None:
    headers = [("host", "127.0.0.1"), ("x", "y\r\ncontent-length: 100"), ("content-length", "0")]
    async with serving(answers) as server, transport.ApiTransport(connections=1) as reached:
        request = httpx.Request("POST", f"http://127.0.0.1:{server.port}/", headers=headers)
        with pytest.raises(httpx.LocalProtocolError):
            await reached.handle_async_request(request)

    assert server.connections == 0


def tls_of(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """An authority whose certificates are trusted."""
    made = trustme.CA()
    made.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return made


async def test_messages_are_sent_over_tls(authority: trustme.CA) -> None:
    async with (
        serving(answers, tls=tls_of(authority, "127.0.0.1")) as server,
        client(server.port, scheme="https") as api,
    ):
        for _ in range(3):
            assert (await api.send_message(BODY)).message_id == "01M"

    assert server.connections == 1


@pytest.mark.parametrize("behave", [hangs_up, resets, breaks_off_in_the_body])
async def test_a_server_that_fails_over_tls_leaves_the_outcome_open(
    behave: Behaviour, authority: trustme.CA
) -> None:
    async with (
        serving(behave, tls=tls_of(authority, "127.0.0.1")) as server,
        client(server.port, scheme="https") as api,
    ):
        fault = await fault_of(api)

    assert not fault.outcome_known
    assert len(server.taken) == 1


async def test_a_certificate_of_another_name_is_not_trusted(authority: trustme.CA) -> None:
    async with (
        serving(answers, tls=tls_of(authority, "other.test")) as server,
        client(server.port, scheme="https") as api,
    ):
        fault = await fault_of(prepared(api))

    assert fault.outcome_known
    assert "ConnectError" in str(fault)
    assert server.taken == []


async def test_a_certificate_of_an_unknown_authority_is_not_trusted(
    authority: trustme.CA,
) -> None:
    async with (
        serving(answers, tls=tls_of(trustme.CA(), "127.0.0.1")) as server,
        client(server.port, scheme="https") as api,
    ):
        fault = await fault_of(prepared(api))

    assert fault.outcome_known
    assert server.taken == []
