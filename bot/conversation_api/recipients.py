"""Finds contacts by id, CHANNEL:identity, phone number or WhatsApp user ID."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from bot.clock import Clock
from bot.contact.address import PHONE_CHANNELS, Address, is_user_id
from bot.conversation_api import ConversationApi
from bot.conversation_api.retries import patiently
from bot.errors import ContactError
from bot.messages.channel_limits import CHANNELS
from bot.settings import Settings
from bot.store import Store

T = TypeVar("T")

_NUMBER = re.compile(r"\+?[0-9]{5,15}")


def plain_identity(channel: str, identity: str) -> str:
    """Return the identity as the API writes it.

    A phone number is reduced to its digits. Any other identity is returned unchanged.

    Raises:
        ValueError: there is no such channel, or the channel needs a phone number and `identity` is
            not a phone number.
    """
    if channel not in CHANNELS:
        raise ValueError(f"{channel!r} is not a channel; the channels are {', '.join(CHANNELS)}")
    if channel not in PHONE_CHANNELS:
        return identity
    if is_user_id(identity):
        if channel != "WHATSAPP":
            raise ValueError(
                "the identity is a WhatsApp user ID, not a phone number; use the channel WHATSAPP"
            )
        return identity
    digits = "".join(each for each in identity if each not in " -.()").removeprefix("+")
    if not (digits.isascii() and digits.isdecimal() and 5 <= len(digits) <= 15):
        or_id = ", nor a WhatsApp user ID such as US.1349120865" if channel == "WHATSAPP" else ""
        raise ValueError(f"the identity is not a phone number{or_id}")
    return _require_country(digits)


def _require_country(digits: str) -> str:
    """Return the digits of a phone number.

    Raises:
        ValueError: the digits do not begin with a country code.
    """
    if digits.startswith("0"):
        raise ValueError("the phone number lacks its country code")
    return digits


def address_of(name: str) -> Address:
    """Return the address for `name`, which is a contact's id or CHANNEL:identity.

    Raises:
        ValueError: the identity is not valid on the channel.
    """
    channel, colon, identity = name.partition(":")
    if not colon:
        return Address(name, "", "")
    channel = channel.upper()
    return Address("", channel, plain_identity(channel, identity))


class Recipients:
    """Finds contacts at the API, and creates them if they are new.

    In CONVERSATION mode a session is stored under the id that the API gives the contact, because
    callbacks name the contact by this id. If the bot stored the session under an identity, the bot
    would not find the session when the contact answers.

    With `is_patient`, requests are repeated while the API cannot answer.
    """

    def __init__(
        self,
        store: Store,
        api: ConversationApi,
        settings: Settings,
        clock: Clock,
        *,
        is_patient: bool = True,
    ) -> None:
        self._store = store
        self._api = api
        self._settings = settings
        self._clock = clock
        self._is_patient = is_patient
        self._has_ids: bool | None = None

    async def find(self, address: Address, fallback: Address | None = None) -> Address:
        """Return the contact with this id or identity. If the API has no such contact, create the
        contact.

        `fallback` is an identity on a second channel. If the contact has no identity on that
        channel, `fallback` is added to the contact.

        Raises:
            ContactError: `fallback` is given, but the app is in DISPATCH mode.
            SendError: the API does not answer, or rejects the request.
        """
        if fallback is not None:
            return await self._with_fallback(address, fallback)
        if await self._is_stored(address):
            return address
        if address.contact_id:
            return await self._ask(lambda: self._with_channel(address.contact_id))
        if not await self._gives_ids():
            return address
        if known := await self._with_identity(address):
            return known
        return await self._ask(lambda: self._created(address))

    async def require_ids(self) -> None:
        """Raise ContactError if the app is in DISPATCH mode, in which a contact has only one
        channel.
        """
        if not await self._gives_ids():
            raise ContactError(
                "A second channel needs an app in CONVERSATION mode. In DISPATCH mode, the contact"
                " would be a different contact on the second channel."
            )

    async def _with_fallback(self, address: Address, fallback: Address) -> Address:
        await self.require_ids()
        found = await self.find(address)
        if not found.contact_id:  # The bot knows the contact only by its identity.
            known = await self._with_identity(address)
            found = known if known else await self._ask(partial(self._created, address))
        if fallback.identity:
            await self._ask(lambda: self._give(found.contact_id, fallback))
        return found

    async def _give(self, contact_id: str, identity: Address) -> None:
        """Add an identity on another channel to the contact."""
        contact = await self._api.contacts.get(contact_id)
        known = contact.get("channel_identities") or []
        if any(each.get("channel") == identity.channel for each in known):
            return
        new = {"channel": identity.channel, "identity": identity.identity}
        await self._api.contacts.update(contact_id, {"channel_identities": [*known, new]})

    async def look_up(self, name: str) -> Address | None:
        """Return the contact with this phone number, WhatsApp user ID or CHANNEL:identity.

        Return None if there is no such contact, or if `name` has another form.

        Raises:
            ContactError: the identity is invalid, or several contacts have the number.
            SendError: the API does not answer, or rejects the request.
        """
        if _NUMBER.fullmatch(name):
            return await self._with_number(_phone_number(name))
        address = identity_of(name)
        if address is None or await self._is_stored(address):
            return address
        return await self._with_identity(address) if await self._gives_ids() else None

    async def _with_number(self, digits: str) -> Address | None:
        channels = PHONE_CHANNELS & set(self._settings.channel_names or CHANNELS)
        named = [Address("", channel, digits) for channel in sorted(channels)]
        stored = [each for each in named if await self._is_stored(each)]
        if not stored and await self._gives_ids():
            asked = await asyncio.gather(*map(self._with_identity, named))
            stored = list({each.key: each for each in asked if each}.values())
        if len(stored) > 1:
            raise ContactError(
                f"{len(stored)} contacts have this phone number. Name one of them by its id, or as"
                " CHANNEL:identity with one of the channels"
                f" {', '.join(e.channel for e in stored)}."
            )
        return stored[0] if stored else None

    async def _is_stored(self, address: Address) -> bool:
        return await self._store.reader.session(address.key) is not None

    async def _gives_ids(self) -> bool:
        if self._has_ids is None:
            app = await self._ask(lambda: self._api.apps.get(self._settings.app_id))
            self._has_ids = app.get("processing_mode") == "CONVERSATION"
        return self._has_ids

    async def _with_channel(self, contact_id: str) -> Address:
        """Return the contact's address on the channel to try first.

        If the API knows no channel of the contact, the address has only the id.
        """
        contact = await self._api.contacts.get(contact_id)
        identities = contact.get("channel_identities") or [{}]
        priority = [*(contact.get("channel_priority") or ()), ""]
        first = next((each for each in identities if each.get("channel") == priority[0]), None)
        known = first or identities[0]
        return Address(contact_id, known.get("channel", ""), known.get("identity", ""))

    async def _with_identity(self, address: Address) -> Address | None:
        """Return the contact that has this identity; None if the API has no such contact."""
        channel, identity = address.channel, address.identity

        async def find() -> Address | None:
            async for contact in self._api.contacts.list(channel=channel, identity=identity):
                return Address(str(contact["id"]), channel, identity)
            return None

        return await self._ask(find)

    async def _created(self, address: Address) -> Address:
        identity = {"channel": address.channel, "identity": address.identity}
        made = await self._api.contacts.create(
            {"channel_identities": [identity], "language": "UNSPECIFIED"}
        )
        return Address(str(made["id"]), address.channel, address.identity)

    async def _ask(self, ask: Callable[[], Awaitable[T]]) -> T:
        return await patiently(ask, self._clock) if self._is_patient else await ask()


def _phone_number(name: str) -> str:
    """Return the digits of a contact's phone number.

    Raises:
        ContactError: the number lacks its country code.
    """
    try:
        return _require_country(name.removeprefix("+"))
    except ValueError as error:
        raise _unusable(error) from error


def _unusable(error: ValueError) -> ContactError:
    return ContactError(f"The contact can't be used: {error}.")


def identity_of(name: str) -> Address | None:
    """Return the address for CHANNEL:identity or a WhatsApp user ID; None if `name` has another
    form.

    Raises:
        ContactError: the identity is not valid on the channel.
    """
    if is_user_id(name):
        return Address("", "WHATSAPP", name)
    channel, colon, _ = name.partition(":")
    if not colon or channel.upper() not in CHANNELS:
        return None
    try:
        return address_of(name)
    except ValueError as error:
        raise _unusable(error) from error
