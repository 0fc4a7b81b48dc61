"""`bot flows`, and where operators and programs see that a flow is switched off."""

import asyncio
import json
from dataclasses import replace

import httpx
import pytest
from typer.testing import CliRunner

from bot import END, Flow, ask, parse
from bot.cli import app
from bot.contact.address import Address
from bot.conversation_api.recipients import Recipients
from bot.errors import FlowSwitchedOff
from bot.ops import contacts as operations
from bot.ops.broadcast import Broadcast, FlowStart
from bot.ops.csv_rows import Row
from bot.settings import Secret, Settings
from bot.store import FlowOff, Store

TOKEN = "a-token-of-some-length"
ROWS = [
    Row(line, Address("", "SMS", identity), {})
    for line, identity in ((2, "4670111"), (3, "4670222"))
]


class Order(Flow):
    start_on = ("order",)

    size = ask("Which size?", accept=parse.text(), to=END)


pytestmark = pytest.mark.flows([Order])


@pytest.fixture
def bot_settings(bot_settings):
    return replace(bot_settings, events_token=Secret(TOKEN))


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Settings:
    """Let commands use this test's store, and the flows of this project."""
    monkeypatch.setenv("REDIS_URL", settings.redis_url)
    monkeypatch.setenv("BOT_NAMESPACE", settings.namespace)
    return settings


def run(line: str) -> tuple[int, str]:
    answer = CliRunner().invoke(app, line.split("|"))
    problem = str(answer.exception) if answer.exception else ""
    return answer.exit_code, (answer.output + problem).strip()


def test_flow_is_switched_off_listed_and_switched_on(here):
    assert run("flows|list") == (0, "All flows are on.")

    told = run("flows|off|order|--because|the oven is broken|--say|Back at 5 pm.")
    assert told == (0, "order is switched off. Workers apply the change within ten seconds.")
    assert "order" in run("flows|list")[1]
    assert "the oven is broken" in run("flows|list")[1]
    listed = json.loads(run("flows|list|--json")[1])
    assert (listed["flow"], listed["because"], listed["say"]) == (
        "order",
        "the oven is broken",
        "Back at 5 pm.",
    )

    assert (
        run("flows|on|order")[1]
        == "order is on again. Workers apply the change within ten seconds."
    )
    assert run("flows|on|order")[1] == "order was on already."


def test_flow_that_does_not_exist_is_not_switched_off(here):
    status, told = run("flows|off|ordr|--because|no")

    assert status == 1
    assert told.startswith("There is no flow 'ordr'; the flows are ")


def test_switching_off_takes_a_reason(here):
    assert run("flows|off|order|--because| ")[0] == 1
    assert run("flows|off|order")[0] == 2


def test_flow_is_switched_off_where_flows_cannot_be_loaded(here, monkeypatch, tmp_path):
    (tmp_path / "broken.py").write_text("import nothing_of_this_name")
    monkeypatch.setenv("BOT_FLOWS", str(tmp_path))

    status, told = run("flows|off|order|--because|it fails")

    assert status == 0
    assert "The flows here can't be loaded, so the flow's name isn't checked." in told

    async def off() -> dict[str, FlowOff]:
        async with await Store.open(here) as store:
            return await store.reader.flows_off()

    assert [*asyncio.run(off())] == ["order"]


@pytest.fixture
async def is_off(simulation):
    off = FlowOff(simulation.clock.now(), "the oven is broken")
    await simulation.bot.store.admin.switch_off("order", off)


async def test_start_by_http_is_answered_409(simulation, contact, is_off):
    await contact.says("hello")
    transport = httpx.ASGITransport(simulation.asgi_app)
    wanted = {"contact": contact.session.address.key, "flow": "order"}
    async with httpx.AsyncClient(transport=transport, base_url="http://bot.test") as http:
        answer = await http.post(
            "/start", json=wanted, headers={"authorization": f"Bearer {TOKEN}"}
        )

    assert answer.status_code == 409
    assert "the oven is broken" in answer.json()["error"]


async def test_broadcast_ends_and_can_be_continued(simulation, is_off):
    bot = simulation.bot
    recipients = Recipients(bot.store, bot.api, simulation.settings, simulation.clock)

    def one() -> Broadcast:
        return Broadcast(
            "news", FlowStart("order"), bot, recipients, simulation.settings, simulation.clock
        )

    with pytest.raises(FlowSwitchedOff, match="the oven is broken"):
        await one().run(ROWS, 0)
    await bot.store.admin.switch_on("order")
    again = one()
    await again.run(ROWS, 0)

    assert again.summary.accepted == 2


async def test_operator_moves_nobody_into_it(simulation, contact, is_off, monkeypatch):
    monkeypatch.setattr("bot.ops.contacts.load_flows", lambda where: simulation.bot.flows)
    await contact.says("hello")

    with pytest.raises(FlowSwitchedOff):
        await operations.move(simulation.bot.store, [contact.session.address.key], "order")


async def test_contact_whose_flow_waits_is_shown_so(simulation, contact, capsys):
    await contact.says("order")
    key, store = contact.session.address.key, simulation.bot.store
    await operations.show(store, key)
    assert "switched off" not in capsys.readouterr().out

    await store.admin.switch_off("order", FlowOff(simulation.clock.now(), "the oven is broken"))
    await operations.show(store, key)
    assert "switched off  order since 2026-01-05" in (told := capsys.readouterr().out), told
    await operations.show(store, key, as_json=True)
    shown = json.loads(capsys.readouterr().out)["switched_off"]

    assert [(each["flow"], each["because"]) for each in shown] == [("order", "the oven is broken")]
