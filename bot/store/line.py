"""Batches of commands to one server, over one connection.

redis-py opens the connection, including TLS, authentication and database, and finds the master
through sentinels. Then a `Line` takes over the connection's transport. redis-py itself would take
several times as long to send a batch and to read the answers; see docs/performance.md.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import hiredis
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, ReadOnlyError, ResponseError

from bot.compat import transport_of
from bot.store.history import History

RedisCommand = tuple[Any, ...]

Done = Callable[[list[Any] | Exception], None]
"""A function that is called with the answers of a batch in order, or with an exception if there are
no answers.

An error among the answers belongs to one command only.
"""


class Line:
    """Sends batches to a server, over one connection at a time. One batch is sent at a time."""

    def __init__(self, client: Redis, history: History | None = None) -> None:
        self._client = client
        self._history = history
        # A plain mapping is faster than redis-py's own one, which accepts names in any case.
        self._forms = dict(client.response_callbacks)
        self._connection: _Connection | None = None
        self._opening: asyncio.Task[None] | None = None

    def send(self, commands: Sequence[RedisCommand], timeout_s: float, done: Done) -> None:
        """Send commands, and call `done` with the answers.

        Call `send` again only after `done` was called.

        If the connection fails, all commands are sent a second time, on a new connection.
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
        """Disconnect. A batch that still waits for its answers gets no answers."""
        if self._opening:
            self._opening.cancel()
            await asyncio.wait([self._opening])
        await self._hang_up()

    def _formed(self, command: RedisCommand, answer: Any) -> Any:
        """Return an answer in redis-py's form for this command."""
        form = self._forms.get(command[0])
        if form is None or isinstance(answer, ResponseError):
            return answer
        try:
            return form(answer)
        except Exception as error:  # The other callers of the batch must not wait forever.
            return error

    def _open_and_send(self, packed: bytes, count: int, timeout_s: float, done: Done) -> None:
        self._opening = asyncio.create_task(self._opened(packed, count, timeout_s, done))

    async def _opened(self, packed: bytes, count: int, timeout_s: float, done: Done) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self._hang_up()
                pool: Any = self._client.connection_pool
                self._connection = _Connection(await pool.get_connection())
                if self._history and (questions := self._history.questions):
                    self._history.learn(await self._connection.ask(questions, timeout_s))
        except Exception as error:  # Any error ends here, because no caller may wait forever.
            await self._hang_up()
            done(error)
        except BaseException:
            done(ConnectionAbortedError("hung up"))
            raise
        else:
            self._connection.exchange(packed, count, timeout_s, done)

    async def _hang_up(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.aclose(self._client)


async def ask(line: Line, command: RedisCommand, timeout_s: float) -> Any:
    """Send one command over `line`, and return its answer. If the call is canceled, disconnect."""
    answers: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()

    line.send([command], timeout_s, _setting(answers))
    try:
        [answer] = await answers
    except asyncio.CancelledError:
        await line.aclose()
        raise
    if isinstance(answer, Exception):
        raise answer
    return answer


def _setting(answers: asyncio.Future[list[Any]]) -> Done:
    """Return a function that sets the result or the error of `answers`, unless it is set."""

    def done(found: list[Any] | Exception) -> None:
        if answers.done():
            return
        if isinstance(found, Exception):
            answers.set_exception(found)
        else:
            answers.set_result(found)

    return done


class _Connection(asyncio.Protocol):
    """A connection that redis-py has opened and that is used without redis-py."""

    def __init__(self, connection: Any) -> None:
        self.is_lost = False
        self._opened = connection
        self._loop = asyncio.get_running_loop()
        self._transport = transport_of(connection)
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

    async def ask(self, commands: Sequence[RedisCommand], timeout_s: float) -> list[Any]:
        """Return the answers to commands, including errors."""
        answers: asyncio.Future[list[Any]] = self._loop.create_future()

        packed = b"".join(map(hiredis.pack_command, commands))
        self.exchange(packed, len(commands), timeout_s, _setting(answers))
        return await answers

    def data_received(self, data: bytes) -> None:
        try:
            self._reader.feed(data)
            while self._missing and (answer := self._reader.gets()) is not False:
                self._answers.append(answer)
                self._missing -= 1
                if isinstance(answer, ReadOnlyError):
                    # The master has become a replica. A new connection finds the new master.
                    raise RedisConnectionError(str(answer))
        except RedisConnectionError as error:
            self._end(error)
            return
        if not self._missing:
            self._finish(self._answers)

    def connection_lost(self, exc: Exception | None) -> None:
        self._former.connection_lost(exc)
        self._end(RedisConnectionError(f"Connection closed by server: {exc or 'end of stream'}"))

    def _end(self, error: Exception) -> None:
        """Close the connection, and pass `error` to the caller of the active batch."""
        self.is_lost = True
        self._transport.abort()
        self._finish(error)

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
    """Return the exception for an error answer. NOSCRIPT and READONLY have classes of their own, by
    which callers recognize these errors.
    """
    if text.startswith("NOSCRIPT"):
        return NoScriptError(text)
    if text.startswith("READONLY"):
        return ReadOnlyError(text)
    return ResponseError(text)
