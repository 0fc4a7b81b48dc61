"""The functions that make states, `ask`, `choose`, `call` and `step`, with checks of arguments."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.errors import FlowError
from bot.flow.states import (
    Accepted,
    Ask,
    Bursts,
    Call,
    Offer,
    Options,
    Question,
    Said,
    Stale,
    Step,
    StepFunction,
    Timeout,
    options_of,
)
from bot.messages import Message
from bot.parse import any_of, as_parser
from bot.parse.answer import is_async, parameters_after_first
from bot.turn.durations import seconds


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
    """Ask the contact to choose one of `options`.

    A contact taps an option, or types the option's label, key, synonym or number.

    The key of the chosen option is stored in the flow's data under the state's name. If a message
    cannot show all options, the options are offered in pages.

    - `question`: a text, a `Text`, `Choice`, `Card`, `Carousel` or `ListMessage`, or a function of
      the flow's data that returns one of these.
    - `options`: `Option`s or labels by key. An option that is only a label leads to `to`.
      `options` may also be a function of the flow's data that returns such options. Then `to` names
      every state to which the options may lead, and labels lead to the first state in `to`. A
      function that calls another system is async; its parameters after the data name services. A
      function without `async` takes only the data. A tap on an older button is accepted if an
      option with the button's key is still offered. So a key that a function returns should
      identify the option itself, such as the number of a product.
    - `attempts`: after this many answers that match no option, the flow goes to `otherwise`.
    - `remind`: maps a duration after the question, such as `"30m"`, to the reminder that is sent
      then.
    - `timeout`: a duration after the question, such as `"24h"`, and the state to which the flow
      then goes. The durations of `remind` and `timeout` begin again if the question is asked again.
    - `stale`: the effect of a tap on a button of this question while another question waits.
      `"reask"` asks the waiting question again, `"accept"` stores the answer nevertheless, and
      `"jump"` returns to this question.
    - `label`: the name of the answer in "change …"; by default the state's name.
    - `bursts`: `("merge", "2s")` or `("latest", "2s")`, for contacts who answer in several
      messages.

        size = choose("Which size?", {"small": Option("Small", to="address")})
        at = choose("What time?", lambda data: {at: at for at in data.free}, to="confirm")
    """
    require_types(attempts=attempts, otherwise=otherwise, stale=stale, label=label)
    targets = names_of("to", to)
    times = _times(remind, timeout)
    return Ask(
        question=_sayable(question),
        options={} if callable(options) else options_of(options, targets),
        offer=_offer(options, targets) if callable(options) else None,
        reask=None if reask is None else _sayable(reask),
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
    """Ask for an answer that a parser in `accept` understands.

    The first parser that understands the answer is used.

    The parsed value is stored in the flow's data under the state's name. A `secret` answer is
    encrypted in the store and masked. All other parameters are as in `choose`.

        age = ask("How old are you?", accept=parse.integer(min=0), to="done")
    """
    if isinstance(accept, list):
        raise FlowError("accept is a list; give one parser, or a tuple: accept=(…, …).")
    require_types(target=to, attempts=attempts, otherwise=otherwise, secret=secret, label=label)
    times = _times(remind, timeout)
    return Ask(
        question=_sayable(question),
        accept=any_of(*accept) if isinstance(accept, tuple) else as_parser(accept),
        to=to,
        reask=None if reask is None else _sayable(reask),
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
    """Run the flow with the name `flow`, then go to `to`.

    `data` is a function that takes the calling flow's data and returns the called flow's data. The
    called flow starts in `state`, or by default in its first state. The result of the called flow
    is stored in the calling flow's data under the name of this call's state.

    The called flow may end because its last question timed out or had too many attempts. If
    `otherwise` is set, the calling flow then goes to `otherwise`, and no result is stored.
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
    require_types(target=to, otherwise=otherwise, state=state)
    if data is not None:
        _of_data(data)
    return Call(flow, to, data, otherwise, state)


def step(
    function: None = None, /, *, to: str | tuple[str, ...] = ()
) -> Callable[[StepFunction], Step]:
    """Make a method a state. The method may be async, and returns the name of the next state.

    `to` declares every state that the method may return. If the method returns another state, a
    `FlowError` is raised.
    """
    targets = names_of("to", to)
    if function or not targets:
        raise FlowError(
            "@step names no state. Write the states that the step may lead to: @step(to='confirm'),"
            " or @step(to=END)."
        )

    def wrap(function: StepFunction) -> Step:
        return Step(function, targets, wanted(function))

    return wrap


_TYPES: Mapping[str, tuple[tuple[type, ...], str]] = {
    "attempts": ((int, type(None)), "a whole number: attempts=3"),
    "otherwise": ((str,), "the name of a state: otherwise=HANDOFF"),
    "target": ((str,), "the name of one state: to='confirm', or to=END"),
    "state": ((str,), "the name of a state: state='confirm'"),
    "stale": ((str,), "'reask', 'accept' or 'jump'"),
    "secret": ((bool,), "True or False"),
    "label": ((str,), "a text: label='size'"),
}
"""The type of each option of a state, and the form that an error suggests. The key `target` stands
for a `to` that takes one state.
"""


def require_types(**options: Any) -> None:
    """Raise FlowError if options of a state have wrong types. The error names each wrong option."""
    wrong: list[str] = []
    for name, value in options.items():
        types, form = _TYPES[name]
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            written = "to" if name == "target" else name
            wrong.append(f"{written} is {value!r}; it takes {form}.")
    if wrong:
        raise FlowError(" ".join(wrong))


