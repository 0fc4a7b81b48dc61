"""What a contact answered, and what it takes to make a typed value of it."""

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial, reduce
from operator import or_
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from bot.callbacks import ContactMessage
from bot.errors import BotError, FlowError

T = TypeVar("T")


class NotUnderstood(BotError):
    """The answer isn't one; `hint` is a sentence for the contact saying what would be, or empty.

    A parser of your own raises it too. It never repeats what the contact wrote.
    """

    def __init__(self, hint: str = "") -> None:
        super().__init__(hint or "The answer was not understood.")
        self.hint = hint


def _utc() -> str:
    return "UTC"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of a contact, with all that its meaning depends on.

    `text` is empty where the message has none, `postback` where nothing was tapped. `locale` is a
    BCP-47 tag, `now` an aware instant: "tomorrow" is counted from there, by the clock of `zone`.
    `data` is the data of the flow that asks, to be read; None if no question takes the answer.
    """

    message: ContactMessage
    text: str = ""
    postback: str = ""
    channel: str = ""
    locale: str = "en"
    now: datetime
    find_zone: Callable[[], str] = _utc
    data: Any = None
    services: Mapping[str, Any] = {}

    @property
    def zone(self) -> str:
        """The contact's time zone, an IANA name. It is looked up here, as few answers need it."""
        return self.find_zone()


@dataclass(frozen=True, slots=True)
class Parser(Generic[T]):
    """Reads an answer as a value of `type`.

    A value passes through JSON: `msgspec.to_builtins(value)` there, `restore` back, which for every
    parser but `any_of` is `msgspec.convert(value, parser.type)`. `labels` are texts of its own that
    catalogs translate, `wants` the services that an author's function names, `is_call` says that
    such a function is async.
    """

    type: Any
    read: Callable[[Answer], T | Awaitable[T]]
    choices: "tuple[Parser[Any], ...]" = ()
    labels: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
    is_call: bool = False

    def __call__(self, answer: Answer | None = None) -> T | Awaitable[T]:
        if answer is None:
            raise FlowError(
                "This parser is one already; write it without brackets, as parse.email and"
                " parse.location."
            )
        return self.read(answer)

    def restore(self, value: Any) -> T:
        """The value from which `msgspec.to_builtins` made `value`.

        Dates, times and exact numbers are kept as text in JSON, and no msgspec union may hold two
        of those; so `any_of` tries its parsers in turn, those that take most last.

        Raises:
            msgspec.ValidationError: it is no value of this parser.
        """
        for parser in sorted(self.choices, key=lambda each: _GREED.get(each.type, 0)):
            try:
                found: T = parser.restore(value)
            except msgspec.ValidationError:
                continue
            return found
        if self.choices:
            raise msgspec.ValidationError(f"The value is none of {self.type}.")
        restored: T = msgspec.convert(value, self.type)
        return restored


class Parts(msgspec.Struct):
    """The values of a burst of several messages, in their order."""

    values: list[Any]


_GREED = {Decimal: 1, str: 2, Any: 3}
"""An exact number is restored from an int too, a str from every text."""


def as_parser(own: Callable[..., Any]) -> Parser[Any]:
    """`own` itself if it is a parser, else a parser around it.

    `own` may be any function of an `Answer`, sync or async; further parameters name services. What
    it says it returns is the type that its values are restored to. Without an annotation they stay
    what JSON makes of them.

    Raises:
        FlowError: `own` can't be called, is a parser's maker, or what it returns can't be restored.
    """
    if isinstance(own, Parser):
        return own
    name = getattr(own, "__qualname__", repr(own))
    if not callable(own):
        raise FlowError(f"{name} is no parser; it takes one of bot.parse or a function of yours.")
    if own in (str, int, float, bool):
        raise FlowError(
            f"{name} doesn't read answers; take one of bot.parse, such as parse.text()."
        )
    if inspect.isfunction(own) and own.__module__.startswith(f"{__package__}."):
        raise FlowError(f"parse.{name} makes a parser: write parse.{name}(), with brackets.")
    returned = _returned_by(own, name)
    try:
        msgspec.convert(None, returned)
    except msgspec.ValidationError:
        pass  # None isn't one of its values, that's all.
    except TypeError as error:
        raise FlowError(f"{name} returns {returned}, which JSON can't restore: {error}") from error
    try:
        wants = parameters_after_first(own)
    except TypeError:
        raise FlowError(
            f"{name}() must take an answer: def {name}(answer). Services may be named after it."
        ) from None

    def with_services(answer: Answer) -> Any:
        return own(answer, **{name: answer.services[name] for name in wants})

    read = with_services if wants else own
    return Parser(returned, read, wants=wants, is_call=is_async(own))


def parameters_after_first(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names of a function's parameters after the first that have no default.

    Raises:
        TypeError: it does not take one argument.
    """
    try:
        parameters = [*inspect.signature(function).parameters.values()]
    except ValueError:
        return ()  # A function in C tells nothing of itself.
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    wants = tuple(
        each.name for each in parameters[1:] if each.kind in kinds and each.default is each.empty
    )
    inspect.signature(function).bind(None, **dict.fromkeys(wants))
    return wants


def is_async(function: Callable[..., Any]) -> bool:
    """Whether calling a function makes a coroutine, as far as can be told without calling it."""
    while isinstance(function, partial):
        function = function.func
    called = function if inspect.isroutine(function) else type(function).__call__
    return inspect.iscoroutinefunction(called)


def _returned_by(own: Callable[..., Any], name: str) -> Any:
    """The type that a function's annotations say it returns, now or when awaited."""
    while isinstance(own, partial):
        own = own.func
    try:
        hints = get_type_hints(own if inspect.isroutine(own) else type(own).__call__)
    except NameError as error:
        raise FlowError(
            f"The annotations of {name} name {error.name}, which isn't there when the flow runs:"
            " import it outside of `if TYPE_CHECKING`."
        ) from error
    returned = hints.get("return", Any)
    if get_origin(returned) in (Awaitable, Coroutine):
        return get_args(returned)[-1]
    return returned


async def apply(parser: Callable[[Answer], Any], answer: Answer) -> Any:
    """The value that `parser`, sync or async, makes of `answer`.

    Raises:
        NotUnderstood: it can't make one.
    """
    value = parser(answer)
    return await value if inspect.isawaitable(value) else value


def any_of(*parsers: Callable[[Answer], Any]) -> Parser[Any]:
    """The value of the first parser that understands; all their hints where none does.

    The order matters: what stands behind `parse.text()` is never asked.
    """
    if not parsers:
        raise FlowError("parse.any_of() takes one parser at least.")
    choices = tuple(as_parser(parser) for parser in parsers)

    async def read(answer: Answer) -> Any:
        hints: dict[str, None] = {}
        for parser in choices:
            try:
                return await apply(parser, answer)
            except NotUnderstood as error:
                hints[error.hint] = None
        raise NotUnderstood(" ".join(filter(None, hints)))

    leaves = tuple(leaf for parser in choices for leaf in parser.choices or (parser,))
    labels = tuple(label for leaf in leaves for label in leaf.labels)
    return Parser(
        reduce(or_, (leaf.type for leaf in leaves)),
        read,
        leaves,
        labels,
        tuple(dict.fromkeys(name for leaf in leaves for name in leaf.wants)),
        any(leaf.is_call for leaf in leaves),
    )
