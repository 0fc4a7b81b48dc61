"""Logs errors in an author's code that do not fail the turn. The logs leave out the contact's
data.
"""

import logging
from collections.abc import Iterator

from bot.telemetry.redaction import (
    format_exception,
    strings_in,
    summarize_error,
    user_traceback,
)
from bot.turn.effects import TurnEffects

logger = logging.getLogger(__name__)


def log_survived(effects: TurnEffects, what: str, error: Exception, action: str) -> None:
    """Log an error that does not fail the turn, and report the error to a simulation."""
    where = effects.where
    error.with_traceback(user_traceback(error))
    logger.error(
        what,
        extra={
            "action": action,
            "flow": where.flow,
            "state": where.state,
            "exception": format_exception(error, _private(effects)),
        },
        exc_info=error,
    )
    effects.problem = effects.problem or error


def summary(effects: TurnEffects, error: Exception) -> tuple[str, str]:
    """Return the type and the masked text of an error, and the line that raised the error."""
    return summarize_error(error, _private(effects))


def _private(effects: TurnEffects) -> Iterator[str]:
    address = effects.session.address
    yield from (address.identity, address.key, effects.text, effects.postback)
    yield from (each.text for each in effects.messages)
    yield from strings_in([part.data for part in (effects.item.start, effects.item.event) if part])
    yield from strings_in(effects.session.data)
    for run in effects.session.runs:
        yield from strings_in(run.data)
