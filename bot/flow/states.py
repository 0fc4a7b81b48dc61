"""The states of a flow: asks, which wait for an answer, calls, which wait for another flow, and
steps, which run and go on.

Asks and calls are data, steps are code; all are attributes of a `Flow`.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from bot.errors import FlowError
from bot.messages import Message
from bot.parse import Parser, any_of, as_parser
from bot.parse.answer import is_async, parameters_after_first
from bot.turn.durations import seconds

END = "end"
"""The state in which a flow is over."""

HANDOFF = "handoff"
"""The target that hands the contact over to a person."""

Said = str | Message
Question = Said | Callable[[Any], Said]
Accepted = Callable[..., Any]
"""A parser of `bot.parse`, or a function of one's own that raises `NotUnderstood`. It takes an
`Answer`, and the services that it names.
"""

StepFunction = Callable[..., str | Awaitable[str]]
Stale = Literal["reask", "accept", "jump"]


class NoOptions(FlowError):
    """A question whose function offers no options now."""


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a `choose`: what is shown, where it leads, and what else means the same."""

    label: str
    to: str
    synonyms: tuple[str, ...] = ()


Options = Mapping[str, Option | str]
"""Each key with its option, or with a label alone."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Options that are only known when the question is put: a function of the flow's data and of
    the services in `wants` gives them. `to` are the states they may lead to. `is_call` says that
    the function is async.
    """

    options: Callable[..., Options | Awaitable[Options]]
    to: tuple[str, ...]
    wants: tuple[str, ...] = ()
    is_call: bool = False


@dataclass(frozen=True, slots=True)
class Bursts:
    """What becomes of messages that come close together: `merge` makes their texts one answer, a
    line each; `latest` takes the last alone. A burst is over when nothing came for `wait_s`.
    """

    policy: Literal["merge", "latest"]
    wait_s: float


