"""Flow coverage: counted in the engine, shown as a table and as a picture."""

import xml.etree.ElementTree as ET
from functools import partial

import pytest

from bot import END, Flow, Option, ask, call, choose, on, parse, step
from bot.testing.coverage import Coverage, percent
from bot.testing.coverage_diagram import svg
from bot.testing.coverage_report import table

pytest_plugins = "pytester"


class Meal(Flow):
    start_on = ("meal",)

    dish = choose(
        "Which dish?",
        {"soup": Option("Soup", to="drink"), "pie": Option("Pie", to="size")},
        attempts=3,
        otherwise=END,
        remind={"10m": "Hungry?"},
        timeout=("1h", END),
    )
    size = ask("How many?", accept=parse.integer(), to="drink")
    drink = call("drink", to="done")

    @step(to=(END, "dish"))
    def done(self, turn):
        turn.say("Enjoy.")
        return END

    @on("kitchen_closed", to=END)
    def closed(self, turn):
        return END


class Drink(Flow):
    what = ask("What to drink?", accept=parse.text(), to=END)


pytestmark = pytest.mark.flows([Meal, Drink])


@pytest.fixture
def coverage(simulation):
    found = Coverage()
    simulation.watchers.append(partial(found.watch, simulation.flows))
    return found


async def test_counts_what_was_walked(simulation, contact, coverage):
    await contact.says("meal")
    await contact.waits("11m")
    await contact.says("what?")
    await contact.says("soup")
    await contact.says("tea")

    meal, drink = coverage.report(simulation.flows)
    assert meal.counts() == {
        "state": (3, 4),
        "option": (1, 2),
        "answer": (0, 1),
        "re-ask": (1, 2),
        "give-up": (0, 1),
        "time-out": (0, 1),
        "reminder": (1, 1),
        "step": (1, 2),
        "return": (1, 1),
        "event": (0, 1),
    }
    assert [str(item) for item in meal.missing][:2] == ["size", "dish --pie--> size"]
    assert drink.counts() == {"state": (1, 1), "answer": (1, 1), "re-ask": (0, 1)}


async def test_an_event_handled_anywhere_counts_once(simulation, contact, coverage):
    await contact.says("meal")
    await contact.receives_event("kitchen_closed")

    [meal, _] = coverage.report(simulation.flows)
    assert meal.counts()["event"] == (1, 1)


def test_nothing_walked_is_nothing(bot_flows):
    report = Coverage().report(bot_flows)

    assert percent(report) == 0
    lines = list(table(report))
    assert lines[0].split() == (
        [
            "flow",
            "state",
            "option",
            "answer",
            "re-ask",
            "give-up",
            "time-out",
            "reminder",
            "step",
            "return",
            "event",
            "walked",
        ]
    )
    assert lines[1].split()[:3] == ["meal", "0/4", "0/2"]
    assert any(line.endswith("option: dish --soup--> drink") for line in lines)


async def test_the_picture_shows_all_of_it(simulation, contact, coverage):
    await contact.says("meal")
    await contact.says("soup")

    meal = coverage.report(simulation.flows)[0]
    picture = ET.fromstring(svg(meal))
    texts = {text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")}
    assert {"dish", "size", "drink", "done", "end", "soup", "✗ pie", "↻ ✗ reasked"} <= texts
    classes = {group.get("class") for group in picture.iter("{http://www.w3.org/2000/svg}g")}
    assert {"state walked", "state unwalked", "edge walked", "edge unwalked"} <= classes
    assert "note unwalked" in classes


@pytest.mark.parametrize(("least", "status"), [("0", 0), ("90", 1)])
def test_a_run_reports_and_fails_under(pytester, bot_redis_url, monkeypatch, least, status):
    monkeypatch.setenv("TEST_REDIS_URL", bot_redis_url)
    monkeypatch.setenv("BOT_FLOWS", "covered_flows")
    flows = pytester.mkpydir("covered_flows")
    (flows / "tea.py").write_text(
        "from bot import END, Flow, Option, choose\n\n"
        "class Tea(Flow):\n"
        "    start_on = ('tea',)\n"
        "    kind = choose('Which?', {'a': Option('A', to=END), 'b': Option('B', to=END)})\n"
    )
    pytester.makeini(
        "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
    )
    pytester.makepyfile("async def test_tea(contact):\n    await contact.says('tea')\n")

    result = pytester.runpytest_subprocess(
        "--flow-coverage-fail-under", least, "--flow-coverage-svg", "drawn"
    )

    assert result.ret == status
    result.stdout.fnmatch_lines(
        ["*flow coverage*", "flow*state*walked", "tea*1/1*0/2*25 %", "*option: kind --a--> end"]
    )
    if status:
        result.stdout.fnmatch_lines(["Flow coverage is 25.00 %, less than 90 %."])
    assert (pytester.path / "drawn" / "tea.svg").read_text().startswith("<svg")
