"""`bot doctor` names the cause if a Redis server can't be used, and says once what to do."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bot.clock import SystemClock
from bot.flow.load import Flows
from bot.ops.doctor import local
from bot.ops.doctor.finding import Finding
from bot.settings import Settings
from bot.store import Store
from tests.support.redis_server import RedisServer


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[RedisServer]:
    server = RedisServer(tmp_path / "redis")
    await server.start()
    async with await Store.open(Settings(redis_url=server.url)):
        pass
    yield server
    server.kill()


async def fault(url: str) -> Finding:
    """Return what `bot doctor` reports about the server."""
    check = local.StoreCheck(Settings(redis_url=url), Flows([]), SystemClock())
    found = [each async for each in check.examine()]
    [error] = [each for each in found if (each.check, each.outcome) == ("redis", "fault")]
    return error


async def test_a_database_that_does_not_exist_is_named(server: RedisServer) -> None:
    finding = await fault(f"{server.url}/99")

    assert "it has no database with the number in REDIS_URL. Use /0" in finding.found
    assert finding.do == ""


async def test_a_server_without_free_connections_is_named(server: RedisServer) -> None:
    async with Redis(port=server.port) as client:
        await client.config_set("maxclients", 1)
        finding = await fault(server.url)

    assert "it accepts no more connections (maxclients)" in finding.found
    assert finding.do == ""


async def test_a_host_without_an_address_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*words: object, **options: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    finding = await fault("redis://redis.internal.invalid:6379/0")

    assert "its name can't be resolved on this machine" in finding.found
    assert finding.do == ""


@pytest.mark.parametrize("command", ["evalsha", "hgetall", "xinfo|groups"])
async def test_a_command_that_the_user_may_not_run_is_named(
    server: RedisServer, command: str
) -> None:
    async with Redis(port=server.port) as client:
        rules = ("on", ">secret", "~bot:*", "+@all", f"-{command}")
        await client.execute_command("ACL", "SETUSER", "ann", *rules)
    finding = await fault(f"redis://ann:secret@127.0.0.1:{server.port}/0")

    assert f"may not run the command {command!r}. Give the user all rights" in finding.found
    assert finding.do == ""


async def test_a_cluster_without_all_its_nodes_is_named(tmp_path: Path) -> None:
    node = RedisServer(tmp_path / "node", cluster_enabled="yes")
    await node.start()
    try:
        finding = await fault(node.url)
    finally:
        node.kill()

    assert "some of its slots are served by no node (CLUSTERDOWN)" in finding.found
    assert finding.do == ""


async def test_a_server_that_hangs_is_not_advised_to_be_started(
    server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.connection.ANSWER_TIMEOUT_S", 0.05)
    server.pause()
    try:
        finding = await fault(server.url)
    finally:
        server.resume()

    assert "it did not answer in time" in finding.found
    assert "stopped or overloaded" in finding.do


async def test_a_wrong_password_is_answered_with_how_to_write_one(server: RedisServer) -> None:
    async with Redis(port=server.port) as client:
        await client.execute_command("ACL", "SETUSER", "ann", "on", ">100%", "~*", "+@all")
    finding = await fault(f"redis://ann:100%25x@127.0.0.1:{server.port}/0")

    assert "% is written %25" in finding.do
