"""Files that only their owner should read: the bot's data on this machine, and `.env`."""

from pathlib import Path

OTHERS = 0o077
"""The permissions of all users except the owner."""


def make_private_folder(folder: Path) -> None:
    """Make a folder and the missing folders above it, for their owner only.

    Existing folders are not changed.

    Raises:
        OSError: the folder cannot be made, or is a file.
    """
    for each in reversed(folder.parents):
        if not each.exists():
            each.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


def is_open_to_others(path: Path) -> bool:
    """Return whether users other than the owner can read, write or open `path`."""
    return path.exists() and bool(path.stat().st_mode & OTHERS)
