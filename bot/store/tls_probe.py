"""Finds out why redis-py could not connect: whether the server uses TLS, or is out of connections.

Neither case gives a clear error. A TLS server closes the connection after plain commands, and a
plain server never answers a TLS handshake. A server that is out of connections reports this, and
closes the connection. But redis-py may fail to send its first command, and never read the report.
"""

import asyncio
import contextlib
import ssl
from urllib.parse import urlsplit

from bot.store.client import OUT_OF_CONNECTIONS, SPEAKS_NO_TLS, host_of

TIMEOUT_S = 2.0
GREETING_S = 0.5
PORT = 6379

SPEAKS_TLS = (
    "it speaks TLS. Write rediss:// instead of redis:// in REDIS_URL; if the server signs its own"
    " certificate, also set BOT_REDIS_TLS_CA, or BOT_REDIS_TLS_VERIFY=false"
)


async def wrong_scheme(url: str) -> str:
    """Return the error in the URL's scheme, and what to do; "" if the scheme seems right."""
    parts = urlsplit(url)
    kind, _, _ = parts.scheme.partition("+")
    if kind not in ("redis", "rediss") or parts.scheme.endswith("+sentinel"):
        return ""
    host, port = parts.hostname or "localhost", parts.port or PORT
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(TIMEOUT_S):
            if kind == "redis" and await _speaks_tls(host, port):
                return f"Redis at {host_of(url)}: {SPEAKS_TLS}."
            if kind == "rediss" and await _speaks_plainly(host, port):
                return f"Redis at {host_of(url)}: {SPEAKS_NO_TLS}."
    return ""


async def is_out_of_connections(url: str) -> bool:
    """Return whether the server refuses further connections.

    Such a server reports this as soon as a client connects.
    """
    parts = urlsplit(url)
    if parts.scheme != "redis":
        return False
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(GREETING_S):
            place = parts.hostname or "localhost", parts.port or PORT
            reader, writer = await asyncio.open_connection(*place)
            try:
                return OUT_OF_CONNECTIONS in (await reader.read(200)).decode(errors="replace")
            finally:
                writer.transport.abort()
    return False


async def _speaks_tls(host: str, port: int) -> bool:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection(host, port, ssl=context)
    writer.transport.abort()
    return True


async def _speaks_plainly(host: str, port: int) -> bool:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(b"PING\r\n")
        return (await reader.read(1)) in (b"+", b"-")
    finally:
        writer.transport.abort()
