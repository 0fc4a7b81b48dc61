"""One message is one trace, from its acceptance to the delivery report of the reply."""

from dataclasses import replace

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from bot.app import Bot
from bot.clock import new_ulid
from bot.telemetry.traces import Traces, id_generator, ids_of, open_traces
from tests.support.deployment import Pizza

pytestmark = pytest.mark.flows([Pizza])


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


def traces_to(exporter: InMemorySpanExporter, **more) -> Traces:
    provider = TracerProvider(id_generator=id_generator(), **more)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return Traces(provider.get_tracer("bot"))


def use(bot: Bot, traces: Traces) -> None:
    """Let a bot that was made untraced be traced."""
    for part in (bot.webhook, bot.worker._outbox, bot.runner):
        part._runtime = replace(part._runtime, traces=traces)


def named(exporter: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [span for span in exporter.get_finished_spans() if span.name == name]


async def test_a_message_is_one_trace_to_its_delivery(simulation, contact, exporter):
    use(simulation.bot, traces_to(exporter))

    await contact.says("pizza")

    (turn,) = [
        span
        for span in named(exporter, "turn")
        if dict(span.attributes or {})["event"] == "message"
    ]
    trace = [
        span
        for span in exporter.get_finished_spans()
        if span.context.trace_id == turn.context.trace_id
    ]
    (message,) = [span for span in trace if span.name == "message"]
    assert message.parent is None
    assert {span.parent.span_id for span in trace if span is not message} == {
        message.context.span_id
    }
    assert [span.name for span in trace if span.name not in ("message", "turn")] == [
        "send",
        *["delivery"] * 2,
    ]
    statuses = [span.attributes["status"] for span in trace if span.name == "delivery"]
    assert statuses == ["QUEUED_ON_CHANNEL", "DELIVERED"]
    assert turn.attributes == {"event": "message", "flow": "pizza", "state": "size"}


async def test_no_span_tells_who_wrote_or_what(simulation, contact, exporter):
    use(simulation.bot, traces_to(exporter))

    await contact.says("pizza, please")

    told = "".join(span.to_json() for span in exporter.get_finished_spans())
    assert "please" not in told
    assert contact.phone.identity not in told


async def test_a_turn_that_fails_says_so_by_the_kind_of_fault_alone(simulation, contact, exporter):
    await contact.says("pizza")
    await contact.taps("Small")
    use(simulation.bot, traces_to(exporter))

    await contact.says("nowhere")

    turn = named(exporter, "turn")[0]
    assert turn.status.description == "RuntimeError"
    assert "oven" not in turn.to_json()


async def test_what_is_not_sampled_is_not_sampled_in_any_process(simulation, contact, exporter):
    use(simulation.bot, traces_to(exporter, sampler=ALWAYS_OFF))

    await contact.says("pizza")

    assert exporter.get_finished_spans() == ()


def test_the_ids_are_those_of_the_turn():
    turn_id = new_ulid(1_760_000_000.0)

    assert ids_of(turn_id) == ids_of(turn_id)
    assert ids_of(turn_id) != ids_of(new_ulid(1_760_000_000.0))


def test_a_report_on_somebody_elses_message_is_no_span(exporter):
    traces_to(exporter).event("delivery", "not one of ours", 0.0, 1.0, {})

    assert exporter.get_finished_spans() == ()


def test_nothing_is_traced_by_default(simulation):
    assert simulation.bot.runtime.traces._tracer is None
    assert open_traces(True)._tracer is not None
