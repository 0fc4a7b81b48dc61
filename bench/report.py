"""The results of measurements, as Markdown tables and as JSON."""

import json
import math
import re
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.answers import Times
from bench.arena import Figures
from bench.clients import Costs
from bench.contestants import AIOGRAM, BOT, CONTESTANTS, FLOOR, PLAIN
from bench.errors import BenchError
from bench.layout import spaced
from bench.machine import described, places
from bench.memory import Memory
from bench.parts import ABOUT
from bench.redis_server import Node
from bench.rounds import Case, Rounds, median, ratios, times

SATURATED = 0.9
"""Share of a core above which the load, and not the server, may limit the throughput."""

TIMES = "\N{MULTIPLICATION SIGN}"

BUSIEST = 0.7
"""Maximum share of a core that one process should use, when capacity is planned."""

KINDS = {"seen": "ids of callbacks taken (`BOT_DEDUPE`)", "log": "log of turns (`BOT_LOG_TURNS`)"}
"""Descriptions of the kinds of keys whose names do not explain them."""

RATES = (1, 100, 10_000)
"""Numbers of messages per second for which the cost is calculated."""


PLACE = re.compile(r"^<!-- bench: ([\w-]+) -->$.*?^<!-- end -->$", flags=re.MULTILINE | re.DOTALL)

PLACES = (
    *("machine", "comparison", "contestants", "settings", "cost", "parts", "functions"),
    *("redis-calls", "http-calls", "scale", "growth", "growth-beside", "memory", "latency", "cold"),
)
"""The names of the sections of `all`. docs/performance.md has a marked place for each."""


@dataclass(frozen=True, slots=True)
class Section:
    """A table or some lines in Markdown. `name` is the name of the section's place in a page."""

    name: str
    title: str
    text: str

    def __str__(self) -> str:
        return f"### {self.title}\n\n{self.text}\n"


@dataclass(frozen=True, slots=True)
class Measured:
    """The result of one measurement: its sections, and in `told` all figures in a form for JSON."""

    name: str
    sections: Sequence[Section]
    told: Any


def as_json(measured: Iterable[Measured]) -> str:
    """Return all figures as JSON, with a description of the machine."""
    machine = {**described(), "redis_server": Node.version(), "places": str(places())}
    return json.dumps(
        {"machine": machine, "measured": {each.name: each.told for each in measured}}, indent=2
    )


def filled(page: str, sections: Iterable[Section]) -> str:
    """Return the page, with new text between each `<!-- bench: NAME -->` and its `<!-- end -->`.

    Raises:
        BenchError: the names in the page are not those of the sections.
    """
    texts = {section.name: section.text for section in sections}
    found = PLACE.findall(page)
    if sorted(found) != sorted(texts):
        raise BenchError(
            "The page needs `<!-- bench: NAME -->` … `<!-- end -->`, once for each of"
            f" {', '.join(sorted(texts))}; it has {', '.join(sorted(found)) or 'none'}."
        )
    return PLACE.sub(
        lambda place: f"<!-- bench: {place[1]} -->\n\n{texts[place[1]]}\n\n<!-- end -->", page
    )


def machine(rounds: int) -> Section:
    """Describe the machine, the versions of the software, and the number of rounds."""
    told = described()
    versions = ", ".join(
        f"{name} {version}"
        for name, version in told.items()
        if name not in ("processor", "cores", "system", "python")
    )
    text = (
        f"{told['cores']} cores of {told['processor']}, {told['system']}, {told['python']};"
        f" {Node.version()}; {versions}.\nPlaces: {places()}. "
        + ("One round of each." if rounds == 1 else f"Medians of {rounds} rounds.")
    )
    return Section("machine", "The machine", text)


