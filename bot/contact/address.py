"""Who a contact is: the id Sinch gave it, or where no ids are kept, its identity on a channel."""

from collections.abc import Sequence
from typing import Any

import msgspec

PHONE_CHANNELS = frozenset({"SMS", "MMS", "RCS", "WHATSAPP", "VIBERBM"})
"""Channels whose identities are phone numbers, written with or without a leading `+`.

On WHATSAPP an identity may be a business-scoped user ID instead, such as US.13491208655302741918.
"""


MAX_PART_CHARS = 256
"""Characters in a part of an address. Ids have 26; the longest identities seen are half of this."""


class Address(msgspec.Struct, frozen=True):
    """A contact as a callback names it.

    `contact_id` is empty in DISPATCH mode; `identity` may be empty where only the contact is named.
    """

    contact_id: str
    channel: str
    identity: str

    @property
    def key(self) -> str:
        """What the contact's session is kept under: the contact id, else `CHANNEL:identity`.

        A phone number gives one key, with or without its `+`.
        """
        if self.contact_id:
            return self.contact_id
        if self.channel in PHONE_CHANNELS:
            return f"{self.channel}:{self.identity.removeprefix('+')}"
        return f"{self.channel}:{self.identity}"

    @property
    def is_plausible(self) -> bool:
        """Whether a contact can be named so: in printable characters, and not too many of them.

        Names become keys of the store and fields of requests.
        """
        longest = max(len(self.contact_id), len(self.channel), len(self.identity))
        return (
            longest <= MAX_PART_CHARS
            and (self.contact_id + self.channel + self.identity).isprintable()
        )

    def recipient(self) -> dict[str, Any]:
        """The `recipient` object of a request: `contact_id` if set, else `identified_by`."""
        if self.contact_id:
            return {"contact_id": self.contact_id}
        return identified_by([self])

    def __repr__(self) -> str:
        # An identity is most often a phone number, and a repr ends up in logs.
        identity = "***" if self.identity else ""
        return f"Address({self.contact_id!r}, {self.channel!r}, {identity!r})"


def identified_by(addresses: Sequence[Address]) -> dict[str, Any]:
    """The `recipient` object naming a contact by identities, the channel to try first in front."""
    identities = [{"channel": each.channel, "identity": each.identity} for each in addresses]
    return {"identified_by": {"channel_identities": identities}}
