"""Consent: a contact who said STOP gets no messages, whatever the flows do.

A STOP drops what is committed and not yet sent, ends the active flows and silences the outbox.
START opens it again. The answers of `Keywords` to STOP itself, and to HELP afterwards, are all that
such a contact is sent.
"""

from typing import Literal

from bot import callbacks
from bot.callbacks import Callback
from bot.contact.session import Session
from bot.engine.execution import Walk
from bot.engine.stack import Stack
from bot.flow.consent_keywords import HELP, plain
from bot.flow.stop_phrases import Rule, wish_of
from bot.items.inbound import Item
from bot.parse import confirmation
from bot.turn.effects import TurnEffects

OUT = "out"
IN = "in"

Wish = Literal["", "out", "in", "ask", "unclear", "stay"]
"""What a message says about consent; `stay` is the No to the question whether to stop messages."""

MAX_ANSWER_CHARS = 100
"""Characters of a Yes or No."""


def wish(session: Session, text: str, rule: Rule, language: str) -> Wish:
    """What a contact's message says about consent."""
    found: Wish = wish_of(text, rule, is_asked=bool(session.chains))
    if not session.stop_asked_at or found == OUT or not text:
        return found
    if found in ("ask", "unclear"):
        return "out"
    is_sure = None
    if len(text) <= MAX_ANSWER_CHARS:
        is_sure = confirmation.meaning(text, session.language or language)
    return found if is_sure is None else "out" if is_sure else "stay"


def take(walk: Walk) -> bool:
    """Take a message that is about consent, or comes from somebody who said STOP.

    False if it is for the flows.
    """
    effects, session, words = walk.effects, walk.session, walk.flows.words
    was_asked, session.stop_asked_at = session.stop_asked_at > 0, 0.0
    was_out = session.consent == OUT
    if effects.wish == OUT:
        opt_out(effects)
        if not was_out:
            words.stopped(walk.turn)
            if was_asked and not effects.replies:
                words.help_after_stop(walk.turn)
    elif was_asked and effects.wish == "stay":
        words.not_stopped(walk.turn)
        walk.repeats = True
        return True
    elif was_out and effects.wish == IN:
        session.consent = IN
        words.started(walk.turn)
    elif was_out and plain(effects.text or effects.postback) in HELP:
        words.help_after_stop(walk.turn)
    else:
        return was_out
    effects.despite_stop = True
    return True


def ask(walk: Walk) -> bool:
    """Ask whether to stop all messages, if the message speaks of it; False if it doesn't."""
    if walk.effects.wish not in ("ask", "unclear"):
        return False
    put_question(walk)
    return True


def put_question(walk: Walk) -> None:
    """Ask whether to stop all messages. The next message answers it, or leaves it."""
    walk.session.stop_asked_at = walk.effects.at
    walk.effects.say(walk.flows.words.stop_question(walk.turn))


def notified(effects: TurnEffects) -> None:
    """Take an OPT_IN or OPT_OUT callback, or a STOP in a message that was injected into the past. A
    START there counts for nothing: a STOP that is known may be newer.
    """
    callback = effects.callback
    if callback is None:
        return
    if effects.event == "injected" and effects.wish == OUT:
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


def is_stop(item: Item, session: Session, rule: Rule, language: str) -> bool:
    """Whether this is a STOP, in whatever form: it holds even if its turn fails."""
    if item.legacy:
        return item.legacy.has_stopped
    callback = callbacks.decode(bytes(item.callback)) if item.callback else Callback()
    notice, message = callback.opt_out_notification, callback.message
    if message and message.contact_message:
        said, tapped = message.contact_message.text, message.contact_message.choice_response_message
        text = said or (tapped.postback_data if tapped else "")
        return wish(session, text, rule, language) == OUT
    return notice is not None and notice.status != "OPT_OUT_FAILED"


def allows(session: Session | None) -> bool:
    """Whether the contact may be written to."""
    return session is None or session.consent != OUT
