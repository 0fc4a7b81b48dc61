"""Creates redis-py's clients for each kind of URL, and converts redis-py's errors to
`StoreError`.
"""

import asyncio
import errno
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisClusterException, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeout

from bot.compat import check_redis
from bot.errors import ConfigError, StoreAway, StoreError
from bot.store.history import History
from bot.store.line import Done, Line, RedisCommand

Client = Redis | RedisCluster

ERRORS = (RedisError, RedisClusterException, OSError)
"""Errors of redis-py if a server is unavailable, refuses a command or does not answer in time."""

SPEAKS_NO_TLS = "it speaks no TLS. Write redis:// instead of rediss:// in REDIS_URL"

OPEN_FILES = (
    "too many open files: this process may open no more (`ulimit -n`). Raise the limit, such as by"
    " LimitNOFILE=4096 in a systemd unit, or lower BOT_MAX_CONNECTIONS"
)

OUT_OF_CONNECTIONS = "max number of clients reached"

NO_MASTER = "No master found"

ADVICE = (
    (
        "CERTIFICATE_VERIFY_FAILED",
        "its certificate isn't signed by an authority that this machine trusts. If your Redis"
        " provider has its own authority, set BOT_REDIS_TLS_CA to a file with the authority's"
        " certificate. BOT_REDIS_TLS_VERIFY=false switches off the check of the certificate",
    ),
    ("WRONG_VERSION_NUMBER", SPEAKS_NO_TLS),
    ("RECORD_LAYER_FAILURE", SPEAKS_NO_TLS),
    (
        "MOVED ",
        "it is a cluster. Write redis+cluster:// instead of redis:// in REDIS_URL, or"
        " rediss+cluster:// instead of rediss://",
    ),
    (
        "Cluster mode is not enabled",
        "it is no cluster. Write redis:// instead of redis+cluster:// in REDIS_URL. If the"
        " server is a cluster after all, give the user of REDIS_URL the right to run CLUSTER SLOTS",
    ),
    (
        "CLUSTERDOWN",
        "it is a cluster, and some of its slots are served by no node (CLUSTERDOWN). Find the slots"
        " by `redis-cli --cluster check`, and write redis+cluster:// instead of redis:// in"
        " REDIS_URL",
    ),
    ("cannot be connected", "no node of the cluster can be reached"),
    (
        "Connect call failed",
        "nothing accepts connections there. Start the Redis server, or set REDIS_URL to its"
        " address",
    ),
    (
        "READONLY",
        "it is a replica, which refuses writes (READONLY). Set REDIS_URL to the primary. After a"
        " failover, wait until the host becomes the primary",
    ),
    (
        "MISCONF",
        "it refuses writes, because it can't store its data on disk (MISCONF). See the reason in"
        " the server's log; most often the disk is full",
    ),
    (
        "DB index is out of range",
        "it has no database with the number in REDIS_URL. Use /0, which every server has;"
        " BOT_NAMESPACE separates several bots on one server",
    ),
    (
        OUT_OF_CONNECTIONS,
        "it accepts no more connections (maxclients). Close connections of other programs, or take"
        " a plan with more connections: each process of the bot needs 2, or 3 with BOT_DURABILITY",
    ),
    *(
        (
            sign,
            "its name can't be resolved on this machine. Correct the host in REDIS_URL; a name of a"
            " private network is known only inside that network",
        )
        for sign in ("Name or service not known", "Temporary failure in name resolution")
    ),
)
"""Pairs of a part of redis-py's error text, and the text that is shown instead of this error."""

RIGHTS = "Give the user all rights that docs/redis.md lists"
MISSING_RIGHT = re.compile(r"no permissions to run the '([\w|]+)' command")

CONNECT_TIMEOUT_S = 5.0
SENTINEL_PORT = 26379
FORMS = {
    "redis": "redis://user:password@host:6379/0",
    "sentinel": "redis+sentinel://user:password@sentinel:26379,another:26379/service/0",
    "cluster": "redis+cluster://user:password@host:6379",
}
"""The forms of REDIS_URL, by the last part of its scheme."""


