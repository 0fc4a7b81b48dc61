"""A contact in a test: its actions, the messages it sees, and the state of its flow.

An action returns when nothing more is due. `sees` searches the messages since the contact's last
action, in order. If an earlier `sees` has found a message, the search begins after this message.
"""

import re
from collections.abc import Coroutine, Sequence
from inspect import CORO_CREATED, getcoroutinestate
from typing import Any

from bot.contact.session import Session
from bot.contact.session import decode as decode_session
from bot.emulator import Phone, Shown, actions
from bot.errors import ConfigError, FlowError
from bot.flow.values import plain
from bot.items.inbound import Item
from bot.messages import Message
from bot.testing.actions import Action, Delivers, ReceivesEvent, StartsFlow, Waits
from bot.testing.bot_message import reply_of
from bot.testing.chat_file import NO_FLOW, Entry, Standing, write_entries
from bot.testing.expectation import Expectation
from bot.testing.perform import perform
from bot.testing.simulation import Simulation
from bot.testing.state_label import label_of
from bot.turn.durations import seconds
from bot.turn.turn import Contact

Doing = Coroutine[Any, Any, None]
"""An action, which happens only when the caller awaits it."""


class SimulatedContact:
    """A contact in a test: a person with a phone on one channel."""

    def __init__(
        self,
        simulation: Simulation,
        channel: str = "SMS",
        *,
        identity: str = "",
        language: str = "",
        zone: str = "",
        consent: str = "",
        has_number: bool = True,
        data: dict[str, Any] | None = None,
    ) -> None:
        if not has_number and channel != "WHATSAPP":
            raise ConfigError(
                f"has_number=False is for WHATSAPP only: a contact on {channel} has a number."
            )
        identity = identity or simulation.new_identity(has_number=has_number)
        self._simulation = simulation
        self._known: dict[str, Any] = {"language": language, "zone": zone, "consent": consent}
        if data:
            self._known["data"] = simulation.contact_data.made(data)
        self._phone: Phone = simulation.platform.phone(channel, identity)
        self._entries: list[Entry] = []
        self._began = 0
        self._seen = 0
        self._told = 0
        self._standing = NO_FLOW
        self._earlier: set[str] = set()
        self._expected: set[str] = set()
        self._session: Session | None = None
        self._doing: tuple[Action, Doing] | None = None
        self._is_acting = False
        simulation.contacts.append(self)

    def says(self, text: str, *, twice: bool = False, quotes: str = "") -> Doing:
        """Type and send a text. With `twice`, the callback of the text comes a second time.

        With `quotes`, the text quotes the newest message on the phone that contains these words.

        Raises:
            AssertionError: no message contains the words.
        """
        quoted = self._shown_with(quotes) if quotes else ""
        return self.perform(actions.Says(text, quoted, copies=int(twice)))

    def _shown_with(self, words: str) -> str:
        for shown in reversed(self._phone.shown):
            if words in shown.text:
                return shown.message_id
        raise AssertionError(f"The phone shows no message with {words!r} to quote.")

    def taps(self, label: str, *, card: str = "", old: bool = False, twice: bool = False) -> Doing:
        """Tap the newest option with this label, or the oldest if `old` is True.

        On a channel that shows options as text, type the label instead. If several cards of a
        carousel have the option, `card` is the title of the card. With `twice`, the callback of the
        tap comes a second time.

        Raises:
            AssertionError: no option with this label is offered, or several cards have the option
                and `card` is "".
        """
        return self.perform(actions.Taps(label, old, card, copies=int(twice)))

    def sends_location(
        self, latitude: float, longitude: float, *, title: str = "", label: str = ""
    ) -> Doing:
        """Send a location. `latitude` and `longitude` are in degrees."""
        return self.perform(actions.SendsLocation(latitude, longitude, title, label))

    def sends_file(self, content: bytes, name: str, *, caption: str = "") -> Doing:
        """Send a file, such as a recording: `sends_file(sound, "voice.ogg")`."""
        return self.perform(actions.SendsFile(name, content, caption))

    def sends_media(self, url: str, *, caption: str = "") -> Doing:
        """Send a picture, sound, video or document."""
        return self.perform(actions.SendsMedia(url, caption))

    def reacts(self, emoji: str) -> Doing:
        """React to the newest message.

        Raises:
            AssertionError: the phone shows no message.
        """
        return self.perform(actions.Reacts(emoji))

    def reads(self) -> Doing:
        """Read all messages on the phone. On channels without read receipts, this action has no
        effect.
        """
        return self.perform(actions.Reads())

    def stops(self) -> Doing:
        """Send STOP."""
        return self.perform(actions.Says("STOP"))

    def delivers(self, *, failed: str = "") -> Doing:
        """Let messages reach the phone from now on.

        With `failed`, messages fail with this code, such as `RECIPIENT_NOT_REACHABLE`.
        """
        return self.perform(Delivers(failed))

    def waits(self, duration: str) -> Doing:
        """Let time pass, such as `"31m"` or `"25h"`.

        Whenever work becomes due, such as a timer, the clock pauses until the work is done.
        """
        return self.perform(Waits(int(seconds(duration))))

    def receives_event(self, name: str, data: dict[str, Any] | None = None) -> Doing:
        """Trigger one of your own events for the contact, as `client.trigger` does."""
        return self.perform(ReceivesEvent(name, data or {}))

    def starts_flow(
        self, flow: str, data: dict[str, Any] | None = None, *, state: str = ""
    ) -> Doing:
        """Start a flow for the contact, as `client.start` does.

        Without `state`, the flow begins in its first state.
        """
        return self.perform(StartsFlow(flow, data or {}, state))

    def perform(self, act: Action) -> Doing:
        """Perform an action, and all work that follows from it."""
        __tracebackhide__ = True
        self._require_done()
        self._doing = act, self._does(act)
        return self._doing[1]

    def unawaited(self) -> str:
        """Return an error if the last action was never awaited; otherwise "".

        Each such action is reported only once.
        """
        (act, doing), self._doing = self._doing or (None, None), None
        if act is None or doing is None or getcoroutinestate(doing) != CORO_CREATED:
            return ""
        doing.close()
        line = "\n".join(write_entries([act]))
        return f"An action isn't awaited, so it didn't happen. Write await before it: {line}"

    def _require_done(self) -> None:
        __tracebackhide__ = True
        if left := self.unawaited():
            raise AssertionError(left)

    async def _does(self, act: Action) -> None:
        __tracebackhide__ = True
        self._began = self._seen = len(self._phone.shown)
        self._earlier = set(self._failed)
        self._simulation.unsent.pop(self._simulation.address_of(self._phone).key, None)
        self._entries.append(act)
        self._is_acting = True
        try:
            await self._introduce()
            await perform(act, self._simulation, self._phone)
        except LookupError as error:
            raise AssertionError(self._with_transcript(str(error.args[0]))) from None
        except FlowError as error:
            raise AssertionError(self._with_transcript(str(error))) from None
        finally:
            self._is_acting = False

    def sees(
        self,
        expected: str | re.Pattern[str] | type[Message],
        *,
        choices: Sequence[str] | None = None,
        title: str | None = None,
        text: str | None = None,
    ) -> Shown:
        """Expect a message that contains this text or pattern, or is of this type, and return it.

        `choices` are the labels of all options of the message in order, whether they are buttons or
        text. The message must also contain `title` and `text`.

        Raises:
            AssertionError: no such message came. The error shows the conversation and the most
                similar message.
            TypeError: `choices` is a text.
        """
        __tracebackhide__ = True
        self._require_done()
        if isinstance(choices, str):
            raise TypeError(f"choices is {choices!r}; it takes a list: choices=[{choices!r}].")
        expectation = Expectation(self._phone.channel, expected, choices, title, text)
        unseen = self._phone.shown[self._seen :]
        for number, shown in enumerate(unseen):
            if not expectation.errors(shown):
                self._seen += number + 1
                return shown
        earlier = self._phone.shown[self._began : self._seen]
        raise AssertionError(self._with_transcript(expectation.report(unseen, earlier)))

    def sees_nothing(self, *, failed: str = "") -> None:
        """Expect no unseen message, and no failed turn of the contact so far.

        With `failed`, expect that a turn has failed with this text in the reason. The apology for
        this failure does not count as unseen.

        Raises:
            AssertionError: there is an unseen message, a turn has failed, or no turn has failed
                with the expected reason.
        """
        __tracebackhide__ = True
        self._require_done()
        apology = self._simulation.settings.apology if failed else ""
        unseen = [
            shown
            for shown in self._phone.shown[self._seen :]
            if not (apology and shown.text == apology)
        ]
        if unseen:
            came = [f"but received: {shown.text!r}" for shown in unseen]
            raise AssertionError(self._with_transcript("\n".join(["expected nothing more", *came])))
        left = {item: why for item, why in self._failed.items() if item not in self._expected}
        found = {item for item, why in left.items() if failed and failed in why}
        if failed and not found:
            raise AssertionError(self._with_transcript(f"expected the turn to fail: {failed!r}"))
        self._expected |= found
        unexpected = [why for item, why in left.items() if item not in found]
        if unexpected:
            what = (
                "nothing came, because the turn failed."
                if self.failure
                else f"nothing came, but a turn failed earlier: {unexpected[0]}\n"
            )
            raise AssertionError(
                self._with_transcript(
                    f"expected nothing; {what} If the turn is meant to fail, write"
                    " sees_nothing(failed=…) with a part of the reason."
                )
            )

    @property
    def flow(self) -> str | None:
        """The name of the active flow, or None."""
        run = self._session.run if self._session else None
        return run.flow if run else None

    @property
    def state(self) -> str | None:
        """The state in which the active flow waits, or None."""
        run = self._session.run if self._session else None
        return run.state if run else None

    @property
    def data(self) -> dict[str, Any]:
        """The stored data of the active flow. If no flow is active, the data of the flow that ended
        last.
        """
        run = self._session.run if self._session else None
        if run is not None:
            return dict(plain(run.data))
        return dict(self._simulation.finished.get(self._simulation.address_of(self._phone).key, {}))

    @property
    def contact_data(self) -> Any:
        """The contact's data that all flows share, like `turn.contact.data`.

        Raises:
            FlowError: the flows declare no contact data.
        """
        empty = Session(self._simulation.address_of(self._phone))
        return self._simulation.contact_data.load(self._session or empty)

    @property
    def consent(self) -> str:
        """The contact's consent: `out` after STOP, `in` after START, otherwise ""."""
        return self._session.consent if self._session else ""

    @property
    def session(self) -> Session | None:
        """The contact's stored session; None if the bot has not stored a session."""
        return self._session

    @property
    def phone(self) -> Phone:
        """The emulated phone, for actions that have no method here."""
        return self._phone

    @property
    def name(self) -> str:
        """The contact's channel and identity, to distinguish contacts."""
        return f"{self._phone.channel} {self._phone.identity}"

    @property
    def entries(self) -> Sequence[Entry]:
        """The conversation so far, as the entries of a `.chat` file."""
        return self._entries

    @property
    def transcript(self) -> str:
        """The conversation so far, as the text of a `.chat` file."""
        return "\n".join(write_entries(self._entries))

    async def run_until_idle(self) -> None:
        """Do all work that is due.

        Call this method after a direct use of the phone or the bot.
        """
        await self._simulation.run_until_idle()

    def note_request(self, key: str, item: Item) -> None:
        """Add an event or a start of a flow to the conversation if a program requested it for this
        contact.

        A request during an action of the contact is ignored, because the request is the action
        itself or follows from it.
        """
        address = self._simulation.known_address_of(self._phone)
        if self._is_acting or address is None or address.key != key:
            return
        self._add_replies()
        if item.event is not None:
            self._entries.append(ReceivesEvent(item.event.name, item.event.data))
        elif item.start is not None:
            start = item.start
            self._entries.append(StartsFlow(start.flow, start.data, start.state))

    async def refresh(self) -> None:
        """Read the contact's current state, and add new messages to the conversation."""
        self._add_replies()
        address = self._simulation.known_address_of(self._phone)
        store = self._simulation.bot.store
        raw = await store.reader.session(address.key) if address else None
        self._session = self._simulation.opened(decode_session(raw)) if raw else None
        standing = label_of(self._session)
        if standing != self._standing:
            self._standing = standing
            self._entries.append(Standing(standing))

    def _add_replies(self) -> None:
        for shown in self._phone.shown[self._told :]:
            self._entries.append(reply_of(shown.app_message, self._phone.channel))
        self._told = len(self._phone.shown)

    async def _introduce(self) -> None:
        """Before the first action, give the bot the contact's data from an earlier conversation."""
        known, self._known = {k: v for k, v in self._known.items() if v}, {}
        if known:
            session = Session(self._simulation.address_of(self._phone))
            session.consent = known.get("consent", "")
            if "data" in known:
                self._simulation.contact_data.store(session, known["data"])
            contact = Contact(session)
            contact.language, contact.zone = known.get("language", ""), known.get("zone", "")
            await self._simulation.introduce(session)

    @property
    def _failed(self) -> dict[str, str]:
        return self._simulation.failed[self._simulation.address_of(self._phone).key]

    @property
    def failure(self) -> str:
        """Return why a turn or a hook has failed since the last action; "" if nothing has failed.

        A turn that succeeded in a later attempt does not count. Of the hooks, only hooks around a
        send and hooks for hand-overs count.
        """
        new = [why for item, why in self._failed.items() if item not in self._earlier]
        last = new[-1] if new else ""
        if last:
            return f"The turn failed: {last}"
        return self._simulation.unsent.get(self._simulation.address_of(self._phone).key, "")

    def _with_transcript(self, what: str) -> str:
        parts = (what, self.failure, f"The conversation so far:\n{self.transcript}")
        return "\n\n".join(filter(None, parts))
