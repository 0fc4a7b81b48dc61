"""Ten brands on one server, and a server that is restored from a backup."""

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.settings import Settings
from bot.store import Commit, DueTimer, Store
from tests.support.redis_server import RedisServer
from tests.support.store_claims import ANN, NOW, claimed

BRANDS = [f"brand-{number}" for number in range(10)]


async def test_ten_brands_on_one_server_see_only_their_own_contacts(settings: Settings) -> None:
    each = [
        replace(settings, app_id=brand, namespace=f"{settings.namespace}-{brand}")
        for brand in BRANDS
    ]
    stores = await asyncio.gather(*map(Store.open, each))
    for store, brand in zip(stores, BRANDS, strict=True):
        assert await store.queue.accept(ANN, brand.encode(), "the same id", NOW)

    for store, brand in zip(stores, BRANDS, strict=True):
        work = await claimed(store)
        assert work.items == [brand.encode()]
        await store.queue.commit(work, Commit(session=brand.encode()), NOW)
    for store, brand in zip(stores, BRANDS, strict=True):
        assert await store.reader.session(ANN) == brand.encode()
        assert [contact async for contact in store.reader.contacts()] == [ANN]
        assert (await store.reader.depth()).waiting == 0
    owners = [await store.owner() for store in stores]
    assert [owner.app for owner in owners if owner] == BRANDS
    assert len({owner.store for owner in owners if owner}) == len(BRANDS)
    with pytest.raises(ConfigError, match="belongs to app brand-0"):
        await Store.open(replace(each[0], app_id="brand-1"))
    for store in stores:
        await store.close()


async def test_a_backup_of_the_append_only_file_is_the_whole_store(tmp_path: Path) -> None:
    server = RedisServer(tmp_path / "server")
    await server.start()
    store = await Store.open(Settings(redis_url=server.url, app_id="app"))
    await store.queue.accept(ANN, b"first", "m1", NOW)
    timer = DueTimer("reminder", NOW + 60, b"{}")
    commit = Commit(session=b"session", outbox=[("reply", b"{}")], timers_set=[timer])
    await store.queue.commit(await claimed(store), commit, NOW)
    await store.queue.accept(ANN, b"second", "m2", NOW)
    owner = await store.owner()
    shutil.copytree(tmp_path / "server" / "appendonlydir", tmp_path / "restored" / "appendonlydir")
    await store.queue.accept(ANN, b"after the backup", "m3", NOW)
    await store.close()
    server.kill()

    restored = RedisServer(tmp_path / "restored")
    await restored.start()
    store = await Store.open(Settings(redis_url=restored.url, app_id="app"))

    assert await store.owner() == owner
    assert await store.reader.session(ANN) == b"session"
    assert await store.reader.inbox(ANN) == [b"second"]
    assert [entry.id for entry in await store.reader.outbox(ANN)] == ["reply"]
    assert [each.name for each in await store.reader.timers(ANN)] == ["reminder"]
    assert not await store.queue.accept(ANN, b"second", "m2", NOW)
    await store.close()
    restored.kill()
