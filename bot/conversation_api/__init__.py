"""The client of the Sinch Conversation API: what the bot asks of the platform.

Nothing here retries but the one repetition after an expired token: when to try again is for the
outbox to say. What went wrong is told by `SendRejected` and `SendRetryable` alone.
"""

from bot.conversation_api.client import ConversationApi, EventResult, SendResult

__all__ = ["ConversationApi", "EventResult", "SendResult"]
