"""Measures several layouts under each load.

All layouts run at the same time and are measured in turns. So the compared figures were measured
within the same seconds.
"""

import contextlib
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from bench.arena import Figures, Running, running
from bench.errors import BenchError
from bench.layout import Layout, spaced
from bench.machine import places

Tell = Callable[[str], None]
"""A function that is called with a description of each step before the step begins."""


@dataclass(frozen=True, slots=True, order=True)
class Case:
    """A load: the upstream's latency, the number of contacts, and the seconds that each contact
    waits before its next message. A measurement ends after `messages` messages or after `seconds`.
    """

    latency_ms: float
    contacts: int
    messages: int
    seconds: float = 3.0
    pause_s: float = 0.0

    def __str__(self) -> str:
        return f"{spaced(self.contacts)} contacts at once, upstream {self.latency_ms:g} ms"


Rounds = dict[Layout, list[Figures]]
"""The figures of each layout, in the order of the rounds."""


async def measured(
    layouts: Sequence[Layout], cases: Sequence[Case], rounds: int, tell: Tell
) -> dict[Case, Rounds]:
    """Return the figures of every layout under every load.

    Raises:
        BenchError: a layout cannot be run, or a message was rejected, lost or wrongly answered.
    """
    results: dict[Case, Rounds] = {case: {each: [] for each in layouts} for case in cases}
    for case in cases:
        # Started again for each load, because some servers stay slower after
        # they have had many contacts.
        async with contextlib.AsyncExitStack() as stack:
            ups: dict[Layout, Running] = {}
            for layout in layouts:
                tell(f"starting {layout}")
                where = places(layout.processes * layout.hosts)
                ups[layout] = up = await stack.enter_async_context(running(layout, where))
                await up.store(layout.stored, tell)
            for number in range(rounds):
                # The layout that is first in one round is last in the next one.
                shift = number % len(layouts)
                for layout in [*layouts[shift:], *layouts[:shift]]:
                    tell(f"round {number + 1} of {rounds} · {case} · {layout}")
                    figures = await _measured(ups[layout], case)
                    results[case][layout].append(figures)
    return results


async def _measured(up: Running, case: Case) -> Figures:
    people = await up.people(case.contacts)
    return await up.measure(
        people,
        case.messages,
        case.seconds,
        latency_s=case.latency_ms / 1e3,
        pause_s=case.pause_s,
    )


def median(rounds: Sequence[Figures]) -> Figures:
    """Return the median of each figure over the rounds."""
    values: dict[str, Any] = {
        each.name: statistics.median(getattr(figures, each.name) for figures in rounds)
        for each in fields(Figures)
        if each.name != "cpu_us"
    }
    cpu_us = {
        part: statistics.median(figures.cpu_us[part] for figures in rounds)
        for part in rounds[0].cpu_us
    }
    return replace(rounds[0], cpu_us=cpu_us, **values)


def ratios(rounds: Sequence[Figures], others: Sequence[Figures], figure: str) -> list[float]:
    """Return, for each round, the ratio of a figure in `rounds` to the same figure in `others`.
    Both were measured at about the same time.

    Raises:
        BenchError: a figure in `others` is zero. Processor time is counted in ticks, so a short
            round may have none.
    """
    if not all(getattr(other, figure) for other in others):
        raise BenchError(f"a round was too short to measure {figure}. Raise --messages.")
    return [
        getattr(ours, figure) / getattr(other, figure)
        for ours, other in zip(rounds, others, strict=True)
    ]


def times(rounds: Sequence[Figures], others: Sequence[Figures], figure: str) -> float:
    """Return the median of the `ratios` of the rounds."""
    return statistics.median(ratios(rounds, others, figure))
