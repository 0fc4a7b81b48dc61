"""Each kind of failure is counted, logged and traced under the names of the deployment guide.

Spans go by OTLP over HTTP to a receiver, which decodes them; metrics are read by the parser of
Prometheus' client.
"""

import logging
import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from bot import END, Flow, Option, Turn, choose, step
from bot.app.asgi import routes
from bot.contact.address import Address
from bot.conversation_api.recipients import Recipients
from bot.emulator import RequestFault
from bot.errors import FlowError
from bot.ops.broadcast import Broadcast, FlowStart
from bot.ops.broadcast_report import cancel
from bot.ops.csv_rows import Row
from bot.telemetry.traces import Traces, id_generator
from bot.testing import Simulation
from bot.testing.contact import SimulatedContact
from tests.support.otlp_receiver import OtlpReceiver, Received, otlp_receiver
from tests.support.tracing import use

GUIDE = (Path(__file__).parents[2] / "docs" / "deploy.md").read_text()

ERROR = 2
"""The code of a span's status."""


class Shop(Flow):
    start_on = ("shop",)

    what = choose(
        "What do you need?",
        {
            "offer": Option("Offer", to="offer"),
            "broken": Option("Broken", to="broken"),
            "wrong": Option("Wrong", to="wrong"),
        },
    )

    @step(to=END)
    def offer(self, turn: Turn) -> str:
        turn.say("Today only!", max_age="10m")
        return END

    @step(to=END)
    def broken(self, turn: Turn) -> str:
        raise RuntimeError("The oven is off.")

    @step(to=END)
    def wrong(self, turn: Turn) -> str:
        raise FlowError("This step is written wrongly.")


pytestmark = pytest.mark.flows([Shop])


class Named(NamedTuple):
    """The metrics, log line and span that the guide names for one kind of failure."""

    metrics: list[tuple[str, dict[str, str]]]
    action: str
    span: str
    error: str


def named(row: str) -> Named:
    """Return the names in a row of the guide's table. A label without a value matches any value."""
    metrics, action, span = (cell.strip() for cell in row.strip("|").split("|")[1:])
    found = []
    for name, labels in re.findall(r"`(bot_\w+)` with ((?:`[^`]+`(?:, )?(?!`bot_))+)", metrics):
        pairs = (each.partition("=") for each in re.findall(r"`([^`]+)`", labels))
        found.append((name, {label: value.strip('"') for label, _, value in pairs}))
    names = re.findall(r"`([a-z_]+)`", span)
    return Named(found, action.strip("`"), names[0] if names else "", ",".join(names[1:]))


ROWS = {
    row.strip("|").split("|")[0].strip(): named(row)
    for row in re.findall(r"^\|.*`bot_\w+_total`.* with .*\|$", GUIDE, re.MULTILINE)
    if row.count("|") == 5
}


class Seen:
    """What has been counted, logged and traced since the test began."""

    def __init__(
        self, simulation: Simulation, receiver: OtlpReceiver, caplog: pytest.LogCaptureFixture
    ) -> None:
        app = Starlette(routes=routes(simulation.settings))
        app.state.bot = simulation.bot
        self._http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot")
        self._receiver = receiver
        self._caplog = caplog
        self._before: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}

    async def begin(self) -> None:
        self._before = await self._figures()

    async def counts(self, name: str, labels: dict[str, str]) -> float:
        """How much the metric has grown, over all series that have these labels."""
        grown = 0.0
        for (metric, pairs), value in (await self._figures()).items():
            theirs = dict(pairs)
            is_it = metric == name and all(
                key in theirs and (not wanted or theirs[key] == wanted)
                for key, wanted in labels.items()
            )
            grown += value - self._before.get((metric, pairs), 0.0) if is_it else 0.0
        return grown

    @property
    def actions(self) -> list[str]:
        return [record.__dict__.get("action", "") for record in self._caplog.records]

    @property
    def spans(self) -> list[Received]:
        return self._receiver.spans

    async def _figures(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        answer = await self._http.get("/metrics")
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }


@pytest.fixture
def receiver() -> Iterator[OtlpReceiver]:
    with otlp_receiver() as receiver:
        yield receiver


@pytest.fixture
async def seen(
    simulation: Simulation, receiver: OtlpReceiver, caplog: pytest.LogCaptureFixture
) -> Seen:
    caplog.set_level(logging.DEBUG)
    provider = TracerProvider(
        id_generator=id_generator(), resource=Resource.create({"service.name": "shop"})
    )
    exporter = OTLPSpanExporter(endpoint=f"{receiver.url}/v1/traces")
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    use(simulation.bot, Traces(provider.get_tracer("bot")))
    seen = Seen(simulation, receiver, caplog)
    await seen.begin()
    return seen


def key_of(contact: SimulatedContact) -> str:
    assert contact.session is not None
    return contact.session.address.key


async def failed_delivery(simulation: Simulation, contact: SimulatedContact) -> set[str]:
    await contact.delivers(failed="RECIPIENT_NOT_REACHABLE")
    await contact.says("shop")
    return {"RECIPIENT_NOT_REACHABLE"}


async def failed_turn(simulation: Simulation, contact: SimulatedContact) -> set[str]:
    await contact.says("shop")
    await contact.says("broken")
    return {"builtins.RuntimeError"}


async def given_up_turn(simulation: Simulation, contact: SimulatedContact) -> set[str]:
    await contact.says("shop")
    await contact.says("wrong")
    return {"bot.errors.FlowError"}


