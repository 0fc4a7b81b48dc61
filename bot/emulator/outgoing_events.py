"""Events to contacts: typing, agents who join or leave, and replies to comments."""

from bot.emulator.api_error import Json
from bot.emulator.callbacks import Callbacks
from bot.emulator.channel_rules import Reason, identity_fault, struck
from bot.emulator.channels import CHANNELS
from bot.emulator.contacts import channel_identity
from bot.emulator.core import Core
from bot.emulator.recipients import Recipients
from bot.emulator.state import Event, EventStep, phone_key


class OutgoingEvents:
    """Accepts events for contacts. An event is sent only on the first channel of its route."""

    def __init__(self, core: Core, callbacks: Callbacks, recipients: Recipients) -> None:
        self._core = core
        self._callbacks = callbacks
        self._recipients = recipients

    def send(self, request: Json) -> Event:
        """Accept a checked request to send an event.

        Raises:
            ApiError: see `Outgoing.send`.
        """
        app_id = self._core.app(request["app_id"])["id"]
        contact_id, conversation_id, route, _ = self._recipients.resolve(request)
        channel, identity = route[0] if route else ("", "")
        event = Event(
            id=self._core.id(),
            app_id=app_id,
            direction="TO_CONTACT",
            mode=self._recipients.mode(request),
            accept_at=self._core.now(),
            channel=channel,
            identity=identity,
            body={"app_event": request["event"]},
            contact_id=contact_id,
            conversation_id=conversation_id,
            metadata=request.get("event_metadata") or "",
            callback_url=request.get("callback_url") or "",
        )
        self._core.state.events[event.id] = event
        behavior = self._core.behavior
        self._core.later(behavior.submit_s, EventStep(event.id, "QUEUED_ON_CHANNEL"))
        return event

    def step(self, step: EventStep) -> None:
        """Move an event to its next status."""
        event = self._core.state.events.get(step.event_id)
        if event is None:
            return
        if step.status == "QUEUED_ON_CHANNEL":
            if reason := self._refusal(event):
                self._report(event, "FAILED", reason)
                return
            if "DELIVERED" in CHANNELS[event.channel].statuses:
                wait_s = self._core.behavior.delivered_s
                self._core.later(wait_s, EventStep(event.id, "DELIVERED"))
            self._appear(event)
        self._report(event, step.status)

    def _refusal(self, event: Event) -> Reason | None:
        if not event.channel:
            return Reason("NO_CHANNELS_LEFT", "No channel could be tried")
        app = self._core.app(event.app_id)
        if event.channel not in [entry["channel"] for entry in app["channel_credentials"]]:
            return Reason("CHANNEL_CONFIGURATION_MISSING", "The app has no such channel")
        if not CHANNELS[event.channel].events:
            return Reason("UNSUPPORTED_OPERATION", "The channel has no events")
        fault = self._core.faults.for_delivery(event.channel, event.identity, "refuse", "fail")
        return identity_fault(event.channel, event.identity) or (
            struck(fault, "Refused by the channel") if fault else None
        )

    def _appear(self, event: Event) -> None:
        key = phone_key(event.app_id, event.channel, event.identity)
        app_event = event.body["app_event"]
        if "composing_event" in app_event:
            self._core.state.typing.add(key)
        else:
            self._core.state.typing.discard(key)
        self._core.tell("event", phone=key, event_id=event.id, app_event=app_event)

    def _report(self, event: Event, status: str, reason: Reason | None = None) -> None:
        body = {
            "event_id": event.id,
            "status": status,
            "channel_identity": channel_identity(event.app_id, event.channel, event.identity),
            "contact_id": event.contact_id,
            **({"reason": reason.to_json()} if reason else {}),
            "metadata": event.metadata,
            "processing_mode": event.mode,
        }
        self._callbacks.send(
            "EVENT_DELIVERY", body, app_id=event.app_id, callback_url=event.callback_url
        )
