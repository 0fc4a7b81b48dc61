"""A contact in a test: what it does, what it sees, and where its flow stands.

What it does returns when the conversation is at rest. What it sees is looked for among the messages
that came since its last act, in their order: each `sees` goes on after the message it found.
"""

import re
from collections.abc import Sequence
from typing import Any

from bot.emulator import NotOnPhone, Phone, Shown
from bot.flow.durations import seconds
from bot.messages import Message
from bot.record import Record
from bot.record import decode as decode_record
from bot.session import Session
from bot.session import decode as decode_session
from bot.testing.simulation import Simulation
from bot.testing.transcript import Line, describe, kind_of, labels_of, transcript_text


class SimulatedContact:
    """A person with a phone on one channel."""

    def __init__(self, simulation: Simulation, channel: str, identity: str) -> None:
        self._simulation = simulation
        self._phone: Phone = simulation.platform.phone(channel, identity)
        self._lines: list[Line] = []
        self._seen = 0
        self._session: Session | None = None
        self._records: list[Record] = []

    async def says(self, text: str) -> None:
        """Type and send a text."""
        await self._act(f"says {text!r}", lambda: self._phone.says(text))

    async def taps(self, label: str) -> None:
        """Tap an option by what it shows; where the channel shows options as text, type it.

        Raises:
            AssertionError: no option with this label is offered.
        """

        def tap() -> None:
            try:
                self._phone.taps(label)
            except NotOnPhone:
                shown = self._newest_with_choices()
                if shown is None or shown.choices or label not in labels_of(shown):
                    raise
                self._phone.says(label)

        await self._act(f"taps {label!r}", tap)

    async def sends_location(
        self, latitude: float, longitude: float, *, title: str = "", label: str = ""
    ) -> None:
        """Send a location."""
        await self._act(
            f"sends location {latitude}, {longitude}",
            lambda: self._phone.sends_location(latitude, longitude, title=title, label=label),
        )

    async def sends_media(self, url: str, *, caption: str = "") -> None:
        """Send a picture, sound, video or document."""
        await self._act(f"sends media {url}", lambda: self._phone.sends_media(url, caption=caption))

    async def reacts(self, emoji: str) -> None:
        """React to the newest message."""
        await self._act(f"reacts {emoji}", lambda: self._phone.reacts(emoji))

    async def reads(self) -> None:
        """Read everything that is shown."""
        await self._act("reads", self._phone.reads)

    async def waits(self, duration: str) -> None:
        """Let time pass, such as `"31m"` or `"25h"`; whatever comes due on the way happens."""
        self._begin(f"waits {duration}")
        await self._simulation.wait(seconds(duration))
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
        unseen = self._phone.shown[self._seen :]
        for number, shown in enumerate(unseen):
            if not _faults(shown, expected, choices, title, text):
                self._seen += number + 1
                return shown
        wanted = describe(expected, choices, title, text)
        raise AssertionError(
            self._report(f"expected {wanted}", unseen, expected, choices, title, text)
        )

    def sees_nothing(self) -> None:
        """Expect that no message came that hasn't been seen.

        Raises:
            AssertionError: one did.
        """
        __tracebackhide__ = True
        unseen = self._phone.shown[self._seen :]
        if unseen:
            raise AssertionError(self._report("expected nothing more", unseen))

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
        ended = [record.finished for record in self._records if record.finished is not None]
        return dict(ended[-1]) if ended else {}

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
    def transcript(self) -> str:
        """The conversation so far, a line each, with the states reached."""
        return transcript_text(self._lines)

    async def rests(self) -> None:
        """Let everything happen that is due, after something done to the phone or the bot
        directly.
        """
        await self._simulation.rest()
        await self._refresh()

    async def _act(self, what: str, act: Any) -> None:
        self._begin(what)
        try:
            act()
        except NotOnPhone as fault:
            raise AssertionError(f"{fault}\n\n{self.transcript}") from None
        await self._simulation.rest()
        await self._refresh()

    def _begin(self, what: str) -> None:
        self._seen = len(self._phone.shown)
        self._lines.append(Line(">", what))

    async def _refresh(self) -> None:
        for shown in self._phone.shown[sum(line.who == "<" for line in self._lines) :]:
            self._lines.append(Line("<", shown.text, tuple(labels_of(shown))))
        key = self._simulation.key_of(self._phone)
        raw = await self._simulation.bot.store.session(key)
        before = (self.flow, self.state)
        self._session = decode_session(raw) if raw else None
        self._records = [decode_record(line) for line in await self._simulation.bot.store.log(key)]
        self._records.reverse()
        if (self.flow, self.state) != before:
            self._lines.append(Line("=", f"{self.flow}/{self.state}" if self.flow else "no flow"))

    def _newest_with_choices(self) -> Shown | None:
        return next((shown for shown in reversed(self._phone.shown) if labels_of(shown)), None)

    def _report(self, wanted: str, unseen: Sequence[Shown], *expectation: Any) -> str:
        lines = [wanted]
        if not unseen:
            lines.append("but nothing came")
        elif expectation:
            nearest = min(unseen, key=lambda shown: len(_faults(shown, *expectation)))
            lines.append(f"nearest: {nearest.text!r} ({kind_of(nearest)})")
            lines += [f"  - {fault}" for fault in _faults(nearest, *expectation)]
        else:
            lines += [f"but there came: {shown.text!r}" for shown in unseen]
        return "\n".join([*lines, "", "The conversation so far:", self.transcript])


def _faults(
    shown: Shown,
    expected: str | re.Pattern[str] | type[Message],
    choices: Sequence[str] | None,
    title: str | None,
    text: str | None,
) -> list[str]:
    """How a message differs from what is expected; empty where it doesn't."""
    faults = []
    if isinstance(expected, type):
        if kind_of(shown) != expected.__name__:
            faults.append(f"it is a {kind_of(shown)}, not a {expected.__name__}")
    elif isinstance(expected, re.Pattern):
        if not expected.search(shown.text):
            faults.append(f"its text doesn't match {expected.pattern!r}")
    elif expected not in shown.text:
        faults.append(f"its text doesn't hold {expected!r}")
    if choices is not None and labels_of(shown) != list(choices):
        faults.append(f"its choices are {labels_of(shown)}, not {list(choices)}")
    for what, wanted in (("title", title), ("text", text)):
        if wanted is not None and wanted not in shown.text:
            faults.append(f"its {what} doesn't hold {wanted!r}")
    return faults