def comparison(results: Mapping[Case, Rounds]) -> Measured:
    """Compare the bot with other contestants under each load, and list the figures of all
    contestants under the loads with the lowest upstream latency.
    """
    headings = (
        *("contacts", "upstream", "bot: CPU µs", f"{TIMES} hand-written", f"{TIMES} aiogram"),
        *("raw sockets: CPU µs", "bot: messages/s", "ack p50 / p99 ms"),
    )
    rows, every = [], []
    for case, of in sorted(results.items()):
        by_name = {layout.contestant.name: rounds for layout, rounds in of.items()}
        load = [spaced(case.contacts), f"{case.latency_ms:g} ms"]
        if BOT.name in by_name:
            rows.append([*load, *_beside(by_name)])
        if case.latency_ms == min(each.latency_ms for each in results):
            every += [
                [load[0], CONTESTANTS[name].what, *_whole(rounds)]
                for name, rounds in by_name.items()
            ]
    whole = (
        *("contacts", "", "messages/s", "CPU µs", "ack p50 / p99 ms", "reply p50 / p99 ms"),
        *("Redis: CPU µs", "commands", "reads", "bytes", "RSS MB"),
    )
    latency = min(case.latency_ms for case in results)
    sections = [
        Section("comparison", "Beside others", table(headings, rows)),
        Section("contestants", f"All of them, upstream {latency:g} ms", table(whole, every)),
    ]
    told = [
        {
            "contacts": case.contacts,
            "latency_ms": case.latency_ms,
            "contestants": {
                layout.contestant.name: {
                    "median": asdict(median(rounds)),
                    "rounds": [asdict(figures) for figures in rounds],
                }
                for layout, rounds in of.items()
            },
        }
        for case, of in sorted(results.items())
    ]
    return Measured("compare", sections, told)


def _beside(by_name: Mapping[str, Sequence[Figures]]) -> list[str]:
    """Return the bot's figures, and how many times its processor time other contestants need."""
    rounds = by_name[BOT.name]
    figures = median(rounds)
    ratios = [
        f"{times(by_name[each.name], rounds, 'server_cpu_us'):.1f}" if each.name in by_name else ""
        for each in (PLAIN, AIOGRAM)
    ]
    floor = by_name.get(FLOOR.name)
    return [
        spaced(figures.server_cpu_us),
        *ratios,
        spaced(median(floor).server_cpu_us) if floor else "",
        _pace(rounds),
        _pair(figures.ack_p50_ms, figures.ack_p99_ms),
    ]


def _whole(rounds: Sequence[Figures]) -> list[str]:
    figures = median(rounds)
    return [
        _pace(rounds),
        spaced(figures.server_cpu_us),
        _pair(figures.ack_p50_ms, figures.ack_p99_ms),
        _pair(figures.reply_p50_ms, figures.reply_p99_ms),
        spaced(figures.redis_cpu_us),
        f"{figures.redis_commands:.1f}",
        f"{figures.redis_round_trips:.1f}",
        spaced(figures.redis_bytes),
        spaced(figures.rss_mb),
    ]


def varied(name: str, title: str, results: Mapping[Case, Rounds]) -> Measured:
    """Return the cost of a message in each layout, and its ratio to that in the first layout."""
    [(case, of)] = results.items()
    first = next(iter(of.values()))
    figures = (
        ("messages/s", "per_second"),
        ("CPU µs", "server_cpu_us"),
        ("Redis: CPU µs", "redis_cpu_us"),
    )
    headings = ["", *[heading for each, _ in figures for heading in (each, TIMES)]]
    rows = []
    for layout, rounds in of.items():
        row = [str(layout)]
        for _, figure in figures:
            is_pace = figure == "per_second"
            row.append(_pace(rounds) if is_pace else spaced(getattr(median(rounds), figure)))
            row.append(f"{times(rounds, first, figure):.2f}")
        row.append(_pair(median(rounds).ack_p50_ms, median(rounds).ack_p99_ms))
        rows.append(row)
    told = [
        {
            "layout": str(layout),
            "contestant": layout.contestant.name,
            "median": asdict(median(rounds)),
            "rounds": [asdict(figures) for figures in rounds],
        }
        for layout, rounds in of.items()
    ]
    text = table([*headings, "ack p50 / p99 ms"], rows)
    return Measured(name, [Section(name, f"{title}: {case}", text)], told)


