"""Writes the state of a contact in the form of `.chat` files."""

from bot.contact.session import Run, Session
from bot.engine.consent import OUT
from bot.testing.chat_file import NO_FLOW


def label_of(session: Session | None) -> str:
    """Return the contact's state, such as `order/address` or `no flow`.

    `paused` or `opted out` may follow after a comma.
    """
    if session is None:
        return in_words(None)
    is_paused, is_out = session.pause is not None, session.consent == OUT
    return in_words(session.run, is_paused=is_paused, is_out=is_out)


def in_words(run: Run | None, *, is_paused: bool = False, is_out: bool = False) -> str:
    """Return the state of `run`, the active run, in the form of `label_of`."""
    words = [f"{run.flow}/{run.state}" if run else NO_FLOW]
    words += ["paused"] * is_paused + ["opted out"] * is_out
    return ", ".join(words)
