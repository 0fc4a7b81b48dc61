"""Consent: a contact who said STOP gets no messages, whatever the flows do.

A STOP drops what is committed and not yet sent, ends the active flows and silences the outbox.
START opens it again. The answers of `Keywords` to STOP itself, and to HELP afterwards, are all that
such a contact is sent.
"""

from bot import callbacks
from bot.callbacks import Callback
from bot.contact.session import Session
from bot.engine.stack import Stack
from bot.flow.consent_keywords import HELP, START, STOP, plain
from bot.flow.keywords import Keywords
from bot.items.inbound import Item
from bot.turn.effects import TurnEffects
from bot.turn.turn import Turn

OUT = "out"
IN = "in"


def meant(text: str) -> str:
    """OUT or IN where this whole message stops or starts messages; else empty."""
    word = plain(text)
    return OUT if word in STOP else IN if word in START else ""


def heard(effects: TurnEffects, turn: Turn, words: Keywords) -> bool:
    """Take a message that is about consent, or comes from somebody who said STOP.

    False where it is for the flows.
    """
    session, said = effects.session, effects.text or effects.postback
    was_out, wish = session.consent == OUT, meant(said)
    if wish == OUT:
        opt_out(effects)
        if not was_out:
            words.stopped(turn)
    elif was_out and wish == IN:
        session.consent = IN
        words.started(turn)
    elif was_out and plain(said) in HELP:
        words.help_after_stop(turn)
    else:
        return was_out
    effects.despite_stop = True
    return True


def notified(effects: TurnEffects) -> None:
    """Take an OPT_IN or OPT_OUT callback, or a STOP in a message that was injected into the past. A
    START there counts for nothing: a STOP that is known may be newer.
    """
    callback = effects.callback
    if callback is None:
        return
    if effects.event == "injected" and meant(effects.text) == OUT:
        opt_out(effects)
    if callback.opt_out_notification and callback.opt_out_notification.status != "OPT_OUT_FAILED":
        opt_out(effects)
    if callback.opt_in_notification and callback.opt_in_notification.status == "OPT_IN_SUCCEEDED":
        effects.session.consent = IN


def opt_out(effects: TurnEffects) -> None:
    """Silence the bot for this contact, at once, and end all runs."""
    Stack(effects).end_all("stopped")
    effects.drop_unsent = silence(effects.session)


def silence(session: Session) -> bool:
    """Keep that this contact said STOP; whether what is not yet sent is to be dropped.

    While a person has the contact nothing is, since what is to be forwarded to the person waits
    there too; what would reach the contact is dropped as it leaves.
    """
    session.consent = OUT
    session.chains = []
    session.tapped = None
    return session.pause is None


def is_stop(item: Item) -> bool:
    """Whether this is a STOP, in whatever form: it holds even where its turn fails."""
    if item.legacy:
        return item.legacy.has_stopped
    callback = callbacks.decode(bytes(item.callback)) if item.callback else Callback()
    notice, message = callback.opt_out_notification, callback.message
    if message and message.contact_message:
        said, tapped = message.contact_message.text, message.contact_message.choice_response_message
        return meant(said or (tapped.postback_data if tapped else "")) == OUT
    return notice is not None and notice.status != "OPT_OUT_FAILED"


def allows(session: Session | None) -> bool:
    """Whether the contact may be written to."""
    return session is None or session.consent != OUT