def names_of(option: str, value: Any) -> tuple[str, ...]:
    """Return the names in `value`, which is one name, or a tuple or list of names.

    `option` is the name of the option, for the error.

    Raises:
        FlowError: `value` is of another type.
    """
    names = (value,) if isinstance(value, str) else value
    if not isinstance(names, tuple | list) or not all(isinstance(each, str) for each in names):
        raise FlowError(
            f"{option} is {value!r}; it takes the name of a state, or a tuple of names:"
            f" {option}=('confirm', END)."
        )
    return tuple(names)


def wanted(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the services that a method takes: the names of its parameters after `self` and turn.

    Raises:
        FlowError: the method does not take `self` and the turn, or is a generator.
    """
    if not callable(function):
        raise FlowError(f"{function!r} is not a method. Write the decorator above a def.")
    require_no_yield(function, "Send messages by turn.say(…), and return the result.")
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = list(inspect.signature(function).parameters.values())
    if len(parameters) < 2 and not any(each.kind == each.VAR_POSITIONAL for each in parameters):
        raise FlowError(
            f"{function.__name__}() must take the turn: def {function.__name__}(self, turn)."
        )
    return tuple(
        each.name for each in parameters[2:] if each.kind in kinds and each.default is each.empty
    )


def require_no_yield(function: Callable[..., Any], way_out: str) -> None:
    """Raise FlowError if a function is a generator, because a call of a generator runs none of its
    code.
    """
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise FlowError(
            f"{function.__name__}() has a `yield`, so calling it runs nothing. {way_out}"
        )


def bursts_of(bursts: tuple[str, str] | None) -> Bursts | None:
    """Convert an option such as `("merge", "2s")` to `Bursts`.

    Raises:
        FlowError: the value is not `"merge"` or `"latest"` with a time.
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
    raise FlowError(
        f"{said!r} is not a message; give a text, a message object such as Text(…), or a function."
    )


def _of_data(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Check a function that computes a value from the flow's data, and return the function.

    Raises:
        FlowError: the function is async or a generator, or does not take the flow's data alone.
    """
    name = getattr(function, "__name__", repr(function))
    if inspect.iscoroutinefunction(function):
        raise FlowError(
            f"{name}() is async; only a function that returns options may be async. Compute the"
            " values in a step before the question, and store them in self.data."
        )
    require_no_yield(function, "Return the value instead.")
    try:
        inspect.signature(function).bind(None)
    except TypeError:
        raise FlowError(f"{name}() must take only the flow's data: lambda data: …") from None
    except ValueError:
        pass  # Functions written in C may have no signature.
    return function


def _offer(function: Callable[..., Any], to: tuple[str, ...]) -> Offer:
    """Return an `Offer` of the options that `function` computes.

    The function takes the flow's data. If the function is async, it may also take services.

    Raises:
        FlowError: the function does not take the flow's data, is a generator, or takes services
            without being async.
    """
    name = getattr(function, "__name__", repr(function))
    require_no_yield(function, "Return a dict of the options instead.")
    try:
        wants = parameters_after_first(function)
    except TypeError:
        raise FlowError(
            f"{name}() must take the flow's data: lambda data: …. An async function may also take"
            " services, after the data."
        ) from None
    is_call = is_async(function)
    if wants and not is_call:
        written = name if name.isidentifier() else "options"
        raise FlowError(
            f"{name}() takes {', '.join(wants)} besides the flow's data. A function that calls a"
            f" service is async: async def {written}(data, {', '.join(wants)})."
        )
    return Offer(function, to, wants, is_call)


def _times(
    remind: Mapping[str, Said] | None, timeout: tuple[str, str] | None
) -> tuple[tuple[tuple[float, Said], ...], Timeout | None]:
    """Return `remind` and `timeout` in the form that an `Ask` stores.

    Raises:
        FlowError: `remind` or `timeout` is wrong; the message has all errors.
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
            f"remind is {remind!r}; it maps times to messages: {{'1h': 'Still there?'}}."
        )
    timed: list[tuple[float, Said]] = []
    names: dict[float, str] = {}
    for after, words in (remind or {}).items():
        after_s = _length("remind", after)
        if after_s in names:
            raise FlowError(
                f"remind: {names[after_s]!r} and {after!r} are the same time. Choose one message."
            )
        names[after_s] = after
        timed.append((after_s, words))
    return tuple(sorted(timed, key=_after))


def _after(reminder: tuple[float, Said]) -> float:
    return reminder[0]


def _timeout(timeout: tuple[str, str] | None) -> Timeout | None:
    if timeout is None:
        return None
    if not isinstance(timeout, tuple) or len(timeout) != 2:
        raise FlowError(f"timeout is {timeout!r}; it takes a time and a state: ('24h', END).")
    if not isinstance(timeout[1], str):
        raise FlowError(
            f"timeout is {timeout!r}; its second part is the name of a state: ('24h', END)."
        )
    if not _is_length(timeout[0]) and _is_length(timeout[1]):
        raise FlowError(f"timeout is {timeout!r}; the time comes first: ({timeout[1]!r}, END).")
    return Timeout(_length("timeout", timeout[0]), timeout[1])


def _is_length(value: Any) -> bool:
    try:
        return bool(seconds(value))
    except FlowError:
        return False


def _length(option: str, text: str) -> float:
    try:
        return seconds(text)
    except FlowError as error:
        raise FlowError(f"{option}: {error}") from error
