"""What everything but a message is called in a flow: the names that `@on` and `start_on_events`
take.

Delivery reports are called by their status (`delivered`, `read`, `failed`, …), events from the
contact by their kind (`reaction`, `composing`, `comment`, …), all other callbacks by their trigger
in lower case (`opt_in`, `conversation_start`, `unsupported`, …). A reply that the API refuses for
good is `failed` too. A message that the present question doesn't understand is offered as `media`,
`location`, `product`, `choice` or `text`. Your own events have the names you give them.
"""

from bot.callbacks import Callback, ContactMessage

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


def event_of(callback: Callback) -> str:
    """The name of the event that a callback is."""
    if callback.message_delivery_report:
        return callback.message_delivery_report.status.lower()
    if callback.message_submit_notification:
        return "submitted"
    if callback.event:
        return callback.event.kind.removesuffix("_event")
    return callback.trigger.lower()


def kind_of(message: ContactMessage) -> str:
    """The name of a message's kind."""
    return MESSAGE_KINDS.get(message.kind, "unknown")
