"""Accepts messages to contacts, tries the messages' channels in order, and reports statuses."""

from bot.emulator.api_error import ApiError, Json
from bot.emulator.callbacks import Callbacks
from bot.emulator.channel_display import part_for, show
from bot.emulator.channel_rules import (
    Reason,
    content_fault,
    identity_fault,
    struck,
    window_fault,
)
from bot.emulator.channels import CHANNELS
from bot.emulator.consents import Consents
from bot.emulator.contacts import channel_identity
from bot.emulator.conversations import Conversations
from bot.emulator.core import Core
from bot.emulator.recipients import Recipients
from bot.emulator.state import Deadline, Drain, Message, Step, phone_key

SCREEN = 500
"""Maximum number of messages that a phone shows."""

_DEFAULT_WAIT_S = 300


class Outgoing:
    """Accepts messages for contacts and delivers them."""

    def __init__(
        self,
        core: Core,
        callbacks: Callbacks,
        recipients: Recipients,
        conversations: Conversations,
        consents: Consents,
    ) -> None:
        self._core = core
        self._callbacks = callbacks
        self._recipients = recipients
        self._conversations = conversations
        self._consents = consents
        self._next_slot: dict[str, float] = {}

    def send(self, request: Json) -> Message:
        """Accept a checked send request. All further work is queued.

        Raises:
            ApiError: the app or contact is unknown, the channel is not configured, or the queue is
                full.
        """
        app_id = self._core.app(request["app_id"])["id"]
        if self.waiting(app_id) >= self._core.behavior.queue_limit:
            raise ApiError(429, "The app's queue of outgoing messages is full")
        contact_id, conversation_id, route, kept = self._recipients.resolve(request)
        self._conversations.remember(kept, request)
        ttl = request.get("ttl")
        message = Message(
            id=self._core.id(),
            app_id=app_id,
            direction="TO_CONTACT",
            mode=self._recipients.mode(request),
            accept_at=self._core.now(),
            channel=route[0][0] if route else "",
            identity=route[0][1] if route else "",
            contact_id=contact_id,
            conversation_id=conversation_id,
            metadata=request.get("message_metadata") or "",
            app_message=request["message"],
            status="QUEUED",
            route=route,
            callback_url=request.get("callback_url") or "",
            correlation_id=request.get("correlation_id") or "",
            properties=request.get("channel_properties") or {},
            content_type=request.get("message_content_type") or "",
            ttl_s=float(ttl.removesuffix("s")) if ttl else None,
        )
        self._core.state.messages[message.id] = message
        self._enqueue(message, urgent=request.get("queue") == "HIGH_PRIORITY")
        return message

    def waiting(self, app_id: str) -> int:
        """Return the number of the app's messages that no channel has received yet."""
        return sum(len(self._queue(app_id, urgent)) for urgent in (True, False))

    def _queue(self, app_id: str, urgent: bool) -> list[str]:
        queues = self._core.state.urgent if urgent else self._core.state.outgoing
        return queues.setdefault(app_id, [])

    def _enqueue(self, message: Message, urgent: bool) -> None:
        self._queue(message.app_id, urgent).append(message.id)
        behavior = self._core.behavior
        wait_s = behavior.submit_s
        if behavior.outbound_per_s:
            now = self._core.now()
            slot = max(now + wait_s, self._next_slot.get(message.app_id, 0.0))
            self._next_slot[message.app_id] = slot + 1 / behavior.outbound_per_s
            wait_s = slot - now
        self._core.later(wait_s, Drain(message.app_id))

    def drain(self, drain: Drain) -> None:
        """Hand the app's next message to its channel. Messages with high priority come first."""
        queue = self._queue(drain.app_id, True) or self._queue(drain.app_id, False)
        message = self._core.state.messages.get(queue.pop(0)) if queue else None
        if message is not None:
            self._submit(message)

    def _submit(self, message: Message) -> None:
        """Try the message's channels in order until a channel accepts the message."""
        while message.route:
            message.channel, message.identity = message.route[0]
            reason = self._refusal(message)
            if reason is None:
                self._tell_submitted(message)
                step = Step(message.id, message.channel, "QUEUED_ON_CHANNEL")
                self._core.later(self._core.behavior.queued_s, step)
                return
            if not self._switch(message, reason):
                return
        self._report(message, "FAILED", Reason("NO_CHANNELS_LEFT", "No channel could be tried"))

    def _refusal(self, message: Message) -> Reason | None:
        """Return why the current channel rejects the message; None if the channel accepts it."""
        channel, identity = message.channel, message.identity
        app = self._core.app(message.app_id)
        if channel not in [entry["channel"] for entry in app["channel_credentials"]]:
            return Reason("CHANNEL_CONFIGURATION_MISSING", "The app has no such channel")
        part = part_for(message.app_message or {}, channel)
        last = self._core.state.last_inbound.get(phone_key(message.app_id, channel, identity))
        since_s = None if last is None else self._core.now() - last
        return (
            identity_fault(channel, identity)
            or content_fault(channel, part, message.properties)
            or self._consents.fault(message.app_id, identity, message.content_type)
            or window_fault(channel, part, message.properties, since_s)
            or self._fault(channel, identity)
        )

    def _fault(self, channel: str, identity: str) -> Reason | None:
        fault = self._core.faults.for_delivery(channel, identity, "refuse")
        return struck(fault, "Refused by the channel") if fault else None

    def step(self, step: Step) -> None:
        """Move a message to the next status, if the message is still on the step's channel."""
        message = self._core.state.messages.get(step.message_id)
        if message is None or message.channel != step.channel or message.status == "FAILED":
            return
        if step.status == "QUEUED_ON_CHANNEL":
            self._queued(message)
        elif step.status == "FAILED":
            description = "The channel could not deliver the message"
            reason = Reason(step.reason, description, step.sub_code, step.channel_code)
            if self._switch(message, reason):
                self._submit(message)
        else:
            self._appear(message, step.status)
            if message.status != "READ":
                self._report(message, step.status)

    def _queued(self, message: Message) -> None:
        self._report(message, "QUEUED_ON_CHANNEL")
        rules, behavior = CHANNELS[message.channel], self._core.behavior
        fault = self._core.faults.for_delivery(message.channel, message.identity, "fail", "silent")
        if fault is None and "DELIVERED" not in rules.statuses:
            self._appear(message, "QUEUED_ON_CHANNEL")
        elif fault is None:
            step = Step(message.id, message.channel, "DELIVERED")
            self._core.later(behavior.delivered_s, step)
        elif fault.action == "fail":
            codes = fault.reason, fault.sub_code, fault.channel_code
            step = Step(message.id, message.channel, "FAILED", *codes)
            self._core.later(behavior.delivered_s, step)
        fallback = self._core.app(message.app_id).get("delivery_report_based_fallback") or {}
        if fallback.get("enabled") and len(message.route) > 1:
            wait_s = fallback.get("delivery_report_waiting_time") or _DEFAULT_WAIT_S
            self._core.later(wait_s, Deadline(message.id, message.channel))

    def deadline(self, deadline: Deadline) -> None:
        """Give up a channel that has not reported DELIVERED in time."""
        message = self._core.state.messages.get(deadline.message_id)
        waits = message is not None and message.status == "QUEUED_ON_CHANNEL"
        if message is not None and waits and message.channel == deadline.channel:
            reason = Reason("DELIVERY_TIMED_OUT", "No delivery report came in time")
            if self._switch(message, reason):
                self._submit(message)

    def _switch(self, message: Message, reason: Reason) -> bool:
        """Switch to the message's next channel.

        Return False if the message has failed, because there is no next channel or the message's
        `ttl` has passed.
        """
        expired = message.ttl_s is not None and self._core.now() > message.accept_at + message.ttl_s
        if len(message.route) < 2 or expired:
            self._report(message, "FAILED", reason)
            return False
        self._report(message, "SWITCHING_CHANNEL", reason)
        message.route = message.route[1:]
        return True

    def read(self, message: Message) -> None:
        """Mark a message as read, because the contact has read the phone's messages."""
        if message.status not in ("READ", "FAILED"):
            self._report(message, "READ")

    def _appear(self, message: Message, status: str) -> None:
        key = phone_key(message.app_id, message.channel, message.identity)
        shown = show(
            message.id, message.app_message or {}, message.channel, self._core.now(), status
        )
        if message.channel == "SMS":
            shown.sender = message.properties.get("SMS_SENDER", "")
            shown.flash = message.properties.get("SMS_FLASH_MESSAGE", "").lower() == "true"
        screen = self._core.state.shown.setdefault(key, [])
        screen.append(shown)
        del screen[:-SCREEN]
        self._core.state.typing.discard(key)
        self._core.tell("shown", phone=key, shown=shown)

    def _report(self, message: Message, status: str, reason: Reason | None = None) -> None:
        message.status = status
        if reason is not None and status == "FAILED":
            message.reason = f"{reason.code}: {reason.description}"
        key = phone_key(message.app_id, message.channel, message.identity)
        self._core.tell("status", phone=key, message_id=message.id, status=status)
        body = {
            "message_id": message.id,
            "conversation_id": message.conversation_id,
            "status": status,
            "channel_identity": channel_identity(message.app_id, message.channel, message.identity),
            "contact_id": message.contact_id,
            **({"reason": reason.to_json()} if reason else {}),
            "metadata": message.metadata,
            "processing_mode": message.mode,
        }
        self._callbacks.send(
            "MESSAGE_DELIVERY",
            body,
            app_id=message.app_id,
            correlation_id=message.correlation_id,
            callback_url=message.callback_url,
        )

    def _tell_submitted(self, message: Message) -> None:
        body = {
            "message_id": message.id,
            "conversation_id": message.conversation_id,
            "channel_identity": channel_identity(message.app_id, message.channel, message.identity),
            "contact_id": message.contact_id,
            "submitted_message": message.app_message,
            "metadata": message.metadata,
            "processing_mode": message.mode,
        }
        self._callbacks.send(
            "MESSAGE_SUBMIT", body, app_id=message.app_id, correlation_id=message.correlation_id
        )
