"""Where a contact stands, in the words of a `.chat` file."""

from bot.consent import OUT
from bot.session import Session
from bot.testing.chat_file import NO_FLOW


def standing_of(session: Session | None) -> str:
    """`order/address`, or `no flow`; with `paused` or `opted out` after a comma where it is so."""
    frame = session.frame if session else None
    words = [f"{frame.flow}/{frame.state}" if frame else NO_FLOW]
    if session and session.pause is not None:
        words.append("paused")
    if session and session.consent == OUT:
        words.append("opted out")
    return ", ".join(words)
