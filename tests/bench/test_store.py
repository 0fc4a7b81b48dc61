"""The Redis server that the benchmark measures: its commands, sizes and keys."""

import re

import pytest

from bench.errors import BenchError
from bench.machine import Places
from bench.redis_server import Node, RedisServer, by_kind


def test_counts_copies_and_sizes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("r")
    server = RedisServer.start(folder, Places().redis)
    try:
        client = server._nodes[0].client
        before = server.used()
        client.set("bot:{s1}:session:01HBENCH000001000000000001", "x" * 100)
        client.rpush("bot:{s1}:log:01HBENCH000001000000000001", "y")
        used = server.used().since(before)
        steps = list(server.multiply("01HBENCH000001000000000001", 25))
        kinds = by_kind(server.keys_of("01HBENCH000001000000000001"), "01HBENCH000001000000000001")
        copied = client.mget(client.keys("*session*"))
        stored = client.dbsize()
    finally:
        server.stop()

    assert steps == [25]
    assert used.commands >= 2
    assert used.bytes > 100
    assert stored == 2 + 2 * 25
    assert copied == [b"x" * 100] * 26
    assert set(kinds) == {"session", "log"}
    assert kinds["session"] > 100


def test_the_embedded_server_tells_its_version_and_allocator():
    assert re.fullmatch(r"Valkey [0-9.]+ \(\S+\)", Node.version())


@pytest.mark.parametrize(
    ("program", "why"), [("/nowhere/redis-server", "can't be run"), ("true", "no Redis or Valkey")]
)
def test_a_program_that_is_no_server_is_told(monkeypatch, program, why):
    monkeypatch.setattr(Node, "program", program)

    with pytest.raises(BenchError, match=why):
        Node.version()
