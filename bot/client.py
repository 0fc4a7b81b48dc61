"""The client: requests of a program to the bot about a contact, from any process.

The client runs no flow and sends no message. The client stores each request in the contact's inbox.
A worker handles the request in order with the contact's messages.
"""

from typing import Any, Literal, overload

from bot.clock import Clock, NewId, as_datetime
from bot.contact import session
from bot.contact.address import Address
from bot.contact.session import Outcome, Purpose, Session, require_purpose
from bot.conversation_api.recipients import Recipients, identity_of
from bot.engine import consent
from bot.engine.events import has_same_key
from bot.errors import AlreadyActive, FlowError, FlowSwitchedOff, OptedOut, UnknownContact
from bot.flow.load import Flows, load_flows
from bot.items import inbound
from bot.items.inbound import CustomEvent, Item, OperatorCommand, SayText, StartFlow
from bot.messages import TemplateReference, channel_limits
from bot.messages.app_message import Agent
from bot.store import Store
from bot.telemetry import trace_parent
from bot.turn.durations import seconds

Contact = Address | str
"""A contact, given by its address, its key, CHANNEL:identity, a phone number or a WhatsApp user
ID.
"""

MAX_WAIT_S = 10.0
"""Maximum time for which a caller may wait for the outcome of an event, in seconds."""

MIN_LOOK_S, MAX_LOOK_S = 0.02, 0.2
"""Minimum and maximum pause between two checks for an outcome, in seconds."""


