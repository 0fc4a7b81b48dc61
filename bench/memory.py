"""What a contact takes in Redis when it is at rest, and a process of the server in memory."""

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
    """Bytes per contact by kind of key, after so many messages each; and all that Redis took for it
    beyond the keys found by the contact's name, such as dedupe entries or timers kept together.
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
    """For each contestant, its memory after each number of rounds of the conversation.

    Raises:
        BenchError: a contestant can't be run, or doesn't do its work.
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
        # Scripts, streams and connections are there before the first contact counts.
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
