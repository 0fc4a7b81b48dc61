"""Hooks: functions that run around turns and sends, and services that handlers receive.

A module of your flows may define one `Hooks`:

    hooks = Hooks()

    @hooks.service
    async def database(settings):
        async with connect(os.environ["DATABASE_URL"]) as pool:
            yield pool

Every step, handler or keyword with a parameter `database` then receives the pool. Services are
opened once when a worker starts, in the order of their definition, and closed in reverse order. The
parameter `conversation_api` needs no hook: it receives the bot's own
`bot.conversation_api.ConversationApi`.
"""

import contextlib
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from pathlib import Path
from traceback import extract_tb
from typing import Any, NamedTuple, TypeVar

from bot.callbacks.files import DownloadedFile
from bot.errors import ConfigError, FlowError
from bot.flow.places import place_of_function
from bot.items.outbound import OutboundEntry
from bot.settings import Settings
from bot.telemetry.redaction import is_unmasked
from bot.turn.turn import Turn

Proceed = Callable[[], Awaitable[None]]
AroundTurn = Callable[[Turn, Proceed], Awaitable[None]]
AroundSend = Callable[[OutboundEntry, Proceed], Awaitable[None]]
Service = Callable[[Settings], AsyncIterator[Any]]
Recognizer = Callable[[Turn, Mapping[str, str]], Awaitable[str | None]]
Transcribe = Callable[[Turn, DownloadedFile], Awaitable[str | None]]

Tell = Callable[..., Awaitable[None]]

OF_THE_BOT = ("conversation_api",)
"""Services that need no hook: the bot's own client of the Conversation API."""

KINDS = ("service", "around_turn", "around_send", "handoff", "recognize", "transcribe")
"""The methods of `Hooks` by which functions are registered."""

T = TypeVar("T")


class Forwarder(NamedTuple):
    """A function that notifies agents, and the names of the services that the function takes."""

    function: Tell
    wants: tuple[str, ...]


class Transcriber(NamedTuple):
    """A function that transcribes recordings, and its limits."""

    function: Transcribe
    timeout_s: float
    max_bytes: int


class Hooks:
    """The functions and services that a module of flows registers."""

    def __init__(self) -> None:
        self.services: dict[str, Service] = {}
        self.turns: list[AroundTurn] = []
        self.sends: list[AroundSend] = []
        self.recognizer: tuple[Recognizer, float] | None = None
        self.transcriber: Transcriber | None = None
        self.forward: Forwarder | None = None

    def service(self, make: Service) -> Service:
        """Register an asynchronous generator.

        The yielded service is passed to every function with a parameter of this name.
        """
        if make.__name__ in self.services:
            raise FlowError(
                f"There are two services {make.__name__!r} in the Hooks. Rename one of them."
            )
        self.services[make.__name__] = make
        return make

    def around_turn(self, around: AroundTurn) -> AroundTurn:
        """Register a function that runs around each turn: `await proceed()` runs the turn itself.

        If the function does not await `proceed()` exactly once, the turn fails, so the function
        cannot skip a turn. To send nothing to a contact, use `around_send`. If the function raises
        an exception, the turn fails. The function that is defined first is outermost.
        """
        _require_parameters("around_turn", around, "turn", "proceed")
        self.turns.append(around)
        return around

    def around_send(self, around: AroundSend) -> AroundSend:
        """Register a function that runs around each request that sends a message or event.

        The function takes the entry of the outbox. The entry's `body` is the whole request. `await
        proceed()` sends the request. If the function does not call `proceed()`, the message is
        dropped. If the function raises an exception before the request, the request is tried again
        later. If the function raises an exception after the request, the exception is logged. The
        function that is defined first is outermost.
        """
        _require_parameters("around_send", around, "entry", "proceed")
        self.sends.append(around)
        return around

    def handoff(self, tell: Tell) -> Tell:
        """Register a function that notifies your agents of hand-overs.

        The function is also called for the contact's messages and events until the bot continues.

        The function takes a mapping (see `bot.outbox.forwarding`) and the services that its
        parameters name. The calls for one contact are made in order. If the function raises an
        exception, the call is repeated later, so the function may get the same `id` twice.
        """
        if self.forward is not None:
            raise FlowError(_second("handoff", self.forward.function, tell))
        self.forward = Forwarder(tell, tuple(inspect.signature(tell).parameters)[1:])
        return tell

    def recognize(self, timeout_s: float = 3.0) -> Callable[[Recognizer], Recognizer]:
        """Register a function that interprets texts that are neither an answer nor a keyword.

        The function takes the turn and the candidates. The candidates are a mapping of keys to
        texts: the options of the question, or the flows that can be started. The function returns
        one of the keys, or None. An exception, or a call of more than `timeout_s` seconds, counts
        as None.
        """

        _require_call("recognize", self, timeout_s)

        def wrap(function: Recognizer) -> Recognizer:
            _require_parameters("recognize", function, "turn", "candidates")
            if self.recognizer is not None:
                raise FlowError(_second("recognize", self.recognizer[0], function))
            self.recognizer = (function, timeout_s)
            return function

        return wrap

    def transcribe(
        self, timeout_s: float = 10.0, max_bytes: int = 16_000_000
    ) -> Callable[[Transcribe], Transcribe]:
        """Register a function that transcribes a contact's recordings.

        The transcript counts as the text of the message.

        The function takes the turn and the recording, and returns the text or None. The download
        and the function together may take `timeout_s` seconds. If the download or the function
        fails, the recording has no text. The text is recorded with the turn, so a rerun of the turn
        does not call the function again.
        """

        _require_call("transcribe", self, timeout_s)

        def wrap(function: Transcribe) -> Transcribe:
            _require_parameters("transcribe", function, "turn", "recording")
            if self.transcriber is not None:
                raise FlowError(_second("transcribe", self.transcriber.function, function))
            self.transcriber = Transcriber(function, timeout_s, max_bytes)
            return function

        return wrap

    def run(self, turn: Turn, proceed: Proceed) -> Awaitable[None]:
        """Run `proceed` inside all functions of `around_turn`.

        Raises:
            FlowError: a function does not await `proceed()` exactly once.
        """
        for around in reversed(self.turns):
            proceed = _within(around, turn, proceed, "around_turn", is_optional=False)
        return proceed()

    def send(self, entry: OutboundEntry, proceed: Proceed) -> Awaitable[None]:
        """Run `proceed` inside all functions of `around_send`.

        Raises:
            FlowError: a function calls `proceed()` without `await`, or twice.
        """
        for around in reversed(self.sends):
            proceed = _within(around, entry, proceed, "around_send", is_optional=True)
        return proceed()

    @contextlib.asynccontextmanager
    async def open(self, settings: Settings) -> AsyncIterator[dict[str, Any]]:
        """Yield the services by name. The services are open until the context ends.

        Raises:
            ConfigError: a service is not an asynchronous generator function, or cannot be opened.
        """
        async with contextlib.AsyncExitStack() as stack:
            opened: dict[str, Any] = {}
            for name, make in self.services.items():
                if not inspect.isasyncgenfunction(make):
                    raise ConfigError(
                        f"Service {name!r} must be an `async def` that yields the service once."
                    )
                context = contextlib.asynccontextmanager(make)
                try:
                    opened[name] = await stack.enter_async_context(context(settings))
                except Exception as error:
                    # An author's code may raise anything, and the error's text may contain a
                    # password.
                    said = str(error).removesuffix(".")
                    text = f": {said}." if is_unmasked() and said else "."
                    raise ConfigError(
                        f"Service {name!r} can't be opened: {_place(error, make)}"
                        f" raised {type(error).__name__}{text} Correct the code there, or start"
                        " the server that the service connects to."
                    ) from error
            yield opened