class Client:
    """Puts requests into the inboxes of contacts. `bot.connect()` opens a client.

    `contact` is the key that `bot contacts list` shows, `CHANNEL:identity` such as
    `"SMS:+46700000001"`, a phone number, or a WhatsApp user ID. Any name except a key is looked up
    at Sinch. `start`, `say` and `send_template` also accept a new contact, given by
    `CHANNEL:identity` or a WhatsApp user ID.

    For each contact, a method accepts an `id` only once within BOT_DEDUPE. The method returns True,
    or False for a repeat. Different methods may be called with the same `id`, but `say` and
    `send_template` share their ids.

    Each method may raise:

    - `UnknownContact`: the bot has no such contact.
    - `ContactError`: the name is invalid, or means several contacts.
    - `SendError`: Sinch cannot be asked.
    - `StoreAway`: Redis cannot be reached.
    - `StoreFull`: too many requests wait.
    """

    def __init__(
        self,
        store: Store,
        flows: Flows | None,
        clock: Clock,
        new_id: NewId,
        recipients: Recipients | None = None,
    ) -> None:
        self.store = store
        self._flows = flows
        self.clock = clock
        self.new_id = new_id
        self.recipients = recipients

    @property
    def flows(self) -> Flows:
        """The bot's flows. If no flows were given, the flows of BOT_FLOWS are loaded on first use.

        Raises:
            FlowError: the flows cannot be loaded.
        """
        if self._flows is None:
            self._flows = load_flows(self.store.settings.flows)
        return self._flows

    async def start(
        self,
        contact: Contact,
        flow: str,
        data: dict[str, Any] | None = None,
        *,
        state: str = "",
        id: str = "",
        replace: bool = False,
    ) -> bool:
        """Start a flow for a contact, above the active flow, which continues afterwards.

        The flow starts with `data` in `state`, or in its first state. With `replace`, all active
        flows end first. While a person handles the contact, the start waits.

        Raises:
            FlowError: there is no such flow or state, the flow does not accept this data, or the
                flows of BOT_FLOWS cannot be loaded.
            FlowSwitchedOff: an operator has switched the flow off.
            OptedOut: the contact said STOP, or doesn't consent to the flow's purpose.
            AlreadyActive: the contact has a run of the flow with the same `key`.
        """
        start = self.flows.start_of(flow, data or {}, state)
        start.replace = replace
        return await self.put_start(contact, start, id)

    async def trigger(
        self,
        contact: Contact,
        name: str,
        data: dict[str, Any] | None = None,
        *,
        id: str = "",
        run: int = 0,
        expires: str = "",
    ) -> bool:
        """Trigger an event of your own, which the contact's flow handles with `@on(name)`.

        With `run`, the event is delivered to the run with this number (see `turn.run`). Without
        `run`, the topmost run that handles the event gets it. If no flow handles the event, the
        event waits up to `expires`, such as `"24h"`.

        Raises:
            FlowError: `expires` is not a duration.
        """
        event = CustomEvent(name, data or {}, run=run, expires_s=seconds(expires) if expires else 0)
        return await self._put(contact, "event", id, Item("", event=event))

    async def outcome(self, contact: Contact, id: str, *, wait: str = "") -> Outcome | None:
        """Return the outcome of the event that was triggered with this id.

        The outcome is `handled`, `started`, `waiting`, `unhandled` or, after the last try,
        `failed`. None means that the event has not been handled yet, or is not among the contact's
        last 20 outcomes. With `wait`, such as `"2s"`, the method waits up to this time for an
        outcome.

        Raises:
            FlowError: `wait` is not a duration, or is more than ten seconds.
        """
        end = self.clock.now() + require_wait(wait)
        pause_s = MIN_LOOK_S
        found, _ = await self._found(contact)
        while True:
            known = await self.known(found)
            outcome = known.outcomes.get(f"event:{id}") if known else None
            left_s = end - self.clock.now()
            if outcome is not None or left_s <= 0:
                return outcome
            await self.clock.sleep(min(pause_s, left_s))
            pause_s = min(2 * pause_s, MAX_LOOK_S)

    async def say(
        self,
        contact: Contact,
        text: str,
        *,
        agent: str = "",
        id: str = "",
        purpose: Purpose | Literal[""] = "",
    ) -> bool:
        """Send a text to a contact, no matter which flow is active.

        If a person who handles the contact writes the text, `agent` is the name of this person.
        Without `agent`, the bot counts as the sender. A text with a `purpose` is sent only to
        contacts who consent to that purpose. A text without a purpose is sent unless the contact
        said STOP.

        Raises:
            MessageError: the text is empty.
            OptedOut: the contact said STOP, or does not consent to the purpose.
        """
        say = SayText(text, agent=_person(agent), purpose=purpose)
        return await self.put_text(contact, say, id)

    async def send_template(
        self,
        contact: Contact,
        template: TemplateReference,
        channel: str = "",
        *,
        id: str = "",
        purpose: Purpose | Literal[""] = "",
    ) -> bool:
        """Send a template that is stored at `channel`, or at Sinch if `channel` is empty.

        `purpose` has the same effect as in `say`.

        Raises:
            MessageError: the template breaks a rule of the API.
            OptedOut: the contact said STOP, or doesn't consent to the purpose.
        """
        say = SayText(template=template, template_channel=channel, purpose=purpose)
        return await self.put_text(contact, say, id)

    async def pause(self, contact: Contact, reason: str = "", *, id: str = "") -> bool:
        """Hand a contact over to a person: the bot is silent until `resume`."""
        return await self._put(
            contact, "pause", id, Item("", command=OperatorCommand("pause", reason))
        )

    async def resume(self, contact: Contact, state: str = "", *, id: str = "") -> bool:
        """Hand a contact back to the bot.

        The bot repeats its last question, or goes to `state` of the active flow.

        Nothing happens if no person handles the contact.

        Raises:
            FlowError: the active flow has no such state, or the flows of BOT_FLOWS cannot be
                loaded.
        """
        known = await self.known(contact)
        run = known.run if known else None
        if state and (run is None or not self.flows[run.flow].has(state)):
            where = f"flow {run.flow!r} has no such state" if run else "no flow is active"
            raise FlowError(f"The contact can't be handed back to {state!r}: {where}.")
        command = OperatorCommand("resume", "handed back", state=state)
        return await self._put(contact, "resume", id, Item("", command=command))

    @overload
    async def known(self, contact: str) -> Session: ...

    @overload
    async def known(self, contact: Contact) -> Session | None: ...

    async def known(self, contact: Contact) -> Session | None:
        """Return what the bot stores about a contact: its flow, language, consent and more.

        Return None if `contact` is an `Address` and nothing is stored about this contact yet.
        """
        return (await self._found(contact))[1]

    async def put_start(self, contact: Contact, start: StartFlow, id: str = "") -> bool:
        """Put the start of a flow, as `Flows.start_of` returns it, into the contact's inbox.

        Raises:
            FlowSwitchedOff: an operator has switched the flow off.
            OptedOut: the contact said STOP, or doesn't consent to the flow's purpose.
            AlreadyActive: the contact has a run of the flow with the same `key`.
        """
        await require_on(self.store, start.flow)
        return await self._write(contact, "start", id, Item("", start=start))

    async def put_text(self, contact: Contact, say: SayText, id: str = "") -> bool:
        """Put a text or a template into the contact's inbox.

        Raises:
            MessageError: the message breaks a rule of the API.
            FlowError: there is no such purpose.
            OptedOut: the contact said STOP, or does not consent to the purpose.
        """
        if say.purpose:
            require_purpose(say.purpose)
        channel_limits.require(say.message())
        return await self._write(contact, "say", id, Item("", say=say))

    async def _write(self, contact: Contact, kind: str, id: str, item: Item) -> bool:
        """Put a start, a text or a template into the inbox, or raise `OptedOut` if consent forbids
        it.
        """
        found, known = await self._found(contact, may_be_new=True)
        if known is None and isinstance(found, Address) and found.identity:
            # Nothing is stored under this key. The person may have another key.
            known = Session(found)
            consent.follow(known, await self.store.reader.consent(found.identity_key))
        if not consent.allows(known):
            raise OptedOut(
                "The contact has opted out by STOP. Messages are possible again only after the"
                " contact writes START."
            )
        purpose = self.flows[item.start.flow].purpose if item.start else ""
        if item.say:
            purpose = item.say.purpose
        needed = self.store.settings.opt_in_purposes
        if purpose and not consent.allows_purpose(known, purpose, needed):
            raise OptedOut(f"The contact has not opted in to {purpose}, or has opted out.")
        if item.start and known:
            await self._require_no_double(found, item.start, known, id)
        return await self._accept(found, kind, id, item)

    async def _require_no_double(
        self, contact: Contact, start: StartFlow, known: Session, id: str
    ) -> None:
        """Raise `AlreadyActive` if a run of the flow has the same key, unless the request is a
        repeat.
        """
        definition = self.flows[start.flow]
        if start.replace or not has_same_key(definition, start.data, known):
            return
        if id and await self.store.queue.was_accepted(_key(contact), f"start:{id}"):
            return
        raise AlreadyActive(
            f"The flow {start.flow!r} is active for this contact with the same {definition.key!r}."
            f" Give another {definition.key}, or end all active flows first, with replace=True or"
            " --replace."
        )

    async def _put(self, contact: Contact, kind: str, id: str, item: Item) -> bool:
        if isinstance(contact, str):
            contact, _ = await self._found(contact)
        return await self._accept(contact, kind, id, item)

    async def _accept(self, contact: Contact, kind: str, id: str, item: Item) -> bool:
        if isinstance(contact, Address):
            item.address = contact
        item.at = now = self.clock.now()
        item.id = f"{kind}:{id or self.new_id(now)}"
        item.traceparent = trace_parent.current()
        try:
            encoded = inbound.encode(item)
        except TypeError as error:
            raise FlowError(
                f"The data can't be stored as JSON: {error}. Pass texts, numbers, dates, lists and"
                " dicts, such as the result of model_dump() of a pydantic model."
            ) from error
        return await self.store.queue.accept(_key(contact), encoded, item.id, now)

    async def _found(
        self, contact: Contact, *, may_be_new: bool = False
    ) -> tuple[Contact, Session | None]:
        """Return the contact's key or address, and its session.

        Raises:
            UnknownContact: the contact has no session, and `may_be_new` is False.
        """
        known = await self._session(_key(contact))
        if known is not None or isinstance(contact, Address):
            return contact, known
        found = await self.recipients.look_up(contact) if self.recipients else None
        if found is not None:
            known = await self._session(found.key)
            if known is None:
                # The contact's first turn may not have been committed yet, or only just now.
                if await self.store.reader.inbox(found.key):
                    return found, None
                known = await self._session(found.key)
        if known is None and not (may_be_new and self.recipients):
            raise _unknown(has_recipients=self.recipients is not None)
        if found is None:
            address = identity_of(contact)
            if address is None or self.recipients is None:
                raise _unknown(has_recipients=self.recipients is not None)
            found = await self.recipients.find(address)
        return found, known

    async def _session(self, key: str) -> Session | None:
        raw = await self.store.reader.session(key) if key and "\n" not in key else None
        return session.decode(raw) if raw else None


