"""Contacts in ten situations, and their store as a file.

    python -m tests.upgrade.contacts 2027-01-31.json.gz

writes a file as the present state of the project stores it. Add one after the stored form has
changed, and keep the older ones: they are what deployments upgrade from.
"""

import asyncio
import base64
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.emulator import Phone, RequestFault
from bot.settings import Settings
from bot.store import Store
from bot.store.embedded import Embedded
from bot.testing.simulation import Simulation, needed_triggers
from tests.upgrade.flows import Order, release

STORES = Path(__file__).parent / "stores"
EACH = 100
"""Contacts in each situation."""

SITUATIONS = (
    *("at a choice", "at a question", "in a called flow", "through", "opted out"),
    *("with a person", "in an interrupted flow", "reply unsent", "message unhandled", "new"),
)

SAID: dict[str, tuple[str, ...]] = {
    "at a choice": ("order",),
    "at a question": ("order", "large"),
    "in a called flow": ("order", "large", "2"),
    "through": ("order", "large", "2", "card"),
    "opted out": ("order", "stop"),
    "with a person": ("order", "agent"),
    "in an interrupted flow": ("order", "large", "hours"),
    "reply unsent": ("order",),
    "message unhandled": ("order",),
    "new": (),
}


def identity(situation: str, number: int) -> str:
    return f"4670{SITUATIONS.index(situation)}{number:06}"


def phones(simulation: Simulation, situation: str) -> Iterator[Phone]:
    for number in range(EACH):
        yield simulation.platform.phone("SMS", identity(situation, number))


async def populate(simulation: Simulation) -> None:
    """Bring all contacts into their situations."""
    for step in range(4):
        for situation, said in SAID.items():
            for phone in phones(simulation, situation) if step < len(said) else ():
                phone.says(said[step])
        await simulation.run_until_idle()
    for phone in phones(simulation, "with a person"):
        await simulation.bot.trigger(simulation.address_of(phone), "noted")
    await simulation.run_until_idle()
    simulation.platform.faults.add(RequestFault(on="POST */messages:send", action="refuse"))
    for phone in phones(simulation, "reply unsent"):
        phone.says("large")
    await simulation.run_until_idle()
    for situation in ("message unhandled", "new"):
        for phone in phones(simulation, situation):
            phone.says("large" if situation == "message unhandled" else "order")
    await simulation.platform.run_due()


async def dump(store: Store) -> dict[str, Any]:
    """Return everything in the store's namespace, as JSON can hold it."""
    connection = store.connection
    prefix = f"{connection.keys.namespace}:"
    found: dict[str, Any] = {}
    async for key in connection.scan(f"{prefix}*"):
        name = key.decode()
        kind = (await connection.command("TYPE", name)).decode()
        found[name.removeprefix(prefix)] = [kind, _plain(await _value(connection, kind, name))]
    return dict(sorted(found.items()))


async def load(store: Store, stored: dict[str, Any]) -> None:
    """Write what `dump` returned into the store's namespace."""
    namespace = store.connection.keys.namespace
    for name, (kind, value) in stored.items():
        key = f"{namespace}:{name}"
        for words in _commands(kind, key, value):
            await store.connection.command(*words)


async def _value(connection: Any, kind: str, key: str) -> Any:
    match kind:
        case "string":
            return await connection.command("GET", key)
        case "list":
            return await connection.command("LRANGE", key, 0, -1)
        case "hash":
            return [[*each] for each in (await connection.command("HGETALL", key)).items()]
        case "set":
            return sorted(await connection.command("SMEMBERS", key))
        case "zset":
            found = await connection.command("ZRANGE", key, 0, -1, "WITHSCORES")
            flat = [each for pair in found for each in pair] if _is_paired(found) else found
            return [[flat[at], float(flat[at + 1])] for at in range(0, len(flat), 2)]
    return [
        [id, [part for pair in fields.items() for part in pair]]
        for id, fields in await connection.command("XRANGE", key, "-", "+")
    ]


def _is_paired(found: Any) -> bool:
    return bool(found) and isinstance(found[0], list | tuple)


def _commands(kind: str, key: str, value: Any) -> Iterator[list[Any]]:
    match kind:
        case "string":
            yield ["SET", key, _raw(value)]
        case "list":
            yield ["RPUSH", key, *map(_raw, value)]
        case "hash":
            yield ["HSET", key, *(_raw(each) for pair in value for each in pair)]
        case "set":
            yield ["SADD", key, *map(_raw, value)]
        case "zset":
            yield ["ZADD", key, *(each for name, score in value for each in (score, _raw(name)))]
        case "stream":
            for id, fields in value:
                yield ["XADD", key, _raw(id), *map(_raw, fields)]


def _plain(value: Any) -> Any:
    """Texts as texts, other bytes as ["base64", …]."""
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if not isinstance(value, bytes):
        return value
    try:
        return value.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value).decode()}


def _raw(value: Any) -> Any:
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else value


def read(file: str) -> tuple[float, dict[str, Any]]:
    """Return when a stored file was written, by the simulated clock, and the store."""
    found = json.loads(gzip.decompress((STORES / file).read_bytes()))
    return found["at"], found["store"]


async def write(file: str, folder: Path) -> None:
    """Write the contacts as the present state of the project stores them."""
    server = Embedded.join(folder)
    try:
        settings = Settings(redis_url=server.url, namespace="upgrade", shards=1, log_turns=1)
        async with await Store.open(settings) as store:
            flows = release(Order)
            simulation = Simulation(
                store, flows, settings, mode="DISPATCH", triggers=needed_triggers(flows)
            )
            await populate(simulation)
            told = {"at": simulation.clock.now(), "store": await dump(store)}
            await simulation.aclose()
    finally:
        server.leave()
    raw = json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()
    (STORES / file).write_bytes(gzip.compress(raw, mtime=0))


if __name__ == "__main__":
    import sys
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(write(sys.argv[1], Path(folder)))
