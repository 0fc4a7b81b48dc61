"""The lower bound: the cost of the work in Python without a framework.

The server uses asyncio protocols, and HTTP and Redis code that is written only for this
conversation. It does the same as `plain`. It is an extreme case, and no example of how to write a
bot.
"""

import asyncio
import base64
import hmac
import os
from collections import deque
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec
import uvloop

from bench import conversation

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
REFUSED = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"
LENGTH = b"\r\ncontent-length: "


class _Text(msgspec.Struct):
    text: str


class _ContactMessage(msgspec.Struct):
    text_message: _Text


class _Inbound(msgspec.Struct):
    contact_id: str
    contact_message: _ContactMessage


class _Callback(msgspec.Struct):
    message: _Inbound


class Session(msgspec.Struct):
    """The stored data of a contact."""

    state: str = "idle"
    size: str = ""
    address: str = ""


_callback = msgspec.json.Decoder(_Callback)
_session = msgspec.json.Decoder(Session)
_encode = msgspec.json.Encoder().encode


def turn(session: Session, text: str) -> dict[str, Any]:
    """Move the session to its next state. Return the message that answers the text."""
    word = text.lower()
    if session.state == "idle" and word == conversation.START:
        return _ask_size(session)
    if session.state == "size" and word.capitalize() in conversation.SIZES:
        session.state, session.size = "address", word
        return {"text_message": {"text": conversation.WHERE_TO}}
    if session.state == "address" and len(text) >= 8:
        session.state, session.address = "confirm", text
        asked = conversation.CONFIRM.format(size=session.size, address=text)
        return _choice(asked, conversation.ANSWERS)
    if session.state == "confirm" and word == conversation.ANSWERS[0].lower():
        session.state = "idle"
        return {"text_message": {"text": conversation.DONE}}
    if session.state == "confirm" and word == conversation.ANSWERS[1].lower():
        return _ask_size(session)
    return {"text_message": {"text": conversation.NOT_UNDERSTOOD}}


def _ask_size(session: Session) -> dict[str, Any]:
    session.state, session.size, session.address = "size", "", ""
    return _choice(conversation.WHICH_SIZE, conversation.SIZES)


def _choice(text: str, labels: tuple[str, ...]) -> dict[str, Any]:
    choices = [
        {"text_message": {"text": label}, "postback_data": label.lower()} for label in labels
    ]
    return {"choice_message": {"text_message": {"text": text}, "choices": choices}}


class Framed(asyncio.Protocol):
    """Splits received bytes into HTTP messages."""

    def __init__(self) -> None:
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[: end + 2]
            lower = head.lower()
            at = lower.find(LENGTH)
            size = int(lower[at + len(LENGTH) : lower.index(b"\r\n", at + 2)]) if at >= 0 else 0
            if len(self._buffer) < end + 4 + size:
                return
            body = self._buffer[end + 4 : end + 4 + size]
            self._buffer = self._buffer[end + 4 + size :]
            self.message(head, lower, body)

    def message(self, head: bytes, lower: bytes, body: bytes) -> None:
        """Handle one whole request or response. `lower` is the head in lower case."""
        raise NotImplementedError


class Redis(asyncio.Protocol):
    """A connection to Redis. Commands are sent without waiting for the replies to earlier ones."""

    def __init__(self) -> None:
        self._buffer = b""
        self._waiting: deque[Callable[[bytes | None], None]] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def call(self, done: Callable[[bytes | None], None], *words: bytes) -> None:
        parts = [b"$%d\r\n%b\r\n" % (len(word), word) for word in words]
        self._transport.write(b"*%d\r\n%b" % (len(words), b"".join(parts)))
        self._waiting.append(done)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n")) >= 0:
            kind, first = self._buffer[:1], self._buffer[1:end]
            value: bytes | None = first
            if kind == b"$":
                size = int(first)
                if size >= 0 and len(self._buffer) < end + size + 4:
                    return
                value = self._buffer[end + 2 : end + 2 + size] if size >= 0 else None
                end += size + 2 if size >= 0 else 0
            self._buffer = self._buffer[end + 2 :]
            self._waiting.popleft()(value)


class Upstream(Framed):
    """A connection to the Conversation API. It returns to the idle connections after each
    response.
    """

    def __init__(self, idle: list["Upstream"]) -> None:
        super().__init__()
        self._idle = idle
        self.done: Callable[[bytes], None] = _nothing

    def message(self, head: bytes, lower: bytes, body: bytes) -> None:
        if head[9:12] != b"200":
            raise RuntimeError(f"The upstream answered {head[9:12].decode()}.")
        self._idle.append(self)
        self.done(body)


