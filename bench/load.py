"""Many contacts that talk to one server at the same time.

Each contact has its own connection, on which its messages are posted as signed callbacks. A contact
sends its next message when the reply to the previous one has arrived at the upstream and the
callback has been answered. So no server ever has two messages of one contact at the same time.
"""

import asyncio
import contextlib
import sys
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import httptools

from bench.conversation import Line
from bench.errors import BenchError
from bench.wire import Reply, Wire

CONNECT_AT_ONCE = 50
"""Number of connections that are opened at the same time. Some servers have a short accept queue.
"""


class Contact:
    """A contact and its position in the conversation."""

    __slots__ = (
        *("connection", "is_acked", "is_answered", "name"),
        *("port", "posted_at", "script", "step"),
    )

    def __init__(self, name: str, script: Sequence[Line]) -> None:
        self.name = name
        self.script = script
        self.step = 0
        self.posted_at = 0.0
        # A contact that has sent nothing expects neither a response nor a reply.
        self.is_acked = self.is_answered = True
        self.connection: _Connection | None = None
        self.port = 0


class Load:
    """Contacts that repeat the conversation until they are stopped, or `rounds` times.

    - `acks`: for each message, the seconds from posting the callback to its response.
    - `replies`: for each message, the seconds from posting the callback to the reply at the
      upstream.
    - `pause_s`: seconds that each contact waits before its next message.

    A rejected callback, a wrong or unexpected reply, or a lost connection ends the load. Then
    `until` and `finish` raise the error.
    """

    def __init__(
        self,
        wire: Wire,
        contacts: Sequence[Contact],
        *,
        rounds: int | None = None,
        pause_s: float = 0.0,
    ) -> None:
        self._wire = wire
        self._contacts = contacts
        self._by_name = {contact.name: contact for contact in contacts}
        self._last_step = None if rounds is None else rounds * len(contacts[0].script)
        self._pause_s = pause_s
        self._is_stopped = True
        self._talking = 0
        self._goal = 0
        self._waiter: asyncio.Future[None] | None = None
        self._fault: BenchError | None = None
        self._connecting: set[asyncio.Task[None]] = set()
        self.acks: list[float] = []
        self.replies: list[float] = []

    async def connect(self, ports: Sequence[int]) -> None:
        """Open a connection for each contact, to these ports of this machine in turn, as a load
        balancer does.
        """
        for number, contact in enumerate(self._contacts):
            contact.port = ports[number % len(ports)]
        for first in range(0, len(self._contacts), CONNECT_AT_ONCE):
            these = self._contacts[first : first + CONNECT_AT_ONCE]
            await asyncio.gather(*map(self._connect, these))

    def begin(self) -> None:
        """Send the first message of each contact."""
        self._is_stopped = False
        for contact in self._contacts:
            self._talking += 1
            self._say(contact)

    async def until(self, replies: int, seconds: float) -> None:
        """Wait until there are `replies` replies in total. Return earlier when no contact talks any
        more, or after `seconds`.

        Raises:
            BenchError: the server rejected, lost or wrongly answered a message.
        """
        self._goal = replies
        await self._wait(seconds)

    async def finish(self, seconds: float, *, is_stopped: bool = True) -> None:
        """Wait until all callbacks are answered and all replies have arrived, then close the
        connections. If `is_stopped` is False, the contacts first complete all their rounds.

        Raises:
            BenchError: the server rejected, lost or wrongly answered a message, or took longer than
                `seconds`.
        """
        self._is_stopped = is_stopped
        self._goal = sys.maxsize
        try:
            await self._wait(seconds)
        finally:
            self.close()
        if self._talking:
            raise BenchError(f"{self._lost()} in {seconds:g} s.")

    def _lost(self) -> str:
        """Describe the messages that have no answer or no reply so far."""
        unanswered = [each for each in self._contacts if not each.is_acked]
        unreplied = [each for each in self._contacts if not each.is_answered]
        words = [
            f"{each.script[each.step % len(each.script)].says!r} of {each.name}"
            for each in (unreplied or unanswered)[:3]
        ]
        return (
            f"{len(self.replies)} replies came; {len(unanswered)} callbacks got no answer and"
            f" {len(unreplied)} messages no reply, such as {', '.join(words)},"
        )

    def close(self) -> None:
        """Close all connections, even if messages are unanswered."""
        self._is_stopped = True
        for contact in self._contacts:
            connection, contact.connection = contact.connection, None
            if connection is not None:
                connection.close()

    def arrived(self, reply: Reply, at: float) -> None:
        """Handle a reply that has arrived at the upstream."""
        contact = self._by_name.get(reply.contact)
        if contact is None:
            self.fail(f"A reply went to {reply.contact!r}, who is nobody here.")
            return
        line = contact.script[contact.step % len(contact.script)]
        if contact.is_answered:
            self.fail(f"One reply too many: {reply.text!r} after {line.says!r}.")
        elif (reply.text, reply.choices) != (line.sees, line.choices):
            self.fail(
                f"After {line.says!r} came {reply.text!r} with choices {reply.choices};"
                f" it should be {line.sees!r} with {line.choices}."
            )
        else:
            contact.is_answered = True
            self.replies.append(at - contact.posted_at)
            if contact.is_acked:
                self._go_on(contact)
            self._check_wait()

    def acked(self, contact: Contact, status: int) -> None:
        """Handle the response to a contact's callback."""
        if status != 200:
            self.fail(f"A callback was answered {status}.")
        elif contact.is_acked:
            self.fail("A callback was answered twice.")
        else:
            contact.is_acked = True
            self.acks.append(time.perf_counter() - contact.posted_at)
            if contact.is_answered:
                self._go_on(contact)
                self._check_wait()

    def lost(self, contact: Contact, connection: "_Connection") -> None:
        """Handle a closed connection.

        This is an error only if a callback is unanswered, because servers may close idle
        connections.
        """
        if contact.connection is not connection:
            return
        contact.connection = None
        if not contact.is_acked:
            self.fail("The server hung up instead of answering a callback.")

    def fail(self, why: str) -> None:
        """End the load with an error. Only the first error is reported."""
        self._is_stopped = True
        self._fault = self._fault or BenchError(why)
        self._check_wait()

    async def _wait(self, seconds: float) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        self._check_wait()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._waiter, seconds)
        if self._fault:
            raise self._fault

    def _check_wait(self) -> None:
        is_over = self._fault or not self._talking or len(self.replies) >= self._goal
        if is_over and self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    def _go_on(self, contact: Contact) -> None:
        contact.step += 1
        if self._is_stopped or contact.step == self._last_step:
            self._talking -= 1
        elif self._pause_s:
            asyncio.get_running_loop().call_later(self._pause_s, self._say, contact)
        else:
            self._say(contact)

    async def _connect(self, contact: Contact) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_connection(partial(_Connection, self, contact), "127.0.0.1", contact.port)

    async def _connect_and_say(self, contact: Contact) -> None:
        try:
            await self._connect(contact)
        except OSError as error:
            self.fail(f"The server takes no connection: {error}")
        else:
            self._say(contact)

    def _say(self, contact: Contact) -> None:
        if self._is_stopped:
            self._talking -= 1
            self._check_wait()
            return
        if contact.connection is None:
            task = asyncio.create_task(self._connect_and_say(contact))
            self._connecting.add(task)
            task.add_done_callback(self._connecting.discard)
            return
        line = contact.script[contact.step % len(contact.script)]
        contact.is_acked = contact.is_answered = False
        request = self._wire.callback(contact.name, line.says)
        contact.posted_at = time.perf_counter()
        contact.connection.post(request)


class _Connection(asyncio.Protocol):
    """A contact's connection. Each callback is answered before the next one is posted."""

    def __init__(self, load: Load, contact: Contact) -> None:
        self._load = load
        self._contact = contact
        self._parser: Any = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._contact.connection = self

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._load.fail(f"The server's answer isn't HTTP: {error}")

    def on_message_complete(self) -> None:
        self._load.acked(self._contact, self._parser.get_status_code())

    def connection_lost(self, fault: Exception | None) -> None:
        self._load.lost(self._contact, self)

    def post(self, request: bytes) -> None:
        self._transport.write(request)

    def close(self) -> None:
        self._transport.close()
