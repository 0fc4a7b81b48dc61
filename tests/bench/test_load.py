"""The simulated contacts of the benchmark: what they send, and which errors they report."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import httptools
import msgspec
import pytest

from bench.conversation import SCRIPT, Line, script, start_word
from bench.errors import BenchError
from bench.load import Contact, Load
from bench.wire import Reply, Sinch

LIMIT_S = 30.0
"""Only a test that fails takes so long."""


class Bot(asyncio.Protocol):
    """A bot that sends the replies of the script, or the replies that a test sets."""

    def __init__(self, peer: "Peer") -> None:
        self._peer = peer
        self._parser: Any = httptools.HttpRequestParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._peer.connections += 1

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        message = msgspec.json.decode(body)["message"]
        text = message["contact_message"]["text_message"]["text"]
        self._peer.heard.append(text)
        line = next(line for line in SCRIPT if line.says == text)
        replies = self._peer.replies(message["contact_id"], line)
        if self._peer.hangs_up:
            self._peer.later += replies
        else:
            self._peer.send(replies)
        self._transport.write(b"HTTP/1.1 %d T\r\nContent-Length: 0\r\n\r\n" % self._peer.status)
        if self._peer.hangs_up:
            self._transport.close()


class Peer:
    """The bot's side of a connection, and what it has received."""

    def __init__(self) -> None:
        self.load: Load | None = None
        self.heard: list[str] = []
        self.status = 200
        self.times = 1
        self.text: str | None = None
        self.hangs_up = False
        self.connections = 0
        self.later: list[Reply] = []

    def replies(self, contact: str, line: Line) -> list[Reply]:
        return [Reply(contact, self.text or line.sees, line.choices)] * self.times

    def send(self, replies: list[Reply]) -> None:
        assert self.load is not None
        for reply in replies:
            self.load.arrived(reply, time.perf_counter())


class Noticing(Load):
    """Contacts who get their replies after they have noticed that the bot closed the connection."""

    peer: Peer

    def lost(self, contact: Contact, connection: Any) -> None:
        super().lost(contact, connection)
        late = [reply for reply in self.peer.later if reply.contact == contact.name]
        self.peer.later = [reply for reply in self.peer.later if reply not in late]
        self.peer.send(late)


@contextlib.asynccontextmanager
async def talking(peer: Peer, contacts: int, rounds: int | None) -> AsyncIterator[Load]:
    server = await asyncio.get_running_loop().create_server(lambda: Bot(peer), "127.0.0.1", 0)
    people = [Contact(Sinch().contact(1, number), SCRIPT) for number in range(contacts)]
    load = Noticing(Sinch(), people, rounds=rounds)
    peer.load, load.peer = load, peer
    async with server:
        await load.connect([server.sockets[0].getsockname()[1]])
        load.begin()
        yield load
        load.close()


async def test_contacts_go_through_the_conversation_in_order():
    peer = Peer()

    async with talking(peer, contacts=1, rounds=2) as load:
        await load.finish(LIMIT_S, is_stopped=False)

    assert peer.heard == [line.says for line in SCRIPT] * 2
    assert len(load.replies) == len(load.acks) == 8
    assert min(load.replies + load.acks) > 0


async def test_many_contacts_talk_at_once_until_stopped():
    peer = Peer()

    async with talking(peer, contacts=60, rounds=None) as load:
        await load.until(500, LIMIT_S)
        await load.finish(LIMIT_S)

    assert len(load.replies) == len(load.acks) == len(peer.heard) >= 500


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"status": 503}, "answered 503"),
        ({"text": "Something else"}, "Something else"),
        ({"times": 2}, "too many"),
    ],
)
async def test_a_bot_that_does_not_do_its_work_is_found_out(changed, told):
    peer = Peer()
    vars(peer).update(changed)

    async with talking(peer, contacts=1, rounds=1) as load:
        with pytest.raises(BenchError, match=told):
            await load.finish(LIMIT_S, is_stopped=False)


async def test_a_missing_reply_is_told():
    peer = Peer()
    peer.times = 0

    async with talking(peer, contacts=2, rounds=1) as load:
        with pytest.raises(BenchError, match="2 messages no reply, such as 'pizza' of 01H"):
            await load.finish(0.05, is_stopped=False)


def test_each_flow_begins_with_its_own_word():
    words = [script(start_word(flow))[0].says for flow in range(3)]

    assert words == ["pizza", "pizza-1", "pizza-2"]
    assert script(words[2])[1:] == SCRIPT[1:]


async def test_a_connection_that_the_server_ends_while_idle_is_made_anew():
    peer = Peer()
    peer.hangs_up = True

    async with talking(peer, contacts=2, rounds=1) as load:
        await load.finish(LIMIT_S, is_stopped=False)

    assert len(load.replies) == 8
    assert peer.connections == 8
