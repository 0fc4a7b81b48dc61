"""Notices that another worker of this machine is gone, however it ended.

Each worker holds a lock on a file with its name in a folder that they share. The system releases
the lock when the process ends. What such a worker held is queued again at once, without waiting for
its leases to end.
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
"""How often the others are looked at. A worker must be seen gone twice: so its last request has
time to arrive before somebody looks for it at the platform."""


class Siblings:
    """The workers that share a folder, of which one has `name`. A folder is of one store."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._own = folder / quote(name, safe="")
        self._lock: IO[bytes] | None = None

    def join(self) -> None:
        """Let others see that this process lives.

        Raises:
            OSError: nothing can be written there.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Others see the file only when it is locked.
        unseen = self._own.with_name(f".{self._own.name}")
        self._lock = unseen.open("ab")
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        unseen.rename(self._own)

    def leave(self) -> None:
        """Take this process's file away, after it has given everything back."""
        self._own.unlink(missing_ok=True)
        if self._lock:
            self._lock.close()

    def gone(self) -> set[Path]:
        """Return the files of those that have ended without leaving."""
        others = [each for each in self._folder.iterdir() if not each.name.startswith(".")]
        return {each for each in others if each != self._own and _is_free(each)}

    def forget(self, file: Path) -> None:
        """Take the file of one that has ended away."""
        file.unlink(missing_ok=True)


async def watch(siblings: Siblings, queue: Queue, clock: Clock) -> None:
    """Queue again what siblings held that are gone, until this is canceled."""
    seen: set[Path] = set()
    while True:
        gone = siblings.gone()
        for file in gone & seen:
            with contextlib.suppress(StoreError):  # It is tried again.
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
    except OSError:  # it is locked, or another sibling has taken it away
        return False
    return True