AGAINST = {
    "server_cpu_us": "CPU µs",
    "per_second": "messages/s",
    "redis_cpu_us": "Redis: CPU µs",
    "redis_commands": "Redis: commands",
    "redis_bytes": "Redis: bytes",
    "ack_p50_ms": "ack p50 ms",
    "reply_p50_ms": "reply p50 ms",
    "rss_mb": "RSS MB",
}
"""The figures by which two checkouts are compared, with their headings.

CPU, commands and bytes are per message.
"""


def against(results: Mapping[Case, Rounds]) -> Measured:
    """Compare two checkouts: the medians of each figure, and the ratio of the first checkout's
    figure to the second's. The spread is the lowest and the highest ratio of any round.
    """
    sections, told = [], []
    for case, of in results.items():
        (this, ours), (other, theirs) = of.items()
        rows = []
        ratios_of = {figure: ratios(ours, theirs, figure) for figure in AGAINST}
        for figure, name in AGAINST.items():
            pair = [getattr(median(rounds), figure) for rounds in (ours, theirs)]
            each = ratios_of[figure]
            row = [f"{value:.1f}" if value < 100 else spaced(value) for value in pair]
            spread = f"{min(each):.2f} to {max(each):.2f}"
            rows.append([name, *row, f"{statistics.median(each):.3f}", spread])
        headings = ("", f"this: {this}", f"other: {other}", TIMES, "spread")
        title = f"{case}, {len(ours)} rounds"
        sections.append(Section("against", title, table(headings, rows)))
        told.append(
            {
                "contacts": case.contacts,
                "latency_ms": case.latency_ms,
                "ratios": ratios_of,
                "checkouts": [
                    {
                        "path": layout.contestant.name,
                        "revision": layout.contestant.what,
                        "median": asdict(median(rounds)),
                        "rounds": [asdict(figures) for figures in rounds],
                    }
                    for layout, rounds in of.items()
                ],
            }
        )
    return Measured("against", sections, told)


def lacking(name: str, program: str) -> Measured:
    """Return a section that says that another server's program is not installed."""
    text = f"Not measured: there is no `{program}` on the machine."
    return Measured(name, [Section(name, "As things grow, with another server", text)], None)


def costs(figures: Figures) -> Section:
    """Return the number of cores for some rates of messages, if each message costs what `figures`
    say.
    """
    headings = ("messages/s", "`bot serve`: cores", "processes", "Redis: cores")
    rows = []
    for rate in RATES:
        cores, redis = rate * figures.server_cpu_us / 1e6, rate * figures.redis_cpu_us / 1e6
        processes = math.ceil(cores / BUSIEST)
        rows.append([spaced(rate), _fraction(cores), str(processes), _fraction(redis)])
    return Section("cost", "What it costs to run", table(headings, rows))


def latency(results: Mapping[Case, Rounds]) -> Measured:
    """Return a table of the latencies at light load."""
    [of] = results.values()
    medians = {layout.contestant: median(rounds) for layout, rounds in of.items()}
    rows = [
        [
            contestant.what,
            _pair(figures.ack_p50_ms, figures.ack_p99_ms),
            _pair(figures.reply_p50_ms, figures.reply_p99_ms),
        ]
        for contestant, figures in medians.items()
    ]
    text = table(("", "answer p50 / p99 ms", "send request p50 / p99 ms"), rows)
    told = {contestant.name: asdict(figures) for contestant, figures in medians.items()}
    return Measured("latency", [Section("latency", "One contact at a time", text)], told)


def memory(results: Mapping[str, Sequence[Memory]]) -> Measured:
    """Return a table of the bytes per contact, by kind of key."""
    columns = [(name, each) for name, of in results.items() for each in of]
    headings = [f"{CONTESTANTS[name].what}, {each.messages} messages" for name, each in columns]
    kinds = sorted({kind for _, each in columns for kind in each.kinds})
    rows = [
        [KINDS.get(kind, kind), *[spaced(each.kinds.get(kind, 0)) for _, each in columns]]
        for kind in kinds
    ]
    rows += [
        ["all of its keys", *[spaced(sum(each.kinds.values())) for _, each in columns]],
        ["all that Redis took for it", *[spaced(each.all_bytes) for _, each in columns]],
    ]
    text = table(("bytes after", *headings), rows)
    told = {name: [asdict(each) for each in of] for name, of in results.items()}
    return Measured("memory", [Section("memory", "A contact at rest", text)], told)