def _nothing(body: bytes) -> None:
    """Ignore a response that nothing waits for."""


class Floor:
    """The bot: it handles callbacks, and has the connections to Redis and to the API."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.secret = environ["SINCH_WEBHOOK_SECRET"].encode()
        self._app_id = environ["SINCH_APP_ID"]
        self._redis_path = urlsplit(environ["REDIS_URL"]).path
        api = urlsplit(environ["SINCH_API_URL"])
        self._host, self._port = api.hostname or "", api.port or 80
        self._path = f"/v1/projects/{environ['SINCH_PROJECT_ID']}/messages:send".encode()
        credentials = f"{environ['SINCH_KEY_ID']}:{environ['SINCH_KEY_SECRET']}".encode()
        self._authorization = b"Basic " + base64.b64encode(credentials)
        self._idle: list[Upstream] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Connect to Redis, and fetch a token."""
        loop = asyncio.get_running_loop()
        _, self._redis = await loop.create_unix_connection(Redis, self._redis_path)
        fetched: asyncio.Future[bytes] = loop.create_future()
        body = b"grant_type=client_credentials"
        await self._post(b"/oauth2/token", body, fetched.set_result)
        token = msgspec.json.decode(await fetched)["access_token"]
        self._authorization = b"Bearer " + token.encode()

    def handle(self, body: bytes, done: Callable[[bytes], None]) -> None:
        """Handle one callback. `done` is called after the API has accepted the reply."""
        inbound = _callback.decode(body).message
        key = b"floor:" + inbound.contact_id.encode()

        def loaded(saved: bytes | None) -> None:
            session = _session.decode(saved) if saved else Session()
            said = turn(session, inbound.contact_message.text_message.text)
            request = _encode(
                {
                    "app_id": self._app_id,
                    "recipient": {"contact_id": inbound.contact_id},
                    "message": said,
                }
            )
            self._redis.call(lambda _: self._send(request, done), b"SET", key, _encode(session))

        self._redis.call(loaded, b"GET", key)

    def _send(self, body: bytes, done: Callable[[bytes], None]) -> None:
        if self._idle:
            self._write(self._idle.pop(), self._path, body, done)
        else:
            task = asyncio.create_task(self._post(self._path, body, done))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _post(self, path: bytes, body: bytes, done: Callable[[bytes], None]) -> None:
        loop = asyncio.get_running_loop()
        _, upstream = await loop.create_connection(
            lambda: Upstream(self._idle), self._host, self._port
        )
        self._write(upstream, path, body, done)

    def _write(
        self, upstream: Upstream, path: bytes, body: bytes, done: Callable[[bytes], None]
    ) -> None:
        upstream.done = done
        upstream.transport.write(
            b"POST %b HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: %b\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (path, self._authorization, len(body), body)
        )


class Webhook(Framed):
    """A connection on which callbacks arrive."""

    def __init__(self, floor: Floor) -> None:
        super().__init__()
        self._floor = floor

    def message(self, head: bytes, lower: bytes, body: bytes) -> None:
        if head.startswith(b"GET"):
            self.transport.write(OK)
        elif self._is_signed(head, lower, body):
            self._floor.handle(body, self._answer)
        else:
            self.transport.write(REFUSED)

    def _answer(self, body: bytes) -> None:
        self.transport.write(OK)

    def _is_signed(self, head: bytes, lower: bytes, body: bytes) -> bool:
        def header(name: bytes) -> bytes:
            at = lower.find(name)
            return head[at + len(name) : head.index(b"\r\n", at)] if at >= 0 else b""

        nonce = header(b"x-sinch-webhook-signature-nonce: ")
        timestamp = header(b"x-sinch-webhook-signature-timestamp: ")
        digest = hmac.digest(self._floor.secret, b"%b.%b.%b" % (body, nonce, timestamp), "sha256")
        return hmac.compare_digest(base64.b64encode(digest), header(b"x-sinch-webhook-signature: "))


async def serve() -> None:
    """Serve on the port in the variable PORT, until stopped."""
    floor = Floor(dict(os.environ))
    await floor.open()
    server = await asyncio.get_running_loop().create_server(
        lambda: Webhook(floor), "127.0.0.1", int(os.environ["PORT"]), backlog=2048
    )
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve())