@dataclass(frozen=True, slots=True)
class Timeout:
    """When an ask stops waiting, and where the flow goes then."""

    after_s: float
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A state that puts a question and waits for its answer."""

    question: Question
    options: Mapping[str, Option] = field(default_factory=dict)
    offer: Offer | None = None
    accept: Parser[Any] | None = None
    to: str = ""
    reask: Question | None = None
    attempts: int | None = None
    otherwise: str = ""
    remind: tuple[tuple[float, Said], ...] = ()
    timeout: Timeout | None = None
    stale: Stale = "reask"
    secret: bool = False
    label: str = ""
    bursts: Bursts | None = None

    def targets(self) -> dict[str, str]:
        """Where this state leads, by trigger."""
        leads = {key: option.to for key, option in self.options.items()}
        if self.offer:
            leads = {f"to_{target}": target for target in self.offer.to}
        if self.accept:
            leads["answered"] = self.to
        if self.attempts and self.otherwise:
            leads["gave_up"] = self.otherwise
        if self.timeout:
            leads["timed_out"] = self.timeout.to
        return leads

    def trigger(self, key: str) -> str:
        """What choosing an option fires."""
        return f"to_{self.options[key].to}" if self.offer else key

    def offering(self, data: Any) -> "Ask":
        """This ask with the options that its function gives for the flow's data.

        Raises:
            FlowError: it gives none, or one that leads where `to` doesn't say.
        """
        if self.offer is None:
            return self
        return self.with_offered(options_of(self.offer.options(data), self.offer.to))

    def with_offered(self, options: Mapping[str, Option]) -> "Ask":
        """This ask with options that its function has given.

        Raises:
            FlowError: there are none, or one leads where `to` doesn't say.
        """
        assert self.offer is not None, "there is a function"
        if not options:
            raise NoOptions("The function offers no options. Go elsewhere if there are none.")
        for key, option in options.items():
            if option.to not in self.offer.to:
                raise FlowError(
                    f"The function's option {key!r} leads to {option.to!r}; `to` declares"
                    f" {', '.join(map(repr, self.offer.to))}. Add it there."
                )
        return replace(self, options=options)

    def sample_options(self) -> dict[str, Option]:
        """Options as its function may give them, one for each state that they may lead to."""
        targets = self.offer.to if self.offer else ()
        return {f"option{n}": Option(f"Option {n}", to) for n, to in enumerate(targets, start=1)}

    @property
    def wants(self) -> tuple[str, ...]:
        """The services that its functions name."""
        return (
            *(self.offer.wants if self.offer else ()),
            *(self.accept.wants if self.accept else ()),
        )


@dataclass(frozen=True, slots=True)
class Call:
    """A state that runs another flow and goes on with what it returns."""

    flow: str
    to: str
    data: Callable[[Any], dict[str, Any]] | None = None
    otherwise: str = ""
    state: str = ""

    def targets(self) -> dict[str, str]:
        return {"returned": self.to} | ({"abandoned": self.otherwise} if self.otherwise else {})


@dataclass(frozen=True, slots=True)
class Step:
    """A state that runs a function and goes where it says."""

    function: StepFunction
    to: tuple[str, ...]
    wants: tuple[str, ...] = ()

    def targets(self) -> dict[str, str]:
        return {f"to_{target}": target for target in self.to}


State = Ask | Call | Step


def choose(
    question: Question,
    options: Options | Callable[..., Options | Awaitable[Options]],
    *,
    to: str | tuple[str, ...] = (),
    reask: Question | None = None,
    attempts: int | None = None,
    otherwise: str = "",
    remind: Mapping[str, Said] | None = None,
    timeout: tuple[str, str] | None = None,
    stale: Stale = "reask",
    label: str = "",
    bursts: tuple[str, str] | None = None,
) -> Ask:
    """Ask for one of `options`, by key: tapped, or typed as label, key, synonym or number.

    The key of the answer is kept in the flow's data under the state's name. Options may be labels
    alone; these lead to `to`. A function of the flow's data gives options that are only known then;
    `to` names every state they may lead to, the first one for labels alone. If it asks another
    system, it is async, and its further parameters name services. Its keys should name
    the thing itself, such as a product's number, since an older button counts where its key is
    offered still. More than ten are shown in pages. `question` is a text, a `Text`, `Choice`,
    `Card`, `Carousel` or `ListMessage`, or a function of the flow's data that gives one. After
    `attempts` answers that are none of them the flow goes to `otherwise`. `remind` maps a time
    after the question to what is said then; `timeout` is a time and the state to go to. `stale`
    says what a button of this question does once another one waits: that one is asked again, the
    answer is taken all the same, or the flow jumps back here. `label` is what "change …" calls the
    answer, by default the state's name. `bursts` is `("merge", "2s")` or `("latest", "2s")`, for
    contacts who answer in several messages.

        size = choose("Which size?", {"small": Option("Small", to="address")})
        at = choose("What time?", lambda data: {at: at for at in data.free}, to="confirm")
    """
    targets = (to,) if isinstance(to, str) else tuple(to)
    times = _times(remind, timeout)
    return Ask(
        question=_sayable(question),
        options={} if callable(options) else options_of(options, targets),
        offer=_offer(options, targets) if callable(options) else None,
        reask=reask and _sayable(reask),
        attempts=attempts,
        otherwise=otherwise,
        remind=times[0],
        timeout=times[1],
        stale=stale,
        label=label,
        bursts=bursts_of(bursts),
    )


def ask(
    question: Question,
    *,
    accept: Accepted | tuple[Accepted, ...],
    to: str,
    reask: Question | None = None,
    attempts: int | None = None,
    otherwise: str = "",
    remind: Mapping[str, Said] | None = None,
    timeout: tuple[str, str] | None = None,
    secret: bool = False,
    label: str = "",
    bursts: tuple[str, str] | None = None,
) -> Ask:
    """Ask for an answer that one of the parsers in `accept` understands; the first that does wins.

    The parsed value is kept in the flow's data under the state's name. Everything else is as in
    `choose`.

        age = ask("How old are you?", accept=parse.integer(min=0), to="done")
    """
    if isinstance(accept, list):
        raise FlowError("accept is a list; give one parser, or a tuple: accept=(…, …).")
    times = _times(remind, timeout)
    return Ask(
        question=_sayable(question),
        accept=any_of(*accept) if isinstance(accept, tuple) else as_parser(accept),
        to=to,
        reask=reask and _sayable(reask),
        attempts=attempts,
        otherwise=otherwise,
        remind=times[0],
        timeout=times[1],
        secret=secret,
        label=label,
        bursts=bursts_of(bursts),
    )


def call(
    flow: str,
    *,
    to: str,
    data: Callable[[Any], dict[str, Any]] | None = None,
    otherwise: str = "",
    state: str = "",
) -> Call:
    """Run another flow, by name, then go to `to`.

    `data` makes the other flow's data out of this one's; the other flow begins in `state`, or in
    its first state. What that flow returns is stored in this flow's data under the state's name. If
    the other flow ended because its last question timed out or took too many attempts, this one
    goes to `otherwise`, if that is set, and nothing is stored.
    """
    wrong: list[str] = []
    if not isinstance(flow, str):
        wrong.append(
            f"call takes the flow's name: call({getattr(flow, 'name', '') or 'address'!r}, …)."
        )
    if data is not None and not callable(data):
        wrong.append(f"data is {data!r}; it takes a function: data=lambda data: {data!r}.")
    if wrong:
        raise FlowError(" ".join(wrong))
    if data is not None:
        _of_data(data)
    return Call(flow, to, data, otherwise, state)


def step(
    function: None = None, /, *, to: str | tuple[str, ...] = ()
) -> Callable[[StepFunction], Step]:
    """Make a method a state that runs, async or not, and returns the name of the next one.

    `to` declares every state it may return; another one is a `FlowError` when it happens.
    """
    targets = (to,) if isinstance(to, str) else tuple(to)
    if function or not targets:
        raise FlowError("A step says where it may lead: @step(to='confirm'), or @step(to=END).")

    def wrap(function: StepFunction) -> Step:
        return Step(function, targets, wanted(function))

    return wrap


def wanted(function: Callable[..., Any]) -> tuple[str, ...]:
    """The services that a method names: its parameters after `self` and the turn.

    Raises:
        FlowError: it doesn't take these two.
    """
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = list(inspect.signature(function).parameters.values())
    if len(parameters) < 2 and not any(each.kind == each.VAR_POSITIONAL for each in parameters):
        raise FlowError(
            f"{function.__name__}() must take the turn: def {function.__name__}(self, turn)."
        )
    return tuple(
        each.name for each in parameters[2:] if each.kind in kinds and each.default is each.empty
    )


def bursts_of(bursts: tuple[str, str] | None) -> Bursts | None:
    """`("merge", "2s")` as `Bursts`.

    Raises:
        FlowError: it is neither merge nor latest with a time.
    """
    match bursts:
        case None:
            return None
        case (("merge" | "latest") as policy, str(wait)):
            return Bursts(policy, seconds(wait))
    raise FlowError(f"bursts is {bursts!r}; it takes ('merge', '2s') or ('latest', '2s').")


def _sayable(said: Question) -> Question:
    if isinstance(said, str | Message):
        return said
    if callable(said):
        return _of_data(said)
    raise FlowError(f"{said!r} can't be said; give a text, one of bot's messages, or a function.")


def _of_data(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`function`, if it is one of the flow's data."""
    name = getattr(function, "__name__", repr(function))
    if inspect.iscoroutinefunction(function):
        raise FlowError(
            f"{name}() is async; only a function that offers options may be. Let a step before the"
            " question find out what it needs, and keep that in self.data."
        )
    try:
        inspect.signature(function).bind(None)
    except TypeError:
        raise FlowError(f"{name}() must take the flow's data alone: lambda data: …") from None
    except ValueError:
        pass  # A function in C tells nothing of itself.
    return function


