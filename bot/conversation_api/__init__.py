"""The client of the Sinch Conversation API.

Every call sends one request. It is repeated once, with a new token, if the access token has
expired. Nothing else is retried here: the outbox decides when to try again. All calls raise
`SendRejected` and `SendRetryable`, and nothing else.
"""

from bot.conversation_api.apps import Apps, ProjectSettings, Webhooks
from bot.conversation_api.client import ConversationApi, EventResult, SendResult
from bot.conversation_api.contacts import Consents, Contacts
from bot.conversation_api.messages import Conversations, Events, Messages

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
