"""Stops replying to machines, because a machine would answer each reply with another message.

A phone in driving mode, an out-of-office note or another bot answers every message, and each reply
costs money. The first few messages are answered, because a person may have written them.
"""

import logging
import re
import zlib
from typing import Literal, NamedTuple

from bot.contact.session import Answers, Repeats
from bot.engine.execution import Execution
from bot.flow.states import HANDOFF
from bot.messages.app_events import AppEvent
from bot.messages.rendering import plain_text
from bot.messages.sms_parts import sms_parts
from bot.parse import phrase
from bot.parse.auto_replies import is_auto_reply
from bot.telemetry import metrics
from bot.turn.effects import TurnEffects

logger = logging.getLogger(__name__)

MAX_REPEATS = 5
"""Number of consecutive repeated or automatic messages that still get replies."""

MAX_TEXTS = 4
"""Number of the contact's recent texts with which a new text is compared.

An automatic reply or another bot may alternate between several texts.
"""

MIN_AUTO_REPLY_CHARS = 40
"""Minimum length of a text that the flow understands and that counts as an automatic reply.

The length is in characters. If the flow understands a shorter text, the text is an answer.
"""

HOUR_S = 3_600.0
DAY_S = 86_400.0

_DIGITS = re.compile(r"\d+")

Reason = Literal["", "machine", "answers_per_hour", "sms_parts_per_day"]


class Limits(NamedTuple):
    """Limits of the replies to one contact; 0 means no limit."""

    answers_per_hour: int = 0
    sms_parts_per_day: int = 0
    repeats: int = MAX_REPEATS


DEFAULT_LIMITS = Limits()


def silent_because(effects: TurnEffects, limits: Limits) -> Reason:
    """Return the reason why a message gets no reply; "" if it gets a reply."""
    session, now = effects.session, effects.at
    if _is_used_up(session.answers, limits.answers_per_hour, HOUR_S, now):
        return "answers_per_hour"
    is_sms = session.address.channel == "SMS"
    if is_sms and _is_used_up(session.sms_parts, limits.sms_parts_per_day, DAY_S, now):
        return "sms_parts_per_day"
    repeats = session.repeats
    if repeats is None or not 0 < limits.repeats <= repeats.count or not effects.text:
        return ""
    text = effects.text
    return "machine" if _checksum(text) in repeats.texts or is_auto_reply(text) else ""


def _is_used_up(counted: Answers | None, limit: int, length_s: float, now: float) -> bool:
    if not limit or counted is None:
        return False
    return now - counted.since < length_s and counted.count >= limit


def leave(execution: Execution, reason: Reason) -> None:
    """Count and log a message that gets no reply.

    At the first message beyond a limit, ask the flows' `Keywords` whether to call a person.
    """
    metrics.unanswered.count(reason)
    about = {"action": "unanswered", "reason": reason}
    session = execution.session
    counted = {"answers_per_hour": session.answers, "sms_parts_per_day": session.sms_parts}
    limited = counted.get(reason)
    if limited is None or limited.is_reported:
        logger.info("A message is left unanswered", extra=about)
        return
    limited.is_reported = True
    logger.warning("A contact has reached a limit and temporarily gets no answers", extra=about)
    if execution.flows.words.limit_reached(execution.turn, reason) == HANDOFF:
        execution.hand_over("limit reached")


def note_answers(effects: TurnEffects, limits: Limits) -> None:
    """Count the replies of this turn to a message of the contact."""
    callback = effects.callback
    if not (effects.replies and callback and callback.said):
        return
    session, now = effects.session, effects.at
    session.answers = _counted(session.answers, len(effects.replies), HOUR_S, now)
    if limits.sms_parts_per_day and session.address.channel == "SMS":
        session.sms_parts = _counted(session.sms_parts, _sms_parts(effects), DAY_S, now)


def _counted(counted: Answers | None, more: int, length_s: float, now: float) -> Answers:
    if counted is None or now - counted.since >= length_s:
        return Answers(now, more)
    counted.count += more
    return counted


def _sms_parts(effects: TurnEffects) -> int:
    """Return the number of SMS parts of the replies.

    A template counts as one part, because its text is unknown.
    """
    messages = (each.content for each in effects.replies if not isinstance(each.content, AppEvent))
    texts = (plain_text(each.overrides.get("SMS", each)) for each in messages)
    return sum(sms_parts(text)[0] for text in texts)


def note(execution: Execution, limits: Limits) -> None:
    """Record the message's text if the text looks automatic, or if no flow and no keyword
    understood it.

    Any other text clears the record.
    """
    effects, session = execution.effects, execution.session
    text = effects.text
    if not text:
        return
    may_be_auto = not effects.understood or len(text) >= MIN_AUTO_REPLY_CHARS
    is_auto = may_be_auto and is_auto_reply(text)
    if effects.understood and not is_auto:
        session.repeats = None
        return
    repeats = session.repeats = session.repeats or Repeats()
    checksum = _checksum(text)
    if is_auto or checksum in repeats.texts:
        repeats.count += 1
    if checksum not in repeats.texts:
        repeats.texts = [*repeats.texts, checksum][-MAX_TEXTS:]
    if 0 < limits.repeats == repeats.count:
        _fall_silent(execution)


def _fall_silent(execution: Execution) -> None:
    logger.warning(
        "A contact repeats the same message and gets no answer until the contact writes"
        " something else",
        extra={"action": "machine"},
    )
    if execution.flows.words.repeats_itself(execution.turn) == HANDOFF:
        execution.hand_over("repeats itself")


def _checksum(text: str) -> int:
    """Return a checksum of a text without its numbers, because repeats may contain different
    times.
    """
    return zlib.crc32(_DIGITS.sub("0", phrase(text)).encode())
