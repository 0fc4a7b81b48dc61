"""Converts commits, verdicts and replies to and from the form that the scripts use."""

from typing import Any

from bot.settings import Settings
from bot.store.keys import LOG_MARGIN, as_ms
from bot.store.model import (
    Commit,
    Dead,
    Hold,
    Outgoing,
    Overtake,
    Retry,
    Sent,
    Unknown,
    Verdict,
    Work,
)


def commit_arguments(settings: Settings, work: Work, changes: Commit) -> list[Any]:
    """Return the arguments of `commit.lua`, from the fourth argument on."""
    replies = [b"%s %s" % (id.encode(), body) for id, body in changes.outbox]
    names = {timer.name for timer in changes.timers_set}
    canceled = [name for name in changes.timers_cancelled if name not in names]
    timers = [
        part for timer in changes.timers_set for part in (timer.name, as_ms(timer.due), timer.item)
    ]
    return [
        changes.handled,
        *_session_arguments(work.session, changes.session),
        b"1" if changes.clear_outbox else b"2" if changes.end_hold else b"0",
        *(settings.log_turns, as_ms(settings.log_s * LOG_MARGIN)),
        changes.dead or b"",
        changes.log if settings.log_turns else b"",
        int(changes.restart_log_lifetime),
        *(len(replies), *replies),
        *(len(canceled), *canceled),
        *(len(changes.timers_set), *timers),
    ]


def _session_arguments(before: bytes | None, after: bytes | None) -> tuple[bytes, bytes]:
    if before == after:
        return b"", b""
    return (b"0", b"") if after is None else (b"1", after)


def verdict_arguments(verdict: Verdict) -> tuple[Any, ...]:
    """Return the fifth to seventh arguments of `settle.lua`."""
    match verdict:
        case Sent(_, item):
            return (b"sent", b"", item or b"")
        case Retry(until):
            return (b"retry", as_ms(until), b"")
        case Unknown(until):
            return (b"unknown", as_ms(until), b"")
        case Hold(until):
            return (b"hold", as_ms(until), b"")
        case Overtake(id):
            return (b"overtake", id, b"")
        case Dead(letter, item):
            return (b"dead", letter, item or b"")


def outgoing_of(answer: list[Any] | None) -> Outgoing | None:
    """Return the next reply to send, decoded from the result of `next_send` in `prelude.lua`."""
    if answer is None:
        return None
    entry, unknown, tries = answer
    return Outgoing.of(entry, bool(unknown), tries)