def _offer(function: Callable[..., Any], to: tuple[str, ...]) -> Offer:
    """The offer of a function of the flow's data and of the services that it names."""
    name = getattr(function, "__name__", repr(function))
    try:
        wants = parameters_after_first(function)
    except TypeError:
        raise FlowError(
            f"{name}() must take the flow's data: lambda data: …. An async function may name"
            " services after it."
        ) from None
    is_call = is_async(function)
    if wants and not is_call:
        raise FlowError(
            f"{name}() takes {', '.join(wants)} beside the flow's data. A function that calls a"
            f" service is async: async def {name}(data, {', '.join(wants)})."
        )
    return Offer(function, to, wants, is_call)


def options_of(options: Any, to: tuple[str, ...]) -> dict[str, Option]:
    """Return options as they are given, with labels alone as options that lead to the first of
    `to`.

    Raises:
        FlowError: these are no options.
    """
    if not isinstance(options, Mapping):
        raise FlowError(
            f"The options are {options!r}; give a label or an Option for each key of a dict."
        )
    found: dict[str, Option] = {}
    for key, option in options.items():
        if not isinstance(key, str):
            raise FlowError(f"Option {key!r}: a key is a text; give {str(key)!r}.")
        if isinstance(option, str) and to:
            option = Option(option, to[0])
        if not isinstance(option, Option):
            raise FlowError(f"Option {key!r} is {option!r}; it takes Option({option!r}, to=…).")
        for text in (option.label, *option.synonyms):
            if not isinstance(text, str):
                raise FlowError(f"Option {key!r}: {text!r} is no text; give {str(text)!r}.")
        found[key] = option
    return found


def _times(
    remind: Mapping[str, Said] | None, timeout: tuple[str, str] | None
) -> tuple[tuple[tuple[float, Said], ...], Timeout | None]:
    """`remind` and `timeout` as states have them.

    Raises:
        FlowError: what is wrong with either, or with both.
    """
    reminders: tuple[tuple[float, Said], ...] = ()
    ends: Timeout | None = None
    wrong: list[str] = []
    try:
        reminders = _reminders(remind)
    except FlowError as error:
        wrong.append(str(error))
    try:
        ends = _timeout(timeout)
    except FlowError as error:
        wrong.append(str(error))
    if wrong:
        raise FlowError(" ".join(wrong))
    return reminders, ends


def _reminders(remind: Mapping[str, Said] | None) -> tuple[tuple[float, Said], ...]:
    if remind is not None and not isinstance(remind, Mapping):
        raise FlowError(
            f"remind is {remind!r}; it takes what is said when: {{'1h': 'Still there?'}}."
        )
    timed = ((_length("remind", after), words) for after, words in (remind or {}).items())
    return tuple(sorted(timed, key=_after))


def _after(reminder: tuple[float, Said]) -> float:
    return reminder[0]


def _timeout(timeout: tuple[str, str] | None) -> Timeout | None:
    if timeout is None:
        return None
    if not isinstance(timeout, tuple) or len(timeout) != 2:
        raise FlowError(f"timeout is {timeout!r}; it takes a time and a state: ('24h', END).")
    return Timeout(_length("timeout", timeout[0]), timeout[1])


def _length(option: str, text: str) -> float:
    try:
        return seconds(text)
    except FlowError as error:
        raise FlowError(f"{option}: {error}") from error
