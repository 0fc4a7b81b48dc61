"""Injected faults of requests, callbacks and deliveries.

Each fault is a rule. A rule with `count` applies only `count` times. A rule with a `rate` below 1
applies at random. The platform's seed makes the random choices repeatable.
"""

import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, field

from bot.emulator.channels import CHANNELS
from bot.emulator.triggers import TRIGGERS
from bot.errors import ConfigError

Rate = Annotated[float, Meta(ge=0, le=1)]
Seconds = Annotated[float, Meta(ge=0, le=86_400)]
Count = Annotated[int, Meta(ge=0)]
Pattern = Annotated[str, Meta(max_length=200)]


class _Rule(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    rate: Rate = 1.0
    count: Count | None = None

    def __post_init__(self) -> None:
        """Check the values of the fields, because the constructor of a struct does not check them.

        Raises:
            ConfigError: a value is wrong, or a pattern matches nothing.
        """
        for name, kind in _kinds(type(self)).items():
            value = getattr(self, name)
            try:
                msgspec.convert(value, kind)
            except msgspec.ValidationError as error:
                allowed = _named_by(kind)
                raise ConfigError(
                    f"{type(self).__name__}({name}={value!r}):"
                    f" {_choice(value, allowed) if allowed else error}"
                ) from error


@cache
def _kinds(rule: type[_Rule]) -> Mapping[str, Any]:
    return get_type_hints(rule, include_extras=True)


def _named_by(kind: Any) -> list[str]:
    return [*get_args(kind)] if get_origin(kind) is Literal else []


def _choice(value: object, known: Sequence[str]) -> str:
    near = get_close_matches(str(value), known, n=1)
    return f"choose one of {', '.join(known)}." + (f" Did you mean {near[0]!r}?" if near else "")


def _require_match(what: str, pattern: str, known: Collection[str]) -> None:
    """Check that a pattern matches at least one of the known names.

    Raises:
        ConfigError: the pattern matches no known name.
    """
    if not any(fnmatchcase(name, pattern) for name in known):
        raise ConfigError(f"{what}={pattern!r} matches nothing: {_choice(pattern, sorted(known))}")


class RequestFault(_Rule, kw_only=True):
    """A fault of requests whose method and path match `on`.

    `on` is a shell pattern for `METHOD /path`, such as `POST */messages:send` or `POST
    /oauth2/token`. First the request waits `delay_s` seconds. Then `action` applies:

    - `none`: nothing.
    - `refuse`: answer with `status`, and `retry_after` as the Retry-After header if it is set.
    - `drop`: close the connection.
    - `expire`: expire all tokens, and answer that the token has expired.
    - `region`: answer like a host of another region.

    If `taken` is True, `refuse` and `drop` apply after the request was carried out.
    """

    on: Pattern = "*"
    action: Literal["none", "refuse", "drop", "expire", "region"] = "none"
    status: Annotated[int, Meta(ge=400, le=599)] = 503
    retry_after: Annotated[str, Meta(max_length=40)] | Count | None = None
    taken: bool = False
    delay_s: Seconds = 0.0


class CallbackFault(_Rule, kw_only=True):
    """A fault of callbacks whose trigger matches the pattern `trigger`.

    A callback is delayed by `delay_s` seconds plus a random time of up to `jitter_s` seconds. The
    random times change the order of callbacks. A callback is then sent `copies` more times. Each
    copy follows the previous copy after `apart_s` seconds, and is signed again.
    """

    trigger: Pattern = "*"
    delay_s: Seconds = 0.0
    jitter_s: Seconds = 0.0
    copies: Annotated[int, Meta(ge=0, le=100)] = 0
    apart_s: Seconds = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        _require_match("CallbackFault: trigger", self.trigger, TRIGGERS)


class DeliveryFault(_Rule, kw_only=True):
    """A fault of messages whose identity and channel match.

    `identity` is a shell pattern (`4670000*`) or a range of numbers (`46700000000-46700000099`).
    Actions:

    - `fail`: report FAILED after QUEUED_ON_CHANNEL, with the codes `reason`, `sub_code` and
      `channel_code`.
    - `refuse`: report FAILED with these codes instead of QUEUED_ON_CHANNEL.
    - `silent`: report nothing after QUEUED_ON_CHANNEL.
    """

    identity: Pattern = "*"
    channel: Pattern = "*"
    action: Literal["fail", "refuse", "silent"] = "fail"
    reason: Annotated[str, Meta(max_length=64)] = "RECIPIENT_NOT_REACHABLE"
    sub_code: Annotated[str, Meta(max_length=64)] = "UNSPECIFIED_SUB_CODE"
    channel_code: Annotated[str, Meta(max_length=64)] = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        _require_match("DeliveryFault: channel", self.channel, CHANNELS)


class Rules(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """All active rules. Only the first rule that matches is applied to a callback or a delivery.

    `request_delay_s` delays every request, and `callback_delay_s` every callback.
    """

    request_delay_s: Seconds = 0.0
    callback_delay_s: Seconds = 0.0
    requests: list[RequestFault] = field(default_factory=list)
    callbacks: list[CallbackFault] = field(default_factory=list)
    deliveries: list[DeliveryFault] = field(default_factory=list)


RuleT = TypeVar("RuleT", bound=_Rule)


class Faults:
    """The active rules, and the random numbers that they use."""

    def __init__(self, seed: int = 0) -> None:
        self.rules = Rules()
        self._dice = random.Random(seed)

    def add(self, *rules: RequestFault | CallbackFault | DeliveryFault) -> None:
        for rule in rules:
            if isinstance(rule, RequestFault):
                self.rules.requests.append(rule)
            elif isinstance(rule, CallbackFault):
                self.rules.callbacks.append(rule)
            else:
                self.rules.deliveries.append(rule)

    def clear(self) -> None:
        self.rules = Rules()

    def for_request(self, method: str, path: str) -> Iterator[RequestFault]:
        """Yield the rules that apply to this request: all delays, and at most one other action."""
        acted = False
        line = f"{method} {path}"
        for rule in self.rules.requests:
            if fnmatchcase(line, rule.on) and not (acted and rule.action != "none"):
                if not self._strikes(rule):
                    continue
                acted = acted or rule.action != "none"
                yield rule

    def callback_delays(self, trigger: str) -> list[float]:
        """Return the delays of a callback and of its copies, in seconds. Without a rule, the only
        delay is `callback_delay_s`.
        """
        usual_s = self.rules.callback_delay_s
        matching = [r for r in self.rules.callbacks if fnmatchcase(trigger, r.trigger)]
        rule = self._first(matching)
        if rule is None:
            return [usual_s]
        late_s = usual_s + rule.delay_s
        late_s += self._dice.uniform(0, rule.jitter_s) if rule.jitter_s else 0.0
        return [late_s + copy * rule.apart_s for copy in range(rule.copies + 1)]

    def for_delivery(self, channel: str, identity: str, *actions: str) -> DeliveryFault | None:
        """Return the first rule that matches this delivery and has one of `actions`; None if there
        is no such rule.
        """
        return self._first(
            [
                rule
                for rule in self.rules.deliveries
                if rule.action in actions
                and fnmatchcase(channel, rule.channel)
                and _in_range(rule.identity, identity)
            ]
        )

    def _first(self, rules: Sequence[RuleT]) -> RuleT | None:
        return next((rule for rule in rules if self._strikes(rule)), None)

    def _strikes(self, rule: _Rule) -> bool:
        if rule.count == 0 or (rule.rate < 1 and self._dice.random() >= rule.rate):
            return False
        if rule.count is not None:
            rule.count -= 1
        return True


def rules_from(given: Any) -> Rules:
    """Return rules from their JSON format.

    Raises:
        msgspec.ValidationError: a rule is wrong. The error names the rule.
    """
    try:
        return msgspec.convert(given, Rules)
    except ConfigError as error:
        raise msgspec.ValidationError(str(error)) from error


def _in_range(pattern: str, identity: str) -> bool:
    first, dash, last = pattern.partition("-")
    if dash and first.isdecimal() and last.isdecimal() and identity.isdecimal():
        return int(first) <= int(identity) <= int(last)
    return fnmatchcase(identity, pattern)