def cold(results: Mapping[str, float]) -> Measured:
    """Return a table of the times that commands take to start."""
    rows = [[name, f"{seconds:.2f}"] for name, seconds in results.items()]
    section = Section("cold", "From the start of the process", table(("", "s"), rows))
    return Measured("cold", [section], dict(results))


def parts(
    figures: Figures, by_part: Counter[str], by_function: Counter[str], most: int
) -> Measured:
    """Return the processor time per message by part, and the `most` functions that use most."""
    total = by_part.total()
    share = figures.server_cpu_us / total
    rows = [
        [part, f"{count * share:.0f}", f"{count / total:.0%}", ABOUT[part]]
        for part, count in by_part.most_common()
    ]
    rows.append(["all", f"{figures.server_cpu_us:.0f}", "", f"{spaced(total)} samples"])
    functions = [
        [f"`{name}`", f"{count * share:.1f}", f"{count / total:.1%}"]
        for name, count in by_function.most_common(most)
    ]
    sections = [
        Section(
            "parts", "Processor time per message", table(("part", "µs", "%", "what it is"), rows)
        ),
        Section(
            "functions",
            "The functions that take most, without what they call",
            table(("", "µs", "%"), functions),
        ),
    ]
    told = {"figures": asdict(figures), "samples": by_part, "functions": by_function}
    return Measured("parts", sections, told)


def clients(redis_calls: Costs, http_calls: Costs) -> Measured:
    """Return the cost of one call, by client and by number of concurrent calls."""
    sections = [
        Section("redis-calls", "A command to Redis, by batch, µs", _calls(redis_calls)),
        Section("http-calls", "A request, by how many are under way, µs", _calls(http_calls)),
    ]
    return Measured("clients", sections, {"redis": redis_calls, "http": http_calls})


def answers(found: Mapping[str, Times]) -> Measured:
    """Return a table of the processor time of each answer parser."""
    rows = [
        [f"`{name}`", *(f"{getattr(each, field):.2f}" for field in Times.__dataclass_fields__)]
        for name, each in found.items()
    ]
    headings = ("parser", "median", "p99", "worst", "hostile median", "hostile worst")
    section = Section("answers", "Processor time of an answer, ms", table(headings, rows))
    return Measured("answers", [section], {name: asdict(each) for name, each in found.items()})


def _calls(found: Costs) -> str:
    counts = list(next(iter(found.values())))
    rows = [[way, *[f"{by[count]:.1f}" for count in counts]] for way, by in found.items()]
    return table(("at once", *map(str, counts)), rows)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table whose source is aligned in columns. Columns of numbers are
    right-aligned.
    """
    columns = list(zip(headings, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    is_right = [all(re.match(r"[\d.]|$", cell) for cell in column[1:]) for column in columns]
    marks = [
        "-" * (width - 1) + (":" if right else "-")
        for width, right in zip(widths, is_right, strict=True)
    ]
    lines = [
        [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, is_right, strict=True)
        ]
        for row in (headings, *rows)
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in [lines[0], marks, *lines[1:]])


def is_held_back(rounds: Sequence[Figures]) -> bool:
    """Return whether the load, and not the server, may have limited the throughput."""
    return median(rounds).load_busy > SATURATED


def _pace(rounds: Sequence[Figures]) -> str:
    return f"{spaced(median(rounds).per_second)}{'*' if is_held_back(rounds) else ''}"


def _fraction(number: float) -> str:
    """Return a number with one decimal, or with more until one digit is not 0."""
    return f"{number:.1f}" if number >= 1 else f"{number:.{1 - math.floor(math.log10(number))}f}"


def _pair(half: float, most: float) -> str:
    return f"{half:.1f} / {most:.1f}"
