"""A simulation: the real webhook, store, turns, outbox and client, connected to the emulator.

The test moves the clock. All work is done inside the test's calls: `run_until_idle` does all due
work of the bot and of the emulator. No task runs in parallel, so the order of events is always the
same.
"""

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from traceback import extract_tb
from typing import Any, Protocol

import httpx
from starlette.applications import Starlette

from bot.app.asgi import routes
from bot.app.bot import Bot
from bot.client import Contact
from bot.contact.address import Address
from bot.contact.session import Session
from bot.contact.session import encode as encode_session
from bot.emulator import Phone, Platform, SampleProject, create_app
from bot.emulator.triggers import TRIGGERS
from bot.errors import ConfigError, FlowError
from bot.flow.contact_data import ContactDataType
from bot.flow.import_errors import way_out
from bot.flow.load import Flows
from bot.flow.places import short
from bot.i18n.printable import printable_lines
from bot.items.inbound import CustomEvent, Item
from bot.items.inbound import encode as encode_item
from bot.settings import Secret, Settings
from bot.store import Commit, Store
from bot.telemetry.redaction import unmasked, user_traceback
from bot.testing.clock import START, CountingIds, VirtualClock
from bot.testing.fake_desk import Desk
from bot.testing.given_flows import flows_of
from bot.testing.services import Services
from bot.testing.unawaited import unawaited
from bot.turn.effects import TurnEffects
from bot.turn.turn import EventCircle

WEBHOOK = "http://bot.test/webhook"
API = "http://sinch.test"
SECRET = "simulated-secret"
SECRET_KEY = "c2ltdWxhdGVkLXNlY3JldC1zaW11bGF0ZWQtc2VjcmU="
MAX_TURNS_AT_ONCE = 1_000
"""Maximum number of a contact's turns without any time passing. More turns mean an endless loop."""

REPORTS = {"submitted", "queued_on_channel", "delivered", "read", "failed", "switching_channel"}
"""Events that report the progress of a sent message."""


class EndlessTurns(BaseException):
    """A contact has had too many turns without any time passing.

    This error is not an `Exception`, so that it does not count as a failure of the last turn.
    """


class EndlessLoop(AssertionError):
    """The simulation never becomes idle."""


class Participant(Protocol):
    """The parts of a simulated contact that a report about a test needs."""

    @property
    def name(self) -> str: ...
    @property
    def entries(self) -> Sequence[object]: ...
    @property
    def transcript(self) -> str: ...
    @property
    def failure(self) -> str: ...
    def unawaited(self) -> str: ...
    def note_request(self, key: str, item: Item) -> None: ...
    async def refresh(self) -> None: ...


class _NotingBot(Bot):
    """A bot that adds events and starts of flows to the conversations if a program requests
    them.
    """

    contacts: Sequence[Participant] = ()

    async def _accept(self, contact: Contact, kind: str, id: str, item: Item) -> bool:
        is_new = await super()._accept(contact, kind, id, item)
        if is_new:
            key = contact.key if isinstance(contact, Address) else contact
            for each in self.contacts:
                each.note_request(key, item)
        return is_new


