"""`bot explore` finds each planted error and nothing else, and writes conversations of them."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.settings import Settings
from bot.testing.chat_file import Comment, Reply, read
from bot.tooling.explore.command import explore
from bot.tooling.explore.explorer import Bounds
from bot.tooling.explore.ways import Ways

PLANTED = {
    ("raises", "number"): "exception",
    ("unasked", "kind"): "exception",
    ("dead_end", "pit"): "dead-end",
    ("loop", "heads"): "loop",
    ("unreachable", "gold"): "unreachable",
    ("too_long", "more"): "limit",
    ("untranslated", "sure"): "translation",
    ("silent", "sure"): "silence",
}


def asked(folder, **changes):
    return {
        "only": (),
        "channels": ["WHATSAPP"],
        "languages": (),
        "seed": 1,
        "bounds": Bounds(acts=60_000, seconds=500, walks=0),
        "folder": folder,
        "chats": (),
        "setup": "",
        **changes,
    }


@pytest.fixture
def settings():
    return Settings(flows=str(Path(__file__).parent / "planted"))


@pytest.mark.parametrize("flow", [flow for flow, _ in PLANTED])
async def test_finds_the_planted_fault_and_nothing_else(settings, tmp_path, flow):
    languages = ["sv"] if flow == "untranslated" else []
    options = asked(tmp_path, only=[flow], languages=languages)
    report = await explore(settings, **options)
    told = list(report.lines())

    [expected] = [(node, kind) for node, kind in PLANTED.items() if node[0] == flow]
    assert [(each.node, each.kind) for each in report.findings] == [expected]
    [file] = tmp_path.glob("*.chat")
    assert told[0].endswith(str(file))
    assert told[-1].startswith("1 finding in ")
    chat = read(file.read_text())
    assert chat.about[0].startswith(f"{expected[1]}: ")
    assert chat.about[1] == "/".join(expected[0])
    assert chat.entries


async def test_the_conversation_shows_the_fault_again(settings, tmp_path):
    await explore(settings, **asked(tmp_path, only=["raises"]))
    [file] = tmp_path.glob("*.chat")
    chat = read(file.read_text())

    assert next(e.text for e in chat.entries if isinstance(e, Reply)) == "How many?"
    assert len(file.read_text().split("> ")) == 3
    assert not any(isinstance(e, Comment) for e in chat.entries)


async def test_a_question_that_cannot_be_asked_is_reported_with_its_line(settings, tmp_path):
    report = await explore(settings, **asked(tmp_path, only=["unasked"]))

    [what] = {each.what for each in report.findings if each.kind == "exception"}
    place = r"tests/testing/planted/faulty\.py:\d+"
    assert re.match(f"{place}: AttributeError: The flow's data has no 'color'", what)


async def test_the_same_seed_walks_the_same_way(settings, tmp_path):
    bounds = Bounds(acts=150, seconds=500, walks=5)
    counts = []
    for _ in range(2):
        report = await explore(settings, **asked(tmp_path, only=["endless"], bounds=bounds))
        counts.append(list(report.lines()))

    assert counts[0] == counts[1]


async def test_a_bound_cuts_it_off_and_says_so(settings, tmp_path):
    bounds = Bounds(acts=5, seconds=500)
    report = await explore(settings, **asked(tmp_path, only=["unreachable"], bounds=bounds))

    assert report.was_cut
    assert "a limit ended the exploration, so unreachable states" in [*report.lines()][-1]


async def test_learns_answers_of_chat_files(settings, tmp_path):
    (tmp_path / "said.chat").write_text("> Midas\n")
    report = await explore(
        settings, **asked(tmp_path / "out", only=["unreachable"], chats=[tmp_path])
    )

    assert report.findings == []


async def test_data_that_flows_and_events_need_is_learned_too(settings, tmp_path):
    needing = replace(settings, flows=str(Path(__file__).parent / "needing"))
    report = await explore(needing, **asked(tmp_path / "out"))
    told = list(report.lines())
    assert report.findings == []
    assert [each for each in told if each.startswith("not tried")] == [
        "not tried: To start, rated needs data that can't be guessed:"
        " tests/testing/needing/moving.py:59: TypeError: 'int' object is not"
        " subscriptable. Write `! start rated {…}` in a .chat file, and name the file by --chats.",
        "not tried: To start, billed needs data that can't be guessed:"
        " tests/testing/needing/moving.py:78: TypeError: 'int' object is not"
        " subscriptable. Write `! start billed {…}` in a .chat file, and name the file by --chats.",
    ]

    (tmp_path / "known.chat").write_text(
        '! start moved {"street": "Main street"}\n! event opened {"until": "nine"}\n'
        '! start rated {"rating": {"stars": 4}}\n! event bill_sent {"bill": {"total": 90}}\n'
    )
    report = await explore(needing, **asked(tmp_path / "out", chats=[tmp_path / "known.chat"]))
    assert (report.findings, report.untried) == ([], [])


async def test_a_question_without_an_end_is_no_finding(settings, tmp_path):
    report = await explore(settings, **asked(tmp_path, only=["endless"]))

    assert [*report.lines()] == [f"no findings in {report.acts} actions on WHATSAPP (seed 1)"]


async def test_what_needs_a_service_is_not_tried_without_a_stand_in(tmp_path, capfd):
    serviced = Settings(flows=str(Path(__file__).parent / "serviced"))
    report = await explore(serviced, **asked(tmp_path))
    assert (report.findings, capfd.readouterr().err) == ([], "")
    assert report.untried == [
        "what follows books/title. The flow needs the service 'catalog', which a simulation doesn't"
        " open. Give a stand-in: services.injects(catalog=…). Write this call in a function, and"
        " name the function by --setup module:function."
    ]
    assert report.as_json()["not_tried"] == report.untried

    report = await explore(
        serviced, **asked(tmp_path, setup="tests.testing.serviced.stand_ins:add")
    )
    assert (report.findings, report.untried) == ([], [])


async def test_a_question_that_is_asked_several_times_is_followed_to_its_end(tmp_path):
    rounds = Settings(flows=str(Path(__file__).parent / "rounds"))
    report = await explore(rounds, **asked(tmp_path))

    assert report.findings == []
    assert report.untried == [
        "what follows endless/go, which led back to itself with new data: 8 variants of the data"
        " were tried."
    ]


async def test_numbers_of_a_hint_are_tried_as_answers(tmp_path):
    hinting = Settings(flows=str(Path(__file__).parent / "hinting"))
    report = await explore(hinting, **asked(tmp_path))

    assert report.findings == []


async def test_a_question_that_takes_bursts_is_answered_when_the_burst_has_ended(tmp_path):
    bursting = Settings(flows=str(Path(__file__).parent / "bursting"))
    report = await explore(bursting, **asked(tmp_path))

    [finding] = report.findings
    assert (finding.kind, finding.node) == ("exception", ("order", "count"))
    assert "ZeroDivisionError" in finding.what
    [file] = tmp_path.glob("*.chat")
    assert "> 5\n\n~ 1m31s\n" in file.read_text()


@pytest.mark.parametrize("setup", ["nothing", "no.such:thing", "os:thing"])
async def test_a_setup_that_is_not_there_is_named(settings, tmp_path, setup):
    with pytest.raises(ConfigError, match=f"--setup {setup!r} is not a module:function"):
        await explore(settings, **asked(tmp_path, setup=setup))


def test_traps_are_the_innermost_ways_without_exit():
    ways = Ways()
    a, b, c, d, out = ("f", "a"), ("f", "b"), ("f", "c"), ("f", "d"), ("", "")
    for source, to in [(a, b), (a, out), (b, c), (c, b), (c, c), (a, d)]:
        ways.add(source, to)

    assert sorted(ways.traps()) == [[b, c], [d]]
