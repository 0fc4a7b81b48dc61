"""The messaging window: how long after the contact's last message a channel takes free-form
messages.

According to the API's channel support pages, WhatsApp, Messenger and Instagram allow 24 hours, and
Instagram 7 days if a person answers. Messenger's message tags and WhatsApp's templates are always
allowed.
"""

import math
from collections.abc import Mapping
from typing import Any, get_args

from bot.messages import Template
from bot.messages.app_message import Message
from bot.settings import OutsideWindow

OUTSIDE_WINDOW: tuple[str, ...] = get_args(OutsideWindow)
"""The words for the treatment of a message outside its channel's window, such as "wait"."""

DAY_S = 86_400.0

LENGTH_S = {"WHATSAPP": DAY_S, "MESSENGER": DAY_S, "INSTAGRAM": DAY_S}

LONGER_S = {"MESSENGER_MESSAGE_TAG": math.inf, "INSTAGRAM_MESSAGE_TAG": 7 * DAY_S}
"""The length of the messaging window in seconds, by the channel property that extends the window.
"""

MARGIN_S = 60.0
"""The window counts as closed this many seconds before its end, because a message that is sent
before the end may arrive after the end.
"""

Outside = str | Template
"""The treatment of a message outside the window: a value of `OUTSIDE_WINDOW`, or a template to
send.
"""


def is_open(
    channel: str, heard_at: float | None, properties: Mapping[str, Any], now: float
) -> bool:
    """Return whether the channel accepts free-form messages now.

    `heard_at` is the Unix second of the contact's last message on the channel.
    """
    if channel not in LENGTH_S:
        return True
    tags = [s for tag, s in LONGER_S.items() if tag.startswith(channel) and properties.get(tag)]
    length_s = max([LENGTH_S[channel], *tags])
    if math.isinf(length_s):
        return True
    return heard_at is not None and now < heard_at + length_s - MARGIN_S


def is_free_form(message: Mapping[str, Any], channel: str) -> bool:
    """Return whether the messaging window limits `message`, an AppMessage as JSON.

    Templates and messages in the channel's own format are not limited.
    """
    if channel in (message.get("explicit_channel_message") or {}):
        return False
    part = (message.get("explicit_channel_omni_message") or {}).get(channel, message)
    return {"template_message", "template_reference"}.isdisjoint(part)


def error(outside: object) -> str:
    """Return the error in a value for `Outside`; "" if the value is valid."""
    if isinstance(outside, Template):
        named = outside.channel_template
        if outside.omni_template is None and not LENGTH_S.keys() & named.keys():
            without = f"none of the template's channels ({', '.join(named)}) has a messaging window"
            what = without if named else "the template is empty"
            return (
                f"{what}. Give the template a channel_template for 'WHATSAPP', or an omni_template."
            )
        return ""
    if outside in ("", *OUTSIDE_WINDOW):
        return ""
    called = f"a {type(outside).__name__}" if isinstance(outside, Message) else repr(outside)
    known = ", ".join(OUTSIDE_WINDOW)
    return f"the value is {called}; it must be a Template, or one of {known}."
