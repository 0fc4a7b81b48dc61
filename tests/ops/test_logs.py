"""Log lines of a turn name its contact and state, and no phone number."""

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot import END, Flow, Turn, ask, parse, step
from bot.settings import Settings
from bot.telemetry import logs

logger = logging.getLogger("flows.noisy")


class Noisy(Flow):
    """Logs from a function of an author's."""

    start_on = ("noise",)

    who = ask("Who?", accept=parse.text(), to="greet")

    @step(to=END)
    def greet(self, turn: Turn) -> str:
        logger.info("Greeting", extra={"greeted": True})
        turn.say("Hello!")
        return END


pytestmark = pytest.mark.flows([Noisy])


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """The JSON that `bot` writes to standard output from now on."""
    names = ["", *logs.LIBRARIES]
    before = {name: logging.getLogger(name).level for name in names}
    handlers = logging.getLogger().handlers[:]
    out = io.StringIO()
    monkeypatch.setattr("sys.stdout", out)
    logs.configure(replace(Settings(), log="json"))
    yield out
    logging.getLogger().handlers[:] = handlers
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.parametrize("mode", ["CONVERSATION", "DISPATCH"])
async def test_a_line_of_an_authors_has_contact_turn_flow_and_state(
    simulation, contacts, logged, mode
):
    simulation.mode = mode
    (contact,) = contacts(1)
    await contact.says("noise")
    await contact.says("Ann")

    lines = [json.loads(line) for line in logged.getvalue().splitlines()]

    (line,) = [line for line in lines if line["event"] == "Greeting"]
    assert {name: line[name] for name in ("flow", "state", "greeted")} == {
        "flow": "noisy",
        "state": "who",
        "greeted": True,
    }
    sent = [line for line in lines if line["event"] == "Sent"]
    assert {each["contact"] for each in sent} == {line["contact"]}
    (turn,) = [each for each in lines if each["event"] == "Turn" and each["turn"] == line["turn"]]
    assert turn["contact"] == line["contact"]
    assert contact.phone.identity not in logged.getvalue()
    assert "Ann" not in logged.getvalue()


@pytest.mark.parametrize("name", ["flows.pizza", "talks.pizza", "kitchen", "bot.worker"])
def test_module_of_any_name_logs_from_the_level_on(logged, name):
    logging.getLogger(name).info("Baking")
    logging.getLogger(name).debug("Kneading")

    assert [json.loads(line)["event"] for line in logged.getvalue().splitlines()] == ["Baking"]


@pytest.mark.parametrize(
    "name", ["httpx", "httpcore.http11", "transitions.core", "watchfiles.main"]
)
@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARNING", "ERROR"])
def test_libraries_log_warnings_at_most(logged, monkeypatch, name, level):
    monkeypatch.setattr("sys.stdout", logged)
    logs.configure(replace(Settings(), log="json", log_level=level))

    logging.getLogger(name).info("GET https://sinch.test/?identity=46700000001")
    logging.getLogger(name).warning("Worn out")

    events = [json.loads(line)["event"] for line in logged.getvalue().splitlines()]
    assert events == ([] if level == "ERROR" else ["Worn out"])


async def test_only_the_bot_and_its_flows_log_a_conversation(contact, logged, monkeypatch):
    monkeypatch.setattr("sys.stdout", logged)
    logs.configure(replace(Settings(), log="json", log_level="DEBUG"))

    await contact.says("noise")
    await contact.says("Ann")

    names = {
        json.loads(line)["logger"].partition(".")[0] for line in logged.getvalue().splitlines()
    }
    assert names == {"bot", "flows"}
