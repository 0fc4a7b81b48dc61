"""The states of a flow: asks wait for an answer, calls wait for another flow, steps run code.

Asks and calls are data, steps are code. All states are attributes of a `Flow`.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from bot.errors import FlowError
from bot.messages import Message
from bot.parse import Parser

END = "end"
"""The state in which a flow ends."""

HANDOFF = "handoff"
"""The target of a transition that hands the contact over to a person."""

Said = str | Message
Question = Said | Callable[[Any], Said]
Accepted = Callable[..., Any]
"""A parser of `bot.parse`, or your own function that parses an answer.

The function takes an `Answer`, and the services that its further parameters name. The function
raises `NotUnderstood` if it does not understand the answer.
"""

StepFunction = Callable[..., str | Awaitable[str]]
Stale = Literal["reask", "accept", "jump"]


class NoOptions(FlowError):
    """The function for a question's options returned no options."""


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a `choose`: its label, the state to which the option leads, and its synonyms."""

    label: str
    to: str
    synonyms: tuple[str, ...] = ()


Options = Mapping[str, Option | str]
"""Options by key. A text stands for an option with this text as its label."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Options that a function computes when the question is asked.

    The function takes the flow's data and the services in `wants`. `to` has the states to which the
    options may lead. `is_call` is True if the function is async.
    """

    options: Callable[..., Options | Awaitable[Options]]
    to: tuple[str, ...]
    wants: tuple[str, ...] = ()
    is_call: bool = False


@dataclass(frozen=True, slots=True)
class Bursts:
    """The rule by which messages in quick succession count as one answer.

    `merge` joins the texts, one per line. `latest` uses only the last message. A burst ends when no
    message has arrived for `wait_s` seconds.
    """

    policy: Literal["merge", "latest"]
    wait_s: float


@dataclass(frozen=True, slots=True)
class Timeout:
    """The time for which an ask waits for an answer, and the state to which the flow goes after
    this time.
    """

    after_s: float
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A state that asks a question and waits for the answer."""

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
        """Return the target states by trigger."""
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
        """Return the trigger that the option `key` fires when the contact chooses the option."""
        return f"to_{self.options[key].to}" if self.offer else key

    def offering(self, data: Any) -> "Ask":
        """Return this ask with the options that the ask's function returns for the flow's data.

        Raises:
            FlowError: the function returns no options, or an option leads to a state that is not in
                `to`.
        """
        if self.offer is None:
            return self
        return self.with_offered(options_of(self.offer.options(data), self.offer.to))

    def with_offered(self, options: Mapping[str, Option]) -> "Ask":
        """Return this ask with `options`, which the ask's function has returned.

        Raises:
            FlowError: there are no options, or an option leads to a state that is not in `to`.
        """
        assert self.offer is not None, "a function returns the question's options"
        if not options:
            raise NoOptions(
                "The function returns no options. Before the question, add a step that skips"
                " the question if there are no options."
            )
        for key, option in options.items():
            if option.to not in self.offer.to:
                raise FlowError(
                    f"The function's option {key!r} leads to {option.to!r}; `to` declares"
                    f" {', '.join(map(repr, self.offer.to))}. Add {option.to!r} to `to`."
                )
        return replace(self, options=options)

    def sample_options(self) -> dict[str, Option]:
        """Return sample options for previews: one option for each state to which the function's
        options may lead.
        """
        targets = self.offer.to if self.offer else ()
        return {f"option{n}": Option(f"Option {n}", to) for n, to in enumerate(targets, start=1)}

    @property
    def wants(self) -> tuple[str, ...]:
        """The names of the services that the ask's functions take as parameters."""
        return (
            *(self.offer.wants if self.offer else ()),
            *(self.accept.wants if self.accept else ()),
        )


@dataclass(frozen=True, slots=True)
class Call:
    """A state that runs another flow, and continues with the other flow's result."""

    flow: str
    to: str
    data: Callable[[Any], dict[str, Any]] | None = None
    otherwise: str = ""
    state: str = ""

    def targets(self) -> dict[str, str]:
        return {"returned": self.to} | ({"abandoned": self.otherwise} if self.otherwise else {})


@dataclass(frozen=True, slots=True)
class Step:
    """A state that runs a function, and leads to the state that the function returns."""

    function: StepFunction
    to: tuple[str, ...]
    wants: tuple[str, ...] = ()

    def targets(self) -> dict[str, str]:
        return {f"to_{target}": target for target in self.to}


State = Ask | Call | Step


def options_of(options: Any, to: tuple[str, ...]) -> dict[str, Option]:
    """Return the options as `Option`s.

    An option that is only a label leads to the first state of `to`.

    Raises:
        FlowError: the value is not a mapping of options.
    """
    if not isinstance(options, Mapping):
        raise FlowError(
            f"The options are {options!r}; give a dict of keys and labels, or of keys and Options."
        )
    found: dict[str, Option] = {}
    for key, option in options.items():
        if not isinstance(key, str):
            raise FlowError(f"Option {key!r}: a key must be a text; give {str(key)!r}.")
        if isinstance(option, str) and to:
            option = Option(option, to[0])
        if not isinstance(option, Option):
            raise FlowError(f"Option {key!r} is {option!r}; it takes {_as_option(option)}.")
        if not isinstance(option.to, str):
            raise FlowError(
                f"Option {key!r}: to is {option.to!r}; it takes the name of a state: to='confirm'."
            )
        if not isinstance(option.synonyms, str | tuple | list):
            raise FlowError(
                f"Option {key!r}: synonyms is {option.synonyms!r}; it takes a tuple of texts."
            )
        for text in (option.label, *option.synonyms):
            if not isinstance(text, str):
                listed = [*text] if isinstance(text, list | tuple) else []
                words = listed[0] if listed and isinstance(listed[0], str) else str(text)
                raise FlowError(f"Option {key!r}: {text!r} is not a text; give {words!r}.")
        found[key] = option
    return found


def _as_option(value: Any) -> str:
    """Return the Python code of an option, for the error about `value`, which is not an `Option`.

    If `value` has a label and a target, the code has them, e.g. `Option('Small', to='address')`.
    """
    if isinstance(value, Mapping):
        label, to = value.get("label"), value.get("to")
    elif isinstance(value, tuple | list) and value:
        label, to = value[0], value[-1] if len(value) > 1 else None
    else:
        label, to = (None if value is None else str(value)), None
    constants = {END: "END", HANDOFF: "HANDOFF"}
    written = repr(label) if isinstance(label, str) else "'…'"
    target = constants.get(to, repr(to)) if isinstance(to, str) else "…"
    return f"Option({written}, to={target})"
