"""The comparison: all contestants, turn by turn over several rounds, under each load."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from bench.arena import Figures, running
from bench.contestants import Contestant
from bench.machine import Places


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure. Each measurement ends after `messages` messages or `seconds` seconds."""

    contacts: Sequence[int]
    latencies_ms: Sequence[float]
    rounds: int
    messages: int
    seconds: float
    processes: int = 1
    flows: int = 1
    stored: int = 0
    log_level: str = "WARNING"


@dataclass(frozen=True, slots=True, order=True)
class Case:
    """One load: contacts at once, and the upstream's latency."""

    latency_ms: float
    contacts: int


Results = dict[Case, dict[str, list[Figures]]]
"""For each case and contestant, its figures in each round."""


async def compare(
    contestants: Sequence[Contestant], plan: Plan, places: Places, tell: Callable[[str], None]
) -> Results:
    """Measure them all; `tell` is told what comes next, once for each measurement.

    Raises:
        BenchError: a contestant can't be run, or doesn't do its work.
    """
    cases = [Case(latency, count) for latency in plan.latencies_ms for count in plan.contacts]
    results: Results = {case: {each.name: [] for each in contestants} for case in cases}
    for number in range(plan.rounds):
        # Whoever comes first in one round comes last in the next.
        shift = number % len(contestants)
        for contestant in [*contestants[shift:], *contestants[:shift]]:
            async with running(
                contestant,
                places,
                processes=plan.processes,
                flows=plan.flows,
                log_level=plan.log_level,
            ) as up:
                if plan.stored:
                    tell(f"{contestant.what} · storing {plan.stored:,} contacts")
                    await up.store(plan.stored)
                for case in cases:
                    tell(
                        f"round {number + 1} of {plan.rounds} · {contestant.what}"
                        f" · {case.contacts} contacts · {case.latency_ms:g} ms"
                    )
                    figures = await up.measure(
                        up.contacts(case.contacts),
                        plan.messages,
                        plan.seconds,
                        latency_s=case.latency_ms / 1e3,
                    )
                    results[case][contestant.name].append(figures)
    return results


def median(rounds: Sequence[Figures]) -> Figures:
    """The median of each figure over the rounds."""
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


def times(rounds: Sequence[Figures], others: Sequence[Figures], figure: str) -> float:
    """How many times another's a figure is: the median over the rounds, each compared with what was
    measured at about the same time.
    """
    ratios: list[float] = [
        getattr(ours, figure) / getattr(other, figure)
        for ours, other in zip(rounds, others, strict=True)
    ]
    return statistics.median(ratios)


def times_as_fast(rounds: Sequence[Figures], others: Sequence[Figures]) -> float:
    """How many times as many messages one core does as with another contestant."""
    return times(others, rounds, "server_cpu_us")
