"""Turns the conversation on a phone into a test: a `.chat` file, which pytest collects."""

import re
from pathlib import Path

from bot.app.bot import Bot
from bot.errors import BotError

FOLDER = "tests"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class NotSaved(BotError):
    """The conversation cannot be saved as a test, or not under this name."""


async def chat_text(bot: Bot, key: str) -> str:
    """Return the contact's conversation in the format of a `.chat` file.

    Raises:
        NotSaved: the bot has no such contact.
    """
    # Imported here, because only this function needs the simulation.
    from bot.testing import recording

    text = await recording.chat_text(bot.store, key)
    if not text:
        raise NotSaved("There is no conversation yet. Write something to the bot first.")
    return text


def save(text: str, name: str, folder: Path) -> Path:
    """Write a new file `<name>.chat` in `folder`. Create the folder if it is missing.

    Raises:
        NotSaved: the name has invalid characters, or the file exists or cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise NotSaved(f"{name!r} can't be a file's name: use at most 64 letters, digits, - and _.")
    path = folder / f"{name}.chat"
    if path.exists():
        raise NotSaved(f"The file {path} exists already; choose another name.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise NotSaved(f"{path} can't be written: {error.strerror}.") from error
    return path
