"""Measures the memory that an idle contact takes in Redis, and the memory of the server."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.arena import running
from bench.contestants import Contestant
from bench.layout import Layout
from bench.machine import Places
from bench.redis_server import by_kind

CONTACTS = 100


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory after each contact has sent `messages` messages.

    - `kinds`: bytes per contact of the keys that contain the contact's name, by kind of key.
    - `all_bytes`: bytes per contact in all keys, including shared ones, such as those of timers.
    - `rss_mb`: resident memory of the server.
    """

    messages: int
    kinds: dict[str, float]
    all_bytes: float
    rss_mb: float


async def memory(
    contestants: Sequence[Contestant],
    rounds: Sequence[int],
    places: Places,
    tell: Callable[[str], None],
) -> dict[str, list[Memory]]:
    """Return each contestant's memory, for each number of rounds of the conversation.

    Raises:
        BenchError: a contestant cannot be run, or handles messages wrongly.
    """
    return {
        contestant.name: [await _measure(contestant, number, places, tell) for number in rounds]
        for contestant in contestants
    }


async def _measure(
    contestant: Contestant, rounds: int, places: Places, tell: Callable[[str], None]
) -> Memory:
    tell(f"{contestant.what} · {CONTACTS} contacts, {rounds} rounds of the conversation")
    async with running(Layout(contestant), places) as up:
        # These contacts create scripts, streams and connections, which must not count.
        await up.talk(up.contacts(CONTACTS), rounds=1)
        before = up.redis.memory_bytes()
        contacts = up.contacts(CONTACTS)
        await up.talk(contacts, rounds=rounds)
        after = up.redis.memory_bytes()
        kinds: Counter[str] = Counter()
        for contact in contacts:
            kinds.update(by_kind(up.redis.keys_of(contact.name), contact.name))
        return Memory(
            messages=rounds * len(contacts[0].script),
            kinds={kind: size / CONTACTS for kind, size in kinds.items()},
            all_bytes=(after - before) / CONTACTS,
            rss_mb=up.rss_mb(),
        )
