"""OpenTelemetry traces of messages. Traces need the extra `otel` and the setting `BOT_TRACES`.

One message is one trace, from its acceptance to the delivery reports of its replies, across all
processes. The processes need no extra data to link spans. The trace's id is the turn's id, a ULID.
The id of each reply begins with the turn's id, and Sinch repeats the reply's id in its delivery
reports.

    process SMS             from acceptance to commit
    ├── turn pizza          the flow's functions, and the spans that they start
    ├── send SMS            each reply
    └── receive SMS         each delivery report on a reply

Names, kinds and attributes follow the semantic conventions for messaging. The bot's own attributes
begin with `bot.`. Spans contain no message texts and no phone numbers.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from importlib.metadata import version
from typing import Any, Literal, Protocol

from ulid import ULID

from bot.errors import ConfigError
from bot.telemetry.logs import about

SYSTEM = "sinch_conversation"
"""The value of `messaging.system`."""

Operation = Literal["send", "receive"]


class Span(Protocol):
    """The span of a turn while the turn runs."""

    def end_with(self, channel: str, attributes: dict[str, Any]) -> None:
        """At the end of the turn, record the contact's channel and the bot's own attributes."""


class _Turn:
    """The spans of one turn."""

    def __init__(self, message: Any, turn: Any) -> None:
        self._message = message
        self._turn = turn

    def end_with(self, channel: str, attributes: dict[str, Any]) -> None:
        own = {f"bot.{name}": value for name, value in attributes.items()}
        self._message.update_name(f"process {channel}".rstrip())
        self._message.set_attributes({"messaging.destination.name": channel, **own})
        self._turn.update_name(f"turn {attributes.get('flow', '')}".rstrip())
        self._turn.set_attributes(own)


class Traces:
    """Records spans. If there is no tracer, no spans are recorded."""

    def __init__(self, tracer: Any = None) -> None:
        self._tracer = tracer

    @property
    def are_on(self) -> bool:
        """Whether spans are recorded."""
        return self._tracer is not None

    def turn(
        self,
        turn_id: str,
        accepted_at: float,
        attributes: dict[str, Any],
        traceparent: str = "",
        earlier: Sequence[str] = (),
    ) -> contextlib.AbstractContextManager[Span | None]:
        """Record the spans `process` and `turn` of a turn that runs inside the context.

        Times are Unix seconds.

        `attributes` are the attributes that are known at the turn's start. `process` links to the
        caller's span, which `traceparent` names, and to the spans of earlier attempts. `earlier`
        has the turn ids of these attempts. Log lines inside the context have the ids of the trace
        and the span. Only the type of an exception is recorded, because its text may contain
        personal data.
        """
        if self._tracer is None:
            return contextlib.nullcontext()
        return self._turn(turn_id, accepted_at, attributes, traceparent, earlier)

    @contextlib.contextmanager
    def _turn(
        self,
        turn_id: str,
        accepted_at: float,
        attributes: dict[str, Any],
        traceparent: str,
        earlier: Sequence[str],
    ) -> Iterator[Span]:
        from opentelemetry import trace
        from opentelemetry.context import Context

        own = {f"bot.{name}": value for name, value in attributes.items()}
        with forced_ids(*ids_of(turn_id)):
            message = self._tracer.start_span(
                "process",
                context=Context(),
                kind=trace.SpanKind.CONSUMER,
                start_time=_ns(accepted_at),
                attributes=_messaging("process") | own,
                links=[*_links(traceparent), *map(self._link_to, earlier)],
            )
        inside = trace.set_span_in_context(message)
        try:
            with self._tracer.start_as_current_span(
                "turn",
                context=inside,
                attributes=own,
                record_exception=False,
                set_status_on_exception=False,
            ) as span:
                ids = span.get_span_context()
                with about(
                    trace_id=trace.format_trace_id(ids.trace_id),
                    span_id=trace.format_span_id(ids.span_id),
                ):
                    try:
                        yield _Turn(message, span)
                    except Exception as error:
                        for each in (span, message):
                            _fail(each, f"{type(error).__module__}.{type(error).__qualname__}")
                        raise
        finally:
            message.end()

    def event(
        self,
        operation: Operation,
        reply_id: str,
        channel: str,
        started: float,
        ended: float,
        attributes: dict[str, Any],
        error: str = "",
    ) -> None:
        """Record the span of sending a reply, or of a report on a reply, after the span has ended.

        Times are Unix seconds. `error` is the reason for a failure.
        """
        if self._tracer is None:
            return
        from opentelemetry import trace

        try:
            trace_id, span_id = ids_of(reply_id.partition("-")[0])
        except ValueError:
            return  # The id belongs to another system, which sent the message.
        parent = self._context_of(trace_id, span_id)
        kinds = {"send": trace.SpanKind.PRODUCER, "receive": trace.SpanKind.CONSUMER}
        span = self._tracer.start_span(
            f"{operation} {channel}".rstrip(),
            context=trace.set_span_in_context(trace.NonRecordingSpan(parent)),
            kind=kinds[operation],
            start_time=_ns(started),
            attributes=_messaging(operation)
            | {"messaging.destination.name": channel, "bot.entry": reply_id}
            | {f"bot.{name}": value for name, value in attributes.items()},
        )
        if error:
            _fail(span, error)
        span.end(_ns(ended))

    def _context_of(self, trace_id: int, span_id: int) -> Any:
        """Return the OpenTelemetry context of a span that belongs to an earlier turn."""
        from opentelemetry import trace

        # A sampler decides by the trace's id, so its decision here is the same as for the turn.
        whether = self._tracer.sampler.should_sample(None, trace_id, "process").decision
        flags = trace.TraceFlags(int(whether.is_sampled()))
        return trace.SpanContext(trace_id, span_id, is_remote=True, trace_flags=flags)

    def _link_to(self, turn_id: str) -> Any:
        """Return a link to the `process` span of an earlier turn."""
        from opentelemetry import trace

        return trace.Link(self._context_of(*ids_of(turn_id)))


def _links(traceparent: str) -> list[Any]:
    """Return a link to the span that `traceparent` names; [] if `traceparent` is empty.

    The module `trace_parent` has checked the form of `traceparent`.
    """
    if not traceparent:
        return []
    from opentelemetry import trace

    _, trace_id, span_id, flags = traceparent.split("-")
    return [
        trace.Link(
            trace.SpanContext(
                int(trace_id, 16),
                int(span_id, 16),
                is_remote=True,
                trace_flags=trace.TraceFlags(int(flags, 16)),
            )
        )
    ]


def _messaging(operation: str) -> dict[str, Any]:
    return {
        "messaging.system": SYSTEM,
        "messaging.operation.type": operation,
        "messaging.operation.name": operation,
    }


def _fail(span: Any, kind: str) -> None:
    from opentelemetry import trace

    span.set_status(trace.StatusCode.ERROR, kind)
    span.set_attribute("error.type", kind)
    span.add_event("exception", {"exception.type": kind})


def ids_of(turn_id: str) -> tuple[int, int]:
    """Return the id of a turn's trace, and the id of the first span in this trace.

    Raises:
        ValueError: `turn_id` is not a ULID.
    """
    raw = bytes(ULID.from_str(turn_id))
    return int.from_bytes(raw), int.from_bytes(blake2b(raw, digest_size=8).digest())


def _ns(at: float) -> int:
    return round(at * 1e9)


_forced: list[tuple[int, int]] = []


@contextlib.contextmanager
def forced_ids(trace_id: int, span_id: int) -> Iterator[None]:
    """Let the next root span have these ids. No other root span may start meanwhile."""
    _forced.append((trace_id, span_id))
    try:
        yield
    finally:
        _forced.clear()


def id_generator() -> Any:
    """Return the SDK's id generator. Inside `forced_ids`, it returns the ids given there."""
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

    class Ids(RandomIdGenerator):
        def generate_trace_id(self) -> int:
            return _forced[0][0] if _forced else super().generate_trace_id()

        def generate_span_id(self) -> int:
            return _forced[0][1] if _forced else super().generate_span_id()

    return Ids()


def open_traces(is_on: bool) -> Traces:
    """Return traces that are exported by OTLP over HTTP.

    If `is_on` is False, nothing is recorded.

    The standard variables of OpenTelemetry apply (`OTEL_EXPORTER_OTLP_ENDPOINT` and others).

    Raises:
        ConfigError: the extra `otel` is not installed.
    """
    if not is_on:
        return Traces()
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ModuleNotFoundError as error:
        raise ConfigError(
            "BOT_TRACES is on, but OpenTelemetry isn't installed: install conversation-bot[otel]."
        ) from error
    provider = TracerProvider(
        resource=Resource.create(resource_attributes(os.environ)), id_generator=id_generator()
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        # Spans that flows start are exported the same way, as parts of the turn.
        trace.set_tracer_provider(provider)
    return Traces(provider.get_tracer("bot", version("conversation-bot")))


def resource_attributes(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the attribute `service.name` of the OpenTelemetry resource; {} if the environment sets
    the name.

    A name that the code sets would override the name in the environment.
    """
    has_name = environ.get("OTEL_SERVICE_NAME") or "service.name=" in environ.get(
        "OTEL_RESOURCE_ATTRIBUTES", ""
    )
    return {} if has_name else {"service.name": "bot"}
