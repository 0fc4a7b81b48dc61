"""The names of events in flows, for `@on` and `start_on_events`.

- Delivery reports have the name of their status: `queued_on_channel`, `delivered`, `read`,
  `failed`, `switching_channel`. A reply that the API finally rejects is also `failed`.
- Actions of contacts have the name of their type: `reaction`, `reaction_removed`, `composing`,
  `composing_end`, `comment`, `conversation_deleted`, `payment_status_update`,
  `shortlink_activated`, `generic`.
- A message that was handed to a channel is `submitted`.
- A message that was injected into the conversation's past is `injected`.
- A message that the current question does not understand becomes the event `text`, `choice`,
  `media`, `location`, `product`, `channel_specific` (the result of a WhatsApp Flow) or `fallback`.
- All other callbacks have the name of their trigger in lower case: `opt_in`, `conversation_start`,
  `contact_delete`, `unsupported`, `smart_conversation`, … In a redaction
  (`message_inbound_smart_conversation_redaction`), the turn's text is masked.
- Your own events have the names that you give them.

Callbacks that name no contact (CHANNEL_EVENT, BATCH_STATUS_UPDATE, CONTACT_IDENTITIES_DUPLICATION)
reach no flow. `bot callbacks` shows them.
"""

from bot.callbacks import TRIGGERS, Callback, ContactMessage
from bot.callbacks.contact_message import ContactEvent, ContactMessageEvent

MESSAGE_KINDS = {
    "text_message": "text",
    "choice_response_message": "choice",
    "media_message": "media",
    "media_card_message": "media",
    "location_message": "location",
    "product_response_message": "product",
    "channel_specific_message": "channel_specific",
    "fallback_message": "fallback",
}

BUILT_IN = frozenset(
    (
        *("queued_on_channel", "delivered", "read", "failed", "switching_channel"),
        *("submitted", "injected", "reaction_removed", "unknown", "ended"),
        *MESSAGE_KINDS.values(),
        *(
            name.removesuffix("_event")
            for group in (ContactEvent, ContactMessageEvent)
            for name in group.__struct_fields__
        ),
        *(trigger.lower() for trigger in TRIGGERS.values()),
    )
)
"""The names of all events except authors' own events."""


def event_of(callback: Callback) -> str:
    """Return the name of a callback's event."""
    if callback.message_delivery_report:
        return callback.message_delivery_report.status.lower()
    if callback.message_submit_notification:
        return "submitted"
    if callback.message and callback.message.injected:
        return "injected"
    if callback.event:
        name = callback.event.kind.removesuffix("_event")
        of_message = callback.event.contact_message_event
        reaction = of_message.reaction_event if of_message else None
        removes = reaction is not None and reaction.action == "REACTION_ACTION_UNREACT"
        return f"{name}_removed" if removes else name
    return callback.trigger.lower()


def kind_of(message: ContactMessage) -> str:
    """Return the name of a message's type, such as `text` or `media`."""
    return MESSAGE_KINDS.get(message.kind, "unknown")
