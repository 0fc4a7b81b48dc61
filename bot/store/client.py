"""redis-py's clients for each kind of URL, and its errors as `StoreError`."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisClusterException, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeout

from bot.compat import check_redis
from bot.errors import ConfigError, StoreError
from bot.store.line import Done, Line, RedisCommand

Client = Redis | RedisCluster

ERRORS = (RedisError, RedisClusterException, OSError)
"""What redis-py raises if a server is away, refuses a command or doesn't answer in time."""

CONNECT_TIMEOUT_S = 5.0
SENTINEL_PORT = 26379


def connect(url: str, *, tls_verify: bool = True, tls_ca: str = "") -> Client:
    """Create a client for `url`. It connects when it is first used, and its caller limits the time.

    `tls_ca` is a file with the certificate authorities to trust instead of the machine's own.
    Without `tls_verify` any certificate is accepted.

    Raises:
        ConfigError: the URL can't be read, or the installed redis-py can't be used.
    """
    check_redis()
    options: dict[str, Any] = {
        "protocol": 2,  # no HELLO and no push messages: one round trip less, a simpler parser
        "socket_timeout": None,  # one for each answer would cost as much as the call itself
        "socket_connect_timeout": CONNECT_TIMEOUT_S,
        "retry": Retry(NoBackoff(), 1),
    }
    scheme = urlsplit(url).scheme
    if scheme.startswith("rediss") and not tls_verify:
        options |= {"ssl_cert_reqs": "none", "ssl_check_hostname": False}
    if scheme.startswith("rediss") and tls_ca:
        options["ssl_ca_certs"] = tls_ca
    try:
        if scheme.endswith("+sentinel"):
            return _by_sentinel(url, options)
        if scheme.endswith("+cluster"):
            return RedisCluster.from_url(url.replace("+cluster", "", 1), **options)
        return Redis.from_url(url, **options)
    except (ValueError, RedisError, RedisClusterException) as error:
        # The error repeats the value, which may contain a password.
        raise ConfigError(
            "REDIS_URL can't be read; it looks like redis://user:password@host:6379/0."
        ) from error


def _by_sentinel(url: str, options: dict[str, Any]) -> Redis:
    """Create a client for the server that the sentinels report as the master.

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
    return client


class ClusterLine:
    """Sends batches to a cluster; redis-py finds each command's node and follows moved slots."""

    def __init__(self, client: RedisCluster) -> None:
        self._client = client
        self._exchange: asyncio.Task[None] | None = None

    def send(self, commands: Sequence[RedisCommand], timeout_s: float, done: Done) -> None:
        """Send commands, and call `done` with their answers. Call it again only after `done`."""
        self._exchange = asyncio.create_task(self._exchanged(commands, timeout_s, done))

    async def _exchanged(
        self, commands: Sequence[RedisCommand], timeout_s: float, done: Done
    ) -> None:
        pipeline = self._client.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        try:
            async with asyncio.timeout(timeout_s):
                answers = await pipeline.execute(raise_on_error=False)
        except Exception as error:  # whatever it is, nobody must wait for ever
            done(error)
        except BaseException:
            done(ConnectionAbortedError("hung up"))
            raise
        else:
            done(answers)

    async def aclose(self) -> None:
        """Cancel the batch that was sent."""
        if self._exchange:
            self._exchange.cancel()
            await asyncio.wait([self._exchange])


def line_of(client: Client) -> Line | ClusterLine:
    """Return a line to the client's server or cluster."""
    return ClusterLine(client) if isinstance(client, RedisCluster) else Line(client)


def host_of(url: str) -> str:
    """Return the URL's host and port, or its path, without user and password, for messages."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return unquote(parts.path)
    return parts.netloc.rpartition("@")[2] or "localhost"


@contextmanager
def translating(host: str) -> Iterator[None]:
    """Raise redis-py's errors inside the context as `StoreError`."""
    try:
        yield
    except ERRORS as error:
        raise translated(error, host) from error


def translated(error: Exception, host: str) -> StoreError:
    """Return a `StoreError` caused by `error`."""
    if isinstance(error, TimeoutError | RedisTimeout):
        why = "it did not answer in time"
    elif "CERTIFICATE_VERIFY_FAILED" in str(error):
        why = (
            "its certificate isn't signed by an authority that this machine trusts; if the host's"
            " Redis signs its own, set BOT_REDIS_TLS_CA to its authority, or"
            " BOT_REDIS_TLS_VERIFY=false"
        )
    elif isinstance(error, ResponseError | RedisConnectionError | OSError):
        why = str(error)[:200]
    elif isinstance(error, RedisClusterException) and "cannot be connected" in str(error):
        why = "no node of the cluster can be reached"
    else:
        # Other errors may repeat a command, and with it what a contact wrote.
        why = type(error).__name__
    translation = StoreError(f"Redis at {host}: {why}")
    translation.__cause__ = error
    return translation
