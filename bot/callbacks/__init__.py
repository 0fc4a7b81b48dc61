"""What Sinch posts to the webhook."""

from bot.callbacks.callback import TRIGGERS, Callback, decode
from bot.callbacks.contact_message import ContactMessage

__all__ = ["TRIGGERS", "Callback", "ContactMessage", "decode"]
