"""Figures, and their presentation."""

import json
import platform
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from dataclasses import replace

import psutil  # type: ignore[import-untyped]
import pytest
from typer.testing import CliRunner

from bench import cli, report
from bench.arena import Figures
from bench.cli import Work, app
from bench.contestants import BOT, PLAIN, ROOT, checkout
from bench.errors import BenchError
from bench.layout import Layout
from bench.machine import Places, described, doubled, pinned, places
from bench.parts import part_of, read
from bench.report import Measured, Section
from bench.rounds import Case, Tell, median, times

FIGURES = Figures(
    messages=100,
    seconds=1.0,
    per_second=100.0,
    cpu_us={"serve": 100.0},
    redis_cpu_us=10.0,
    redis_commands=4.0,
    redis_round_trips=2.0,
    redis_bytes=500.0,
    ack_p50_ms=1.0,
    ack_p99_ms=2.0,
    reply_p50_ms=3.0,
    reply_p99_ms=4.0,
    rss_mb=50.0,
    load_busy=0.5,
)


def costing(cpu_us: float) -> Figures:
    return replace(FIGURES, cpu_us={"serve": cpu_us})


def cells(section: Section) -> list[list[str]]:
    """Return the cells of the table's rows."""
    rows = [line.strip("|").split("|") for line in section.text.splitlines()[2:]]
    return [[cell.strip() for cell in row] for row in rows]


CASE = Case(20.0, 1000, messages=100)


def test_rounds_are_told_by_their_median():
    told = median([costing(100), costing(900), costing(200)])

    assert told.server_cpu_us == 200
    assert told.redis_bytes == 500


def test_what_is_compared_is_compared_round_by_round():
    ours, theirs = [costing(100), costing(200), costing(100)], [costing(500), costing(600)] * 2

    assert times(theirs[:3], ours, "server_cpu_us") == 5.0


def test_the_comparison_has_the_ratios_and_every_contestant():
    results = {CASE: {Layout(BOT): [costing(100)], Layout(PLAIN): [costing(1500)]}}

    done = report.comparison(results)
    beside, every = done.sections

    assert cells(beside) == [["1 000", "20 ms", "100", "15.0", "", "", "100", "1.0 / 2.0"]]
    assert [row[1] for row in cells(every)] == ["`bot serve`", "hand-written handler"]
    assert done.told[0]["contestants"]["bot"]["rounds"][0]["cpu_us"] == {"serve": 100}


def test_layouts_are_told_with_their_ratios_to_the_first():
    at_info = Layout(settings=(("BOT_LOG_LEVEL", "INFO"),))
    results = {
        CASE: {
            Layout(): [costing(100), costing(300)],
            Layout(hosts=2, processes=2): [costing(120)] * 2,
            at_info: [replace(costing(90), load_busy=0.95)] * 2,
        }
    }

    done = report.varied("settings", "Settings", results)

    [section] = done.sections
    rows = cells(section)
    assert section.title == "Settings: 1 000 contacts at once, upstream 20 ms"
    assert [row[0] for row in rows] == [
        "`bot serve`",
        "2 hosts, 2 processes",
        "`BOT_LOG_LEVEL=INFO`",
    ]
    assert [row[1] for row in rows] == ["100", "100", "100*"]
    assert rows[1][3:5] == ["120", "0.80"]
    assert done.told[1]["layout"] == "2 hosts, 2 processes"


def test_checkouts_are_compared_round_by_round_with_the_spread():
    this, other = checkout(ROOT, "a/python"), checkout(ROOT, "b/python")
    results = {
        CASE: {
            Layout(this): [costing(100), costing(100), costing(300)],
            Layout(other): [costing(200), costing(400), costing(200)],
        }
    }

    done = report.against(results)

    [section] = done.sections
    assert section.title == "1 000 contacts at once, upstream 20 ms, 3 rounds"
    assert f"this: {this.what}" in section.text
    assert cells(section)[0] == ["CPU µs", "100", "200", "0.500", "0.25 to 1.50"]
    assert done.told[0]["ratios"]["server_cpu_us"] == [0.5, 0.25, 1.5]
    assert done.told[0]["checkouts"][1]["path"] == str(ROOT)


def test_what_it_costs_to_run_follows_from_the_figures():
    assert cells(report.costs(costing(350))) == [
        ["1", "0.00035", "1", "0.000010"],
        ["100", "0.035", "1", "0.0010"],
        ["10 000", "3.5", "5", "0.10"],
    ]


def test_a_page_gets_the_sections_where_it_has_places_for_them():
    page = "# A\n<!-- bench: a -->\nold\n<!-- end -->\nkept\n<!-- bench: b -->\n<!-- end -->\n"

    told = report.filled(page, [Section("a", "A", "| new |"), Section("b", "B", "\\1 too")])

    assert told == (
        "# A\n<!-- bench: a -->\n\n| new |\n\n<!-- end -->\nkept\n"
        "<!-- bench: b -->\n\n\\1 too\n\n<!-- end -->\n"
    )
    assert report.filled(told, [Section("a", "A", "| new |"), Section("b", "B", "\\1 too")]) == told
    with pytest.raises(BenchError, match="once for each of a; it has a, b"):
        report.filled(told, [Section("a", "A", "")])