class Simulation:
    """A bot and the emulated platform, both idle between the test's actions.

    - Time starts at `at` (Unix seconds).
    - `services` replaces the author's functions and HTTP. `desk` replaces the system at
      BOT_HANDOFF_URL.
    - Each turn runs inside a context that `guard` returns. `watchers` are called with the effects
      of each turn.
    - `contacts` are the contacts of the test. `finished` has, by contact, the data of the flow that
      ended last. `failed` has, by contact and item, why turns failed, unless a later attempt
      succeeded. `unsent` describes, by contact, a hook that has failed since the last action and so
      prevented a send or a hand-over.
    - The webhook is registered for `triggers`.
    - `root` is the folder in which `deploy` looks for folders of flows.
    - If `shows_errors` is False, logs mask contacts' texts, as in production.
    """

    def __init__(
        self,
        store: Store,
        flows: Flows,
        settings: Settings,
        *,
        mode: str = "CONVERSATION",
        at: float = START,
        triggers: Sequence[str] = TRIGGERS,
    ) -> None:
        self.clock = VirtualClock(at)
        self.flows = flows
        self.root = Path()
        self.services = Services()
        self.desk = Desk()
        self.watchers: list[Callable[[TurnEffects], None]] = []
        self.guard: Callable[[], AbstractContextManager[object]] = nullcontext
        self.contacts: list[Participant] = []
        self.finished: dict[str, dict[str, Any]] = {}
        self.failed: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self.unsent: dict[str, str] = {}
        self.shows_errors = True
        self._began_at = self._counted_at = at
        self._turns: Counter[str] = Counter()
        self._ids = CountingIds()
        # A bot that is killed uses more ids and time. The ids of actions must not depend on a kill.
        self._action_ids = CountingIds(after=1 << 72)
        world = SampleProject(processing_mode=mode)
        self.settings = replace(
            world.settings(settings, API),
            webhook_secrets=(Secret(SECRET),),
            secret_keys=settings.secret_keys or (Secret(SECRET_KEY),),
        )
        self._people = 0
        self.asgi_app = Starlette(routes=routes(self.settings))
        self.asgi_app.router.redirect_slashes = False
        self.platform = Platform(
            self.clock,
            CountingIds(after=1 << 64),
            world=world,
            transport=self.new_webhook_transport(),
        )
        self.platform.core.new_inbound_id = lambda _now: self.new_action_id()
        self.bot = self.new_bot(store, self.new_transport())
        self.platform.register_webhook(WEBHOOK, SECRET, triggers)

    def new_bot(self, store: Store, transport: httpx.AsyncBaseTransport) -> Bot:
        """Return a bot that receives the callbacks and does the work from now on."""
        bot = _NotingBot(
            self.settings,
            store,
            self.flows,
            clock=self.clock,
            new_id=self._ids,
            transport=transport,
            handoff_transport=self.desk.transport,
            name="simulation",
        )
        bot.contacts = self.contacts
        bot.engine.around = self._around
        bot.runner.failure.watch = self._watch_failure
        bot.outbox.watch = self._watch_send
        self.services.injected.own = bot.own_services
        bot.engine.services = self.services.injected
        self.asgi_app.state.bot = bot
        return bot

    def deploy(self, flows: str | Iterable[Any]) -> None:
        """Use other flows from now on, as after a release. Contacts stay in their states.

        `flows` is a folder, or a list of classes, as in the marker `flows`.

        Raises:
            FlowError: the flows cannot be loaded.
        """
        self.flows = flows_of(flows, self.root, "simulation.deploy()")
        self.bot.use(self.flows)

    def _watch_failure(self, contact: str, item: Item, error: BaseException) -> None:
        """Record why a turn failed, including failures of its commit."""
        self.failed[contact].setdefault(item.id, _told(error))

    def _watch_send(self, contact: str, what: str, error: Exception) -> None:
        """Record why a hook failed, and so prevented a send or a hand-over."""
        self.unsent[contact] = f"{what}: {_told(error)}"

    def new_transport(self) -> httpx.AsyncBaseTransport:
        """Return a transport to the emulated API."""
        return httpx.ASGITransport(create_app(self.platform))

    def new_webhook_transport(self) -> httpx.AsyncBaseTransport:
        """Return a transport to the bot's webhook."""
        return httpx.ASGITransport(self.asgi_app)

    async def _around(
        self, effects: TurnEffects, run: Callable[[TurnEffects], Awaitable[None]]
    ) -> None:
        self._count(effects)
        effects.stand_ins = self.services.stand_ins
        failed = self.failed[effects.session.address.key]
        failed.pop(effects.item.id, None)
        try:
            with self.guard(), unawaited() as left:
                await run(effects)
            if left:
                raise FlowError(left[0])
        except EventCircle as error:
            raise EndlessTurns(str(error)) from None
        except Exception as error:
            failed[effects.item.id] = _told(error)
            raise
        if effects.problem is not None:
            failed[effects.item.id] = _told(effects.problem)
        if effects.finished is not None:
            self.finished[effects.session.address.key] = effects.finished
        for watch in self.watchers:
            watch(effects)

    def failures(self) -> list[str]:
        """Return why turns of any contact failed. Turns that succeeded later are left out."""
        return [why for failed in self.failed.values() for why in failed.values()]

    def _count(self, effects: TurnEffects) -> None:
        """Count the turns that each contact has without any time passing.

        Raises:
            EndlessTurns: there are too many turns.
        """
        if self._counted_at != self.clock.now():
            self._counted_at = self.clock.now()
            self._turns.clear()
        self._turns[effects.session.address.key] += 1
        if self._turns[effects.session.address.key] > MAX_TURNS_AT_ONCE:
            flow, state = effects.session.where
            raise EndlessTurns(
                f"A contact had {MAX_TURNS_AT_ONCE} turns without time passing. The last turn"
                f" handled {effects.event!r} in {f'{flow}/{state}' if flow else 'no flow'}."
                f" Does a handler of {effects.event!r} say or schedule something that leads to"
                " this event again?"
            )

    def new_action_id(self) -> str:
        """Return an id for the next action.

        When a conversation is repeated, its actions have the same ids.
        """
        return self._action_ids(self._began_at)

    def new_identity(self, *, has_number: bool = True) -> str:
        """Return an unused phone number, or a WhatsApp user ID if `has_number` is False."""
        self._people += 1
        return f"4670{self._people:07}" if has_number else f"SE.{self._people:016}"

    @property
    def mode(self) -> str:
        """The app's processing mode, CONVERSATION or DISPATCH.

        The mode can be set until the first contact is created.
        """
        return str(self._emulated_app["processing_mode"])

    @mode.setter
    def mode(self, mode: str) -> None:
        if mode != self.mode and self.contacts:
            raise ConfigError(
                f"All contacts of a simulation have its mode, {self.mode}. Make another simulation"
                f" for {mode}."
            )
        self._emulated_app["processing_mode"] = mode

    @property
    def _emulated_app(self) -> dict[str, Any]:
        return self.platform.state.apps[self.platform.app_id]

    def address_of(self, phone: Phone) -> Address:
        """Return the address by which the bot knows the contact with this phone.

        In CONVERSATION mode, an unknown contact is created, because the address needs the contact's
        id.
        """
        contact_id = ""
        if self.mode == "CONVERSATION":
            whom = [(phone.channel, phone.identity)]
            contact_id = self.platform.contacts.find_or_create(phone.app_id, whom)["id"]
        return Address(contact_id, phone.channel, phone.identity)

    def known_address_of(self, phone: Phone) -> Address | None:
        """Return the address by which the bot knows the contact with this phone.

        In CONVERSATION mode, return None if the contact has no id yet.
        """
        whom = (phone.app_id, phone.channel, phone.identity)
        if self.mode == "CONVERSATION" and self.platform.contacts.find(*whom) is None:
            return None
        return self.address_of(phone)

    @property
    def contact_data(self) -> ContactDataType:
        """The contact data that the flows declare.

        Raises:
            FlowError: the flows declare no contact data.
        """
        if self.bot.flows.contact_data is None:
            raise FlowError(
                "The flows declare no contact data. Write a subclass of bot.ContactData in a module"
                " of the flows."
            )
        return self.bot.flows.contact_data

    async def introduce(self, session: Session) -> None:
        """Store a contact's session before its first message, as if an earlier conversation had
        left it.
        """
        store, now, key = self.bot.store, self.clock.now(), session.address.key
        item = Item(
            id=f"introduced:{key}", event=CustomEvent("introduced"), address=session.address
        )
        self.bot.cipher.close(session, self.bot.flows)
        await store.queue.accept(key, encode_item(item), item.id, now)
        for ready in await store.queue.ready("introducing", 100, None):
            work = await store.queue.claim(ready, self._ids(now), now)
            if work is not None:
                await store.queue.commit(work, Commit(session=encode_session(session)), now)

    def opened(self, session: Session) -> Session:
        """Return the session with its secret answers decrypted, as the flows see them."""
        return self.bot.cipher.open(session, self.bot.flows)

    async def run_until_idle(self) -> None:
        """Do all work that is due now, and add new messages to the conversations of all contacts.

        Raises:
            EndlessLoop: the work never ends.
        """
        await self._run_due()
        await self._refresh_contacts()

    async def _refresh_contacts(self) -> None:
        for contact in self.contacts:
            await contact.refresh()

    async def _run_due(self) -> None:
        try:
            while True:
                await self.platform.run_due()
                await self._drain()
                if not self._is_platform_due():
                    return
        except EndlessTurns as error:
            raise EndlessLoop(str(error)) from None

    async def _drain(self) -> None:
        with unmasked() if self.shows_errors else nullcontext():
            await self.bot.worker.drain()

    async def wait(self, seconds: float) -> None:
        """Let time pass, and add new messages to the conversations of all contacts.

        Whenever work becomes due, such as a timer, the clock pauses until the work is done.
        """
        end = self.clock.now() + seconds
        while True:
            await self._run_due()
            due = await self._next_due()
            if due is None or due > end:
                break
            self.clock.advance_to(due)
        self.clock.advance_to(end)
        await self.run_until_idle()

    async def aclose(self) -> None:
        """Close the bot and the platform. The caller that opened the store must close it."""
        await self.platform.http.aclose()
        await self.bot.api.aclose()

    def _is_platform_due(self) -> bool:
        due = self.platform.next_due()
        return due is not None and due <= self.clock.now()

    async def _next_due(self) -> float | None:
        dues = [self.platform.next_due(), await self.bot.worker.fire_timers()]
        return min((due for due in dues if due is not None), default=None)


def _told(fault: BaseException) -> str:
    """Return the error, and the last line of the author's code that led to it."""
    way = way_out(fault) if isinstance(fault, Exception) else ""
    said = str(fault).rstrip(".") if way else str(fault)
    words = printable_lines(f"{type(fault).__name__}: {said}{way}")
    lines = [
        (short(Path(frame.filename)), frame)
        for frame in extract_tb(user_traceback(fault))
        if Path(frame.filename).is_relative_to(Path.cwd())
    ]
    for path, frame in lines[-1:]:
        words += f"\n  {path}, line {frame.lineno}, in {frame.name}: {frame.line}"
    return words


def needed_triggers(flows: Flows) -> Sequence[str]:
    """Return the triggers of the callbacks that these flows can use.

    Other callbacks would only take time.
    """
    if any(flow.events & REPORTS for flow in flows):
        return TRIGGERS
    return [each for each in TRIGGERS if each not in ("MESSAGE_SUBMIT", "MESSAGE_DELIVERY")]
