"""The webhook: verify, parse, store, answer. No flow runs here, so nothing can make it slow.

A callback is answered 200 only once it lies in the store; when that fails, the answer is 503, and
Sinch tries again.
"""

import logging

import msgspec
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from bot import callbacks
from bot.callbacks import Callback, signature
from bot.clock import Clock
from bot.errors import BadSignature, Malformed, StoreError, StoreFull
from bot.items import inbound
from bot.settings import Settings
from bot.store import Store
from bot.telemetry import metrics
from bot.telemetry.traces import Traces

logger = logging.getLogger(__name__)

TAKEN = Response()
"""The same for every callback that lies in the store, or need not."""


class Webhook:
    """The endpoint that Sinch posts callbacks to: an ASGI application, since making Starlette's
    request and response for each would be a seventh of the work.
    """

    def __init__(
        self, settings: Settings, store: Store, clock: Clock, traces: Traces | None = None
    ) -> None:
        self._traces = traces or Traces()
        self._settings = settings
        self._store = store
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer(scope, receive)
        await response(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        try:
            body = await read_body(receive, self._settings.max_body_bytes)
        except ClientDisconnect:
            return _refuse(400, "disconnected")
        if body is None:
            return _refuse(413, "too_large")
        try:
            signature.verify(
                body,
                scope["headers"],
                self._settings.webhook_secrets,
                self._clock.now(),
                self._settings.signature_age_s,
                self._settings.signature_ahead_s,
            )
            callback = callbacks.receive(body)
        except BadSignature as error:
            return _refuse(401, "signature", str(error))
        except Malformed as error:
            return _refuse(400, "malformed", str(error))
        try:
            return await self._take(callback)
        except StoreFull:
            return _refuse(503, "full")
        except StoreError as error:
            return _refuse(503, "store", str(error))

    async def _take(self, callback: Callback) -> Response:
        now = self._clock.now()
        if callback.app_id and callback.app_id != self._settings.app_id:
            return _taken("other_app", callback)
        trigger, address = callback.trigger, callback.address
        if not trigger or address is None:
            await self._store.queue.add_unrouted(callback.raw, trigger or "unknown", now)
            self._count_delivery(callback, now)
            return _taken("kept", callback)
        if gone := callback.merged_from:
            merge = inbound.OperatorCommand("merge", into=address)
            end = inbound.Item(id=callback.dedupe_id, at=now, command=merge, address=gone)
            await self._store.queue.accept(gone.key, inbound.encode(end), end.id, now)
        item = inbound.Item(id=callback.dedupe_id, at=now, callback=msgspec.Raw(callback.raw))
        if not await self._store.queue.accept(address.key, inbound.encode(item), item.id, now):
            return _taken("duplicate", callback)
        metrics.accepted.labels(trigger).inc()
        self._count_delivery(callback, now)
        return TAKEN

    def _count_delivery(self, callback: Callback, now: float) -> None:
        """Count a delivery report, one of 2020 too, which names no contact."""
        if report := callback.message_delivery_report:
            metrics.deliveries.labels(report.on_channel, report.status).inc()
            told = {"channel": report.on_channel, "status": report.status}
            reply_id = report.metadata.partition(" ")[0]
            self._traces.event("delivery", reply_id, now, self._clock.now(), told)


async def read_body(receive: Receive, most: int) -> bytes | None:
    """A request's raw body, or None where it has more than `most` bytes; read no further than that.

    Raises:
        ClientDisconnect: it broke off.
    """
    chunks: list[bytes] = []
    size, has_more = 0, True
    while has_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > most:
            return None
        has_more = message.get("more_body", False)
    # Joined once: who sends a large body byte by byte must not have it copied for each.
    return b"".join(chunks)


def _taken(what: str, callback: Callback) -> Response:
    logger.info("Callback %s", what, extra={"action": what, "trigger": callback.trigger})
    metrics.ignored.labels(what).inc()
    return TAKEN


def _refuse(status: int, reason: str, why: str = "") -> Response:
    metrics.refused.labels(reason).inc()
    logger.warning(
        "Callback refused: %s", why or reason, extra={"action": "refused", "reason": reason}
    )
    return PlainTextResponse(f"{reason}\n", status)
