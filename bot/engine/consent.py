"""Consent: a contact who said STOP gets no messages, whatever the flows do.

A STOP deletes unsent messages, ends all flows and stops the outbox for this contact. START allows
messages again. Before START, the contact only gets the replies of `Keywords` to STOP and to HELP.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Literal

from bot import callbacks
from bot.callbacks import Callback, ContactMessage
from bot.contact.session import ConsentChange, Session
from bot.engine.execution import Execution
from bot.engine.stack import Stack
from bot.flow.consent_keywords import HELP, plain
from bot.flow.stop_phrases import Rule, wish_of
from bot.items.inbound import Item
from bot.parse import confirmation
from bot.store import RecordedConsent
from bot.turn.effects import TurnEffects

OUT = "out"
IN = "in"

Wish = Literal["", "out", "in", "ask", "unclear", "stay"]
"""What a message says about consent: `out` stops all messages, `in` starts them again.

`ask`: the message has a sentence about stopping messages. `unclear`: the message may mean STOP.
`stay`: the answer is No to the question whether to stop all messages.
"""

MESSAGES = "messages"
"""The value of `purpose` in a record of consent that is about all messages."""

MAX_CHANGES = 20
"""Maximum number of consent changes in a session. The oldest changes are dropped."""

MAX_WORDS_CHARS = 200
"""Maximum number of characters of a contact's text in the record of a consent change."""

MAX_ANSWER_CHARS = 100
"""Maximum number of characters of a message that can count as Yes or No."""


def wish(session: Session, text: str, rule: Rule, language: str) -> Wish:
    """Return what a contact's message says about consent."""
    found: Wish = wish_of(text, rule, is_asked=bool(session.chains))
    if not session.stop_asked_at or found == OUT or not text:
        return found
    if found in ("ask", "unclear"):
        return "out"
    is_sure = None
    if len(text) <= MAX_ANSWER_CHARS:
        is_sure = confirmation.meaning(text, session.language or language)
    return found if is_sure is None else "out" if is_sure else "stay"


def take(execution: Execution) -> bool:
    """Handle a message if it is about consent or if the contact has said STOP.

    Return False if the message is for the flows.
    """
    effects, session, words = execution.effects, execution.session, execution.flows.words
    was_asked = session.stop_asked_at > 0
    was_out = session.consent == OUT or effects.followed == IN
    if effects.wish == OUT:
        opt_out(effects)
        session.stop_asked_at = 0.0
        if not was_out:
            words.stopped(execution.turn)
            if was_asked and not effects.replies:
                words.help_after_stop(execution.turn)
        effects.despite_stop = True
        return True
    session.stop_asked_at = 0.0
    if was_asked and effects.wish == "stay":
        words.not_stopped(execution.turn)
        execution.repeats = True
        return True
    if was_out and effects.wish == IN:
        change(session, IN, effects.item, effects.at)
        words.started(execution.turn)
    elif was_out and plain(effects.text or effects.postback) in HELP:
        words.help_after_stop(execution.turn)
    else:
        return session.consent == OUT
    effects.despite_stop = True
    return True


def ask(execution: Execution) -> bool:
    """Ask whether to stop all messages, if the message may mean STOP.

    Return whether the question was asked.
    """
    if execution.effects.wish not in ("ask", "unclear"):
        return False
    put_question(execution)
    return True


def put_question(execution: Execution) -> None:
    """Ask whether to stop all messages.

    The next message answers Yes or No; any other message cancels the question.
    """
    execution.session.stop_asked_at = execution.effects.at
    execution.effects.say(execution.flows.words.stop_question(execution.turn))


def notified(effects: TurnEffects) -> None:
    """Handle an OPT_IN or OPT_OUT callback, or a STOP in an injected message.

    An injected message is a message that another system adds to a conversation's past. A START in
    an injected message is ignored, because a recorded STOP may be newer.
    """
    callback = effects.callback
    if callback is None:
        return
    if effects.event == "injected" and effects.wish == OUT:
        opt_out(effects)
    if callback.opt_out_notification and callback.opt_out_notification.status != "OPT_OUT_FAILED":
        opt_out(effects)
    if callback.opt_in_notification and callback.opt_in_notification.status == "OPT_IN_SUCCEEDED":
        change(effects.session, IN, effects.item, effects.at)


def opt_out(effects: TurnEffects) -> None:
    """Stop all messages to this contact immediately and end all runs."""
    Stack(effects).end_all("stopped")
    if silence(effects.session, effects.item, effects.at):
        effects.drop_unsent = "opted_out"


