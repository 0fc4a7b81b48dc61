"""Callbacks that Sinch posts to the webhook."""

from bot.callbacks.callback import TRIGGERS, Callback, decode, receive
from bot.callbacks.contact_message import ContactMessage
from bot.callbacks.tolerant_decoder import NOT_READ, mended, read

__all__ = [
    "NOT_READ",
    "TRIGGERS",
    "Callback",
    "ContactMessage",
    "decode",
    "mended",
    "read",
    "receive",
]
