"""The report that a process writes into the store, for `bot doctor`, which usually runs in another
process.

The report has the limits that the system sets for the process, the flows of the process, and the
settings of the process.

Each setting is reported as a digest. A digest is too short to reveal a secret, but long enough to
show that two processes have different values.
"""

import logging
import os
import socket
from collections.abc import Callable
from hashlib import blake2b
from importlib.metadata import version
from typing import Any

import msgspec

from bot.flow.load import Flows
from bot.settings import Secret, Settings
from bot.store import Process, Store
from bot.telemetry import process_limits

logger = logging.getLogger(__name__)

DIGEST_BYTES = 2

OWN = frozenset(
    {
        *("port", "home", "flows", "public_url", "namespace", "concurrency", "grace_s"),
        *("redis_url", "redis_tls_verify", "redis_tls_ca"),
        *("http_proxy", "https_proxy", "no_proxy", "send_timeout_s", "request_timeout_s"),
        *("max_connections", "max_body_bytes", "max_request_memory_bytes"),
        *("log", "log_level", "traces", "console_token", "events_token"),
        *("sms_plan_id", "sms_token"),
    }
)
"""Fields of the settings that may differ between the processes of a store."""


class Reporter:
    """Describes a process. If the store is emptied or replaced while the process runs, the reporter
    logs an error.
    """

    def __init__(
        self, store: Store, name: str, role: str, settings: Settings, flows: Callable[[], Flows]
    ) -> None:
        self._store = store
        self._name = name
        self._role = role
        self._settings = settings
        self._flows = flows
        self._first: str | None = None
        self._has_logged = False

    async def describe(self) -> Process:
        """Return the report of this process.

        Raises:
            StoreError: the store failed.
            ConfigError: the stored record of the store's owner cannot be read.
        """
        owner = await self._store.owner()
        id = owner.store if owner else ""
        if self._first is None:
            self._first = id
        if id != self._first and not self._has_logged:
            self._has_logged = True
            logger.error(
                "The %s was emptied or replaced: its contacts and consent are gone. Restore a"
                " backup, and restart all processes.",
                self._store.place,
                extra={"action": "store_replaced"},
            )
        return report(self._name, self._role, self._settings, self._flows(), self._first)


def report(name: str, role: str, settings: Settings, flows: Flows, store_id: str) -> Process:
    """Return the report of this process. `store_id` is the store's id at the process's start."""
    memory, files = process_limits.memory(), process_limits.files()
    return Process(
        name=name,
        role=role,
        host=socket.gethostname(),
        pid=os.getpid(),
        version=version("conversation-bot"),
        flows=flows_digest(flows),
        settings=setting_digests(settings),
        store=store_id,
        memory=memory.used,
        max_memory=memory.limit,
        kills=memory.kills,
        open_files=files.used,
        max_files=files.limit,
        max_connections=settings.max_connections,
        max_request_memory=settings.max_request_memory_bytes,
    )


def setting_digests(settings: Settings) -> dict[str, str]:
    """Return digests of the settings that all processes of a store should share, by variable."""
    return {
        variable: _digest(getattr(settings, name))
        for name, spec in settings.__dataclass_fields__.items()
        if name not in OWN and (variable := spec.metadata.get("variable"))
    }


def flows_digest(flows: Flows) -> str:
    """Return a digest of the flows' names, versions, states and transitions."""
    told = sorted(f"{each.name} {each.version} {each.graph}" for each in flows)
    return _digest(told)


def _digest(value: Any) -> str:
    raw = msgspec.json.encode(value, enc_hook=_revealed)
    return blake2b(raw, digest_size=DIGEST_BYTES).hexdigest()


def _revealed(value: Any) -> str:
    assert isinstance(value, Secret), "only secrets are not JSON"
    return value.reveal()
