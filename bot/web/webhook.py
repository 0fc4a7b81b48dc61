"""The webhook: verify, parse, store, answer.

Flows do not run here, so they cannot slow the webhook down.

A callback is answered with 200 only after it is stored. If storing fails, the answer is 503, and
Sinch sends the callback again. A request with wrong headers is refused before its body is read.
"""

import logging
from collections.abc import Callable, Mapping

import msgspec
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from bot import callbacks
from bot.callbacks import Callback, signature
from bot.callbacks.contact_message import Reason
from bot.callbacks.events import event_of
from bot.callbacks.payloads import DeliveryReport, EventDeliveryReport
from bot.errors import BadSignature, BodyTooLarge, Malformed, StoreError, StoreFull
from bot.items import inbound
from bot.items.outbound import broadcast_of
from bot.messages.channel_limits import CHANNELS
from bot.runtime import Runtime
from bot.store import BroadcastOutcome
from bot.telemetry import metrics
from bot.telemetry.redaction import Pseudonyms
from bot.web import self_report
from bot.web.http import read_body

logger = logging.getLogger(__name__)

STATUSES = ("QUEUED_ON_CHANNEL", "DELIVERED", "READ", "FAILED", "SWITCHING_CHANNEL")
"""The statuses of delivery reports."""

_OUTCOMES: Mapping[str, BroadcastOutcome] = {
    "DELIVERED": "delivered",
    "READ": "read",
    "FAILED": "failed",
    "SWITCHING_CHANNEL": "switched",
}

MAX_APP_ID = 64
"""Maximum number of characters of another app's id in a log line."""

ACCEPTED = Response()
"""The response to a callback that was stored or that need not be stored."""


