"""The second stage of validation: a channel may reject a message that the API has accepted.

Each rule returns the reason for a FAILED report, or None. Limits that only change how a message
looks are in `channel_display`.
"""

import json
import re
from typing import NamedTuple

from bot.emulator.api_error import Json
from bot.emulator.app_messages import kind_of
from bot.emulator.channel_display import is_native
from bot.emulator.channels import CHANNELS
from bot.emulator.fault_injection import DeliveryFault
from bot.emulator.rendering import plain_text

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_SMS_SENDER = re.compile(r"\+?[0-9]{3,15}|[A-Za-z0-9 ]{1,11}")
_USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
_GSM_TWICE = frozenset("\f^{}\\[~]|€")


class Reason(NamedTuple):
    """Why a message failed on a channel."""

    code: str
    description: str
    sub_code: str = "UNSPECIFIED_SUB_CODE"
    channel_code: str = ""

    def to_json(self) -> Json:
        return self._asdict()


def struck(fault: DeliveryFault, description: str) -> Reason:
    """Return the reason in the FAILED report that an injected fault causes."""
    return Reason(fault.reason, description, fault.sub_code, fault.channel_code)


def sms_parts(text: str) -> int:
    """Return the number of SMS parts of a text.

    A text of one part has up to 160 GSM characters or 70 UCS-2 units. Each part of a longer text
    has up to 153 characters or 67 units. A character of two units is not split.
    """
    if all(char in _GSM or char in _GSM_TWICE for char in text):
        units, alone, joined = [1 + (char in _GSM_TWICE) for char in text], 160, 153
    else:
        units, alone, joined = [1 + (ord(char) > 0xFFFF) for char in text], 70, 67
    if sum(units) <= alone:
        return 1
    parts = left = 0
    for unit in units:
        if unit > left:
            parts, left = parts + 1, joined
        left -= unit
    return parts


def identity_fault(channel: str, identity: str) -> Reason | None:
    """Return an error if the identity is invalid on this channel.

    A number has 5 to 15 digits. On WhatsApp an identity may be a business-scoped user ID.
    """
    if channel == "WHATSAPP" and _USER_ID.fullmatch(identity):
        return None
    if CHANNELS[channel].by_number and not (identity.isdecimal() and 5 <= len(identity) <= 15):
        return Reason("RECIPIENT_INVALID_CHANNEL_IDENTITY", "The identity is not a phone number")
    return None


def window_fault(
    channel: str, part: Json, properties: dict[str, str], since_inbound_s: float | None
) -> Reason | None:
    """Return an error for a free-form message outside the messaging window.

    Templates are allowed at any time.
    """
    rules = CHANNELS[channel]
    if rules.window_s is None or "template_message" in part:
        return None
    longest = max([rules.window_s, *(s for tag, s in rules.tags.items() if properties.get(tag))])
    if longest == float("inf") or (since_inbound_s is not None and since_inbound_s <= longest):
        return None
    return Reason(
        "OUTSIDE_ALLOWED_SENDING_WINDOW",
        "The contact has not written on this channel within the allowed time",
    )


def content_fault(channel: str, part: Json, properties: dict[str, str]) -> Reason | None:
    """Return an error if the channel rejects this part of the message."""
    if not part:
        return Reason("BAD_REQUEST", "The message has no body for this channel")
    if raw := part.get("explicit_channel_message"):
        return _raw_fault(raw)
    if "channel_specific_message" in part:
        return None
    if template := part.get("template_message"):
        return _template_fault(template, channel)
    if channel == "SMS":
        return _sms_fault(part, properties)
    if channel == "MMS" and not properties.get("MMS_SENDER"):
        return Reason("BAD_REQUEST", "The channel property MMS_SENDER is missing")
    if channel == "WHATSAPP":
        return _whatsapp_fault(part)
    if channel == "RCS":
        return _rcs_fault(part)
    return None


def _template_fault(template: Json, channel: str) -> Reason | None:
    if channel in (template.get("channel_template") or {}) or template.get("omni_template"):
        return None
    return Reason("TEMPLATE_NOT_FOUND", "The message names no template for this channel")


def _raw_fault(raw: str) -> Reason | None:
    try:
        json.loads(raw)
    except ValueError:
        return Reason("BAD_REQUEST", "The explicit channel message is not JSON")
    return None


def _sms_fault(part: Json, properties: dict[str, str]) -> Reason | None:
    sender = properties.get("SMS_SENDER")
    if sender is not None and not _SMS_SENDER.fullmatch(sender):
        return Reason("BAD_REQUEST", "SMS_SENDER is neither a number nor an alphanumeric sender")
    most = properties.get("SMS_MAX_NUMBER_OF_MESSAGE_PARTS")
    if most is None:
        return None
    if not most.isdecimal():
        return Reason("BAD_REQUEST", "SMS_MAX_NUMBER_OF_MESSAGE_PARTS is not a whole number")
    parts = sms_parts(plain_text(part, "SMS"))
    if parts > int(most):
        return Reason("BAD_REQUEST", f"The message takes {parts} parts; {most} are allowed")
    return None


def _whatsapp_fault(part: Json) -> Reason | None:
    body = part[kind_of(part)]
    footer = (body.get("message_properties") or {}).get("whatsapp_footer") or ""
    if len(footer) > 60:
        return Reason("BAD_REQUEST", "whatsapp_footer is longer than 60 characters")
    text = "" if is_native(part, "WHATSAPP") else plain_text(part, "WHATSAPP")
    if "text_message" in part:
        text = body["text"]
    if len(text) > 4096:
        return Reason("BAD_REQUEST", "The text is longer than 4096 characters")
    return None


def _rcs_fault(part: Json) -> Reason | None:
    cards = [part["card_message"]] if "card_message" in part else []
    cards = (part.get("carousel_message") or {}).get("cards", cards)
    for card in cards:
        if len(card.get("title") or "") > 200:
            return Reason("BAD_REQUEST", "A card's title is longer than 200 characters")
        if len(card.get("description") or "") > 2000:
            return Reason("BAD_REQUEST", "A card's description is longer than 2000 characters")
    return None