async def require_on(store: Store, flow: str) -> None:
    """Raise `FlowSwitchedOff` if an operator has switched off the flow."""
    if off := await store.reader.flow_off(flow):
        raise FlowSwitchedOff(
            f"The flow {flow!r} has been off since {as_datetime(off.at):%Y-%m-%d %H:%M} UTC:"
            f" {off.because}. `bot flows on {flow}` switches it on."
        )


def _key(contact: Contact) -> str:
    if not isinstance(contact, Address | str):
        raise TypeError(
            f"A contact is given by its id, number or Address, not by a {type(contact).__name__}."
            " In a test, call a method of the contact, such as contact.receives_event('paid'), or"
            " pass contact.session.address."
        )
    return contact.key if isinstance(contact, Address) else contact


def require_wait(wait: str) -> float:
    """Return how long a caller waits for the outcome of an event, in seconds.

    Raises:
        FlowError: `wait` is not a duration, or is too long.
    """
    wait_s = seconds(wait) if wait else 0.0
    if wait_s > MAX_WAIT_S:
        raise FlowError(f"wait is {wait!r}; the maximum is {MAX_WAIT_S:g}s.")
    return wait_s


def _unknown(*, has_recipients: bool) -> UnknownContact:
    if has_recipients:
        return UnknownContact(
            "The bot has no such contact. `bot contacts list` lists all contacts. To write to a"
            " new contact, start a flow or say a text, and name the contact as CHANNEL:identity,"
            " such as SMS:+46700000001."
        )
    return UnknownContact(
        "The bot has no contact with this id. To name contacts by CHANNEL:identity or phone"
        " number, set SINCH_PROJECT_ID, SINCH_APP_ID, SINCH_KEY_ID and SINCH_KEY_SECRET."
    )


def _person(name: str) -> Agent | None:
    return Agent(name, "HUMAN") if name else None
