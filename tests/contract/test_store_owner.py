"""A namespace belongs to one app, on a server that is fit for a bot."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import ConfigError, StoreError
from bot.settings import Settings
from bot.store import Store
from bot.store.namespace import unfitness
from tests.support.store_servers import free_ports, server

ONE, OTHER = "01JAPPONE", "01JAPPOTHER"


async def owner_of(settings: Settings) -> tuple[str, str] | None:
    store = await Store.open(settings)
    found = await store.owner()
    await store.close()
    return (found.app, found.store) if found else None


async def test_a_namespace_of_another_app_is_refused(settings: Settings) -> None:
    await owner_of(replace(settings, app_id=ONE))

    with pytest.raises(ConfigError, match=f"belongs to app {ONE}.*SINCH_APP_ID is {OTHER}.*"):
        await Store.open(replace(settings, app_id=OTHER))
    with pytest.raises(ConfigError, match=f"BOT_NAMESPACE.*such as {OTHER}"):
        await Store.open(replace(settings, app_id=OTHER), read_only=True)


async def test_a_namespace_has_one_id_for_all_processes_of_its_app(settings: Settings) -> None:
    first = await owner_of(replace(settings, app_id=ONE))

    assert first is not None
    assert await owner_of(replace(settings, app_id=ONE)) == first
    assert await owner_of(settings) == first
    other = replace(settings, app_id=ONE, namespace=f"{settings.namespace}-other")
    assert await owner_of(other) not in (None, first)


async def test_a_store_of_an_earlier_release_gets_its_owner(settings: Settings) -> None:
    assert await owner_of(settings) is None

    found = await owner_of(replace(settings, app_id=ONE))

    assert found is not None
    assert found[0] == ONE


async def test_an_owner_that_no_bot_has_written_is_refused(settings: Settings) -> None:
    store = await Store.open(settings)
    await store.connection.command("SET", store.connection.keys.owner, b"hello")
    await store.close()

    with pytest.raises(ConfigError, match=r":owner at .* does not belong to a bot"):
        await Store.open(settings)


async def test_a_worker_is_known_only_to_its_own_namespace(settings: Settings) -> None:
    store = await Store.open(settings)
    other = await Store.open(replace(settings, namespace=f"{settings.namespace}-other"))
    assert not await store.reader.has_worker()

    await store.report_worker("w1")

    assert await store.reader.has_worker()
    assert not await other.reader.has_worker()
    await store.close()
    await other.close()


async def test_contacts_are_found_by_any_kind_of_key(settings: Settings) -> None:
    store = await Store.open(settings)
    await store.queue.accept("new", b"item", "", 1_700_000_000.0)

    assert [each async for each in store.reader.contacts()] == []
    assert [each async for each in store.reader.contacts("work")] == ["new"]
    assert [each async for each in store.reader.contacts("session", "work")] == ["new"]
    await store.close()


async def test_a_cluster_behind_a_plain_url_is_refused(cluster_url: str) -> None:
    url = cluster_url.replace("redis+cluster://", "redis://")

    with pytest.raises(ConfigError, match=r"is a cluster\. Write redis\+cluster://"):
        await Store.open(Settings(redis_url=url))


async def test_a_server_that_is_no_cluster_behind_a_cluster_url_is_reported(tmp_path: Path) -> None:
    [port] = free_ports(1)
    settings = Settings(redis_url=f"redis+cluster://127.0.0.1:{port}")
    with (
        server(tmp_path / "server", port),
        pytest.raises(StoreError, match=r"it is no cluster\. Write redis://"),
    ):
        await Store.open(settings)


@pytest.mark.parametrize(
    ("info", "is_cluster", "said"),
    [
        ({"redis_version": "5.0.6"}, False, "version 5.0.6; a bot needs 6.2 or later"),
        ({"redis_version": "6.0.16"}, True, "version 6.0.16"),
        ({"redis_version": "7.0.0", "cluster_enabled": 1}, False, "is a cluster"),
        (
            {"redis_version": "7.0.0", "maxmemory": 1, "maxmemory_policy": "allkeys-lru"},
            False,
            "maxmemory-policy allkeys-lru",
        ),
    ],
)
def test_a_server_that_is_not_fit_is_refused_by_name(
    info: dict[str, object], is_cluster: bool, said: str
) -> None:
    [unfit] = unfitness(info, "redis.test:6379", is_cluster=is_cluster)

    assert said in unfit
    assert "redis.test:6379" in unfit


@pytest.mark.parametrize(
    "info",
    [
        {"redis_version": "6.2.0"},
        {"redis_version": "7.2.4", "maxmemory": 1, "maxmemory_policy": "noeviction"},
        {"redis_version": "255.255.255", "maxmemory": 0, "maxmemory_policy": "allkeys-lru"},
    ],
)
def test_a_server_that_is_fit_is_accepted(info: dict[str, object]) -> None:
    assert list(unfitness(info, "redis.test:6379")) == []
