"""What was measured, as tables for people and as JSON for machines."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from bench.arena import Figures
from bench.compare import Case, Plan, Results, median, times, times_as_fast
from bench.contestants import CONTESTANTS, Contestant
from bench.machine import Places, described
from bench.memory import Memory
from bench.redis_server import Node
from bench.scale import Layout

SATURATED = 0.9
"""A load whose core is this busy may hold the server back, not the other way round."""

WIDTH = 132
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
    console.print(
        f"{_machine(places)}. Medians of {plan.rounds} rounds; every reply was checked.\n"
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


def cases(results: Results) -> list[dict[str, Any]]:
    """Everything measured, each round, with medians and ratios, as JSON can hold it."""
    return [
        {
            "contacts": case.contacts,
            "latency_ms": case.latency_ms,
            "contestants": {
                name: {
                    "median": asdict(median(rounds)),
                    "times_as_fast_as": _ratios(of, name),
                    "rounds": [asdict(figures) for figures in rounds],
                }
                for name, rounds in of.items()
            },
        }
        for case, of in sorted(results.items())
    ]


def as_json(places: Places, told: Any) -> str:
    """Figures with the machine they were measured on."""
    machine = {**described(), "redis_server": Node.version(), "places": str(places)}
    return json.dumps({"machine": machine, "measured": told}, indent=2)


def show_latency(console: Console, medians: Mapping[str, Figures], places: Places) -> None:
    """Print latencies at light load."""
    table = _bare("One contact at a time", "", "ack p50 ms", "p99", "reply p50 ms", "p99")
    for name, figures in medians.items():
        table.add_row(
            CONTESTANTS[name].what,
            f"{figures.ack_p50_ms:.2f}",
            f"{figures.ack_p99_ms:.2f}",
            f"{figures.reply_p50_ms:.2f}",
            f"{figures.reply_p99_ms:.2f}",
        )
    console.print(table)
    console.print(f"{_machine(places)}. From posting a callback, medians of rounds.", style="dim")


def show_scale(
    console: Console, title: str, results: Mapping[Layout, Sequence[Figures]], rounds: int
) -> None:
    """Print what a message costs in each layout, and how many times what it costs in the first."""
    headings = ("msg/s", "x", "CPU µs", "x", "Redis µs", "x", "ack ms", "reply ms", "MB")
    table = _bare(title, "", *headings)
    first = next(iter(results.values()))
    for layout, of in results.items():
        figures = median(of)
        table.add_row(
            str(layout),
            f"{figures.per_second:,.0f}{'*' if is_held_back(of) else ''}",
            f"{times(of, first, 'per_second'):.2f}",
            f"{figures.server_cpu_us:,.0f}",
            f"{times(of, first, 'server_cpu_us'):.2f}",
            f"{figures.redis_cpu_us:.0f}",
            f"{times(of, first, 'redis_cpu_us'):.2f}",
            f"{figures.ack_p50_ms:.1f} / {figures.ack_p99_ms:.1f}",
            f"{figures.reply_p50_ms:.1f} / {figures.reply_p99_ms:.1f}",
            f"{figures.rss_mb:.0f}",
        )
    console.print(table)
    machine = described()
    console.print(
        f"{machine['processor']}, {machine['cores']} cores, {machine['python']},"
        f" {Node.version()}. Medians of"
        f" {rounds} rounds; every reply was checked, none was lost. x: times the first line's,"
        " compared round by round. CPU and MB: of all processes of all hosts; Redis: of all its"
        " servers. Where the processes are more than the cores to spare, they share that of the"
        " load. * The core of the load was busy, and may have set the pace.",
        style="dim",
    )


def scaled(results: Mapping[Layout, Sequence[Figures]]) -> list[dict[str, Any]]:
    """Each layout with its figures in each round, as JSON can hold it."""
    return [
        {"layout": asdict(layout), "rounds": [asdict(figures) for figures in of]}
        for layout, of in results.items()
    ]


def show_memory(console: Console, results: Mapping[str, Sequence[Memory]]) -> None:
    """Print bytes per contact by kind of key."""
    for name, of in results.items():
        for each in of:
            title = f"{CONTESTANTS[name].what}: a contact after {each.messages} messages"
            table = _bare(title, "", "bytes")
            for kind, size in sorted(each.kinds.items()):
                table.add_row(kind, f"{size:,.0f}")
            table.add_row("all of its keys", f"{sum(each.kinds.values()):,.0f}")
            table.add_row("all that Redis took for it", f"{each.all_bytes:,.0f}")
            table.add_row("the server's processes, MB", f"{each.rss_mb:.0f}")
            console.print(table)


def show_cold(console: Console, results: Mapping[str, float], places: Places) -> None:
    """Print how long commands take from their start."""
    table = _bare("From the start of the process", "", "s")
    for name, seconds in results.items():
        table.add_row(name, f"{seconds:.2f}")
    console.print(table)
    console.print(f"{_machine(places)}. Medians; files in the system's cache.", style="dim")


def show_parts(
    console: Console,
    figures: Figures,
    parts: Counter[str],
    functions: Sequence[tuple[str, int]],
) -> None:
    """Print processor time per message by part, and the functions that take most."""
    total = parts.total()
    share = figures.server_cpu_us / total
    table = _bare("Processor time per message", "", "µs", "%")
    for part, count in parts.most_common():
        table.add_row(part, f"{count * share:.0f}", f"{count / total:.0%}")
    table.add_row("all", f"{figures.server_cpu_us:.0f}", "")
    table.add_row("Redis", f"{figures.redis_cpu_us:.0f}", "")
    console.print(table)
    table = _bare("Functions, without what they call", "", "µs")
    for name, count in functions:
        table.add_row(name, f"{count * share:.1f}")
    console.print(table)
    console.print(f"{total} samples.", style="dim")


def _bare(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    table.padding = (0, 1, 0, 0)
    table.min_width = len(title)
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left", no_wrap=True)
    return table


def _machine(places: Places) -> str:
    machine = described()
    return (
        f"{machine['processor']}, {machine['cores']} cores, {machine['python']}, {Node.version()};"
        f" {places}"
    )


def is_held_back(rounds: Sequence[Figures]) -> bool:
    """Whether the load, not the server, may have set the pace."""
    return median(rounds).load_busy > SATURATED


def _ratios(of: dict[str, list[Figures]], name: str) -> dict[str, float]:
    return {other: times_as_fast(of[name], of[other]) for other in REFERENCES if other in of}


def _table(case: Case, of: dict[str, list[Figures]], contestants: Sequence[Contestant]) -> Table:
    references = [name for name in REFERENCES if name in of]
    title = f"{case.contacts} contacts at once, upstream {case.latency_ms:g} ms"
    table = _bare(
        title,
        "",
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
    )
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
