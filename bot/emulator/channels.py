"""Properties of the channels: native message types, receipts, identities, messaging windows.

The properties come from the Conversation API's pages on channel support, and from the table of
message types on these pages.
"""

from dataclasses import dataclass, field

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Channel:
    """The properties of one channel.

    Message types that are not in `native` are shown as text. `statuses` is the sequence of delivery
    reports, without READ. `window_s` is how long after the contact's last message free-form
    messages are allowed, in seconds; None means no limit.
    """

    native: frozenset[str]
    statuses: tuple[str, ...] = ("QUEUED_ON_CHANNEL", "DELIVERED")
    reads: bool = True
    by_number: bool = False
    events: bool = True
    matches_text: bool = False
    window_s: float | None = None
    credential: str = "static_token"
    tags: dict[str, float] = field(default_factory=dict)
    """The length of the messaging window, in seconds, for messages with a channel property.

    Each key is the name of a channel property.
    """


def _kinds(*names: str) -> frozenset[str]:
    return frozenset(f"{name}_message" for name in ("text", "media", *names))


_CHOICE_CARD = _kinds("choice", "card")

CHANNELS: dict[str, Channel] = {
    "WHATSAPP": Channel(
        _kinds("choice", "card", "location", "list", "template", "contact_info"),
        by_number=True,
        window_s=DAY_S,
        credential="static_bearer",
    ),
    "RCS": Channel(
        _kinds("choice", "card", "carousel", "location"), by_number=True, credential="static_bearer"
    ),
    "SMS": Channel(
        frozenset({"text_message"}),
        reads=False,
        by_number=True,
        events=False,
        matches_text=True,
        credential="static_bearer",
    ),
    "MESSENGER": Channel(
        _kinds("choice", "card", "carousel", "location"),
        window_s=DAY_S,
        tags={"MESSENGER_MESSAGE_TAG": float("inf")},
    ),
    "VIBERBM": Channel(
        _CHOICE_CARD,
        by_number=True,
        events=False,
        matches_text=True,
        credential="static_bearer",
    ),
    "MMS": Channel(
        _kinds("card"),
        reads=False,
        by_number=True,
        events=False,
        matches_text=True,
        credential="mms_credentials",
    ),
    "INSTAGRAM": Channel(
        _kinds("choice", "card", "carousel"),
        window_s=DAY_S,
        credential="instagram_credentials",
        tags={"INSTAGRAM_MESSAGE_TAG": 7 * DAY_S},
    ),
    "TELEGRAM": Channel(
        _kinds("choice", "card", "location"),
        statuses=("QUEUED_ON_CHANNEL",),
        reads=False,
        credential="telegram_credentials",
    ),
    "KAKAOTALK": Channel(_CHOICE_CARD, credential="kakaotalk_credentials"),
    "KAKAOTALKCHAT": Channel(_kinds(), credential="kakaotalkchat_credentials"),
    "LINE": Channel(
        _kinds("choice", "card", "carousel", "location"), credential="line_credentials"
    ),
    "WECHAT": Channel(_kinds(), credential="wechat_credentials"),
    "APPLEBC": Channel(_kinds(), credential="applebc_credentials"),
    "VIBER": Channel(_CHOICE_CARD),
    "SINCH_CHAT": Channel(_kinds()),
    "SINCH_PUSH": Channel(_kinds()),
}


def normal_identity(channel: str, identity: str) -> str:
    """Return the identity as callbacks write it: numbers have no `+`."""
    return identity.removeprefix("+") if CHANNELS[channel].by_number else identity