def silence(session: Session, item: Item, now: float) -> bool:
    """Record the STOP in the session. Return whether to delete unsent messages.

    While a person handles the contact, unsent messages are not deleted, because forwards to that
    person wait in the same outbox. Later, the outbox skips the messages to the contact.
    """
    change(session, OUT, item, now)
    session.chains = []
    session.said = {}
    session.tapped = None
    return session.pause is None


def change(session: Session, to: str, item: Item, now: float) -> None:
    """Set the session's consent and record the change.

    A STOP also ends the opt-ins to purposes. START does not restore the opt-ins.
    """
    if session.consent == to:
        return
    session.consent = to
    opt_ins = [each for each, was in session.purposes.items() if was == IN] if to == OUT else []
    for purpose in opt_ins:
        session.purposes[purpose] = OUT
        _record(session, to, item, now, purpose)
    _record(session, to, item, now)


def change_purposes(effects: TurnEffects) -> None:
    """Store the consent that a flow has set for purposes. After a STOP, opt-ins are ignored."""
    session = effects.session
    for purpose, to in effects.consent_wanted.items():
        if session.purposes.get(purpose) != to and not (to == IN and session.consent == OUT):
            session.purposes[purpose] = to
            _record(session, to, effects.item, effects.at, purpose)


def _record(session: Session, to: str, item: Item, now: float, purpose: str = "") -> None:
    said = ConsentChange(now, to, "merge" if item.legacy else "program", purpose=purpose)
    if item.callback:
        callback = callbacks.decode(bytes(item.callback))
        message = callback.message
        words = _words(message.contact_message) if message and message.contact_message else ""
        asked = bool(words) and session.stop_asked_at > 0
        by: Literal["contact", "platform"] = "contact" if message else "platform"
        id = message.id if message else ""
        said = ConsentChange(now, to, by, id, words[:MAX_WORDS_CHARS], asked, purpose=purpose)
    session.consent_log = [*session.consent_log, said][-MAX_CHANGES:]


def follow(session: Session, found: Sequence[RecordedConsent]) -> None:
    """Apply the changes of consent in `found` that are newer than the session's own changes.

    `found` has the changes that are recorded for the contact's identity.
    """
    for each in found:
        purpose = "" if each.purpose == MESSAGES else each.purpose
        if each.at <= _changed_at(session, purpose):
            continue
        said = ConsentChange(each.at, each.to, "other key", purpose=purpose)
        session.consent_log = [*session.consent_log, said][-MAX_CHANGES:]
        if purpose:
            session.purposes[purpose] = each.to
        else:
            session.consent = each.to


def recorded(session: Session, since: ConsentChange | None) -> list[RecordedConsent]:
    """Return the session's consent changes after `since`, to be recorded for the contact's
    identity.
    """
    log = session.consent_log
    changes = log[log.index(since) + 1 :] if since in log else log
    return [RecordedConsent(each.purpose or MESSAGES, each.to, each.at) for each in changes]


def _changed_at(session: Session, purpose: str) -> float:
    changes = (each for each in session.consent_log if each.purpose == purpose)
    # The record stores whole milliseconds.
    return max((round(each.at, 3) for each in changes), default=0.0)


def _words(message: ContactMessage) -> str:
    tapped = message.choice_response_message
    return message.text or (tapped.postback_data if tapped else "")


def is_stop(item: Item, session: Session, wish: Callable[[Session, str], Wish]) -> bool:
    """Return whether an item is a STOP in any form. A STOP takes effect even if its turn fails.

    `wish` returns what a text says about consent.
    """
    if item.legacy:
        return item.legacy.has_stopped
    callback = callbacks.decode(bytes(item.callback)) if item.callback else Callback()
    notice, message = callback.opt_out_notification, callback.message
    if message and message.contact_message:
        return wish(session, _words(message.contact_message)) == OUT
    return notice is not None and notice.status != "OPT_OUT_FAILED"


def allows(session: Session | None) -> bool:
    """Return whether messages may be sent to the contact."""
    return session is None or session.consent != OUT


def allows_purpose(session: Session | None, purpose: str, opt_in_purposes: Collection[str]) -> bool:
    """Return whether unprompted messages of this purpose may be sent to the contact.

    Messages of the `opt_in_purposes` need an opt-in.
    """
    if session is None:
        return purpose not in opt_in_purposes
    return session.consents_to(purpose, opt_in_purposes)


def may_start(execution: Execution, flow: str) -> bool:
    """Return whether the contact's consent to the flow's purpose allows the flow to start."""
    effects = execution.effects
    purpose = execution.flows[flow].purpose
    if wanted := effects.consent_wanted.get(purpose):
        return wanted == IN
    return not (purpose and effects.is_proactive) or allows_purpose(
        execution.session, purpose, effects.opt_in_purposes
    )
