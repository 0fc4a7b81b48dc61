"""Connections to Redis, and its faults in `bot`'s words."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import hiredis
from redis.asyncio import Connection, Redis
from redis.asyncio.cluster import RedisCluster
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisClusterException, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeout

from bot.errors import ConfigError, StoreError

Client = Redis | RedisCluster

FAULTS = (RedisError, RedisClusterException, OSError)
"""All that redis-py raises when a server is away, refuses or doesn't answer in time."""

CONNECT_S = 5.0
SENTINEL_PORT = 26379


def connect(url: str, *, tls_verify: bool = True, tls_ca: str = "") -> Client:
    """A client for `url`; it connects when it is first used, and leaves time-outs to its caller.

    `tls_ca` is a file with the certificates that a server's may be signed with, instead of the
    machine's own; without `tls_verify` it may be signed by anybody.

    Raises:
        ConfigError: the URL can't be read.
    """
    options: dict[str, Any] = {
        "protocol": 2,  # no HELLO and no push messages: one round trip less, a simpler parser
        "socket_timeout": None,  # one for each answer would cost as much as the call itself
        "socket_connect_timeout": CONNECT_S,
        "retry": Retry(NoBackoff(), 1),
    }
    scheme = urlsplit(url).scheme
    if scheme.startswith("rediss") and not tls_verify:
        options |= {"ssl_cert_reqs": "none", "ssl_check_hostname": False}
    if scheme.startswith("rediss") and tls_ca:
        options["ssl_ca_certs"] = tls_ca
    client: Client
    try:
        if scheme.endswith("+sentinel"):
            return _by_sentinel(url, options)
        if scheme.endswith("+cluster"):
            client = RedisCluster.from_url(url.replace("+cluster", "", 1), **options)
            kind = client.connection_kwargs["connection_class"]
            client.connection_kwargs["connection_class"] = _packing(kind)
        else:
            client = Redis.from_url(url, **options)
            pool = client.connection_pool
            pool.connection_class = _packing(pool.connection_class)
        return client
    except (ValueError, RedisError, RedisClusterException) as fault:
        # The fault repeats the value, which may hold a password.
        raise ConfigError(
            "REDIS_URL can't be read; it looks like redis://user:password@host:6379/0."
        ) from fault


def _by_sentinel(url: str, options: dict[str, Any]) -> Redis:
    """A client of whichever server the sentinels say is the master.

    The URL is `redis+sentinel://user:password@sentinel:26379,another:26379/service/0`.
    """
    parts = urlsplit(url)
    identity, _, hosts = parts.netloc.rpartition("@")
    user, _, password = identity.partition(":")
    service, _, database = parts.path.strip("/").partition("/")
    if not (service and hosts):
        raise ValueError("it names no service")
    sentinels = [urlsplit(f"//{each}") for each in hosts.split(",")]
    if parts.scheme.startswith("rediss"):
        options = {**options, "ssl": True}
    places = [(each.hostname, each.port or SENTINEL_PORT) for each in sentinels]
    guard = Sentinel(places, **options)  # type: ignore[no-untyped-call]
    client: Redis = guard.master_for(
        service,
        username=unquote(user) or None,
        password=unquote(password) or None,
        db=int(database or 0),
        **options,
    )
    pool = client.connection_pool
    pool.connection_class = _packing(pool.connection_class)
    return client


class _Packing:
    """Packs commands in C, which halves what a call costs: redis-py's asyncio connection does it in
    Python even where hiredis is there."""

    def pack_command(self, *parts: Any) -> list[bytes]:
        if " " in parts[0]:
            parts = (*parts[0].split(), *parts[1:])
        return [hiredis.pack_command(parts)]


def _packing(kind: Any) -> type[Connection]:
    return type(f"Packing{kind.__name__}", (_Packing, kind), {})


Command = tuple[Any, ...]


async def exchange(client: Client, commands: Sequence[Command]) -> list[Any]:
    """The answers to commands that leave together; an error is the answer of its own command.

    Where the connection fails, all are sent once more, on a new one.
    """
    if isinstance(client, RedisCluster):
        pipeline = client.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        answers: list[Any] = await pipeline.execute(raise_on_error=False)
        return answers
    # To one server redis-py's pipeline costs twice as much: see docs/performance.md.
    pool: Any = client.connection_pool
    connection = await pool.get_connection()
    retry: Retry = connection.retry

    async def send() -> list[Any]:
        packed = [part for command in commands for part in connection.pack_command(*command)]
        await connection.send_packed_command(packed)
        return [await _answer(client, connection, command[0]) for command in commands]

    async def hang_up(fault: Exception) -> None:
        await connection.disconnect()

    try:
        return await retry.call_with_retry(send, hang_up)
    finally:
        await pool.release(connection)


async def _answer(client: Redis, connection: AbstractConnection, name: str) -> Any:
    """One answer, in the form that redis-py gives to this command's."""
    try:
        answer = await connection.read_response()
    except ResponseError as fault:
        return fault
    form = client.response_callbacks.get(name)
    return form(answer) if form else answer


def is_cluster(client: Client) -> bool:
    return isinstance(client, RedisCluster)


def host_of(url: str) -> str:
    """The URL's host and port, or path, without user and password: fit for a message."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return unquote(parts.path)
    return parts.netloc.rpartition("@")[2]


@contextmanager
def translating(host: str) -> Iterator[None]:
    """Turns what redis-py raises inside into `StoreError`."""
    try:
        yield
    except FAULTS as fault:
        raise translated(fault, host) from fault


def translated(fault: Exception, host: str) -> StoreError:
    """`fault` as a `StoreError` caused by it."""
    if isinstance(fault, TimeoutError | RedisTimeout):
        why = "it did not answer in time"
    elif "CERTIFICATE_VERIFY_FAILED" in str(fault):
        why = (
            "its certificate isn't signed by anybody this machine trusts; where the host's Redis"
            " signs its own, set BOT_REDIS_TLS_CA to its authority, or BOT_REDIS_TLS_VERIFY=false"
        )
    elif isinstance(fault, ResponseError | RedisConnectionError | OSError):
        why = str(fault)[:200]
    elif isinstance(fault, RedisClusterException) and "cannot be connected" in str(fault):
        why = "no node of the cluster can be reached"
    else:
        # Other faults may repeat a command, and with it what a contact wrote.
        why = type(fault).__name__
    error = StoreError(f"Redis at {host}: {why}")
    error.__cause__ = fault
    return error
