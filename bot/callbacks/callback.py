"""Callbacks that Sinch posts to the webhook, decoded once from the raw bytes.

Decoding is tolerant, because the API grows. Unknown fields are ignored. Enum values stay text. Null
and values of a wrong type count as absent. Two formats are read: the current format and the format
of the year 2020. The format of 2020 has a `channel` without an identity, and `reason` as text. The
module `signature` checks signatures.
"""

from hashlib import blake2b

import msgspec
from msgspec import field

from bot.callbacks.contact_message import ChannelIdentity as ChannelIdentity
from bot.callbacks.contact_message import ContactMessage as ContactMessage
from bot.callbacks.contact_message import Reason as Reason
from bot.callbacks.contact_message import first_set
from bot.callbacks.payloads import (
    BatchStatusUpdateNotification,
    Body,
    CapabilityNotification,
    ChannelEventNotification,
    ConsentNotification,
    ContactMergeNotification,
    ContactNotification,
    ConversationNotification,
    DeliveryReport,
    DuplicatedIdentitiesNotification,
    EventDeliveryReport,
    InboundEvent,
    InboundMessage,
    RecordNotification,
    SmartConversationNotification,
    SubmitNotification,
    UnsupportedCallback,
)
from bot.callbacks.tolerant_decoder import Tolerant, decoder
from bot.contact.address import Address
from bot.errors import Malformed

TRIGGERS = {
    "message": "MESSAGE_INBOUND",
    "message_delivery_report": "MESSAGE_DELIVERY",
    "message_submit_notification": "MESSAGE_SUBMIT",
    "message_redaction": "MESSAGE_INBOUND_SMART_CONVERSATION_REDACTION",
    "event": "EVENT_INBOUND",
    "event_delivery_report": "EVENT_DELIVERY",
    "conversation_start_notification": "CONVERSATION_START",
    "conversation_stop_notification": "CONVERSATION_STOP",
    "conversation_delete_notification": "CONVERSATION_DELETE",
    "contact_create_notification": "CONTACT_CREATE",
    "contact_delete_notification": "CONTACT_DELETE",
    "contact_update_notification": "CONTACT_UPDATE",
    "contact_merge_notification": "CONTACT_MERGE",
    "duplicated_contact_identities_notification": "CONTACT_IDENTITIES_DUPLICATION",
    "capability_notification": "CAPABILITY",
    "opt_in_notification": "OPT_IN",
    "opt_out_notification": "OPT_OUT",
    "channel_event_notification": "CHANNEL_EVENT",
    "unsupported_callback": "UNSUPPORTED",
    "smart_conversation_notification": "SMART_CONVERSATION",
    "record_notification": "RECORD_NOTIFICATION",
    "batch_status_update_notification": "BATCH_STATUS_UPDATE",
}
"""Maps the JSON key of a callback's body to the webhook trigger.

This table is needed because the JSON does not name the trigger.
"""