class Webhook:
    """The endpoint to which Sinch posts callbacks.

    It is a plain ASGI application, because Starlette's request and response classes would take a
    seventh of the time of each callback.
    """

    def __init__(
        self, runtime: Runtime, is_handled: Callable[[str], bool] = lambda event: True
    ) -> None:
        self._runtime = runtime
        self._is_handled = is_handled
        self._settings = runtime.settings
        self._max_age_s = runtime.settings.signature_age_s
        self._max_ahead_s = runtime.settings.signature_ahead_s
        self._clock = runtime.clock
        self._queue = runtime.store.queue
        self._has_warned = False
        self._pseudonyms = Pseudonyms(runtime.settings.key_secret)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            signed = signature.read(
                scope["headers"],
                self._clock.now(),
                self._max_age_s,
                self._max_ahead_s,
            )
            body = await read_body(scope, receive, self._settings.max_body_bytes)
            signed.verify(body, self._settings.webhook_secrets)
            response = await self._accept(callbacks.receive(body))
        except ClientDisconnect:
            response = _refuse(400, "disconnected")
        except BodyTooLarge:
            response = _refuse(413, "too_large")
        except BadSignature as error:
            if self_report.is_forged_by_doctor(scope):
                response = _refuse(401, "doctor", "`bot doctor` tried a wrong signature.")
            else:
                response = _refuse(401, error.reason, str(error))
        except Malformed as error:
            response = _refuse(400, "malformed", str(error))
        except StoreFull:
            response = _refuse(503, "full")
        except StoreError as error:
            response = _refuse(503, "store", str(error))
        await response(scope, receive, send)

    async def _accept(self, callback: Callback) -> Response:
        """Store a callback, if it is new and belongs to this app. Return the response."""
        now = self._clock.now()
        if callback.app_id == self_report.DOCTOR:
            return await self_report.respond(self._runtime)
        if callback.app_id and callback.app_id != self._settings.app_id:
            self._warn_of_other_app(callback.app_id)
            metrics.ignored.count("other_app")
            return ACCEPTED
        trigger, address = callback.trigger, callback.address
        if not trigger or address is None:
            why, dedupe_id = trigger or "unknown", callback.dedupe_id
            if not await self._queue.add_unrouted(callback.raw, why, dedupe_id, now):
                return _ignored("duplicate", callback)
            self._count_delivery(callback, now)
            return _ignored("kept", callback)
        if gone := callback.merged_from:
            merge = inbound.OperatorCommand("merge", into=address)
            end = inbound.Item(id=callback.dedupe_id, at=now, command=merge, address=gone)
            await self._queue.accept(gone.key, inbound.encode(end), end.id, now)
        report = callback.message_delivery_report
        if report and await self._is_only_counted(callback, report, address.key):
            metrics.accepted.count(trigger)
            self._count_delivery(callback, now)
            return ACCEPTED
        item = inbound.Item(id=callback.dedupe_id, at=now, callback=msgspec.Raw(callback.raw))
        if not await self._queue.accept(address.key, inbound.encode(item), item.id, now):
            return _ignored("duplicate", callback)
        metrics.accepted.count(trigger)
        self._count_delivery(callback, now)
        return ACCEPTED

    async def _is_only_counted(
        self, callback: Callback, report: DeliveryReport, contact: str
    ) -> bool:
        """If the report is about a broadcast's message, record the message's outcome.

        Return True if the report needs no turn.
        """
        tag = broadcast_of(report.metadata)
        if not tag or report.status not in STATUSES:
            return False
        if outcome := _OUTCOMES.get(report.status):
            reason = report.reason.code if report.reason and outcome == "failed" else ""
            await self._runtime.store.outcomes.note(tag, contact, outcome, reason)
        return outcome != "failed" and not self._is_handled(event_of(callback))

    def _count_delivery(self, callback: Callback, now: float) -> None:
        """Count a delivery report, and log a failure.

        A report in the format of the year 2020 names no contact, so the log line has none.
        """
        either = callback.message_delivery_report or callback.event_delivery_report
        if either and either.status == "FAILED":
            self._report_failed_delivery(callback, either)
        if report := callback.message_delivery_report:
            channel = metrics.known(report.on_channel, CHANNELS)
            status = metrics.known(report.status, STATUSES)
            metrics.deliveries.count(channel, status)
            reply_id = report.metadata.partition(" ")[0]
            reason = report.reason.code if report.reason else ""
            self._runtime.traces.event(
                *("receive", reply_id, channel, now, self._clock.now()),
                {"status": status},
                error=(reason or status) if status == "FAILED" else "",
            )

    def _report_failed_delivery(
        self, callback: Callback, report: DeliveryReport | EventDeliveryReport
    ) -> None:
        reason = report.reason or Reason()
        code = reason.code or "unknown"
        channel = metrics.known(report.on_channel, CHANNELS)
        metrics.deliveries_failed.count(channel, code)
        fields = {
            "action": "delivery_failed",
            "contact": self._pseudonyms.of(callback.address.key) if callback.address else "",
            "entry": report.metadata.partition(" ")[0],
            "channel": report.on_channel,
            "reason": code,
            # The description may repeat a phone number or a text.
            "sub_code": reason.sub_code,
            "channel_code": reason.channel_code,
        }
        logger.warning(
            "Not delivered", extra={name: value for name, value in fields.items() if value}
        )

    def _warn_of_other_app(self, app_id: str) -> None:
        """Log once that callbacks of another app arrive, because SINCH_APP_ID may be wrong."""
        if self._has_warned:
            return
        self._has_warned = True
        logger.warning(
            "Callback ignored: it is of app %r, and SINCH_APP_ID is %s. If SINCH_APP_ID is"
            " right, remove this bot's URL from the webhooks of the other app.",
            *(app_id[:MAX_APP_ID], self._settings.app_id),
            extra={"action": "other_app", "other_app_id": app_id[:MAX_APP_ID]},
        )


def _ignored(why: str, callback: Callback) -> Response:
    logger.info("Callback %s", why, extra={"action": why, "trigger": callback.trigger})
    metrics.ignored.count(why)
    return ACCEPTED


def _refuse(status: int, reason: str, why: str = "") -> Response:
    metrics.refused.count(reason)
    logger.log(
        logging.INFO if reason == "doctor" else logging.WARNING,
        "Callback refused: %s",
        why or reason,
        extra={"action": "refused", "reason": reason},
    )
    return PlainTextResponse(f"{reason}\n", status)
