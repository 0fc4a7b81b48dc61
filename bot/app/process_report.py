"""The report of a process to the store, for `bot doctor`, which usually runs elsewhere.

It has the system's limits for the process, the process's flows, and its settings.

Each setting is reported as a digest. It is too short to find a secret with, but long enough to show
that two processes have different values.
"""

import os
import socket
from hashlib import blake2b
from importlib.metadata import version
from typing import Any

import msgspec

from bot.flow.load import Flows
from bot.settings import Secret, Settings
from bot.store import Process
from bot.telemetry import process_limits

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


def report(name: str, role: str, settings: Settings, flows: Flows, store_id: str) -> Process:
    """Return the report of this process."""
    memory, files = process_limits.memory(), process_limits.files()
    return Process(
        name=name,
        role=role,
        host=socket.gethostname(),
        pid=os.getpid(),
        version=version("conversation-bot"),
        flows=flows_digest(flows),
        settings=setting_digests(settings, store_id),
        memory=memory.used,
        max_memory=memory.limit,
        kills=memory.kills,
        open_files=files.used,
        max_files=files.limit,
        max_connections=settings.max_connections,
        max_request_memory=settings.max_request_memory_bytes,
    )


def setting_digests(settings: Settings, store_id: str) -> dict[str, str]:
    """Return a digest of each setting that all processes of a store should share, by its variable.

    The digests depend on `store_id`, so digests of two stores cannot be compared.
    """
    return {
        variable: _digest(getattr(settings, name), store_id)
        for name, spec in settings.__dataclass_fields__.items()
        if name not in OWN and (variable := spec.metadata.get("variable"))
    }


def flows_digest(flows: Flows) -> str:
    """Return a digest of the flows' names, versions, states and transitions."""
    told = sorted(f"{each.name} {each.version} {each.graph}" for each in flows)
    return _digest(told, "")


def _digest(value: Any, key: str) -> str:
    raw = msgspec.json.encode(value, enc_hook=_revealed)
    return blake2b(raw, digest_size=DIGEST_BYTES, key=key.encode()).hexdigest()


def _revealed(value: Any) -> str:
    assert isinstance(value, Secret), "all other values are JSON"
    return value.reveal()