async def poison(simulation: Simulation, contact: SimulatedContact) -> set[str]:
    await contact.says("shop")
    key, store = key_of(contact), simulation.bot.store
    await simulation.bot.trigger(key, "anything")
    [work] = store.connection.keys.of(key, ("work",))
    # As after four processes that have died of it.
    await store.connection.command("HSET", work, "fails", simulation.settings.turn_attempts)
    await contact.run_until_idle()
    return set()


async def refused_send(simulation: Simulation, contact: SimulatedContact) -> set[str]:
    refuse = RequestFault(on="POST */messages:send", action="refuse", status=400)
    simulation.platform.faults.add(refuse)
    await contact.says("shop")
    return {"dead"}


async def send_not_taken(simulation: Simulation, contact: SimulatedContact) -> set[str]:
    busy = RequestFault(on="POST */messages:send", action="refuse", status=429, count=1)
    simulation.platform.faults.add(busy)
    await contact.says("shop")
    await contact.waits("1m")
    return {"retry"}


async def expired_reply(simulation: Simulation, contact: SimulatedContact) -> set[str]:
    await contact.says("shop")
    busy = RequestFault(
        on="POST */messages:send", action="refuse", status=429, retry_after=1200, count=1
    )
    simulation.platform.faults.add(busy)
    await contact.says("offer")
    await contact.waits("1h")
    return {"retry", "expired"}


async def reply_after_stop(simulation: Simulation, contact: SimulatedContact) -> set[str]:
    await contact.says("shop")
    contact.phone.says("stop")
    await simulation.platform.run_due()  # The STOP waits for its turn, so nobody knows of it yet.
    await simulation.bot.say(key_of(contact), "Your order is ready.")
    await contact.run_until_idle()
    return set()


async def unsent_at_stop(simulation: Simulation, contact: SimulatedContact) -> set[str]:
    busy = RequestFault(
        on="POST */messages:send", action="refuse", status=429, retry_after=1200, count=1
    )
    simulation.platform.faults.add(busy)
    await contact.says("shop")
    await simulation.bot.say(key_of(contact), "Your order is ready.")
    await contact.says("stop")
    return set()


async def canceled_broadcast(simulation: Simulation, contact: SimulatedContact) -> set[str]:
    busy = RequestFault(on="POST */messages:send", action="refuse", status=429, count=1)
    simulation.platform.faults.add(busy)
    bot, settings, clock = simulation.bot, simulation.settings, simulation.clock
    recipients = Recipients(bot.store, bot.api, settings, clock)
    broadcast = Broadcast("news", FlowStart("shop"), bot, recipients, settings, clock)
    await broadcast.run([Row(2, Address("", "SMS", contact.phone.identity), {})], 0)
    await bot.worker.drain()
    await cancel(bot.store, "news", clock.now())
    await simulation.wait(3600)
    return {"retry"}


async def unhandled_event(simulation: Simulation, contact: SimulatedContact) -> set[str]:
    await contact.says("shop")
    await contact.receives_event("order_shipped")
    return set()


async def machine(simulation: Simulation, contact: SimulatedContact) -> set[str]:
    for _ in range(8):
        await contact.says("Thanks! We're closed right now and will respond at 9am.")
    return set()


async def message_after_stop(simulation: Simulation, contact: SimulatedContact) -> set[str]:
    await contact.says("stop")
    await contact.says("shop")
    return set()


async def refused_callback(simulation: Simulation, contact: SimulatedContact) -> set[str]:
    transport = httpx.ASGITransport(simulation.asgi_app)
    async with httpx.AsyncClient(transport=transport, base_url="http://bot.test") as http:
        await http.post("/webhook", content=b"{}")
    return set()


Fail = Callable[[Simulation, SimulatedContact], Awaitable[set[str]]]

KINDS: dict[str, Fail] = {
    "a delivery failed": failed_delivery,
    "a turn failed and will be tried again": failed_turn,
    "a turn was given up": given_up_turn,
    "a turn ended its process each time": poison,
    "the API refused a reply": refused_send,
    "the API has not accepted a reply yet": send_not_taken,
    "a reply became too old": expired_reply,
    "a reply after STOP was dropped": reply_after_stop,
    "replies that were unsent at a STOP were dropped": unsent_at_stop,
    "a message of a canceled broadcast was dropped": canceled_broadcast,
    "nobody handled an event": unhandled_event,
    "another bot or machine answers the bot": machine,
    "a message after STOP": message_after_stop,
    "a callback was refused": refused_callback,
}


def test_guide_lists_these_kinds_of_failures():
    assert [*ROWS] == [*KINDS]


@pytest.mark.parametrize("kind", KINDS)
async def test_failure_is_counted_logged_and_traced_as_documented(kind, simulation, contact, seen):
    row = ROWS[kind]
    errors = await KINDS[kind](simulation, contact)

    for name, labels in row.metrics:
        assert await seen.counts(name, labels) >= 1, (name, labels)
    if row.action != "none":
        assert row.action in seen.actions
    if row.span:
        spans = [span for span in seen.spans if span.name.partition(" ")[0] == row.span]
        assert spans
        failed = [span for span in spans if span.status == ERROR]
        assert {span.attributes["error.type"] for span in failed} == errors
        types = {span.events["exception"]["exception.type"] for span in failed}
        assert types == errors
        assert {span.resource["service.name"] for span in seen.spans} == {"shop"}


async def test_spans_of_failures_hold_nothing_of_the_contact(simulation, contact, seen):
    for fail in (failed_delivery, failed_turn, unhandled_event):
        await fail(simulation, contact)

    told = str(seen.spans)
    assert contact.phone.identity not in told
    assert "The oven is off." not in told
