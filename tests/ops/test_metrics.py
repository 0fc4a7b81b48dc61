"""The metrics at `/metrics`: turns, sends, deliveries, and waiting work."""

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from bot.app.asgi import routes
from bot.emulator import RequestFault
from bot.ops.contacts import show
from bot.store import FlowOff
from bot.telemetry import metrics
from bot.telemetry.metrics import MAX_SERIES, REGISTRY, LabeledCounter
from bot.telemetry.redaction import Pseudonyms
from bot.testing.simulation import Simulation
from tests.support.deployment import Pizza

pytestmark = pytest.mark.flows([Pizza])


class Figures:
    """The metrics now. Counters count from the start of the test."""

    def __init__(self, simulation: Simulation) -> None:
        app = Starlette(routes=routes(simulation.settings))
        app.state.bot = simulation.bot
        self._http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot")
        self._before: dict[str, float] = {}

    async def begin(self) -> None:
        self._before = await self.read()

    async def read(self) -> dict[str, float]:
        answer = await self._http.get("/metrics")
        assert answer.status_code == 200
        return {
            f"{sample.name}{sorted(sample.labels.items()) or ''}": sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }

    async def changes(self) -> dict[str, float]:
        return {
            name: value - self._before.get(name, 0.0)
            for name, value in (await self.read()).items()
            if value != self._before.get(name, 0.0)
        }


@pytest.fixture
async def figures(simulation: Simulation) -> Figures:
    figures = Figures(simulation)
    await figures.begin()
    return figures


def labels(name: str, **values: str) -> str:
    return f"bot_{name}{sorted(values.items())}"


async def test_counts_turns_sends_and_deliveries(contact, figures):
    await contact.says("pizza")

    changes = await figures.changes()

    assert changes[labels("turns_total", flow="pizza", outcome="done")] == 1
    assert changes[labels("sends_total", channel="SMS", outcome="sent")] == 1
    assert changes[labels("deliveries_total", channel="SMS", status="DELIVERED")] == 1
    assert changes[labels("callbacks_accepted_total", trigger="MESSAGE_INBOUND")] == 1
    assert changes["bot_reply_age_seconds_count"] == 1


async def test_counts_flows_that_are_switched_off(simulation, figures):
    off = FlowOff(simulation.clock.now(), "the oven is broken")
    await simulation.bot.store.admin.switch_off("pizza", off)

    assert (await figures.read())["bot_flows_off"] == 1


async def test_tells_what_waits_to_be_sent_again(simulation, contact, figures):
    simulation.platform.faults.add(RequestFault(on="POST */messages:send", action="refuse"))
    await contact.says("pizza")
    simulation.clock.advance_to(simulation.clock.now() + 0.2)

    found = await figures.read()

    assert found["bot_outbox_contacts"] == 1
    assert found["bot_outbox_oldest_seconds"] == pytest.approx(0.2)
    assert found[labels("sends_total", channel="SMS", outcome="retry")] >= 1


async def test_tells_of_a_timer_how_late_it_is(simulation, contact, figures):
    await contact.says("pizza")
    await contact.taps("Small")
    assert (await figures.read())["bot_timers_set"] == 1

    simulation.clock.advance_to(simulation.clock.now() + 86_400 + 40)
    assert (await figures.read())["bot_timers_late"] == 1

    await contact.run_until_idle()
    changes = await figures.changes()
    assert changes["bot_timer_late_seconds_sum"] == pytest.approx(40, abs=1)


async def test_tells_what_waits_for_a_worker(simulation, contact, figures):
    await contact.says("pizza")
    key = contact.session.address.key
    await simulation.bot.store.queue.accept(key, b"{}", "", 0.0)

    found = await figures.read()

    assert found["bot_contacts_waiting"] == 1
    assert 0 <= found["bot_contacts_waiting_seconds"] < 60


async def test_answers_although_the_store_is_away(simulation, figures, monkeypatch, caplog):
    await simulation.bot.store.close()

    assert await figures.read()
    assert "The store's metrics can't be read" in caplog.text


def test_no_series_tells_when_another_began():
    names = {sample.name for family in REGISTRY.collect() for sample in family.samples}

    assert "bot_turn_seconds_count" in names
    assert not [name for name in names if name.endswith("_created")]


async def test_a_failed_delivery_is_counted_logged_and_shown_with_its_reason(
    simulation, contact, figures, caplog, capsys
):
    await contact.delivers(failed="RECIPIENT_NOT_REACHABLE")
    await contact.says("pizza")

    changes = await figures.changes()
    [record] = [each for each in caplog.records if each.getMessage() == "Not delivered"]
    await show(simulation.bot.store, contact.session.address.key)
    shown = capsys.readouterr().out

    failed = labels("deliveries_failed_total", channel="SMS", reason="RECIPIENT_NOT_REACHABLE")
    assert changes[failed] == 1
    fields = vars(record)
    assert (fields["reason"], fields["channel"]) == ("RECIPIENT_NOT_REACHABLE", "SMS")
    key = contact.session.address.key
    assert fields["contact"] == Pseudonyms(simulation.settings.key_secret).of(key)
    assert contact.phone.identity not in str(fields)
    assert "(FAILED: RECIPIENT_NOT_REACHABLE)" in shown


async def test_counters_of_alerts_exist_before_their_first_event(figures):
    before = await figures.read()
    flow = labels("turns_total", flow="never-run", outcome="failed")
    assert flow not in before

    metrics.create_series(["never-run"], ["KAKAOTALK"], ["MESSAGE_INBOUND"])

    after = await figures.read()
    assert after[flow] == 0
    assert after[labels("sends_total", channel="KAKAOTALK", outcome="dead")] == 0
    assert after[labels("deliveries_total", channel="KAKAOTALK", status="FAILED")] == 0
    assert labels("callbacks_refused_total", reason="signature") in after
    assert labels("dead_letters_total", kind="send") in after
    assert labels("events_unhandled_total", reason="no_flow") in after
    assert labels("messages_unanswered_total", reason="machine") in after


async def test_labels_that_callbacks_choose_are_bounded(simulation):
    before = set(series("bot_deliveries_total"))
    for number in range(300):
        report = {
            "message_id": f"01M{number}",
            "status": f"STATUS {number}",
            "channel": f"CHANNEL {number}",
            "reason": "",
        }
        simulation.platform.callback("MESSAGE_DELIVERY", report)
    await simulation.run_until_idle()

    assert set(series("bot_deliveries_total")) - before <= {("other", "other")}


def test_a_counter_has_a_bounded_number_of_series():
    counter = LabeledCounter("tested", "Counted in a test", "kind")

    try:
        for number in range(2 * MAX_SERIES):
            counter.count(f"kind {number}")

        assert len(series("bot_tested_total")) == MAX_SERIES + 1
        assert REGISTRY.get_sample_value("bot_tested_total", {"kind": "other"}) == MAX_SERIES
    finally:
        REGISTRY.unregister(counter._counter)  # Another test compares all metrics.


def series(name: str) -> list[tuple[str, ...]]:
    """The values of the labels of a metric's series."""
    return [
        tuple(sample.labels.values())
        for family in REGISTRY.collect()
        for sample in family.samples
        if sample.name == name
    ]
