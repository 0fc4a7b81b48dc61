"""The platform behind the API: its state, and the queue of later work.

The platform does no work by itself. A test calls `run_due()` after moving its clock; a server runs
`pump()`.
"""

import asyncio
import logging
from collections.abc import Sequence

import httpx

from bot.clock import Clock, NewId, new_ulid
from bot.emulator.api_error import Json
from bot.emulator.apps import Apps
from bot.emulator.callbacks import Callbacks
from bot.emulator.consents import Consents
from bot.emulator.contacts import Contacts
from bot.emulator.conversations import Conversations
from bot.emulator.core import Behavior, Core
from bot.emulator.event_log import Record
from bot.emulator.fault_injection import Faults
from bot.emulator.incoming import Incoming
from bot.emulator.outgoing import Outgoing
from bot.emulator.outgoing_events import OutgoingEvents
from bot.emulator.phones import Phone
from bot.emulator.recipients import Recipients
from bot.emulator.sample_project import SampleProject
from bot.emulator.state import Attempt, Deadline, Drain, EventStep, State, Step, Work
from bot.emulator.tokens import Tokens
from bot.emulator.triggers import BODY_KEYS, TRIGGERS
from bot.errors import ConfigError

AT_ONCE = 64
"""Maximum number of callbacks that are sent concurrently."""

_log = logging.getLogger(__name__)


class Platform:
    """One Sinch project with its apps, contacts, conversations, messages and webhooks.

    - `world`: the project with which the platform starts.
    - `behavior`: the platform's speed and strictness.
    - `seed`: makes the random choices of injected faults repeatable.
    - `state`: a state that `load` has read.
    - `http`, `transport`: the client for callbacks, and the client's transport.
    """

    def __init__(
        self,
        clock: Clock,
        new_id: NewId = new_ulid,
        *,
        seed: int = 0,
        world: SampleProject | None = None,
        behavior: Behavior | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        state: State | None = None,
    ) -> None:
        self.world = world or SampleProject()
        self._under_way = 0
        self.faults = Faults(seed)
        self.http = httpx.AsyncClient(transport=transport, trust_env=False)
        self.core = core = Core(
            clock=clock,
            new_id=new_id,
            project_id=self.world.project_id,
            behavior=behavior or Behavior(),
            faults=self.faults,
            state=state or State(),
        )
        self.tokens = Tokens(core, self.world)
        self.apps = Apps(core)
        self.callbacks = Callbacks(core, lambda: self.http)
        self.contacts = Contacts(core, self.callbacks)
        self.conversations = Conversations(core, self.callbacks)
        self.consents = Consents(core, self.callbacks)
        self.recipients = Recipients(core, self.contacts, self.conversations)
        self.outgoing = Outgoing(
            core, self.callbacks, self.recipients, self.conversations, self.consents
        )
        self.outgoing_events = OutgoingEvents(core, self.callbacks, self.recipients)
        self.incoming = Incoming(
            core, self.callbacks, self.contacts, self.conversations, self.consents
        )
        if self.world.app_id not in core.state.apps:
            self.apps.add(self.world.app(), self.world.app_id)

    @property
    def project_id(self) -> str:
        return self.world.project_id

    @property
    def app_id(self) -> str:
        """The id of the sample app."""
        return self.world.app_id

    @property
    def record(self) -> Record:
        """The log of all requests and sent callbacks."""
        return self.core.record

    @property
    def state(self) -> State:
        return self.core.state

    def phone(self, channel: str, identity: str, app_id: str = "") -> Phone:
        """Return the phone of a contact. The default app is the sample app.

        Raises:
            ConfigError: the app does not have this channel.
        """
        app = self.core.app(app_id or self.app_id)
        channels = [entry["channel"] for entry in app["channel_credentials"]]
        if channel not in channels:
            raise ConfigError(f"the app has no channel {channel!r}; it has {', '.join(channels)}.")
        return Phone(self.core, self.incoming, self.outgoing, app["id"], channel, identity)

    def channel_event(self, channel: str, event_type: str, additional_data: Json) -> None:
        """Send CHANNEL_EVENT, which reports an event of one of the app's channels.

        An example of `event_type` is WHATS_APP_QUALITY_RATING_CHANGED.
        """
        event = {"channel": channel, "event_type": event_type, "additional_data": additional_data}
        self.callback("CHANNEL_EVENT", {"channel_event": event})

    def callback(self, trigger: str, body: Json) -> None:
        """Send any callback, such as a callback that no action of a phone causes.

        `body` is the callback's body, without the key of the trigger.

        Raises:
            ConfigError: there is no such trigger.
        """
        if trigger not in BODY_KEYS:
            raise ConfigError(
                f"there is no trigger {trigger!r}; the triggers are {', '.join(BODY_KEYS)}."
            )
        self.callbacks.send(trigger, body, app_id=self.app_id)

    def register_webhook(
        self,
        target: str,
        secret: str = "",
        triggers: Sequence[str] = TRIGGERS,
        app_id: str = "",
        **more: object,
    ) -> Json:
        """Register a webhook, as POST /webhooks does, and return it.

        Raises:
            ApiError: the API would reject the webhook.
        """
        given = {"app_id": app_id or self.app_id, "target": target, "secret": secret, **more}
        return self.apps.add_webhook({**given, "triggers": list(triggers)})

    def next_due(self) -> float | None:
        """Return when the first queued work is due, in Unix seconds; None if the queue is empty."""
        return self.core.next_due()

    def is_at_rest(self) -> bool:
        """Return whether nothing will be sent or shown until somebody acts.

        While a callback waits for a retry, the platform is not at rest. A deadline for a delivery
        report does not count.
        """
        waits = any(not isinstance(due.work, Deadline) for due in self.state.due)
        return not (waits or self._under_way)

    def is_settled(self) -> bool:
        """Return whether all work that is due has been done."""
        due = self.next_due()
        return not self._under_way and (due is None or due > self.core.now())

    def wake(self) -> None:
        """Check for due work immediately, because the clock was moved."""
        self.core.wake()

    async def run_due(self) -> None:
        """Do all due work, in order of time, until no due work is left.

        A callback is posted and answered before the next work is done.
        """
        while (work := self.core.take_due()) is not None:
            await self._do(work)

    async def pump(self) -> None:
        """Do work when it is due, with up to AT_ONCE callbacks concurrently.

        The method needs the system clock, and runs until its task is canceled. Unfinished work
        stays in the queue.
        """
        room = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as group:
            while True:
                work = self.core.take_due()
                if work is None:
                    await self.core.wait()
                    continue
                self._under_way += 1
                if isinstance(work, Attempt):
                    await room.acquire()
                    task = group.create_task(self._safely(work))
                    task.add_done_callback(lambda _: room.release())
                else:
                    await self._safely(work)

    async def _safely(self, work: Work) -> None:
        try:
            await self._do(work)
        except asyncio.CancelledError:
            # Unfinished work returns to the queue, so that a saved state includes it.
            self.core.later(0, work)
            raise
        except Exception:
            _log.exception("A task of the emulator failed", extra={"action": type(work).__name__})
            self.record.counts["failure"] += 1
        finally:
            self._under_way -= 1

    async def _do(self, work: Work) -> None:
        match work:
            case Attempt():
                await self.callbacks.attempt(work.delivery)
            case Step():
                self.outgoing.step(work)
            case Drain():
                self.outgoing.drain(work)
            case EventStep():
                self.outgoing_events.step(work)
            case Deadline():
                self.outgoing.deadline(work)

    async def aclose(self) -> None:
        """Close the connections to webhooks."""
        await self.http.aclose()
