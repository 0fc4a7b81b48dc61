"""The answer of a contact, and the base class of parsers."""

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial, reduce
from operator import or_
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints, overload

import msgspec

from bot.callbacks import ContactMessage
from bot.errors import BotError, FlowError

T = TypeVar("T")


class NotUnderstood(BotError):
    """The answer is not understood.

    `hint` is a text for the contact that says what to answer, such as "Please give a number.";
    `hint` may be empty. `hint` must not repeat the contact's text. Your own parsers may raise this
    error, too.
    """

    def __init__(self, hint: str = "") -> None:
        super().__init__(hint or "The answer was not understood.")
        self.hint = hint


class NotAwaited(FlowError):
    """The parser `function` has returned a coroutine without awaiting it."""

    def __init__(self, function: Callable[..., Any], coroutine: str) -> None:
        super().__init__(
            f"{getattr(function, '__qualname__', function)}() returned the coroutine of"
            f" {coroutine}() without awaiting it. Write await before the call: return await"
            f" {coroutine}(…)"
        )
        self.function = function


def _utc() -> str:
    return "UTC"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of a contact, with everything on which the meaning of the answer depends.

    - `text`: empty if the message has no text.
    - `postback`: empty if the contact tapped nothing.
    - `locale`: a BCP-47 tag.
    - `now`: an aware datetime. "tomorrow" is the day after `now` in the time zone `zone`.
    - `data`: the data of the asking flow; None if no question waits. A parser must not change
      `data`.
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
        """The contact's time zone, an IANA name.

        The zone is computed only when a parser uses the zone, because few answers need a zone.
        """
        return self.find_zone()


@dataclass(frozen=True, slots=True)
class Parser(Generic[T]):
    """Converts an answer to a value of `type`.

    - `choices`: the single parsers of an `any_of`; otherwise empty.
    - `labels`: texts of the parser that catalogs translate.
    - `wants`: the names of the services that an author's function takes.
    - `is_call`: whether an author's function is async.

    Values are stored as JSON. `msgspec.to_builtins(value)` converts a value to JSON, and `restore`
    converts the JSON back to a value. For a single parser, `restore` is `msgspec.convert(value,
    parser.type)`.

    A call without an answer returns the parser, so `parse.email()` is the same as `parse.email`.
    """

    type: Any
    read: Callable[[Answer], T | Awaitable[T]]
    choices: "tuple[Parser[Any], ...]" = ()
    labels: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
    is_call: bool = False

    @overload
    def __call__(self) -> "Parser[T]": ...

    @overload
    def __call__(self, answer: Answer) -> T | Awaitable[T]: ...

    def __call__(self, answer: Answer | None = None) -> "Parser[T] | T | Awaitable[T]":
        return self if answer is None else self.read(answer)

    def restore(self, value: Any) -> T:
        """Convert a stored value, which `msgspec.to_builtins` has made, to a value of `type`.

        Dates, times and decimal numbers are stored as texts. So msgspec cannot restore a union of
        these types. The parsers of an `any_of` try to restore the value one by one, the parsers
        with the most general types last.

        Raises:
            msgspec.ValidationError: `value` is not a stored value of this parser.
        """
        for parser in sorted(self.choices, key=lambda each: _GREED.get(each.type, 0)):
            try:
                found: T = parser.restore(value)
            except msgspec.ValidationError:
                continue
            return found
        if self.choices:
            raise msgspec.ValidationError(f"The value is of none of the types {self.type}.")
        restored: T = msgspec.convert(value, self.type)
        return restored


class Parts(msgspec.Struct, Generic[T], tag="parts"):
    """The values of a burst of several messages, in order.

    In a flow's declared data, write the type of the values in brackets: `parse.Parts[parse.Media]`.
    """

    values: list[T]


_GREED = {Decimal: 1, str: 2, Any: 3}
"""Types that also accept stored values of other types, and the order in which types are tried.

`Decimal` accepts an int, and `str` accepts any text. A type with a higher number is tried later.
"""


_INSTEAD_OF: dict[Any, str] = {
    str: "parse.text()",
    int: "parse.integer()",
    float: "parse.decimal()",
    bool: "parse.yes_no()",
}
"""The parser to suggest if an author gives a type instead of a parser, e.g. `accept=int`."""


