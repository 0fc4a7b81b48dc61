"""Callbacks that no flow could handle are listed."""

import json

import pytest

from bot.ops import unrouted
from bot.telemetry.metrics import REGISTRY
from bot.testing.simulation import Simulation
from tests.support.deployment import Pizza

pytestmark = pytest.mark.flows([Pizza])

RATING = {"channel": "WHATSAPP", "event_type": "WHATS_APP_QUALITY_RATING_CHANGED"}


@pytest.fixture
async def told(simulation: Simulation) -> Simulation:
    """A simulation with one callback of each type, the oldest first."""
    platform = simulation.platform
    platform.callback("CHANNEL_EVENT", {"channel_event": RATING})
    shared = {"channel": "SMS", "identity": "46700900001", "contact_ids": ["01ADA", "01BEA"]}
    platform.callback("CONTACT_IDENTITIES_DUPLICATION", {"duplicated_identities": [shared]})
    platform.callback("BATCH_STATUS_UPDATE", {"batch_id": "01B", "batch_status": "DONE"})
    report = {"message_id": "01M", "status": "DELIVERED", "channel": "SMS", "reason": ""}
    platform.callback("MESSAGE_DELIVERY", report)
    await simulation.run_until_idle()
    return simulation


async def test_lists_what_they_are_about_the_newest_first(told, capsys):
    await unrouted.list_kept(told.bot.store, 100, as_json=False)

    out = capsys.readouterr().out
    rows = [line.split("  ") for line in out.splitlines()]
    assert [[cell.strip() for cell in row if cell.strip()][1:3] for row in rows] == [
        ["trigger", "about"],
        ["MESSAGE_DELIVERY", "01M DELIVERED"],
        ["BATCH_STATUS_UPDATE", "01B DONE"],
        ["CONTACT_IDENTITIES_DUPLICATION", "SMS of contacts 01ADA and 01BEA"],
        ["CHANNEL_EVENT", "WHATSAPP WHATS_APP_QUALITY_RATING_CHANGED"],
    ]
    assert "46700900001" not in out


async def test_tells_the_whole_to_machines_and_only_as_many_as_asked_for(told, capsys):
    await unrouted.list_kept(told.bot.store, 4, as_json=True)

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["trigger"] for line in lines][-1] == "CHANNEL_EVENT"
    assert lines[-1]["callback"]["channel_event_notification"] == {"channel_event": RATING}
    await unrouted.list_kept(told.bot.store, 1, as_json=True)
    assert len(capsys.readouterr().out.splitlines()) == 1


async def test_an_unknown_kind_is_told_by_its_keys_and_a_cut_one_by_its_beginning(
    simulation, capsys
):
    store = simulation.bot.store
    await store.queue.add_unrouted(
        b'{"app_id": "01A", "waved_notification": {}}', "unknown", "1", 1_760_000_000.0
    )
    await store.queue.add_unrouted(
        b'{"app_id": "01A", "x": "%s"}' % (b"x" * 70_000), "unknown", "2", 1_760_000_000.0
    )

    await unrouted.list_kept(store, 10, as_json=False)
    told = capsys.readouterr().out
    await unrouted.list_kept(store, 10, as_json=True)
    cut, whole = (json.loads(line) for line in capsys.readouterr().out.splitlines())

    assert "with app_id, waved_notification" in told
    assert cut["beginning"].startswith('{"app_id": "01A", "x": "xxx')
    assert cut["size"] == 70_026
    assert whole["callback"] == {"app_id": "01A", "waved_notification": {}}


async def test_where_there_are_none_it_says_so(simulation, capsys):
    await unrouted.list_kept(simulation.bot.store, 10, as_json=False)

    assert capsys.readouterr().out == "No callbacks are stored.\n"


async def test_a_report_without_a_contact_is_counted_all_the_same(simulation):
    labels = {"channel": "SMS", "status": "DELIVERED"}
    before = REGISTRY.get_sample_value("bot_deliveries_total", labels) or 0
    report = {"message_id": "01M", "status": "DELIVERED", "channel": "SMS", "reason": ""}
    simulation.platform.callback("MESSAGE_DELIVERY", report)
    await simulation.run_until_idle()

    assert REGISTRY.get_sample_value("bot_deliveries_total", labels) == before + 1
