"""The server dies and returns: nothing accepted is lost, and no call waits for ever."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.errors import ConfigError, StoreError
from bot.settings import Settings
from bot.store import Commit, Depth, Sent, Store, Work
from bot.store.embedded import Embedded
from bot.store.ready_stream import ReadyStream
from tests.support.store_claims import ANN, BOB, NOW, Room, claimed


class Server:
    """A separate server, which can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._embedded = Embedded.join(folder)
        self.url = self._embedded.url

    def dies(self) -> None:
        os.kill(int((self._folder / "server.pid").read_text()), signal.SIGKILL)
        Embedded(self._folder).wait_stopped()

    def returns(self) -> None:
        assert self._embedded.revive()

    def ends(self) -> None:
        self._embedded.leave()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "own")
    yield server
    server.ends()


@pytest.fixture
async def store(server: Server) -> AsyncIterator[Store]:
    store = await Store.open(Settings(redis_url=server.url))
    yield store
    await store.close()


async def test_calls_fail_while_the_server_is_away_and_work_when_it_is_back(
    server: Server, store: Store
) -> None:
    await store.queue.accept(ANN, b"1", "m1", NOW)
    server.dies()
    with pytest.raises(StoreError, match="Redis at"):
        await store.queue.accept(ANN, b"2", "m2", NOW)
    with pytest.raises(StoreError):
        await store.queue.ready("w1", 16, None)
    with pytest.raises(StoreError):
        [contact async for contact in store.reader.contacts()]

    server.returns()

    assert not await store.queue.accept(ANN, b"1", "m1", NOW)
    assert await store.queue.accept(ANN, b"2", "m2", NOW)
    assert (await claimed(store)).items == [b"1", b"2"]


async def test_a_restart_between_two_calls_is_not_noticed(server: Server, store: Store) -> None:
    await store.queue.accept(ANN, b"1", "m1", NOW)

    server.dies()
    server.returns()

    assert not await store.queue.accept(ANN, b"1", "m1", NOW)
    assert (await claimed(store)).items == [b"1"]


async def test_a_blocked_read_raises_when_the_server_dies(server: Server, store: Store) -> None:
    waiting = asyncio.create_task(store.queue.ready("w1", 16, 30.0))
    await store.check_writable()

    server.dies()

    with pytest.raises(StoreError):
        await asyncio.wait_for(waiting, 5.0)
    server.returns()
    await store.queue.accept(ANN, b"1", "", NOW)
    assert [lease.contact for lease in await store.queue.ready("w1", 16, None)] == [ANN]


async def test_a_claim_outlives_a_restart(server: Server, store: Store) -> None:
    await store.queue.accept(ANN, b"1", "", NOW)
    work = await claimed(store)
    server.dies()
    changes = Commit(session=b"{}", outbox=[("r1", b"{}")])
    with pytest.raises(StoreError):
        await store.queue.commit(work, changes, NOW)

    server.returns()

    outgoing = await store.queue.commit(work, changes, NOW)
    assert outgoing
    assert await store.queue.settle(work, outgoing, Sent(), NOW) is None
    assert await store.reader.inbox(ANN) == []


@pytest.mark.parametrize("is_empty", [False, True])
async def test_a_full_server_refuses_new_items_and_lets_work_end(
    server: Server, store: Store, monkeypatch: pytest.MonkeyPatch, is_empty: bool
) -> None:
    monkeypatch.setattr(ReadyStream, "is_empty", is_empty)
    for number in range(3):
        await store.queue.accept(ANN, b"%d" % number, f"m{number}", NOW)
    work = await claimed(store)
    await store.connection.client.config_set("maxmemory", 1)
    for contact, id in ((ANN, "new"), (BOB, "new"), (ANN, ""), (BOB, "")):
        with pytest.raises(StoreError, match="maxmemory"):
            await store.queue.accept(contact, b"{}", id, NOW)

    for number in range(3):
        assert work.items[0] == b"%d" % number
        replies = [(f"r{number}a", b"{}"), (f"r{number}b", b"{}")]
        changes = Commit(session=b"{}", log=b"line", outbox=replies)
        outgoing = await store.queue.commit(work, changes, NOW)
        store.queue.prefetcher = room = Room()
        while outgoing:
            outgoing = await store.queue.settle(work, outgoing, Sent(), NOW)
        if number < 2:
            [following] = [each for each in room.got if each]
            assert isinstance(following, Work)
            work = following

    assert await store.reader.depth() == Depth(waiting=0, leased=0, timers=0, dead=0)
    assert len(await store.reader.log(ANN)) == 3
    await store.connection.client.config_set("maxmemory", 0)
    assert await store.queue.accept(ANN, b"{}", "new", NOW)


async def test_an_emptied_server_is_used_again(server: Server, store: Store) -> None:
    await store.queue.accept(ANN, b"1", "", NOW)
    await store.connection.client.flushall()

    await store.queue.accept(BOB, b"1", "", NOW)

    assert [lease.contact for lease in await store.queue.ready("w1", 16, None)] == [BOB]
    assert await store.queue.recover("w1", 60.0, 16) == []


async def test_recovery_creates_the_groups_of_an_emptied_server(
    server: Server, store: Store
) -> None:
    await store.connection.client.flushall()
    await store.queue.accept(BOB, b"1", "", NOW)

    assert await store.queue.recover("w1", 60.0, 16) == []
    assert [lease.contact for lease in await store.queue.ready("w1", 16, None)] == [BOB]


async def test_an_embedded_server_that_dies_is_started_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = await Store.open(Settings(home=str(tmp_path)))
    await store.queue.accept(ANN, b"1", "m1", NOW)
    os.kill(int((tmp_path / "store" / "server.pid").read_text()), signal.SIGKILL)
    Embedded(tmp_path / "store").wait_stopped()

    with pytest.raises(StoreError):
        await store.queue.accept(ANN, b"2", "m2", NOW)

    assert await store.queue.accept(ANN, b"2", "m2", NOW)
    assert await store.reader.inbox(ANN) == [b"1", b"2"]
    assert "it runs again" in caplog.text
    await store.close()


async def test_stores_with_one_home_share_the_embedded_server(tmp_path: Path) -> None:
    settings = Settings(home=str(tmp_path))
    one, other = await Store.open(settings), await Store.open(settings)
    await one.queue.accept(ANN, b"1", "", NOW)
    await one.close()

    assert await other.reader.inbox(ANN) == [b"1"]
    await other.close()
    assert not Embedded(tmp_path / "store").is_alive


async def test_a_store_that_can_not_be_opened_leaves_no_server_behind(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        await Store.open(Settings(home=str(tmp_path), namespace="a{b}"))

    assert not Embedded(tmp_path / "store").is_alive
