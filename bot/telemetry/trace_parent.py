"""The caller's trace of a request to the bot, in the W3C Trace Context format.

A request that a program puts into an inbox is handled later, in a separate trace. The item contains
the caller's `traceparent`, so that the two traces can be linked.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_FORM = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
"""Version 00 of https://www.w3.org/TR/trace-context/#traceparent-header."""

_header: ContextVar[str] = ContextVar("traceparent", default="")


@contextmanager
def called_with(traceparent: str) -> Iterator[None]:
    """Use the caller's `traceparent` header within this context. A malformed header is ignored."""
    token = _header.set(traceparent if _FORM.fullmatch(traceparent) else "")
    try:
        yield
    finally:
        _header.reset(token)


def current() -> str:
    """Return the caller's `traceparent`; "" if there is none.

    The `traceparent` comes from the caller's header, or from the span that is active in this
    program.
    """
    return _header.get() or _active_span()


def _active_span() -> str:
    if "opentelemetry.trace" not in sys.modules:
        return ""  # If a span exists, the library is loaded already.
    from opentelemetry import trace

    span = trace.get_current_span().get_span_context()
    if not span.is_valid:
        return ""
    ids = trace.format_trace_id(span.trace_id), trace.format_span_id(span.span_id)
    return "-".join(("00", *ids, f"{span.trace_flags:02x}"))
