"""Flows that are only tried reach nothing outside."""

import asyncio
import socket

import pytest

from bot.testing.network_guard import ConnectionRefused, no_connections


def test_connections_to_other_hosts_are_refused():
    with no_connections(), socket.socket() as one, pytest.raises(ConnectionRefused) as caught:
        one.connect(("192.0.2.1", 80))

    assert "192.0.2.1" in str(caught.value)


async def test_asynchronous_ones_too_and_those_of_tasks():
    async def connect() -> None:
        await asyncio.open_connection("192.0.2.1", 80)

    with no_connections(), pytest.raises(ConnectionRefused, match=r"turn\.once"):
        await asyncio.create_task(connect())


def test_this_machine_and_what_comes_after_are_left_alone():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with no_connections(), socket.socket() as one:
            one.connect(listener.getsockname())
    with socket.socket() as one:
        one.settimeout(0.001)
        with pytest.raises(OSError, match=r".") as caught:
            one.connect(("192.0.2.1", 80))
        assert not isinstance(caught.value, ConnectionRefused)