def test_the_documentation_has_a_place_for_each_section():
    page = (ROOT / "docs" / "performance.md").read_text()

    told = report.filled(page, [Section(name, "", f"that was {name}") for name in report.PLACES])

    assert all(f"that was {name}\n" in told for name in report.PLACES)


def test_a_sample_counts_for_the_innermost_part():
    store = "Pipeline.execute (/x/site-packages/redis/asyncio/client.py:1)"
    web = "Router.app (/x/site-packages/starlette/routing.py:1)"
    library = "Timeout.__aexit__ (/usr/lib/python3.11/asyncio/timeouts.py:1)"

    assert part_of([web, store, library]) == "store"
    assert part_of([web, library]) == "web"
    assert part_of([library]) == "event loop"


def test_samples_are_counted_by_part_and_function():
    parts, functions = read(["run (/a/bot/engine/engine.py:1);get (/l/json/encoder.py:2) 3"])

    assert parts == {"turn": 3}
    assert functions == {"get (json/encoder.py)": 3}


def test_the_server_has_a_core_of_its_own_where_there_are_two():
    assert places(cores=[0, 1]) == Places(frozenset({0}), frozenset({1}), frozenset({1}))
    assert places(server_processes=2, cores=[0, 1]).server == {0, 1}
    assert places(server_processes=2, cores=[0, 1, 2, 3]).server == {0, 1}
    assert places(cores=[0]) == Places()


def test_places_stay_where_they_are_while_this_process_keeps_to_one():
    before = places(), described()

    with pinned(places().load):
        assert (places(), described()) == before


def test_as_many_processes_as_have_a_core():
    assert doubled(cores=2) == [2]
    assert doubled(cores=8) == [2, 4]


@pytest.mark.parametrize(
    "words",
    [
        ["compare", "--only", "nobody"],
        ["compare", "--contacts", "few"],
        ["scale", "--hosts", "0"],
        ["settings", "BOT_LOG_TURNS"],
        ["against", str(ROOT)],
        ["against", ".", "--contacts", "0"],
        ["all", "--quick", "--page", "page.md"],
    ],
)
def test_wrong_use_is_told_before_anything_runs(words):
    result = CliRunner().invoke(app, words)

    assert result.exit_code == 2


def test_stopped_it_says_so_and_leaves_nothing_running(tmp_path):
    file = tmp_path / "figures.json"
    words = ["--json", str(file), "settings", "BOT_LOG_TURNS=0"]
    with subprocess.Popen(
        [sys.executable, "-m", "bench", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stderr
        for line in process.stderr:
            if "round 1 of 9" in line:
                break
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        out, told = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "Stopped; nothing is left running. Measured: nothing." in told
    assert out == ""
    assert len(children) >= 4
    assert not any(child.is_running() for child in children)
    assert list(json.loads(file.read_text())["measured"]) == []


class Instead:
    """Replaces measurements that take long or are impossible in a test."""

    def __init__(self, *sections: Section, fails: bool = False) -> None:
        self._sections = sections
        self._fails = fails

    def __call__(self, **options: object) -> Work:
        async def work(tell: Tell) -> AsyncGenerator[Measured, None]:
            tell("a step")
            if self._fails:
                raise BenchError("it hung up")
            yield Measured(self._sections[0].name, self._sections, {"figure": 1})

        return work


COMMANDS = {
    "compare": ("comparison", "contestants"),
    "settings": ("settings", "cost"),
    "cpu_by_part": ("parts", "functions"),
    "calls": ("redis-calls", "http-calls"),
    "scale_out": ("scale",),
    "growth": ("growth", "growth-beside"),
    "contact_memory": ("memory",),
    "light_load": ("latency",),
    "cold_start": ("cold",),
}


def instead(monkeypatch, fails: str = "") -> None:
    for command, names in COMMANDS.items():
        sections = [Section(name, name.upper(), f"table {name}") for name in names]
        monkeypatch.setattr(cli, command, Instead(*sections, fails=command == fails))


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "page.md"
    path.write_text("".join(f"<!-- bench: {name} -->\n<!-- end -->\n" for name in report.PLACES))
    return path


def test_all_puts_every_table_into_the_page(tmp_path, monkeypatch, page):
    instead(monkeypatch)
    file = tmp_path / "figures.json"

    result = CliRunner().invoke(app, ["--json", str(file), "all", "--page", str(page)])

    assert result.exit_code == 0
    assert "### GROWTH-BESIDE\n\ntable growth-beside\n" in result.stdout
    assert "6 of 9: growth · a step · about" in result.stderr
    assert all(f"\n\ntable {name}\n\n" in page.read_text() for name in report.PLACES[1:])
    assert platform.python_version() in page.read_text()
    assert json.loads(file.read_text())["measured"]["scale"] == {"figure": 1}


def test_what_cannot_be_measured_leaves_the_rest_and_the_page_alone(monkeypatch, page):
    instead(monkeypatch, fails="growth")
    before = page.read_text()

    result = CliRunner().invoke(app, ["all", "--page", str(page)])

    assert "bench: it hung up" in result.stderr
    assert "### COLD" in result.stdout
    assert str(result.exception) == "Not measured: growth."
    assert page.read_text() == before