def as_parser(own: Callable[..., Any]) -> Parser[Any]:
    """Return a parser that calls the function `own`. If `own` is a `Parser`, return `own`.

    `own` may be any function of an `Answer`, sync or async. Further parameters of `own` name
    services. The annotated return type of `own` is the type of restored values. Without an
    annotation, restored values stay plain JSON.

    Raises:
        FlowError: `own` cannot be called, is a function that makes parsers, or has a return type
            that cannot be restored.
    """
    if isinstance(own, Parser):
        return own
    name = getattr(own, "__qualname__", repr(own))
    if not callable(own):
        raise FlowError(f"{name} is not a parser. Use a parser of bot.parse, or your own function.")
    if own in _INSTEAD_OF:
        raise FlowError(
            f"{name} doesn't read answers. Use a parser of bot.parse: {_INSTEAD_OF[own]}."
        )
    if inspect.isfunction(own) and own.__module__.startswith(f"{__package__}."):
        raise FlowError(f"parse.{name} makes a parser: write parse.{name}(), with parentheses.")
    if inspect.isgeneratorfunction(own) or inspect.isasyncgenfunction(own):
        raise FlowError(f"{name}() has a `yield`, so calling it runs nothing. Return the value.")
    returned = _returned_by(own, name)
    try:
        msgspec.convert(None, returned)
    except msgspec.ValidationError:
        pass  # None is not an answer of the function.
    except TypeError as error:
        raise FlowError(f"{name} returns {returned}, which JSON can't restore: {error}") from error
    try:
        wants = parameters_after_first(own)
    except TypeError:
        raise FlowError(
            f"{name}() must take an answer: def {name}(answer). Services may follow as further"
            " parameters."
        ) from None

    def with_services(answer: Answer) -> Any:
        return own(answer, **{name: answer.services[name] for name in wants})

    with_services.__wrapped__ = own  # type: ignore[attr-defined]  # for errors
    read = with_services if wants else own
    return Parser(returned, read, wants=wants, is_call=is_async(own))


def parameters_after_first(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names of a function's parameters after the first parameter.

    Parameters with a default are left out.

    Raises:
        TypeError: the function does not take a first argument.
    """
    try:
        parameters = [*inspect.signature(function).parameters.values()]
    except ValueError:
        return ()  # Functions written in C may have no signature.
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    wants = tuple(
        each.name for each in parameters[1:] if each.kind in kinds and each.default is each.empty
    )
    inspect.signature(function).bind(None, **dict.fromkeys(wants))
    return wants


def is_async(function: Callable[..., Any]) -> bool:
    """Return whether a call of `function` would return a coroutine. `function` is not called."""
    while isinstance(function, partial):
        function = function.func
    called = function if inspect.isroutine(function) else type(function).__call__
    return inspect.iscoroutinefunction(called)


def _returned_by(own: Callable[..., Any], name: str) -> Any:
    """Return a function's annotated return type. For `Awaitable[T]` and coroutines, return `T`."""
    while isinstance(own, partial):
        own = own.func
    try:
        hints = get_type_hints(own if inspect.isroutine(own) else type(own).__call__)
    except NameError as error:
        raise FlowError(
            f"The annotations of {name} name {error.name}, which isn't imported when the flow"
            " runs. Import it outside of `if TYPE_CHECKING`."
        ) from error
    returned = hints.get("return", Any)
    if get_origin(returned) in (Awaitable, Coroutine):
        return get_args(returned)[-1]
    return returned


async def apply(parser: Callable[[Answer], Any], answer: Answer) -> Any:
    """Return the value that `parser`, a sync or async function, returns for `answer`.

    Raises:
        NotUnderstood: the parser does not understand the answer.
        NotAwaited: the parser returns a coroutine without awaiting it.
    """
    value = parser(answer)
    if inspect.isawaitable(value):
        value = await value
    if inspect.iscoroutine(value):
        value.close()
        own = parser.read if isinstance(parser, Parser) else parser
        raise NotAwaited(inspect.unwrap(own), value.__qualname__)
    return value


def any_of(*parsers: Callable[[Answer], Any]) -> Parser[Any]:
    """Make a parser that tries `parsers` in order.

    The first parser that understands the answer decides the value. If no parser understands the
    answer, the hint joins the hints of all parsers.

    The order matters: parsers after `parse.text()` are never tried.
    """
    if not parsers:
        raise FlowError("parse.any_of() needs at least one parser.")
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
