"""Finds the `bot dev` that runs in this folder: its URLs and its namespace."""

import contextlib
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec

from bot.i18n.printable import echo
from bot.settings import Settings
from bot.store.private_files import make_private_folder


class Running(msgspec.Struct):
    """The URLs of a running `bot dev`: of its bot and its emulator."""

    bot_url: str
    emulator_url: str


def running_stack(settings: Settings) -> Running | None:
    """Return the `bot dev` that runs in this folder; None if none runs."""
    try:
        found = msgspec.json.decode(_announcement(settings).read_bytes(), type=Running)
    except (OSError, msgspec.DecodeError):
        return None
    with socket.socket() as probe:
        host, _, port = found.emulator_url.rpartition("/")[2].partition(":")
        return found if probe.connect_ex((host, int(port))) == 0 else None


def dev_namespace(settings: Settings) -> str:
    """Return the namespace in the settings' store that has the contacts of `bot dev`."""
    return f"{settings.namespace}-dev"


def settings_here() -> Settings:
    """Read the settings, and change them so that a command uses the contacts of the `bot dev` that
    runs in this folder.

    A line on standard error says that these contacts are used. If no `bot dev` runs, or if
    BOT_NAMESPACE is in the environment, return the settings unchanged.
    """
    settings = Settings.from_env()
    if "BOT_NAMESPACE" in os.environ or running_stack(settings) is None:
        return settings
    echo(
        "bot dev runs in this folder, so this command uses the contacts of bot dev. To use the"
        f" contacts of your settings instead, put BOT_NAMESPACE={settings.namespace} before the"
        " command.",
        error=True,
    )
    return replace(settings, namespace=dev_namespace(settings))


@contextlib.contextmanager
def announced(settings: Settings, where: Running) -> Iterator[None]:
    """Let other commands in this folder find this `bot dev` until the context ends."""
    path = _announcement(settings)
    make_private_folder(path.parent)
    path.write_bytes(msgspec.json.encode(where))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _announcement(settings: Settings) -> Path:
    return Path(settings.home) / "dev.json"
