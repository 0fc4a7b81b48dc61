"""Figures, and how they are told."""

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console
from typer.testing import CliRunner

from bench import report
from bench.arena import Figures
from bench.cli import app
from bench.compare import Case, Plan, median, times_as_fast
from bench.contestants import CONTESTANTS
from bench.machine import Places, places
from bench.parts import part_of, read
from bench.scale import Layout

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


def test_rounds_are_told_by_their_median():
    told = median([costing(100), costing(900), costing(200)])

    assert told.server_cpu_us == 200
    assert told.redis_bytes == 500


def test_contestants_are_compared_round_by_round():
    ours, theirs = [costing(100), costing(200), costing(100)], [costing(500), costing(600)] * 2

    assert times_as_fast(ours, theirs[:3]) == 5.0


def test_the_table_has_every_contestant_with_its_ratios():
    text = io.StringIO()
    case = Case(20.0, 32)
    results = {case: {"bot": [costing(100)], "plain": [costing(1500)]}}
    contestants = [CONTESTANTS["bot"], CONTESTANTS["plain"]]
    plan = Plan([32], [20.0], rounds=1, messages=100, seconds=1.0)

    report.show(Console(file=text, width=report.WIDTH), results, contestants, plan, Places())
    told = json.loads(report.as_json(Places(), report.cases(results)))

    assert "32 contacts at once, upstream 20 ms" in text.getvalue()
    assert "15.0" in text.getvalue()
    measured = told["measured"][0]["contestants"]["bot"]
    assert measured["times_as_fast_as"] == {"plain": 15.0}
    assert measured["rounds"][0]["cpu_us"] == {"serve": 100}


def test_layouts_are_told_with_their_ratios_to_the_first():
    text = io.StringIO()
    results = {Layout(): [costing(100), costing(300)], Layout(hosts=2): [costing(120)] * 2}

    report.show_scale(Console(file=text, width=report.WIDTH), "32 contacts", results, rounds=2)
    told = report.scaled(results)

    assert "one of each" in text.getvalue()
    assert "2 hosts" in text.getvalue()
    assert "0.80" in text.getvalue()
    assert told[1]["layout"]["hosts"] == 2
    assert str(Layout(stored=100_000, flows=100)) == "100 flows, 100,000 stored contacts"


def test_a_sample_counts_for_the_innermost_part():
    store = "Pipeline.execute (/x/site-packages/redis/asyncio/client.py:1)"
    web = "Router.app (/x/site-packages/starlette/routing.py:1)"
    library = "Timeout.__aexit__ (/usr/lib/python3.11/asyncio/timeouts.py:1)"

    assert part_of([web, store, library]) == "store"
    assert part_of([web, library]) == "web"
    assert part_of([library]) == "event loop"


def test_samples_are_counted_by_part_and_function():
    parts, functions = read(["run (/a/bot/engine.py:1);get (/l/json/encoder.py:2) 3"])

    assert parts == {"turn": 3}
    assert functions == {"get (json/encoder.py)": 3}


def test_the_server_has_a_core_of_its_own_where_there_are_two(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: {0, 1}, raising=False)
    monkeypatch.setattr("os.sched_setaffinity", lambda pid, cores: None, raising=False)

    found = places()

    assert found == Places(frozenset({0}), frozenset({1}), frozenset({1}))
    assert places(server_processes=2).server == {0, 1}


@pytest.mark.parametrize(
    "words",
    [
        ["--only", "nobody"],
        ["--contacts", "few"],
        ["--only", "floor", "--processes", "2"],
        ["scale", "--hosts", "0"],
    ],
)
def test_wrong_use_is_told_before_anything_runs(words):
    result = CliRunner().invoke(app, words)

    assert result.exit_code == 2
