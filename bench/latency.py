"""What is added between a callback and its reply when there is little to do: one contact, who takes
a little time before it speaks again.
"""

from collections.abc import Callable, Sequence

from bench.arena import Figures, running
from bench.contestants import Contestant
from bench.machine import Places

PAUSE_S = 0.005
"""Long enough for everything about the last message to be over."""


async def latency(
    contestants: Sequence[Contestant],
    rounds: int,
    messages: int,
    places: Places,
    tell: Callable[[str], None],
) -> dict[str, list[Figures]]:
    """Each contestant's figures in each round; they take turns.

    Raises:
        BenchError: a contestant can't be run, or doesn't do its work.
    """
    results: dict[str, list[Figures]] = {contestant.name: [] for contestant in contestants}
    for number in range(rounds):
        for contestant in contestants:
            tell(f"round {number + 1} of {rounds} · {contestant.what}")
            async with running(contestant, places, log_level="WARNING") as up:
                figures = await up.measure(up.contacts(1), messages, 60.0, pause_s=PAUSE_S)
                results[contestant.name].append(figures)
    return results