class Callback(Tolerant):
    """A callback from Sinch: the fields that all callbacks have, and the body.

    Each trigger has its own field for the body. The fields of all other triggers are None.
    `message_metadata` is the text of the conversation's metadata. `raw` has the received bytes, or
    repaired bytes if the received bytes could not be read.
    """

    app_id: str = ""
    project_id: str = ""
    accepted_time: str = ""
    event_time: str = ""
    message_metadata: str = ""
    correlation_id: str = ""
    message: InboundMessage | None = None
    message_delivery_report: DeliveryReport | None = None
    message_submit_notification: SubmitNotification | None = None
    message_redaction: InboundMessage | None = None
    event: InboundEvent | None = None
    event_delivery_report: EventDeliveryReport | None = None
    conversation_start_notification: ConversationNotification | None = None
    conversation_stop_notification: ConversationNotification | None = None
    conversation_delete_notification: ConversationNotification | None = None
    contact_create_notification: ContactNotification | None = None
    contact_delete_notification: ContactNotification | None = None
    contact_update_notification: ContactNotification | None = None
    contact_merge_notification: ContactMergeNotification | None = None
    duplicated_contact_identities_notification: DuplicatedIdentitiesNotification | None = None
    capability_notification: CapabilityNotification | None = None
    opt_in_notification: ConsentNotification | None = None
    opt_out_notification: ConsentNotification | None = None
    channel_event_notification: ChannelEventNotification | None = None
    unsupported_callback: UnsupportedCallback | None = None
    smart_conversation_notification: SmartConversationNotification | None = None
    record_notification: RecordNotification | None = None
    batch_status_update_notification: BatchStatusUpdateNotification | None = None
    # `raw` is set after decoding, so a value in the JSON is overwritten. The API has no such field.
    raw: bytes = field(default=b"", name=" raw")

    @property
    def trigger(self) -> str:
        """The webhook trigger, such as `MESSAGE_INBOUND`; "" if the trigger is unknown."""
        return TRIGGERS.get(first_set(self, _KEYS), "")

    @property
    def body(self) -> Body | None:
        """The callback's body; None if the trigger is unknown."""
        key = first_set(self, _KEYS)
        return getattr(self, key) if key else None

    @property
    def address(self) -> Address | None:
        """The contact that the callback is about.

        None if the callback names no contact or several contacts.
        """
        body = self.body
        return body.address if body else None

    @property
    def said(self) -> InboundMessage | None:
        """The contact's new message; None if the callback has no message, or if the message was
        injected into the conversation's past.
        """
        return None if self.message and self.message.injected else self.message

    @property
    def merged_from(self) -> Address | None:
        """The contact that a merge deleted; None if the callback reports no merge.

        In the callback of a merge, `address` is the remaining contact.
        """
        merge = self.contact_merge_notification
        return merge.deleted_contact.address if merge and merge.deleted_contact else None

    @property
    def dedupe_id(self) -> str:
        """An id that is the same for each repeat of this callback, and different for all other
        callbacks.

        The id begins with the trigger and contains no phone number. If the callback contains no id
        of its own, e.g. the update of a contact, the result contains a hash of the callback's
        bytes. Then only a repeat with the same bytes has the same id.
        """
        body = self.body
        identifiers = body.identifiers if body else ()
        if not (identifiers and identifiers[0]):
            identifiers = (blake2b(self.raw, digest_size=16).hexdigest(),)
        return ":".join((self.trigger or "UNKNOWN", *identifiers))


_KEYS = tuple(TRIGGERS)
_decode = decoder(Callback)
_skip = msgspec.json.Decoder(msgspec.Raw).decode

MAX_NESTING = 400
"""Number of levels of nested JSON that are always accepted.

A callback with deeper nesting is accepted only if Python's stack has room for `MAX_NESTING` more
levels. The worker needs this room, because the worker reads the callback again and uses more of the
stack than the webhook.
"""


def receive(body: bytes) -> Callback:
    """Read the body of a request that Sinch posted. The worker can read the result's `raw` again.

    Raises:
        Malformed: as in `decode`, or the body is nested so deeply that the worker might fail to
            read `raw`.
    """
    if len(body) > 2 * MAX_NESTING and _brackets(body) > MAX_NESTING:
        _require_room(body)
    return decode(body)


def _brackets(body: bytes) -> int:
    # `count` takes several times as long as deleting the brackets.
    return 2 * len(body) - len(body.replace(b"{", b"")) - len(body.replace(b"[", b""))


def _require_room(body: bytes) -> None:
    try:
        _skip(b"[" * MAX_NESTING + body + b"]" * MAX_NESTING)
    except RecursionError as error:
        raise Malformed(f"The body of {len(body)} bytes is nested too deeply.") from error
    except msgspec.DecodeError:
        return  # Another error; `decode` reports or repairs it.


def decode(raw: bytes) -> Callback:
    """Read a callback that the webhook has accepted.

    Raises:
        Malformed: the bytes are not a JSON object in UTF-8, or are nested too deeply. No other
            error is raised.
    """
    try:
        raw.decode()  # Typed decoding skips unknown fields without checking their nesting.
    except UnicodeDecodeError as exc:
        raise Malformed(f"The body of {len(raw)} bytes is not JSON in UTF-8.") from exc
    callback, kept = _decode(raw)
    callback.raw = kept
    return callback
