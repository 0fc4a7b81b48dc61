"""Listening addresses: only the webhook's process is reachable from outside."""

import inspect

import pytest

from bot import cli
from bot.dev.stack import HOST
from bot.emulator.serving import serve

FOR_THE_WORLD = {"serve", "web"}
"""The commands that accept connections from outside by default, because they take callbacks."""


def hosts() -> dict[str, str]:
    """Return the default of --host for each command that has this option."""
    callbacks = [each.callback for each in cli.app.registered_commands if each.callback]
    commands = {callback.__name__: callback for callback in callbacks}
    return {
        name: inspect.signature(command).parameters["host"].default
        for name, command in commands.items()
        if "host" in inspect.signature(command).parameters
    }


def test_some_commands_listen():
    assert hosts().keys() >= FOR_THE_WORLD | {"worker"}


@pytest.mark.parametrize(("name", "host"), sorted(hosts().items()))
def test_all_but_the_webhook_listen_on_loopback(name, host):
    assert (host == "0.0.0.0") == (name in FOR_THE_WORLD)
    assert host in ("0.0.0.0", "127.0.0.1")


def test_the_emulator_and_bot_dev_listen_on_loopback():
    assert inspect.signature(serve).parameters["host"].default == "127.0.0.1"
    assert HOST == "127.0.0.1"
