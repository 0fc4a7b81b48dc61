"""The address that a process listens at."""

import socket

import pytest

from bot.errors import ConfigError
from bot.processes.serve import _listen


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_all_addresses_of_ipv6_take_ipv4_too() -> None:
    with _listen("::", 0) as listener:
        port = listener.getsockname()[1]

        for host in ("127.0.0.1", "::1"):
            socket.create_connection((host, port), 2).close()


def test_all_addresses_of_ipv4_take_ipv4() -> None:
    with _listen("0.0.0.0", 0) as listener:
        socket.create_connection(("127.0.0.1", listener.getsockname()[1]), 2).close()


def test_a_port_that_is_taken_is_refused() -> None:
    with _listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]

        with pytest.raises(ConfigError, match=f"Can't listen at 127.0.0.1, port {port}"):
            _listen("127.0.0.1", port)
