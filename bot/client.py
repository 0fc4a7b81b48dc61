"""What may be asked of the bot for a contact, from any process that shares the store.

Nothing is done here: a request goes into the contact's inbox, and becomes a turn like a message.
"""

from typing import Any, overload

from bot.clock import Clock, NewId
from bot.contact import session
from bot.contact.address import Address
from bot.contact.session import Outcome, Session
from bot.engine import consent
from bot.errors import FlowError, OptedOut, UnknownContact
from bot.flow.load import Flows
from bot.items import inbound
from bot.items.inbound import CustomEvent, Item, OperatorCommand, SayText
from bot.messages import TemplateReference, channel_limits
from bot.messages.app_message import Agent
from bot.recipients import Recipients, identity_of
from bot.store import Store
from bot.telemetry import trace_parent
from bot.turn.durations import seconds

Contact = Address | str
"""A contact, or what names one: its key, CHANNEL:identity, or a phone number."""

MAX_WAIT_S = 10.0
"""How long a caller may wait for the outcome of an event."""

MIN_LOOK_S, MAX_LOOK_S = 0.02, 0.2
"""Pauses between two looks at whether there is an outcome."""


class BotClient:
    """Puts requests into contacts' inboxes.

    With an `id`, a request of one kind is taken once, within BOT_DEDUPE; False says that it is a
    repeat. All raise `UnknownContact` if a contact is named and nothing is known of it, and
    `StoreFull` or `StoreError` if the store doesn't take it.

    CHANNEL:identity and phone numbers that aren't keys are looked up by `recipients`, which may
    raise `SendError`. Without it, contacts are named by their keys alone. `start`, `say` and
    `send_template` write to a new contact, too, if it is named as CHANNEL:identity.
    """

    def __init__(
        self,
        store: Store,
        flows: Flows,
        clock: Clock,
        new_id: NewId,
        recipients: Recipients | None = None,
    ) -> None:
        self.store = store
        self.flows = flows
        self.clock = clock
        self.new_id = new_id
        self.recipients = recipients

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
        """Start a flow for a contact, above the active one, which continues afterwards: with this
        data, in `state` or in its first state.

        With `replace` all active flows end first. While a person handles the contact, the start
        waits.

        Raises:
            FlowError: there is no such flow or state, or the flow doesn't take this data.
            OptedOut: the contact said STOP.
        """
        start = self.flows.start_of(flow, data or {}, state)
        start.replace = replace
        return await self._write(contact, "start", id, Item("", start=start))

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
        """Let an event of your own reach the contact's flow, in order with its messages.

        It is for the topmost run that handles it, or for `run` (see `turn.run`). If no flow handles
        it, it waits for as long as `expires` says, such as `"24h"`.

        Raises:
            FlowError: `expires` is no duration.
        """
        event = CustomEvent(name, data or {}, run=run, expires_s=seconds(expires) if expires else 0)
        return await self._put(contact, "event", id, Item("", event=event))

    async def outcome(self, contact: Contact, id: str, *, wait: str = "") -> Outcome | None:
        """Return what was done about the event that was triggered with this id: `handled`,
        `started`, `waiting` or `unhandled`. None if it has not been handled yet, or too long ago.

        With `wait`, such as `"2s"`, wait so long for it, at most ten seconds.

        Raises:
            FlowError: `wait` is no duration, or a longer one.
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

    async def say(self, contact: Contact, text: str, *, agent: str = "", id: str = "") -> bool:
        """Say a text to a contact, whatever flow is active.

        While a person has the contact, the text is theirs, and `agent` is their name. Without, it
        is the bot's own.

        Raises:
            MessageError: the text is empty.
            OptedOut: the contact said STOP.
        """
        return await self._say(contact, SayText(text, agent=_person(agent)), id)

    async def send_template(
        self, contact: Contact, template: TemplateReference, channel: str = "", *, id: str = ""
    ) -> bool:
        """Send a template, which `channel` keeps, or where that is empty, Sinch.

        Raises:
            MessageError: it breaks a rule of the API.
            OptedOut: the contact said STOP.
        """
        return await self._say(contact, SayText(template=template, template_channel=channel), id)

    async def pause(self, contact: Contact, reason: str = "", *, id: str = "") -> bool:
        """Hand a contact over to a person: the bot is silent until it is handed back."""
        return await self._put(
            contact, "pause", id, Item("", command=OperatorCommand("pause", reason))
        )

    async def resume(self, contact: Contact, state: str = "", *, id: str = "") -> bool:
        """Hand a contact back to the bot, which asks again what it asked last, or goes to `state`
        of the active flow. If no person handles the contact, nothing happens.

        Raises:
            FlowError: the flow has no such state.
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
        """The contact's session.

        Raises:
            UnknownContact: a contact that is named has none.
        """
        return (await self._found(contact))[1]

    async def _say(self, contact: Contact, say: SayText, id: str) -> bool:
        channel_limits.require(say.message())
        return await self._write(contact, "say", id, Item("", say=say))

    async def _write(self, contact: Contact, kind: str, id: str, item: Item) -> bool:
        """Put what writes to the contact into its inbox, unless it said STOP."""
        found, known = await self._found(contact, may_be_new=True)
        if known is None and isinstance(found, Address) and found.identity:
            # Nothing is known of this key; the person may have another one.
            known = Session(found)
            consent.follow(known, await self.store.reader.consent(found.identity_key))
        if not consent.allows(known):
            raise OptedOut("The contact said STOP, and only START from it changes that.")
        return await self._accept(found, kind, id, item)

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
        return await self.store.queue.accept(_key(contact), inbound.encode(item), item.id, now)

    async def _found(
        self, contact: Contact, *, may_be_new: bool = False
    ) -> tuple[Contact, Session | None]:
        """Return the contact by its key or address, and its session.

        Raises:
            UnknownContact: a contact that is named has none, and may not be new.
        """
        known = await self._session(_key(contact))
        if known is not None or isinstance(contact, Address):
            return contact, known
        found = await self.recipients.look_up(contact) if self.recipients else None
        if found is not None:
            known = await self._session(found.key)
        if known is None and not (may_be_new and self.recipients):
            raise _unknown()
        if found is None:
            address = identity_of(contact)
            if address is None or self.recipients is None:
                raise _unknown()
            found = await self.recipients.find(address)
        return found, known

    async def _session(self, key: str) -> Session | None:
        raw = await self.store.reader.session(key) if key and "\n" not in key else None
        return session.decode(raw) if raw else None


def _key(contact: Contact) -> str:
    return contact.key if isinstance(contact, Address) else contact


def require_wait(wait: str) -> float:
    """Return how long a caller waits for the outcome of an event, in seconds.

    Raises:
        FlowError: it is no duration, or too long a one.
    """
    wait_s = seconds(wait) if wait else 0.0
    if wait_s > MAX_WAIT_S:
        raise FlowError(f"wait is {wait!r}; the maximum is {MAX_WAIT_S:g}s.")
    return wait_s


def _unknown() -> UnknownContact:
    return UnknownContact(
        "Nothing is known of this contact. Name it by its id, its phone number, or as"
        " CHANNEL:identity; `bot contacts list` shows whom the bot knows."
    )


def _person(name: str) -> Agent | None:
    return Agent(name, "HUMAN") if name else None
