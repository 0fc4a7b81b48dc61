"""Predicts how long a new reply waits in the outbox.

`bot.outbox.send_policy` decides when the reply is sent. The turn needs this time earlier: a message
that the contact writes before seeing a question must not count as the question's answer. But the
question may be sent before the predicted time. So before a message is refused as an answer, the
outbox is read, to find out whether the question still waits there.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from bot.contact import quiet_hours
from bot.contact.session import Session
from bot.messages import Message
from bot.turn import messaging_window
from bot.turn.durations import seconds

UNTIL_WRITTEN_TO = 1e12
"""A Unix second in the far future, for a reply that waits until the contact writes."""


REMINDER_MAX_AGE_S = 3_600.0
"""Maximum age of a reminder, in seconds, if the flow declares no `max_age`. Older reminders are not
sent.
"""


def _no_quiet_hours(_: str) -> str:
    return ""


class HoldRules(NamedTuple):
    """The settings that decide how long replies wait.

    - `outside`: the treatment of messages outside the messaging window.
    - `properties`: the channel properties of all messages.
    - `quiet_hours_of`: returns the quiet hours of a purpose.
    - `zone`: the time zone of contacts whose zone is unknown.
    """

    outside: str = "wait"
    properties: Mapping[str, str] = {}
    quiet_hours_of: Callable[[str], str] = _no_quiet_hours
    zone: str = ""


DEFAULT_RULES = HoldRules()


def held_until(
    rules: HoldRules, reply: Any, session: Session, now: float, *, proactive: bool
) -> float:
    """Return the Unix second until which a reply waits; 0 if the reply does not wait.

    Every wait ends earlier if the contact writes. Replies that are already in the outbox are not
    considered.
    """
    if not isinstance(reply.content, Message):
        return 0.0
    hours = rules.quiet_hours_of(reply.purpose) if proactive and not reply.urgent else ""
    until = quiet_hours.end_at(hours, session, now, rules.zone) if hours else now
    if (reply.outside or rules.outside) == "wait" and not _is_open(rules, reply, session, until):
        return UNTIL_WRITTEN_TO
    return until if until > now else 0.0


def expires_at(
    rules: HoldRules, reply: Any, session: Session, since: float, *, proactive: bool
) -> float:
    """Return the Unix second from which a reply is too old to be sent; infinity if there is none.

    The age counts from `since`. If quiet hours apply to the reply at `since`, the age counts from
    their end.
    """
    if reply.max_age:
        max_age_s = seconds(reply.max_age)
    elif reply.is_reminder:
        max_age_s = REMINDER_MAX_AGE_S
    else:
        return math.inf
    if proactive and not reply.urgent:
        hours = rules.quiet_hours_of(reply.purpose)
        since = quiet_hours.end_at(hours, session, since, rules.zone)
    return since + max_age_s


def _is_open(rules: HoldRules, reply: Any, session: Session, at: float) -> bool:
    """Return whether the messaging window allows the reply at Unix second `at`."""
    channel = next(iter(reply.options.get("channel_priority_order", ())), session.address.channel)
    if channel not in messaging_window.LENGTH_S:
        return True
    properties = {**rules.properties, **reply.options.get("channel_properties", {})}
    if messaging_window.is_open(channel, session.heard.get(channel), properties, at):
        return True
    return not messaging_window.is_free_form(reply.content.to_json(), channel)
