"""Structs for the bodies of callbacks, one for each trigger.

A callback's JSON has the body under a key that depends on the trigger.
"""

import re
from functools import lru_cache
from typing import Any

from msgspec import field

from bot.callbacks.contact_message import (
    ChannelIdentity,
    ContactEvent,
    ContactMessage,
    ContactMessageEvent,
    Reason,
    first_set,
)
from bot.callbacks.tolerant_decoder import Tolerant
from bot.contact.address import Address
from bot.contact.phone_numbers import can_answer

_NUMBER = re.compile(r"\+?[0-9]{3,15}")


class Body(Tolerant):
    """The body of a callback."""

    contact_id: str = ""
    conversation_id: str = ""
    processing_mode: str = ""

    @property
    def address(self) -> Address | None:
        """The contact that the callback is about.

        None if the callback names no contact or several contacts.
        """
        return None

    @property
    def identifiers(self) -> tuple[str, ...]:
        """The values that distinguish this callback from other callbacks with the same trigger.

        The first value is the id of the message, event or other object that the body is about. The
        values contain no phone number. If only the callback's bytes distinguish the callback, the
        result is empty or the first value is "".
        """
        return ()


class ChannelBody(Body):
    """A body about one contact on one channel.

    In the format of 2020, `channel` is set and `channel_identity` is None.
    """

    channel_identity: ChannelIdentity | None = None
    channel: str = ""

    @property
    def address(self) -> Address | None:
        of = self.channel_identity
        if of is None:
            return _address(self.contact_id, self.channel, "")
        return _address(self.contact_id, of.channel or self.channel, of.identity)

    @property
    def on_channel(self) -> str:
        of = self.channel_identity
        return of.channel if of and of.channel else self.channel


class InboundMessage(ChannelBody):
    """A contact's message.

    `sender_id` is the bot's address that the contact wrote to, in the channel's own form. In
    Sinch's samples `sender_id` is a number, but Sinch's documentation does not promise a number.
    """

    id: str = ""
    direction: str = ""
    contact_message: ContactMessage | None = None
    metadata: str = ""
    accept_time: str = ""
    sender_id: str = ""
    injected: bool = False

    @property
    def sms_sender(self) -> str:
        """The bot's number or short code that received this SMS.

        The value is "" if the bot cannot reply from this number, or if the channel is not SMS.
        """
        if self.on_channel != "SMS" or not _NUMBER.fullmatch(self.sender_id):
            return ""
        contact = self.channel_identity.identity if self.channel_identity else ""
        return self.sender_id if can_answer(self.sender_id, contact) else ""

    @property
    def quoted_metadata(self) -> str:
        """The `message_metadata` of the bot's message to which the contact replies.

        The contact quotes this message, or has tapped a choice in this message. The value is "" if
        there is no such message, or if Sinch reports no metadata.
        """
        content = self.contact_message
        is_about_ours = content and (content.reply_to or content.choice_response_message)
        return self.metadata if is_about_ours else ""

    @property
    def identifiers(self) -> tuple[str, ...]:
        return (self.id,)


class SubmitNotification(ChannelBody):
    """The report that a message of the bot was handed to a channel.

    `submitted_message` is the message as an AppMessage.
    """

    message_id: str = ""
    submitted_message: dict[str, Any] = field(default_factory=dict)
    metadata: str = ""

    @property
    def identifiers(self) -> tuple[str, ...]:
        return (self.message_id, self.on_channel)


class DeliveryReport(ChannelBody):
    """The status of a message of the bot. `metadata` is the `message_metadata` of the request."""

    message_id: str = ""
    status: str = ""
    reason: Reason | None = None
    metadata: str = ""

    @property
    def identifiers(self) -> tuple[str, ...]:
        return (self.message_id, self.status, self.on_channel)


class EventDeliveryReport(ChannelBody):
    event_id: str = ""
    status: str = ""
    reason: Reason | None = None
    metadata: str = ""

    @property
    def identifiers(self) -> tuple[str, ...]:
        return (self.event_id, self.status, self.on_channel)


class InboundEvent(ChannelBody):
    """A contact's action that is not a message.

    `contact_event` or `contact_message_event` is set, never both.
    """

    id: str = ""
    direction: str = ""
    contact_event: ContactEvent | None = None
    contact_message_event: ContactMessageEvent | None = None
    accept_time: str = ""

    @property
    def kind(self) -> str:
        """The event's name, such as `composing_event` or `reaction_event`; or `unknown`."""
        for group in (self.contact_event, self.contact_message_event):
            if group is not None and (name := first_set(group, group.__struct_fields__)):
                return name
        return "unknown"

    @property
    def identifiers(self) -> tuple[str, ...]:
        return (self.id,)


