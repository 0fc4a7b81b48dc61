"""Machines that answer machines: when a contact's messages are no longer answered.

A phone in driving mode, an out-of-office note or another bot answers each message, and each answer
to it costs. The first few are answered, because they may come from a person.
"""

import logging
import re
import zlib
from typing import Literal

from bot.contact.session import Answers, Repeats
from bot.engine.execution import Execution
from bot.flow.states import HANDOFF
from bot.parse import phrase
from bot.parse.auto_replies import is_auto_reply
from bot.telemetry import metrics
from bot.turn.effects import TurnEffects

logger = logging.getLogger(__name__)

MAX_REPEATS = 5
"""Messages in a row that repeat one of the last texts, or are automatic, and are answered."""

MAX_TEXTS = 4
"""Texts that are remembered: machines may say several in turn."""

MIN_AUTO_REPLY_CHARS = 40
"""A shorter text that a flow understands is taken for an answer."""

HOUR_S = 3_600.0

_DIGITS = re.compile(r"\d+")

Reason = Literal["", "machine", "answers_per_hour"]


def silent_because(effects: TurnEffects, max_answers: int, max_repeats: int) -> Reason:
    """Why a message isn't answered; empty if it is."""
    session = effects.session
    answers = session.answers
    is_same_hour = answers is not None and effects.at - answers.since < HOUR_S
    if max_answers and answers and is_same_hour and answers.count >= max_answers:
        return "answers_per_hour"
    repeats = session.repeats
    if repeats is None or not 0 < max_repeats <= repeats.count or not effects.text:
        return ""
    text = effects.text
    return "machine" if _checksum(text) in repeats.texts or is_auto_reply(text) else ""


def leave(reason: Reason) -> None:
    """Count and log a message that isn't answered."""
    metrics.unanswered.labels(reason).inc()
    level = logging.INFO if reason == "machine" else logging.WARNING
    logger.log(
        level,
        "A message is not answered",
        extra={"action": "unanswered", "reason": reason},
    )


def note_answers(effects: TurnEffects) -> None:
    """Count the replies of this turn to a message of the contact."""
    callback = effects.callback
    if not (effects.replies and callback and callback.said):
        return
    answers = effects.session.answers
    if answers is None or effects.at - answers.since >= HOUR_S:
        answers = effects.session.answers = Answers(effects.at)
    answers.count += len(effects.replies)


def note(execution: Execution, max_repeats: int) -> None:
    """Remember a text that nothing understood, or that is automatic; forget them after others."""
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
    if repeats.count == max_repeats:
        _fall_silent(execution)


def _fall_silent(execution: Execution) -> None:
    logger.warning(
        "A contact repeats itself and is no longer answered until it writes something else",
        extra={"action": "machine"},
    )
    if execution.flows.words.repeats_itself(execution.turn) == HANDOFF:
        execution.hand_over("repeats itself")


def _checksum(text: str) -> int:
    """The same for texts that differ only in numbers, such as the time."""
    return zlib.crc32(_DIGITS.sub("0", phrase(text)).encode())
