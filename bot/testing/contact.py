"""A contact in a test: what it does, what it sees, and where its flow stands.

What it does returns when the conversation is at rest. What it sees is looked for among the messages
that came since its last act, in their order: each `sees` goes on after the message it found.
"""

import re
from collections.abc import Sequence
from typing import Any

from bot.emulator import Phone, Shown
from bot.flow.durations import seconds
from bot.messages import Message
from bot.session import Session
from bot.session import decode as decode_session
from bot.testing import acts
from bot.testing.acts import Act
from bot.testing.chat_file import NO_FLOW, Entry, Standing, write_entries
from bot.testing.deeds import do
from bot.testing.expecting import Expectation
from bot.testing.replies import reply_of
from bot.testing.simulation import Simulation
from bot.testing.standing import standing_of


class SimulatedContact:
    """A person with a phone on one channel."""

    def __init__(
        self,
        simulation: Simulation,
        channel: str = "SMS",
        *,
        identity: str = "",
        language: str = "",
        zone: str = "",
        consent: str = "",
    ) -> None:
        identity = identity or simulation.new_identity()
        self._simulation = simulation
        self._known: dict[str, Any] = {"language": language, "zone": zone, "consent": consent}
        self._phone: Phone = simulation.platform.phone(channel, identity)
        self._entries: list[Entry] = []
        self._began = 0
        self._seen = 0
        self._told = 0
        self._standing = NO_FLOW
        self._session: Session | None = None
        simulation.contacts.append(self)

    async def says(self, text: str, *, twice: bool = False) -> None:
        """Type and send a text; with `twice` its callback comes a second time."""
        __tracebackhide__ = True
        await self.does(acts.Says(text, twice))

    async def taps(self, label: str, *, old: bool = False, twice: bool = False) -> None:
        """Tap an option by what it shows; where the channel shows options as text, type it.

        The newest one with this label, or with `old` the oldest.

        Raises:
            AssertionError: no option with this label is offered.
        """
        __tracebackhide__ = True
        await self.does(acts.Taps(label, old, twice))

    async def sends_location(
        self, latitude: float, longitude: float, *, title: str = "", label: str = ""
    ) -> None:
        """Send a location, in degrees."""
        __tracebackhide__ = True
        await self.does(acts.SendsLocation(latitude, longitude, title, label))

    async def sends_media(self, url: str, *, caption: str = "") -> None:
        """Send a picture, sound, video or document."""
        __tracebackhide__ = True
        await self.does(acts.SendsMedia(url, caption))

    async def reacts(self, emoji: str) -> None:
        """React to the newest message.

        Raises:
            AssertionError: nothing is shown to react to.
        """
        __tracebackhide__ = True
        await self.does(acts.Reacts(emoji))

    async def reads(self) -> None:
        """Read everything that is shown; nothing follows on channels without read receipts."""
        __tracebackhide__ = True
        await self.does(acts.Reads())

    async def stops(self) -> None:
        """Say STOP."""
        __tracebackhide__ = True
        await self.does(acts.Says("STOP"))

    async def delivers(self, *, failed: str = "") -> None:
        """From now on let messages reach the phone, or with `failed` let them fail with that code,
        such as `RECIPIENT_NOT_REACHABLE`.
        """
        __tracebackhide__ = True
        await self.does(acts.Delivers(failed))

    async def waits(self, duration: str) -> None:
        """Let time pass, such as `"31m"` or `"25h"`; whatever comes due on the way happens."""
        __tracebackhide__ = True
        await self.does(acts.Waits(int(seconds(duration))))

    async def gets_event(self, name: str, data: dict[str, Any] | None = None) -> None:
        """Let an event of your own happen to the contact, as `bot.trigger` does."""
        __tracebackhide__ = True
        await self.does(acts.Happens(name, data or {}))

    async def gets_flow(self, flow: str, data: dict[str, Any] | None = None) -> None:
        """Begin a flow for the contact, as `bot.start` does."""
        __tracebackhide__ = True
        await self.does(acts.Starts(flow, data or {}))

    async def does(self, act: Act) -> None:
        """Do what `act` says, and let everything happen that follows from it."""
        __tracebackhide__ = True
        self._began = self._seen = len(self._phone.shown)
        self._failed.clear()
        self._entries.append(act)
        await self._introduce()
        try:
            await do(act, self._simulation, self._phone)
        except LookupError as fault:
            raise AssertionError(self._with_transcript(str(fault.args[0]))) from None
        await self._refresh()

    def sees(
        self,
        expected: str | re.Pattern[str] | type[Message],
        *,
        choices: Sequence[str] | None = None,
        title: str | None = None,
        text: str | None = None,
    ) -> Shown:
        """Expect a message: with this text in it, or of this kind.

        `choices` are the labels of its options, in order, whether tapped or shown as text. `title`
        and `text` are further texts to be found in it.

        Raises:
            AssertionError: no such message came; it shows the conversation and the nearest message.
        """
        __tracebackhide__ = True
        expectation = Expectation(self._phone.channel, expected, choices, title, text)
        unseen = self._phone.shown[self._seen :]
        for number, shown in enumerate(unseen):
            if not expectation.faults(shown):
                self._seen += number + 1
                return shown
        earlier = self._phone.shown[self._began : self._seen]
        raise AssertionError(self._with_transcript(expectation.report(unseen, earlier)))

    def sees_nothing(self) -> None:
        """Expect that no message came that hasn't been seen.

        Raises:
            AssertionError: one did.
        """
        __tracebackhide__ = True
        unseen = self._phone.shown[self._seen :]
        if unseen:
            came = [f"but there came: {shown.text!r}" for shown in unseen]
            raise AssertionError(self._with_transcript("\n".join(["expected nothing more", *came])))

    @property
    def flow(self) -> str | None:
        """The name of the flow that talks, None where nothing is under way."""
        frame = self._session.frame if self._session else None
        return frame.flow if frame else None

    @property
    def state(self) -> str | None:
        """The state that the flow waits in, None where nothing is under way."""
        frame = self._session.frame if self._session else None
        return frame.state if frame else None

    @property
    def data(self) -> dict[str, Any]:
        """The data of the flow that talks, or else of the one that ended last, as it is kept."""
        frame = self._session.frame if self._session else None
        if frame is not None:
            return dict(frame.data)
        return dict(self._simulation.finished.get(self._simulation.address_of(self._phone).key, {}))

    @property
    def consent(self) -> str:
        """`out` after STOP, `in` after START, empty where neither was said."""
        return self._session.consent if self._session else ""

    @property
    def session(self) -> Session | None:
        """The whole session as it lies in the store."""
        return self._session

    @property
    def phone(self) -> Phone:
        """The emulated phone, for what has no verb of its own here."""
        return self._phone

    @property
    def name(self) -> str:
        """Channel and identity, for telling contacts apart."""
        return f"{self._phone.channel} {self._phone.identity}"

    @property
    def entries(self) -> Sequence[Entry]:
        """The conversation so far, as a `.chat` file holds it."""
        return self._entries

    @property
    def transcript(self) -> str:
        """The conversation so far, in the form of a `.chat` file."""
        return "\n".join(write_entries(self._entries))

    async def rests(self) -> None:
        """Let everything happen that is due, after something done to the phone or the bot
        directly.
        """
        await self._simulation.rest()
        await self._refresh()

    async def _introduce(self) -> None:
        """Before the first act, tell the bot what it is to know of the contact."""
        known, self._known = {k: v for k, v in self._known.items() if v}, {}
        if known:
            address = self._simulation.address_of(self._phone)
            await self._simulation.introduce(Session(address, **known))

    async def _refresh(self) -> None:
        for shown in self._phone.shown[self._told :]:
            self._entries.append(reply_of(shown.app_message, self._phone.channel))
        self._told = len(self._phone.shown)
        key = self._simulation.address_of(self._phone).key
        raw = await self._simulation.bot.store.session(key)
        self._session = self._simulation.opened(decode_session(raw)) if raw else None
        standing = standing_of(self._session)
        if standing != self._standing:
            self._standing = standing
            self._entries.append(Standing(standing))

    @property
    def _failed(self) -> list[str]:
        return self._simulation.failed[self._simulation.address_of(self._phone).key]

    @property
    def failure(self) -> str:
        """Why the contact's turn failed since the last act, the last time it did; else empty."""
        return f"The turn failed: {self._failed[-1]}" if self._failed else ""

    def _with_transcript(self, what: str) -> str:
        parts = (what, self.failure, f"The conversation so far:\n{self.transcript}")
        return "\n\n".join(filter(None, parts))
