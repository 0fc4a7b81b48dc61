"""The line to one server: commands out together, their answers in together.

redis-py opens the connection, with TLS, authentication, database and, where there are sentinels, to
the master they name. Then the line takes its transport over: to send a batch and read its answers
redis-py's machinery costs several times what the protocol does; see docs/performance.md.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import hiredis
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, ReadOnlyError, ResponseError

Command = tuple[Any, ...]

Done = Callable[[list[Any] | Exception], None]
"""Told the answers of a batch, in its order; an error is the answer of its own command. Or why the
server didn't answer."""


class Line:
    """Exchanges batches with one server, one at a time, over one connection at a time."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        # A plain mapping: redis-py's own takes names in any case, and here all are in capitals.
        self._forms = dict(client.response_callbacks)
        self._connection: _Connection | None = None
        self._opening: asyncio.Task[None] | None = None

    def send(self, commands: Sequence[Command], timeout_s: float, done: Done) -> None:
        """Send commands, and call `done` with their answers; not before the last one was done.

        Where the connection fails, all are sent once more, on a new one.
        """

        def answered(answers: list[Any] | Exception) -> None:
            if isinstance(answers, list):
                answers = list(map(self._formed, commands, answers))
            done(answers)

        def answered_or_broken(answers: list[Any] | Exception) -> None:
            if isinstance(answers, RedisConnectionError):
                self._open_and_send(packed, len(commands), timeout_s, answered)
            else:
                answered(answers)

        packed = b"".join(map(hiredis.pack_command, commands))
        if self._connection is None or self._connection.is_lost:
            self._open_and_send(packed, len(commands), timeout_s, answered)
        else:
            self._connection.exchange(packed, len(commands), timeout_s, answered_or_broken)

    async def aclose(self) -> None:
        """Hang up; whatever is on its way gets no answer."""
        if self._opening:
            self._opening.cancel()
            await asyncio.wait([self._opening])
        await self._hang_up()

    def _formed(self, command: Command, answer: Any) -> Any:
        """An answer in the form that redis-py gives to this command's."""
        form = self._forms.get(command[0])
        if form is None or isinstance(answer, ResponseError):
            return answer
        try:
            return form(answer)
        except Exception as fault:  # the others of its batch must not wait for ever
            return fault

    def _open_and_send(self, packed: bytes, count: int, timeout_s: float, done: Done) -> None:
        self._opening = asyncio.create_task(self._opened(packed, count, timeout_s, done))

    async def _opened(self, packed: bytes, count: int, timeout_s: float, done: Done) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self._hang_up()
                pool: Any = self._client.connection_pool
                self._connection = _Connection(await pool.get_connection())
        except Exception as fault:  # whatever it is, nobody must wait for ever
            done(fault)
        except BaseException as fault:
            done(ConnectionAbortedError("hung up"))
            raise fault
        else:
            self._connection.exchange(packed, count, timeout_s, done)

    async def _hang_up(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.aclose(self._client)


async def ask(line: Line, command: Command, timeout_s: float) -> Any:
    """The answer to one command on a line of its own; being cancelled hangs up."""
    answers: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()

    def done(found: list[Any] | Exception) -> None:
        if answers.done():
            return
        if isinstance(found, Exception):
            answers.set_exception(found)
        else:
            answers.set_result(found)

    line.send([command], timeout_s, done)
    try:
        [answer] = await answers
    except asyncio.CancelledError:
        await line.aclose()
        raise
    if isinstance(answer, Exception):
        raise answer
    return answer


class _Connection(asyncio.Protocol):
    """A connection that redis-py has opened, without redis-py."""

    def __init__(self, connection: Any) -> None:
        self.is_lost = False
        self._opened = connection
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport = connection._writer.transport
        self._former = self._transport.get_protocol()
        self._transport.set_protocol(self)
        self._reader = hiredis.Reader(protocolError=RedisConnectionError, replyError=_reply_error)
        self._answers: list[Any] = []
        self._missing = 0
        self._done: Done | None = None
        self._timer: asyncio.TimerHandle | None = None

    def exchange(self, packed: bytes, count: int, timeout_s: float, done: Done) -> None:
        self._done, self._missing, self._answers = done, count, []
        self._timer = self._loop.call_later(timeout_s, self._end, TimeoutError())
        self._transport.write(packed)

    def data_received(self, data: bytes) -> None:
        try:
            self._reader.feed(data)
            while self._missing and (answer := self._reader.gets()) is not False:
                self._answers.append(answer)
                self._missing -= 1
                if isinstance(answer, ReadOnlyError):
                    # The master has become a replica; a new connection finds the new one.
                    raise RedisConnectionError(str(answer))
        except RedisConnectionError as fault:
            self._end(fault)
            return
        if not self._missing:
            self._finish(self._answers)

    def connection_lost(self, exc: Exception | None) -> None:
        self._former.connection_lost(exc)
        self._end(RedisConnectionError(f"Connection closed by server: {exc or 'end of stream'}"))

    def _end(self, fault: Exception) -> None:
        """Nothing more is to be had from this connection."""
        self.is_lost = True
        self._transport.abort()
        self._finish(fault)

    def _finish(self, answers: list[Any] | Exception) -> None:
        if self._timer:
            self._timer.cancel()
        done, self._done = self._done, None
        if done:
            done(answers)

    async def aclose(self, client: Redis) -> None:
        self._end(ConnectionAbortedError("hung up"))
        with contextlib.suppress(OSError):
            await self._opened.disconnect()
        await client.connection_pool.release(self._opened)


def _reply_error(text: str) -> ResponseError:
    """An error answer; those that mean more than a refusal have a kind of their own."""
    if text.startswith("NOSCRIPT"):
        return NoScriptError(text)
    if text.startswith("READONLY"):
        return ReadOnlyError(text)
    return ResponseError(text)
