"""Detects that another worker on this machine has ended.

Each worker locks a file with its name in a shared folder. The operating system releases the lock
when the process ends. The contacts of an ended worker are queued again at once, before the worker's
leases end.
"""

import contextlib
import fcntl
import logging
from pathlib import Path
from typing import IO
from urllib.parse import quote, unquote

from bot.clock import Clock
from bot.errors import StoreError
from bot.store.queue import Queue

logger = logging.getLogger(__name__)

LOOK_S = 0.5
"""Seconds between two checks of the other workers.

A worker counts as ended if it is missing in two checks. By the second check, the last request of
the ended worker has arrived at the platform, so another worker can ask the platform about this
request.
"""


class Siblings:
    """The workers that share a folder. All these workers use the same store.

    `name` is the name of this process.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._own = folder / quote(name, safe="")
        self._lock: IO[bytes] | None = None

    def join(self) -> None:
        """Lock this process's file.

        Raises:
            OSError: the folder is not writable.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The file gets its name only after it is locked.
        unseen = self._own.with_name(f".{self._own.name}")
        self._lock = unseen.open("ab")
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        unseen.rename(self._own)

    def leave(self) -> None:
        """Delete this process's file. Call this method after the process has returned all
        leases.
        """
        self._own.unlink(missing_ok=True)
        if self._lock:
            self._lock.close()

    def gone(self) -> set[Path]:
        """Return the files that ended workers have not deleted."""
        others = [each for each in self._folder.iterdir() if not each.name.startswith(".")]
        return {each for each in others if each != self._own and _is_free(each)}

    def forget(self, file: Path) -> None:
        """Delete the file of a worker that has ended."""
        file.unlink(missing_ok=True)


async def watch(siblings: Siblings, queue: Queue, clock: Clock) -> None:
    """Queue the contacts of ended workers again, until this task is canceled."""
    seen: set[Path] = set()
    while True:
        gone = siblings.gone()
        for file in gone & seen:
            with contextlib.suppress(StoreError):  # The next check tries again.
                await _bury(file, siblings, queue)
        seen = gone
        await clock.sleep(LOOK_S)


async def _bury(file: Path, siblings: Siblings, queue: Queue) -> None:
    contacts = await queue.bury(_name_of(file))
    siblings.forget(file)
    logger.warning(
        "A worker on this machine has ended; its contacts are queued again",
        extra={"action": "worker_gone", "worker": _name_of(file), "contacts": contacts},
    )


def _name_of(file: Path) -> str:
    return unquote(file.name)


def _is_free(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:  # Another worker has locked the file or deleted it already.
        return False
    return True
