"""Writes a conversation from the bot's log as a `.chat` file."""

from bot.contact.address import Address
from bot.contact.session import Session
from bot.contact.session import decode as decode_session
from bot.items.turn_log import oldest_first
from bot.settings import Settings
from bot.store import Store
from bot.testing.chat_file import write
from bot.testing.chat_log import chat_of


async def recorded(settings: Settings, channel: str, identity: str, since: float) -> str:
    """Return the conversation on this phone since `since` (Unix seconds) as a `.chat` file.

    The conversation is read from the settings' store.

    Raises:
        StoreError: the store is unavailable.
    """
    async with await Store.open(settings) as store:
        async for contact in store.reader.contacts():
            raw = await store.reader.session(contact)
            session = decode_session(raw) if raw else None
            if session and _is(session, channel, identity):
                records = oldest_first(await store.reader.log(contact))
                # `since` may be slightly later than the first message, so a second is subtracted.
                told = [record for record in records if record.at >= since - 1]
                return write(chat_of(told, session))
    return write(chat_of([], Session(Address("", channel, identity))))


async def chat_text(store: Store, contact: str) -> str:
    """Return the contact's logged conversation as a `.chat` file; "" for an unknown contact."""
    raw = await store.reader.session(contact)
    if raw is None:
        return ""
    return write(chat_of(oldest_first(await store.reader.log(contact)), decode_session(raw)))


def _is(session: Session, channel: str, identity: str) -> bool:
    address = session.address
    return (address.channel, address.identity.removeprefix("+")) == (
        channel,
        identity.removeprefix("+"),
    )
