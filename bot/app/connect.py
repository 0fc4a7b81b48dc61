"""Opens a client for a bot that runs in other processes."""

import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, NoReturn

from bot.app.running_dev import dev_notice, dev_settings
from bot.client import Client
from bot.clock import new_ulid
from bot.conversation_api import ConversationApi
from bot.conversation_api.recipients import Recipients
from bot.errors import StoreAway
from bot.settings import Settings
from bot.store import Store
from bot.worker.store_clock import StoreClock

logger = logging.getLogger(__name__)


class Connecting(AbstractAsyncContextManager[Client]):
    """The result of `connect`. `async with` opens the client, and closes it at the end."""

    def __init__(self, settings: Settings | None) -> None:
        self._client = _client(settings)

    async def __aenter__(self) -> Client:
        return await self._client.__aenter__()

    async def __aexit__(self, *error: Any) -> bool | None:
        return await self._client.__aexit__(*error)

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(
            f"bot.connect() is not open yet and has no {name!r}. Write `async with bot.connect() as"
            " client:`."
        )


def connect(settings: Settings | None = None) -> Connecting:
    """Open a client for a bot that runs in other processes.

        async with bot.connect() as client:
            await client.start("SMS:+46700000001", "parcel", {"number": 7}, id="shipped-7")

    The client uses the bot's Redis, so it needs the bot's `REDIS_URL` and `BOT_NAMESPACE`. To find
    contacts by phone number or `CHANNEL:identity`, the client needs the bot's `SINCH_…` settings.
    Without `settings`, the settings are read from the environment and `.env`. If a `bot dev` runs
    in this folder and `BOT_NAMESPACE` is not in the environment, the client uses the contacts of
    `bot dev`, and logs a warning about it. Use the client in the event loop that opened it.

    Raises:
        NoStore: no bot has used this Redis and namespace yet.
        ConfigError: a setting has a wrong value, or the namespace belongs to another app.
        StoreAway: Redis can't be reached.
    """
    return Connecting(settings)


@asynccontextmanager
async def _client(settings: Settings | None) -> AsyncIterator[Client]:
    settings = settings or _settings_here()
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(await _opened(settings))
        clock = await StoreClock.of(store)
        recipients = None
        if all((settings.project_id, settings.app_id, settings.key_id, settings.key_secret)):
            api = await stack.enter_async_context(ConversationApi(settings, clock))
            recipients = Recipients(store, api, settings, clock)
        yield Client(store, None, clock, new_ulid, recipients)


def _settings_here() -> Settings:
    settings = Settings.from_env()
    theirs = dev_settings(settings)
    if theirs is None:
        return settings
    logger.warning(dev_notice(settings, "this program"))
    return theirs


async def _opened(settings: Settings) -> Store:
    try:
        return await Store.open(settings, create=False)
    except StoreAway as error:
        why = str(error).rstrip(".")
        raise StoreAway(
            f"{why}. Start the Redis server of the bot, or correct REDIS_URL."
        ) from error
