"""A contact that is no more at Sinch: deleted, or become one with another.

Each contact has a turn of its own, perhaps in another process and shard: what holds on goes from
one to the other through the inbox.
"""

from bot import consent
from bot.address import Address
from bot.inbox import Item, Legacy
from bot.turn import Turn


def give_up(turn: Turn) -> None:
    """End what is under way for a contact that Sinch no longer has, since nothing would reach it.

    Nothing is kept of it but a STOP.
    """
    session = turn.session
    session.frames.clear()
    turn.events_cancelled += session.scheduled
    turn.events_set.clear()
    session.scheduled.clear()
    session.heard.clear()
    session.pause, session.language, session.zone, session.sms_sender = None, "", "", ""
    turn.replies.clear()
    turn.drop_unsent = True


def bequeath(turn: Turn, heir: Address | None) -> None:
    """Let a STOP, the language and the zone hold on for the contact that this one has become."""
    session = turn.session
    legacy = Legacy(session.consent == consent.OUT, session.language, session.zone)
    if heir is not None and legacy != Legacy():
        id = f"legacy:{turn.item.id}"
        turn.bequest = Item(id, at=turn.at, legacy=legacy, address=heir)


def inherit(turn: Turn, legacy: Legacy) -> None:
    """Take over what another contact left that has become this one; what is known here stays."""
    session = turn.session
    session.language = session.language or legacy.language
    session.zone = session.zone or legacy.zone
    if legacy.has_stopped:
        consent.opt_out(turn)
