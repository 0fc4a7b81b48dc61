"""The address of a contact: its id at Sinch, or in DISPATCH mode its identity on a channel."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

PHONE_CHANNELS = frozenset({"SMS", "MMS", "RCS", "WHATSAPP", "VIBERBM"})
"""Channels whose identities are phone numbers, written with or without a leading `+`.

On WHATSAPP an identity may be a user ID instead; see `is_user_id`.
"""

_USER_ID = re.compile(r"([A-Z]{2})\.(?:ENT\.)?[A-Za-z0-9]{1,128}")

_CHANNEL = re.compile(r"(?!CHANNEL_UNSPECIFIED$)[A-Z][A-Z0-9_]*")

MAX_PART_CHARS = 256
"""Maximum length of a part of an address.

Sinch's ids have 26 characters. The longest known identities are half as long as this maximum.
"""


class Address(msgspec.Struct, frozen=True):
    """A contact as a callback names it.

    `contact_id` is empty in DISPATCH mode. `identity` is empty if the callback has only the contact
    id.
    """

    contact_id: str
    channel: str
    identity: str

    @property
    def key(self) -> str:
        """The key of the contact's session: the contact id; without an id, `CHANNEL:identity`.

        A phone number has the same key with or without its `+`.
        """
        return self.contact_id or self.identity_key

    @property
    def identity_key(self) -> str:
        """`CHANNEL:identity`, without the `+` of a phone number.

        In DISPATCH mode this is the key.
        """
        return f"{self.channel}:{self.plain_identity}"

    @property
    def plain_identity(self) -> str:
        """The identity, without the `+` of a phone number."""
        if self.channel in PHONE_CHANNELS:
            return self.identity.removeprefix("+")
        return self.identity

    @property
    def is_plausible(self) -> bool:
        """Whether this can be a contact's address.

        Its parts must be printable and have no more than `MAX_PART_CHARS` characters each. Without
        an id, the channel must look like a name of a channel in the API.

        The check is needed because addresses become keys of the store and fields of requests.
        """
        if not self.contact_id and _CHANNEL.fullmatch(self.channel) is None:
            return False
        longest = max(len(self.contact_id), len(self.channel), len(self.identity))
        return (
            longest <= MAX_PART_CHARS
            and (self.contact_id + self.channel + self.identity).isprintable()
        )

    @property
    def phone_number(self) -> str:
        """The contact's phone number, with or without its `+`; "" if the identity is not a phone
        number.
        """
        has_number = self.channel in PHONE_CHANNELS and not is_user_id(self.identity)
        return self.identity if has_number else ""

    @property
    def country(self) -> str:
        """The ISO 3166 code at the beginning of a WhatsApp user ID; "" for other identities."""
        found = _USER_ID.fullmatch(self.identity) if self.channel == "WHATSAPP" else None
        return found[1] if found else ""

    def recipient(self) -> dict[str, Any]:
        """Return the `recipient` object of a request: `contact_id` if set, otherwise
        `identified_by`.
        """
        if self.contact_id:
            return {"contact_id": self.contact_id}
        return identified_by([self])

    def __repr__(self) -> str:
        # An identity is usually a phone number, and a repr may be logged.
        identity = "***" if self.identity else ""
        return f"Address({self.contact_id!r}, {self.channel!r}, {identity!r})"


def is_user_id(identity: str) -> bool:
    """Return whether an identity is a business-scoped user ID of WhatsApp, such as
    `US.13491208655302741918`.

    A user ID for several portfolios is like `US.ENT.11815799212886844830`. If a WhatsApp user has a
    user name, the user ID may be the only known identity.
    """
    return _USER_ID.fullmatch(identity) is not None


def identified_by(addresses: Sequence[Address]) -> dict[str, Any]:
    """Return the `recipient` object that names a contact by identities, in the order to try
    them.
    """
    identities = [{"channel": each.channel, "identity": each.identity} for each in addresses]
    return {"identified_by": {"channel_identities": identities}}
