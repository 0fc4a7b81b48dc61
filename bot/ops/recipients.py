"""Whom `bot send` and `bot broadcast` mean: contacts the bot knows, and those it doesn't yet."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.client import Contact
from bot.clock import Clock
from bot.contact.address import PHONE_CHANNELS, Address, is_user_id
from bot.conversation_api import ConversationApi
from bot.messages.channel_limits import CHANNELS
from bot.ops.common import patiently
from bot.settings import Settings
from bot.store import Store

T = TypeVar("T")


def plain_identity(channel: str, identity: str) -> str:
    """The identity as the API spells it: a phone number in digits alone, WhatsApp's ids as given.

    Raises:
        ValueError: there is no such channel, or it is no phone number, on one that has such.
    """
    if channel not in CHANNELS:
        raise ValueError(f"{channel!r} is no channel; there are {', '.join(CHANNELS)}")
    if channel not in PHONE_CHANNELS:
        return identity
    if is_user_id(identity):
        if channel != "WHATSAPP":
            raise ValueError(
                "the identity is a WhatsApp user ID and no phone number; it is reached on WHATSAPP"
            )
        return identity
    digits = "".join(each for each in identity if each not in " -.()").removeprefix("+")
    if not (digits.isascii() and digits.isdecimal() and 5 <= len(digits) <= 15):
        raise ValueError("the identity is no phone number")
    if digits.startswith("0"):
        raise ValueError("the phone number lacks its country's code")
    return digits


class Recipients:
    """Finds contacts at the API, and makes those that aren't there yet.

    In CONVERSATION mode a contact is kept under the id that the API gives it: what the bot begins
    with an identity alone would not be found again when the contact answers.
    """

    def __init__(
        self, store: Store, api: ConversationApi, settings: Settings, clock: Clock
    ) -> None:
        self._store = store
        self._api = api
        self._settings = settings
        self._clock = clock
        self._has_ids: bool | None = None

    async def find(self, address: Address) -> Contact:
        """The contact to put something into the inbox of.

        Raises:
            SendError: the API doesn't answer, or refuses.
        """
        if await self._store.reader.session(address.key):
            return address.key
        if address.contact_id:
            return await self._patiently(lambda: self._with_channel(address.contact_id))
        if not await self._gives_ids():
            return address
        id = await self._patiently(lambda: self._contact_id(address))
        found = Address(id, address.channel, address.identity)
        return found.key if await self._store.reader.session(found.key) else found

    async def _gives_ids(self) -> bool:
        if self._has_ids is None:
            app = await self._patiently(lambda: self._api.apps.get(self._settings.app_id))
            self._has_ids = app.get("processing_mode") == "CONVERSATION"
        return self._has_ids

    async def _with_channel(self, contact_id: str) -> Address:
        """The contact with the channel that is tried first, as far as the API knows."""
        contact = await self._api.contacts.get(contact_id)
        identities = contact.get("channel_identities") or [{}]
        priority = [*(contact.get("channel_priority") or ()), ""]
        first = next((each for each in identities if each.get("channel") == priority[0]), None)
        known = first or identities[0]
        return Address(contact_id, known.get("channel", ""), known.get("identity", ""))

    async def _contact_id(self, address: Address) -> str:
        channel, identity = address.channel, address.identity
        async for contact in self._api.contacts.list(channel=channel, identity=identity):
            return str(contact["id"])
        made = await self._api.contacts.create(
            {
                "channel_identities": [{"channel": channel, "identity": identity}],
                "language": "UNSPECIFIED",
            }
        )
        return str(made["id"])

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        return await patiently(ask, self._clock)


def address_of(name: str) -> Address:
    """The address that a contact's name tells: its id, or CHANNEL:identity.

    Raises:
        ValueError: the identity can't be one.
    """
    channel, colon, identity = name.partition(":")
    if not colon:
        return Address(name, "", "")
    channel = channel.upper()
    return Address("", channel, plain_identity(channel, identity))
