"""The client of the Sinch Conversation API: what the bot asks of the platform.

Nothing here retries but the one repetition after an expired token: when to try again is for the
outbox to say. What went wrong is told by `SendRejected` and `SendRetryable` alone.
"""

from bot.conversation_api.client import ConversationApi, EventResult, SendResult
from bot.conversation_api.history import Conversations, Events, Messages
from bot.conversation_api.people import Consents, Contacts
from bot.conversation_api.project import Apps, ProjectSettings, Webhooks

__all__ = [
    "Apps",
    "Consents",
    "Contacts",
    "ConversationApi",
    "Conversations",
    "EventResult",
    "Events",
    "Messages",
    "ProjectSettings",
    "SendResult",
    "Webhooks",
]
