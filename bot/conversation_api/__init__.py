"""The client of the Sinch Conversation API.

Each call sends one request. If the access token has expired, the request is repeated once with a
new token. The client does not retry for other reasons, because the outbox decides when to try
again. A call that fails raises `SendRejected` or `SendRetryable`, and no other error.
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
