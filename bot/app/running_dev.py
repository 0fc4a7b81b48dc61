"""Finds the `bot dev` that runs in this folder: its URLs, its project and its namespace."""

import contextlib
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec

from bot.settings import Secret, Settings
from bot.store.private_files import make_private_folder


class Running(msgspec.Struct):
    """The URLs of a running `bot dev`, of its bot and its emulator, and the emulator's project."""

    bot_url: str
    emulator_url: str
    project_id: str
    app_id: str
    key_id: str
    key_secret: str


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


def dev_settings(settings: Settings) -> Settings | None:
    """Return the settings for the contacts of the `bot dev` that runs in this folder.

    Return None if no `bot dev` runs, or if BOT_NAMESPACE is in the environment.
    """
    if "BOT_NAMESPACE" in os.environ or (where := running_stack(settings)) is None:
        return None
    return replace(
        settings,
        namespace=dev_namespace(settings),
        project_id=where.project_id,
        app_id=where.app_id,
        key_id=where.key_id,
        key_secret=Secret(where.key_secret),
        api_url=where.emulator_url,
        auth_url=where.emulator_url,
    )


def dev_notice(settings: Settings, user: str) -> str:
    """Return the line that reports that `user`, such as "this command", uses `bot dev`."""
    return (
        f"bot dev runs in this folder, so {user} uses the contacts of bot dev. To use the contacts"
        f" of your settings instead, put BOT_NAMESPACE={settings.namespace} before the command."
    )


@contextlib.contextmanager
def announced(settings: Settings, where: Running) -> Iterator[None]:
    """Let other commands in this folder find this `bot dev` until the context ends."""
    path = _announcement(settings)
    make_private_folder(path.parent)
    path.touch(0o600)
    path.write_bytes(msgspec.json.encode(where))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _announcement(settings: Settings) -> Path:
    return Path(settings.home) / "dev.json"