def connect(url: str, *, tls_verify: bool = True, tls_ca: str = "") -> Client:
    """Create a client for `url`.

    The client connects on first use. Callers must set their own time limits.

    `tls_ca` is a file with certificate authorities, which are trusted instead of the machine's own
    authorities. If `tls_verify` is False, any certificate is accepted.

    Raises:
        ConfigError: the URL can't be read, or the installed redis-py can't be used.
    """
    check_redis()
    options: dict[str, Any] = {
        "protocol": 2,  # No HELLO, which saves a round trip; a simpler parser.
        "socket_timeout": None,  # A limit for each answer costs as much as the call.
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
        # The original error repeats the value, which may contain a password.
        form = FORMS.get(scheme.rpartition("+")[2], FORMS["redis"])
        raise ConfigError(f"REDIS_URL can't be read; it must look like {form}.") from error


def _by_sentinel(url: str, options: dict[str, Any]) -> Redis:
    """Create a client for the server that the sentinels name as master.

    The URL is `redis+sentinel://user:password@sentinel:26379,another:26379/service/0`, with
    `?sentinel_username=…&sentinel_password=…` if the sentinels need a password, too.
    """
    parts = urlsplit(url)
    identity, _, hosts = parts.netloc.rpartition("@")
    user, _, password = identity.partition(":")
    service, _, database = parts.path.strip("/").partition("/")
    if not (service and hosts):
        raise ValueError("The URL names no sentinel or no service.")
    sentinels = [urlsplit(f"//{each}") for each in hosts.split(",")]
    if parts.scheme.startswith("rediss"):
        options = {**options, "ssl": True}
    places = [(each.hostname, each.port or SENTINEL_PORT) for each in sentinels]
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if unknown := query.keys() - {"sentinel_username", "sentinel_password"}:
        raise ValueError(f"it has {unknown}")
    identification = {
        "username": query.get("sentinel_username"),
        "password": query.get("sentinel_password"),
    }
    guard = Sentinel(  # type: ignore[no-untyped-call]
        places, sentinel_kwargs={**options, **identification}, **options
    )
    client: Redis = guard.master_for(
        service,
        username=unquote(user) or None,
        password=unquote(password) or None,
        db=int(database or 0),
        **options,
    )
    return client


async def close(client: Client) -> None:
    """Close a client that `connect` has created, and its clients for sentinels."""
    await client.aclose()
    sentinel = getattr(getattr(client, "connection_pool", None), "sentinel_manager", None)
    if sentinel is not None:
        await asyncio.gather(*(each.aclose() for each in sentinel.sentinels))


class ClusterLine:
    """Sends batches to a cluster. redis-py finds each command's node and follows moved slots."""

    def __init__(self, client: RedisCluster, history: History | None = None) -> None:
        self._client = client
        self._history = history
        self._slots = [client.keyslot(prefix) for prefix in history.prefixes] if history else []
        self._masters: object = None
        self._exchange: asyncio.Task[None] | None = None

    def send(self, commands: Sequence[RedisCommand], timeout_s: float, done: Done) -> None:
        """Send commands, and call `done` with the answers.

        Call `send` again only after `done` was called.
        """
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
                if any(isinstance(each, OSError | RedisConnectionError) for each in answers):
                    self._masters = None  # One of the nodes may have been restarted.
                elif self._history and self._known_masters() != self._masters:
                    await self._ask_history(self._history)
        except Exception as error:  # Any error ends here, because no caller may wait forever.
            done(error)
        except BaseException:
            done(ConnectionAbortedError("hung up"))
            raise
        else:
            done(answers)

    def _known_masters(self) -> object:
        """Return a value that changes when the masters of the shards change."""
        nodes: Any = self._client.nodes_manager
        names = [nodes.slots_cache[slot][0].name for slot in self._slots]
        return id(nodes.slots_cache), names

    async def _ask_history(self, history: History) -> None:
        """Ask new masters for their epochs before using their answers."""
        if not (questions := history.questions):
            return
        pipeline = self._client.pipeline(transaction=False)
        for question in questions:
            pipeline.execute_command(*question)
        history.learn(await pipeline.execute(raise_on_error=False))
        self._masters = self._known_masters()

    async def aclose(self) -> None:
        """Cancel the batch that is being sent."""
        if self._exchange:
            self._exchange.cancel()
            await asyncio.wait([self._exchange])


def line_of(client: Client, history: History | None = None) -> Line | ClusterLine:
    """Return an object that sends batches of commands to the client's server or cluster."""
    if isinstance(client, RedisCluster):
        return ClusterLine(client, history)
    return Line(client, history)


def host_of(url: str) -> str:
    """Return the URL's host and port, or its path, for error texts.

    User and password are removed.
    """
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return unquote(parts.path)
    return parts.netloc.rpartition("@")[2] or "localhost"


@contextmanager
def translating(host: str) -> Iterator[None]:
    """Convert each error of redis-py that is raised inside this context to a `StoreError`."""
    try:
        yield
    except ERRORS as error:
        raise translated(error, host) from error


def has_advice(refusal: str) -> bool:
    """Return whether the text of a `StoreError` says what to do."""
    return RIGHTS in refusal or any(advice in refusal for _, advice in ADVICE)


def translated(error: Exception, host: str) -> StoreError:
    """Return a `StoreError` caused by `error`."""
    said = str(error)
    if isinstance(error, TimeoutError | RedisTimeout):
        why = "it did not answer in time"
    elif isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        why = OPEN_FILES
    elif said.startswith(NO_MASTER):
        why = _no_master(said)
    elif advice := next((advice for sign, advice in ADVICE if sign in said), ""):
        why = advice
    elif (right := MISSING_RIGHT.search(said)) and isinstance(error, ResponseError):
        why = f"NOPERM: the user of REDIS_URL may not run the command {right[1]!r}. {RIGHTS}"
    elif isinstance(error, ResponseError | RedisConnectionError | OSError):
        why = said[:200]
    else:
        # Other errors may repeat a command, which may contain a contact's text.
        why = type(error).__name__
    is_refused = isinstance(error, ResponseError) and not isinstance(error, RedisConnectionError)
    translation = (StoreError if is_refused else StoreAway)(f"Redis at {host}: {why}")
    translation.__cause__ = error
    return translation


def _no_master(said: str) -> str:
    """Return the reason why the sentinels name no master.

    redis-py's own text is not used, because it contains representations of Python objects.
    """
    if "AuthenticationError" in said:
        return (
            "its sentinels refuse the password, or ask for one: add ?sentinel_password=… to"
            " REDIS_URL, and &sentinel_username=… if they have users"
        )
    service = said.removeprefix(NO_MASTER).partition("'")[2].partition("'")[0]
    if " - " in said:
        return f"no available sentinel knows the service {service!r}"
    return (
        f"its sentinels know no running primary of service {service!r}; if that is the wrong"
        " service, correct the path of REDIS_URL, which is /service/database"
    )
