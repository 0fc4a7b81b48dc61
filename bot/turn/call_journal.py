"""Records results of a turn's calls to other systems, so that a rerun does not repeat the calls."""

import inspect
from collections.abc import Callable, Coroutine
from inspect import CORO_CREATED, getcoroutinestate
from typing import Any, Protocol

import msgspec

from bot.errors import FlowError


class Journal(Protocol):
    """Stores results of `Turn.once` until the turn is committed, even if the process crashes."""

    async def read(self, key: str) -> bytes | None:
        """Return the result recorded under `key` for the current item; None if there is none."""

    async def write(self, key: str, value: bytes) -> None:
        """Record one result. The record is durable when this method returns."""


class Once:
    """The calls of `Turn.once` in one turn.

    `results` has the result of each call as JSON. The key is the number of the call and the name of
    the function, e.g. `1:book_table`.
    """

    def __init__(self, journal: Journal) -> None:
        self.results: dict[str, bytes] = {}
        self._journal = journal
        self._calls: dict[str, Coroutine[Any, Any, Any]] = {}

    def call(
        self,
        run: Callable[..., Any],
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Coroutine[Any, Any, Any]:
        """Return the recorded result. If there is none, call `run` and record the result.

        `run` is `function` itself, or the stand-in for `function` in a test.
        """
        if not callable(function):
            if inspect.iscoroutine(function):
                function.close()
            name = getattr(function, "__name__", repr(function))
            raise FlowError(
                "turn.once takes the function and its arguments, not the result of a call: write"
                f" turn.once({name}, …)."
            )
        key = f"{len(self._calls) + 1}:{getattr(function, '__qualname__', function)}"
        self._calls[key] = made = self._made(key, run, function, args, kwargs)
        return made

    async def _made(
        self,
        key: str,
        run: Callable[..., Any],
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        recorded = await self._journal.read(key)
        if recorded is None:
            result = run(*args, **kwargs)
            if inspect.isawaitable(result):
                result = await result
            if inspect.iscoroutine(result):
                result.close()
                raise FlowError(
                    f"{key} returned the coroutine of {result.__qualname__}() without awaiting it."
                    f" Write await before the call: return await {result.__qualname__}(…)"
                )
            try:
                recorded = msgspec.json.encode(result)
            except TypeError as error:
                raise FlowError(
                    f"The result of {key} can't be stored as JSON: {error}. Return a text, a"
                    " number, a list, a dict or a dataclass from the function."
                ) from error
            await self._journal.write(key, recorded)
        self.results[key] = recorded
        return _result(function, recorded)

    def drop(self) -> list[str]:
        """Close the calls that were never awaited. Return the names of the called functions."""
        if not self._calls:
            return []
        left = [key for key, call in self._calls.items() if getcoroutinestate(call) == CORO_CREATED]
        for key in left:
            self._calls[key].close()
        return [key.partition(":")[2] for key in left]

    def require_awaited(self) -> None:
        """Raise a FlowError if a call was never awaited."""
        for what in self.drop():
            raise FlowError(
                f"turn.once({what}, …) isn't awaited, so nothing was called. Write: await"
                " turn.once(…)"
            )


def _result(function: Callable[..., Any], recorded: bytes) -> Any:
    """Return the recorded result converted to the function's declared return type."""
    try:
        declared = inspect.signature(function, eval_str=True).return_annotation
    except (TypeError, ValueError, NameError):
        declared = inspect.Signature.empty
    kind = Any if declared in (inspect.Signature.empty, None) else declared
    try:
        return msgspec.json.decode(recorded, type=kind)
    except (msgspec.ValidationError, TypeError):
        return msgspec.json.decode(recorded)