def _require_call(hook: str, hooks: object, timeout_s: object) -> None:
    """Raise FlowError if `Hooks` or a decorator with options is written without parentheses."""
    if not isinstance(hooks, Hooks):
        raise FlowError(
            f"hooks.{hook}: Hooks is a class, but a hook needs an object. Write hooks = Hooks(),"
            " with parentheses."
        )
    if callable(timeout_s):
        raise FlowError(f"hooks.{hook} takes options: write @hooks.{hook}(), with parentheses.")
    if isinstance(timeout_s, bool) or not isinstance(timeout_s, int | float):
        raise FlowError(
            f"hooks.{hook}: timeout_s is {timeout_s!r}; it takes a number of seconds: timeout_s=3."
        )


def _require_parameters(hook: str, function: Callable[..., Any], *names: str) -> None:
    """Raise FlowError if a hook's function does not take the hook's arguments."""
    name = getattr(function, "__name__", repr(function))
    try:
        inspect.signature(function).bind(*names)
    except TypeError:
        raise FlowError(
            f"hooks.{hook}: {name}() must take {' and '.join(names)}:"
            f" async def {name}({', '.join(names)})."
        ) from None


def _second(hook: str, first: Callable[..., Any], second: Callable[..., Any]) -> str:
    return (
        f"hooks.{hook} takes one function, and there are two: {first.__name__!r} and"
        f" {second.__name__!r}. Call both from one function."
    )


def _place(error: Exception, function: Callable[..., Any]) -> str:
    """Return the file and line at which the author's function failed."""
    path = inspect.getfile(function)
    lines = [each.lineno for each in extract_tb(error.__traceback__) if each.filename == path]
    return f"{Path(path).name}:{lines[-1] if lines else function.__code__.co_firstlineno}"


def _within(
    around: Callable[[T, Proceed], Awaitable[None]],
    what: T,
    inner: Proceed,
    hook: str,
    *,
    is_optional: bool,
) -> Proceed:
    """Return a function that runs `inner` inside `around`.

    If `is_optional` is True, `around` need not call `inner`.
    """

    async def run() -> None:
        calls: list[Coroutine[Any, Any, None]] = []
        has_begun = False

        async def call() -> None:
            nonlocal has_begun
            has_begun = True
            await inner()

        def proceed() -> Coroutine[Any, Any, None]:
            if calls:
                raise _misused(hook, around, "calls proceed() twice. Call it once")
            calls.append(call())
            return calls[0]

        try:
            await around(what, proceed)
        finally:
            if calls and not has_begun:
                calls[0].close()
        if calls and not has_begun:
            raise _misused(
                hook, around, "does not await proceed(). Write `await proceed()`, in an `async def`"
            )
        if not calls and not is_optional:
            raise _misused(
                *(hook, around),
                "has not called proceed(), so no flow handles the turn. Write `await proceed()`,"
                " in an `async def`, on every path. To send nothing to a contact, use"
                " @hooks.around_send, which may return without proceed()",
            )

    return run


def _misused(hook: str, around: Callable[..., Any], how: str) -> FlowError:
    name = getattr(around, "__name__", repr(around))
    return FlowError(f"{place_of_function(around)}: hooks.{hook}: {name}() {how}.")
