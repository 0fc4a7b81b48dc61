"""OpenTelemetry traces of messages, with the extra `otel`; without `BOT_TRACES` nothing is traced.

One message is one trace, from its acceptance to the delivery reports of its replies, across all
processes. Nothing has to be carried along for that: the trace's id is the id of the turn, a ULID,
with which the id of each of its replies begins, which Sinch repeats in its delivery reports.

    message                 from acceptance to commit
    ├── turn                flow, state and outcome; current while the flow's functions run
    ├── send                each reply: channel and outcome
    └── delivery            each report on it: channel and status

Spans hold no message texts and no phone numbers.
"""

import contextlib
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any, Protocol

from ulid import ULID

from bot.errors import ConfigError


class Span(Protocol):
    """What is told of a turn while it runs."""

    def set_attributes(self, attributes: dict[str, Any]) -> None:
        """Add to what is told."""


class Traces:
    """Makes the spans; with no tracer, none."""

    def __init__(self, tracer: Any = None) -> None:
        self._tracer = tracer

    @property
    def are_on(self) -> bool:
        """Whether anything is traced."""
        return self._tracer is not None

    def turn(
        self, turn_id: str, accepted_at: float
    ) -> contextlib.AbstractContextManager[Span | None]:
        """The spans `message` and `turn`, of a turn that runs meanwhile; instants in Unix seconds.

        An exception that passes is recorded with its type alone: its words may hold anything.
        """
        return self._turn(turn_id, accepted_at) if self._tracer else contextlib.nullcontext()

    @contextlib.contextmanager
    def _turn(self, turn_id: str, accepted_at: float) -> Iterator[Span]:
        from opentelemetry import trace
        from opentelemetry.context import Context

        with forced_ids(*ids_of(turn_id)):
            message = self._tracer.start_span(
                "message", context=Context(), start_time=_ns(accepted_at)
            )
        inside = trace.set_span_in_context(message)
        try:
            with self._tracer.start_as_current_span(
                "turn", context=inside, record_exception=False, set_status_on_exception=False
            ) as span:
                try:
                    yield span
                except Exception as error:
                    span.set_status(trace.StatusCode.ERROR, type(error).__name__)
                    raise
        finally:
            message.end()

    def event(
        self, name: str, reply_id: str, started: float, ended: float, attributes: dict[str, Any]
    ) -> None:
        """The span `send` or `delivery` of a reply, which is over; instants in Unix seconds."""
        if self._tracer is None:
            return
        from opentelemetry import trace

        try:
            trace_id, span_id = ids_of(reply_id.partition("-")[0])
        except ValueError:
            return  # not an id of ours: the message was sent by somebody else
        # A sampler goes by the trace's id, so it decides here as it did for the turn.
        whether = self._tracer.sampler.should_sample(None, trace_id, "message").decision
        flags = trace.TraceFlags(int(whether.is_sampled()))
        parent = trace.SpanContext(trace_id, span_id, is_remote=True, trace_flags=flags)
        span = self._tracer.start_span(
            name,
            context=trace.set_span_in_context(trace.NonRecordingSpan(parent)),
            start_time=_ns(started),
            attributes=attributes,
        )
        span.end(_ns(ended))


def ids_of(turn_id: str) -> tuple[int, int]:
    """The ids of a turn's trace and of its first span.

    Raises:
        ValueError: this is no ULID.
    """
    raw = bytes(ULID.from_str(turn_id))
    return int.from_bytes(raw), int.from_bytes(blake2b(raw, digest_size=8).digest())


def _ns(at: float) -> int:
    return round(at * 1e9)


_forced: list[tuple[int, int]] = []


@contextlib.contextmanager
def forced_ids(trace_id: int, span_id: int) -> Iterator[None]:
    """Let the next root span have these ids; nothing else may start one meanwhile."""
    _forced.append((trace_id, span_id))
    try:
        yield
    finally:
        _forced.clear()


def id_generator() -> Any:
    """The SDK's generator of ids, which gives the forced ones first."""
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

    class Ids(RandomIdGenerator):
        def generate_trace_id(self) -> int:
            return _forced[0][0] if _forced else super().generate_trace_id()

        def generate_span_id(self) -> int:
            return _forced[0][1] if _forced else super().generate_span_id()

    return Ids()


def open_traces(is_on: bool) -> Traces:
    """Traces that leave by OTLP over HTTP, to where the standard variables of OpenTelemetry say
    (`OTEL_EXPORTER_OTLP_ENDPOINT` and its like); none where they aren't on.

    Raises:
        ConfigError: the extra `otel` isn't installed.
    """
    if not is_on:
        return Traces()
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ModuleNotFoundError as error:
        raise ConfigError(
            "BOT_TRACES is on, but OpenTelemetry isn't installed: install conversation-bot[otel]."
        ) from error
    resource = Resource.create({"service.name": "bot"})
    provider = TracerProvider(resource=resource, id_generator=id_generator())
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Traces(provider.get_tracer("bot"))