class UnsupportedCallback(ChannelBody):
    """A message that Sinch cannot convert to a contact message. `payload` is the channel's JSON."""

    id: str = ""
    payload: str = ""

    @property
    def identifiers(self) -> tuple[str, ...]:
        return (self.id,)


class RecordNotification(ChannelBody):
    entity_id: str = ""
    record_status: str = ""
    reason: Reason | None = None

    @property
    def identifiers(self) -> tuple[str, ...]:
        return (self.entity_id, self.record_status)


class IdentityBody(Body):
    """A body with the fields `channel` and `identity` instead of a `channel_identity`."""

    request_id: str = ""
    channel: str = ""
    identity: str = ""

    @property
    def address(self) -> Address | None:
        return _address(self.contact_id, self.channel, self.identity)


class CapabilityNotification(IdentityBody):
    """The result of a capability lookup: whether a contact can be reached on a channel.

    There is one callback per requested identity.
    """

    capability_status: str = ""
    channel_capabilities: tuple[str, ...] = ()
    reason: Reason | None = None


class ErrorDetails(Tolerant):
    description: str = ""


class ConsentNotification(IdentityBody):
    """The report that a contact has opted in (trigger OPT_IN) or out (trigger OPT_OUT).

    `status` reports whether the change has succeeded.
    """

    status: str = ""
    error_details: ErrorDetails | None = None


class SmartConversationNotification(Body):
    """The result of Sinch's analysis of a message. `channel_identity` may be only a text."""

    channel_identity: ChannelIdentity | str = ""
    channel: str = ""
    message_id: str = ""
    analysis_results: dict[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> Address | None:
        of = self.channel_identity
        if isinstance(of, str):
            return _address(self.contact_id, self.channel, of)
        return _address(self.contact_id, of.channel or self.channel, of.identity)


class Conversation(Tolerant):
    """A conversation. `metadata` is a text; `metadata_json`, which is newer, is an object."""

    id: str = ""
    app_id: str = ""
    contact_id: str = ""
    active: bool = False
    active_channel: str = ""
    last_received: str = ""
    metadata: str = ""
    metadata_json: dict[str, Any] = field(default_factory=dict)
    correlation_id: str = ""


class ConversationNotification(Body):
    conversation: Conversation | None = None

    @property
    def address(self) -> Address | None:
        found = self.conversation
        return _address(found.contact_id, found.active_channel, "") if found else None


class Contact(Tolerant):
    id: str = ""
    channel_identities: tuple[ChannelIdentity, ...] = ()
    channel_priority: tuple[str, ...] = ()
    display_name: str = ""
    email: str = ""
    external_id: str = ""
    metadata: str = ""
    language: str = ""

    @property
    def language_tag(self) -> str:
        """The language as a BCP 47 tag, e.g. `pt-BR` for `PT_BR`; "" if unknown."""
        if self.language == "UNSPECIFIED":
            return ""
        code, _, region = self.language.partition("_")
        return f"{code.lower()}-{region}" if region else code.lower()

    @property
    def address(self) -> Address | None:
        """The contact's address on the contact's first channel; None if there is no channel."""
        first = self.channel_identities[0] if self.channel_identities else ChannelIdentity()
        return _address(self.id, first.channel, first.identity)


class ContactNotification(Body):
    contact: Contact | None = None

    @property
    def address(self) -> Address | None:
        return self.contact.address if self.contact else None


class ContactMergeNotification(Body):
    """The report that two contacts were merged. `address` is the remaining contact."""

    preserved_contact: Contact | None = None
    deleted_contact: Contact | None = None

    @property
    def address(self) -> Address | None:
        return self.preserved_contact.address if self.preserved_contact else None


class DuplicatedIdentity(Tolerant):
    channel: str = ""
    identity: str = ""
    app_id: str = ""
    contact_ids: tuple[str, ...] = ()


class DuplicatedIdentitiesNotification(Body):
    """Identities that several contacts share. This body has no address."""

    duplicated_identities: tuple[DuplicatedIdentity, ...] = ()


class ChannelEvent(Tolerant):
    channel: str = ""
    event_type: str = ""
    additional_data: dict[str, Any] = field(default_factory=dict)


class ChannelEventNotification(Body):
    """An event of one of the app's channels, not of a contact."""

    channel_event: ChannelEvent | None = None


class BatchStatusUpdateNotification(Body):
    batch_id: str = ""
    batch_status: str = ""
    batch_type: str = ""
    additional_data: dict[str, Any] = field(default_factory=dict)

    @property
    def identifiers(self) -> tuple[str, ...]:
        return (self.batch_id, self.batch_status)


@lru_cache(1024)  # A turn needs the same address several times.
def _address(contact_id: str, channel: str, identity: str) -> Address | None:
    if contact_id or (channel and identity):
        address = Address(contact_id, channel, identity)
        return address if address.is_plausible else None
    return None
