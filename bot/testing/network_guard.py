"""Refuses the connections of flows to other hosts while a tool only tries the flows out.

An audit hook is called for every connection that Python code opens. While the guard is active, the
hook refuses connections to other hosts.
"""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from bot.errors import BotError

_is_up: ContextVar[bool] = ContextVar("guard", default=False)
_installed = False


class ConnectionRefused(BotError):
    """A flow tried to open a connection during a trial run."""


@contextmanager
def no_connections() -> Iterator[None]:
    """Refuse connections to other hosts within the context.

    A host name may be looked up before its connection is refused.
    """
    global _installed
    if not _installed:
        sys.addaudithook(_hook)
        _installed = True
    token = _is_up.set(True)
    try:
        yield
    finally:
        _is_up.reset(token)


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if not event.startswith("socket.") or not _is_up.get():
        return
    if event in ("socket.connect", "socket.sendto"):
        family, address = args[0].family, args[1]
        if family != socket.AF_UNIX and not str(address[0]).startswith("127."):
            _refuse(str(address[0]))


def _refuse(host: str) -> None:
    raise ConnectionRefused(
        f"The flow tries to connect to {host}, which a simulation refuses. Connect in a"
        " function that turn.once calls, and give the function a stand-in."
    )
