"""What was measured, as tables for people and as JSON for machines."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from bench.arena import Figures
from bench.compare import Case, Plan, Results, median, times_as_fast
from bench.contestants import Contestant
from bench.machine import Places, described

SATURATED = 0.9
"""A load whose core is this busy may hold the server back, not the other way round."""

WIDTH = 124
"""Columns that the tables need."""

REFERENCES = ("plain", "aiogram")


def show(
    console: Console,
    results: Results,
    contestants: Sequence[Contestant],
    plan: Plan,
    places: Places,
) -> None:
    """Print a table for each case, and what is needed to read it."""
    for case in sorted(results):
        console.print(_table(case, results[case], contestants))
    machine = described()
    console.print(
        f"{machine['processor']}, {machine['cores']} cores, {machine['python']}; {places}. Medians"
        f" of {plan.rounds} rounds; every reply was checked.\n"
        "CPU: processor time of the server's processes per message; x: how many times as many"
        " messages a core does, compared round by round. ack, reply: from posting a callback to its"
        " answer, and to the send request, p50 / p99. Redis: its processor time, commands, reads"
        " from sockets and bytes per message. MB: memory resident.",
        style="dim",
    )
    if any(is_held_back(rounds) for of in results.values() for rounds in of.values()):
        console.print(
            "* The core of the load was busy: more messages per second may be possible, and part of"
            " the latency is the load's. CPU per message is not touched by that.",
            style="dim",
        )


def as_json(results: Results, contestants: Sequence[Contestant], plan: Plan, places: Places) -> str:
    """Everything measured, each round, with medians and ratios."""
    told: dict[str, Any] = {
        "machine": described(),
        "places": str(places),
        "plan": asdict(plan),
        "cases": [
            {
                "contacts": case.contacts,
                "latency_ms": case.latency_ms,
                "contestants": {
                    each.name: {
                        "median": asdict(median(results[case][each.name])),
                        "times_as_fast_as": _ratios(results[case], each.name),
                        "rounds": [asdict(figures) for figures in results[case][each.name]],
                    }
                    for each in contestants
                },
            }
            for case in sorted(results)
        ],
    }
    return json.dumps(told, indent=2)


def is_held_back(rounds: Sequence[Figures]) -> bool:
    """Whether the load, not the server, may have set the pace."""
    return median(rounds).load_busy > SATURATED


def _ratios(of: dict[str, list[Figures]], name: str) -> dict[str, float]:
    return {other: times_as_fast(of[name], of[other]) for other in REFERENCES if other in of}


def _table(case: Case, of: dict[str, list[Figures]], contestants: Sequence[Contestant]) -> Table:
    table = Table(
        title=f"{case.contacts} contacts at once, upstream {case.latency_ms:g} ms",
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    references = [name for name in REFERENCES if name in of]
    table.add_column("", no_wrap=True)
    for heading in [
        "msg/s",
        "CPU µs",
        *(f"x {name}" for name in references),
        "ack ms",
        "reply ms",
        "Redis µs",
        "cmds",
        "trips",
        "bytes",
        "MB",
    ]:
        table.add_column(heading, justify="right", no_wrap=True)
    for each in contestants:
        figures, ratios = median(of[each.name]), _ratios(of, each.name)
        table.add_row(
            each.what,
            f"{figures.per_second:,.0f}{'*' if is_held_back(of[each.name]) else ''}",
            f"{figures.server_cpu_us:,.0f}",
            *(f"{ratios[name]:.1f}" for name in references),
            f"{figures.ack_p50_ms:.1f} / {figures.ack_p99_ms:.1f}",
            f"{figures.reply_p50_ms:.1f} / {figures.reply_p99_ms:.1f}",
            f"{figures.redis_cpu_us:.0f}",
            f"{figures.redis_commands:.1f}",
            f"{figures.redis_round_trips:.1f}",
            f"{figures.redis_bytes:,.0f}",
            f"{figures.rss_mb:.0f}",
        )
        if len(figures.cpu_us) > 1:
            for part, cpu_us in figures.cpu_us.items():
                table.add_row(f"  of that {part}", "", f"{cpu_us:,.0f}", style="dim")
    return table
