"""One message is one trace, from its acceptance to the delivery report of the reply."""

import json
import logging

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import SpanKind, StatusCode, format_span_id, format_trace_id

from bot.clock import new_ulid
from bot.telemetry import logs, trace_parent
from bot.telemetry.traces import Traces, id_generator, ids_of, open_traces, resource_attributes
from tests.support.deployment import Pizza
from tests.support.tracing import use

pytestmark = pytest.mark.flows([Pizza])


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


def traces_to(exporter: InMemorySpanExporter, **more) -> Traces:
    provider = TracerProvider(id_generator=id_generator(), **more)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return Traces(provider.get_tracer("bot"))


def attributes_of(span: ReadableSpan) -> dict[str, object]:
    return dict(span.attributes or {})


def named(exporter: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [span for span in exporter.get_finished_spans() if span.name == name]


async def test_a_message_is_one_trace_to_its_delivery(simulation, contact, exporter):
    use(simulation.bot, traces_to(exporter))

    await contact.says("pizza")

    [turn] = [
        span
        for span in named(exporter, "turn pizza")
        if attributes_of(span)["bot.event"] == "message"
    ]
    trace = [
        span
        for span in exporter.get_finished_spans()
        if span.context.trace_id == turn.context.trace_id
    ]
    [message] = [span for span in trace if span.name == "process SMS"]
    assert message.parent is None
    assert {span.parent.span_id for span in trace if span is not message} == {
        message.context.span_id
    }
    others = [span for span in trace if span not in (message, turn)]
    assert [span.name for span in others] == ["send SMS", *["receive SMS"] * 2]
    statuses = [attributes_of(span)["bot.status"] for span in others[1:]]
    assert statuses == ["QUEUED_ON_CHANNEL", "DELIVERED"]
    assert attributes_of(turn)["bot.flow"] == "pizza"
    assert attributes_of(turn)["bot.state"] == "size"


async def test_spans_follow_the_conventions_for_messaging(simulation, contact, exporter):
    use(simulation.bot, traces_to(exporter))
    await contact.delivers(failed="RECIPIENT_NOT_REACHABLE")

    await contact.says("pizza")

    spans = {span.name: span for span in exporter.get_finished_spans()}
    for name, kind in (
        ("process SMS", SpanKind.CONSUMER),
        ("send SMS", SpanKind.PRODUCER),
        ("receive SMS", SpanKind.CONSUMER),
    ):
        span, operation = spans[name], name.partition(" ")[0]
        assert span.kind == kind
        assert span.attributes["messaging.system"] == "sinch_conversation"
        assert span.attributes["messaging.operation.type"] == operation
        assert span.attributes["messaging.operation.name"] == operation
        assert span.attributes["messaging.destination.name"] == "SMS"
    failed = spans["receive SMS"]
    assert failed.attributes["error.type"] == "RECIPIENT_NOT_REACHABLE"
    assert failed.status.status_code is StatusCode.ERROR


async def test_a_span_that_a_flow_starts_is_part_of_its_turn(simulation, contact, exporter):
    use(simulation.bot, traces_to(exporter))
    tracer = simulation.bot.runner._runtime.traces._tracer

    turn_spans = simulation.bot.runner._runtime.traces.turn(new_ulid(1.0), 1.0, {"flow": "pizza"})
    with turn_spans, tracer.start_as_current_span("look up"):
        pass

    [own] = named(exporter, "look up")
    [turn] = named(exporter, "turn")
    assert own.parent
    assert turn.context
    assert own.parent.span_id == turn.context.span_id


async def test_log_lines_of_a_turn_have_the_ids_of_its_trace(exporter):
    with traces_to(exporter).turn(new_ulid(1.0), 1.0, {}):
        record = logging.LogRecord("flow", logging.INFO, "", 0, "A line", None, None)
        line = json.loads(logs.LogFormatter("json").format(record))

    [turn] = named(exporter, "turn")
    assert line["trace_id"] == format_trace_id(turn.context.trace_id)
    assert line["span_id"] == format_span_id(turn.context.span_id)


async def test_each_try_of_a_turn_names_its_item_and_number(simulation, contact, exporter):
    await contact.says("pizza")
    await contact.taps("Small")
    use(simulation.bot, traces_to(exporter))

    await contact.says("nowhere")
    await contact.waits("1h")

    failed = [
        span
        for span in exporter.get_finished_spans()
        if span.status.status_code is StatusCode.ERROR
    ]
    tries = [span for span in failed if span.name == "turn"]
    assert [span.attributes["bot.try"] for span in tries] == [1, 2, 3, 4]
    assert len({span.attributes["bot.item"] for span in tries}) == 1
    assert {span.attributes["bot.flow"] for span in tries} == {"pizza"}
    assert {span.attributes["bot.state"] for span in tries} == {"address"}
    assert {event.attributes["exception.type"] for span in tries for event in span.events} == {
        "builtins.RuntimeError"
    }
    [one, two, three, four] = [span for span in failed if span.name.startswith("process")]
    linked = [[link.context.span_id for link in span.links] for span in (one, two, three, four)]
    ids = [span.context.span_id for span in (one, two, three)]
    assert linked == [[], ids[:1], ids[:2], ids]
    spans = {span.context.span_id for span in exporter.get_finished_spans()}
    parents = {span.parent.span_id for span in exporter.get_finished_spans() if span.parent}
    assert parents <= spans


async def test_try_that_succeeds_links_to_those_that_failed(simulation, contact, exporter):
    broken = [True, True]

    items = []

    async def turn_around(effects, run):
        items.append(effects.item.id)
        await run(effects)
        if broken:
            broken.pop()
            raise RuntimeError("the oven is off")

    simulation.bot.engine.around = turn_around
    use(simulation.bot, traces_to(exporter))
    await contact.says("pizza")
    await contact.waits("1h")

    tries = [
        span
        for span in exporter.get_finished_spans()
        if span.name.startswith("process") and attributes_of(span)["bot.item"] == items[0]
    ]
    assert [len(span.links) for span in tries] == [0, 1, 2]
    assert [link.context.span_id for link in tries[2].links] == [
        span.context.span_id for span in tries[:2]
    ]
    keys = simulation.bot.store.connection.keys
    [once] = keys.of(contact.session.address.key, ("once",))
    assert await simulation.bot.store.connection.command("EXISTS", once) == 0


@pytest.mark.parametrize(
    ("environ", "attributes"),
    [
        ({}, {"service.name": "bot"}),
        ({"OTEL_SERVICE_NAME": "pizza-bot"}, {}),
        ({"OTEL_RESOURCE_ATTRIBUTES": "team=x,service.name=pizza-bot"}, {}),
        ({"OTEL_RESOURCE_ATTRIBUTES": "team=x"}, {"service.name": "bot"}),
    ],
)
def test_the_name_of_the_service_is_that_of_the_variables(environ, attributes):
    assert resource_attributes(environ) == attributes


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
    assert turn.status.description == "builtins.RuntimeError"
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
    traces_to(exporter).event("receive", "not one of ours", "SMS", 0.0, 1.0, {})

    assert exporter.get_finished_spans() == ()


def test_nothing_is_traced_by_default(simulation):
    assert simulation.bot.runtime.traces._tracer is None
    assert open_traces(True)._tracer is not None


CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def links_of(exporter: InMemorySpanExporter, event: str) -> list[str]:
    return [
        f"{format_trace_id(link.context.trace_id)}-{format_span_id(link.context.span_id)}"
        for span in exporter.get_finished_spans()
        if span.name.startswith("process") and attributes_of(span).get("bot.event") == event
        for link in span.links
    ]


@pytest.mark.parametrize(
    ("header", "linked"),
    [
        (CALLER, [CALLER[3:52]]),
        ("", []),
        ("00-0-0-01", []),
        ("00-" + 32 * "0" + "-00f067aa0ba902b7-01", []),
        (CALLER.upper(), []),
    ],
)
async def test_a_turn_links_to_the_trace_of_the_system_that_posted_it(
    simulation, contact, exporter, header, linked
):
    use(simulation.bot, traces_to(exporter))
    await contact.says("pizza")

    with trace_parent.called_with(header):
        await simulation.bot.trigger(contact.session.address, "late")
    await contact.run_until_idle()

    assert links_of(exporter, "late") == linked


async def test_a_turn_links_to_the_span_of_the_program_that_asked_for_it(
    simulation, contact, exporter
):
    use(simulation.bot, traces_to(exporter))
    await contact.says("pizza")

    with TracerProvider().get_tracer("program").start_as_current_span("job") as span:
        await simulation.bot.trigger(contact.session.address, "late")
        ids = span.get_span_context()
    await contact.run_until_idle()

    assert links_of(exporter, "late") == [
        f"{format_trace_id(ids.trace_id)}-{format_span_id(ids.span_id)}"
    ]
