"""Servers with users, passwords and databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.errors import ConfigError, StoreError
from bot.settings import Settings
from bot.store import Store
from tests.support.store_claims import ANN, NOW, claimed
from tests.support.store_servers import free_ports, server

RIGHTS = ("~bot:*", "resetchannels", "+@all", "-@admin", "-@dangerous", "+info")


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A server with the user ann, password `p@ss/word`, who may use only a bot's keys."""
    [port] = free_ports(1)
    folder = tmp_path_factory.mktemp("acl") / "server"
    with server(folder, port, "--user", "ann", "on", ">p@ss/word", *RIGHTS):
        yield port


async def test_a_user_with_few_rights_is_enough(port: int) -> None:
    url = f"redis://ann:p%40ss%2Fword@127.0.0.1:{port}/0"
    store = await Store.open(Settings(redis_url=url))

    await store.queue.accept(ANN, b"item", "", NOW)

    assert (await claimed(store)).items == [b"item"]
    assert await store.queue.recover("w2", 60.0, 16) == []
    assert await store.admin.forget(ANN)
    assert [contact async for contact in store.reader.contacts()] == []
    assert (await store.reader.info())["redis_version"]
    await store.close()


@pytest.mark.parametrize("is_read_only", [False, True])
async def test_a_missing_right_is_reported_with_the_way_out(port: int, is_read_only: bool) -> None:
    url = f"redis://ann:p%40ss%2Fword@127.0.0.1:{port}/0"

    way_out = r"Add the ACL rule ~other:\* to the user, or set BOT_NAMESPACE"
    with pytest.raises(ConfigError, match=f"No permissions.*{way_out}"):
        await Store.open(Settings(redis_url=url, namespace="other"), read_only=is_read_only)


async def test_a_wrong_password_is_reported_without_its_value(port: int) -> None:
    url = f"redis://ann:s3cret@127.0.0.1:{port}/0"

    with pytest.raises(StoreError, match=rf"Redis at 127\.0\.0\.1:{port}: .*password") as told:
        await Store.open(Settings(redis_url=url))
    assert "s3cret" not in str(told.value)


async def test_each_database_is_a_separate_store(port: int, tmp_path: Path) -> None:
    one = await Store.open(Settings(redis_url=f"redis://127.0.0.1:{port}/1", namespace="x"))
    two = await Store.open(Settings(redis_url=f"redis://127.0.0.1:{port}/2", namespace="x"))

    await one.queue.accept(ANN, b"item", "", NOW)

    assert await two.reader.inbox(ANN) == []
    assert await one.reader.inbox(ANN) == [b"item"]
    await one.close()
    await two.close()
