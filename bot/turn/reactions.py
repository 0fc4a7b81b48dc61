"""Reactions by SMS. A phone sends a reaction as a text that quotes the bot's message."""

import zlib
from itertools import islice

from msgspec.structs import replace

from bot.callbacks import Callback
from bot.callbacks.contact_message import ContactMessageEvent, ReactionEvent
from bot.callbacks.payloads import InboundEvent
from bot.contact.session import Session
from bot.messages import Message
from bot.messages.rendering import plain_text
from bot.parse.normalize import MAX_ANSWER_CHARS
from bot.parse.reaction_text import reaction_in

CHANNELS = frozenset({"SMS", "MMS"})
"""Channels on which phones send reactions as texts."""

MAX_SENT = 5
"""Maximum number of the bot's last messages with which a reaction is compared."""

_COMPARED_LETTERS = 24
"""Number of letters at the start of a quote that are compared. Phones shorten long quotes."""


def remember(session: Session, message: Message) -> None:
    """Store a checksum of the message's text in the session, to recognize a reaction that quotes
    the message.
    """
    channel = session.address.channel
    if channel in CHANNELS:
        text = plain_text(message.overrides.get(channel, message), channel=channel)
        session.sent = [*session.sent, _fingerprint(text)][-MAX_SENT:]


def with_reaction(callback: Callback, session: Session) -> Callback:
    """Return the callback. If the callback's text is a reaction to a message of the bot, convert
    the callback to a reaction event.
    """
    inbound = callback.message
    message = inbound.contact_message if inbound else None
    if not (inbound and message and message.text_message and session.sent):
        return callback
    if inbound.on_channel not in CHANNELS:
        return callback
    text = message.text_message.text
    found = reaction_in(text) if len(text) <= MAX_ANSWER_CHARS else None
    if found is None or _fingerprint(found.quoted) not in session.sent:
        return callback
    action = "REACTION_ACTION_UNREACT" if found.is_removed else "REACTION_ACTION_REACT"
    event = InboundEvent(
        id=inbound.id,
        direction=inbound.direction,
        contact_message_event=ContactMessageEvent(
            reaction_event=ReactionEvent(emoji=found.emoji, action=action)
        ),
        accept_time=inbound.accept_time,
        channel_identity=inbound.channel_identity,
        contact_id=inbound.contact_id,
        conversation_id=inbound.conversation_id,
    )
    return replace(callback, message=None, event=event)


def _fingerprint(text: str) -> int:
    letters = islice(filter(str.isalnum, text.casefold()), _COMPARED_LETTERS)
    return zlib.crc32("".join(letters).encode())
