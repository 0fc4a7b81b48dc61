"""The platform behind the API: its state, and the queue by which everything later happens.

Nothing runs by itself. A test calls `run_due()` when its clock says so; a server calls `pump()`.
"""

import asyncio
import logging
from collections.abc import Sequence

import httpx

from bot.clock import Clock, NewId, new_ulid
from bot.emulator.api_error import Json
from bot.emulator.apps import Apps
from bot.emulator.callbacks import BODY_KEYS, TRIGGERS, Callbacks
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
from bot.errors import ConfigError

AT_ONCE = 64
"""Callbacks under way at the same time."""

_log = logging.getLogger(__name__)


class Platform:
    """One Sinch project with its apps, contacts, conversations, messages and webhooks.

    `world` is what exists from the start, `behavior` how fast and how strict the platform is;
    `seed` fixes what faults do by chance. `state` is one that `save` wrote. Callbacks leave through
    `http`, on `transport` if given.
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
        """The ready-made app's."""
        return self.world.app_id

    @property
    def record(self) -> Record:
        """Every request taken and every callback sent."""
        return self.core.record

    @property
    def state(self) -> State:
        return self.core.state

    def phone(self, channel: str, identity: str, app_id: str = "") -> Phone:
        """The phone of a contact of the app, by default the ready-made one.

        Raises:
            ConfigError: the app has no such channel.
        """
        app = self.core.app(app_id or self.app_id)
        channels = [entry["channel"] for entry in app["channel_credentials"]]
        if channel not in channels:
            raise ConfigError(f"the app has no channel {channel!r}; it has {', '.join(channels)}.")
        return Phone(self.core, self.incoming, self.outgoing, app["id"], channel, identity)

    def channel_event(self, channel: str, event_type: str, additional_data: Json) -> None:
        """Something happened to the app's channel itself; CHANNEL_EVENT follows.

        `event_type` is such as WHATS_APP_QUALITY_RATING_CHANGED.
        """
        event = {"channel": channel, "event_type": event_type, "additional_data": additional_data}
        self.callback("CHANNEL_EVENT", {"channel_event": event})

    def callback(self, trigger: str, body: Json) -> None:
        """Send any callback, for what has no deed here; `body` is what lies under its key.

        Raises:
            ConfigError: there is no such trigger.
        """
        if trigger not in BODY_KEYS:
            raise ConfigError(f"there is no trigger {trigger!r}; there is {', '.join(BODY_KEYS)}.")
        self.callbacks.send(trigger, body, app_id=self.app_id)

    def register_webhook(
        self,
        target: str,
        secret: str = "",
        triggers: Sequence[str] = TRIGGERS,
        app_id: str = "",
        **more: object,
    ) -> Json:
        """Register a webhook as POST /webhooks does and return it.

        Raises:
            Refusal: the API would refuse it.
        """
        given = {"app_id": app_id or self.app_id, "target": target, "secret": secret, **more}
        return self.apps.add_webhook({**given, "triggers": list(triggers)})

    def next_due(self) -> float | None:
        """When the next thing in the queue is due, in Unix seconds; None where it is empty."""
        return self.core.next_due()

    def is_at_rest(self) -> bool:
        """Whether there is nothing more to tell or to show, unless somebody does something.

        What waits for another try counts as something; the end of a message's time doesn't.
        """
        waits = any(not isinstance(due.work, Deadline) for due in self.state.due)
        return not (waits or self._under_way)

    def is_settled(self) -> bool:
        """Whether all that was due by now has happened."""
        due = self.next_due()
        return not self._under_way and (due is None or due > self.core.now())

    def wake(self) -> None:
        """Look at once for what is due: the clock was moved."""
        self.core.wake()

    async def run_due(self) -> None:
        """Do everything that is due now, one after another in order of time, and what follows.

        A callback is posted and answered before the next thing is done.
        """
        while (work := self.core.take_due()) is not None:
            await self._do(work)

    async def pump(self) -> None:
        """Do things as they become due, for ever, with up to AT_ONCE callbacks under way.

        Made for the system clock. Ends by cancellation, leaving the rest in the queue.
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
            # What was under way belongs to the queue again, so that a kept state has it.
            self.core.later(0, work)
            raise
        except Exception:
            _log.exception("A part of the emulator failed", extra={"action": type(work).__name__})
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
