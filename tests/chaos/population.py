"""Contacts that talk: some wait for each answer, some do not, and some tap buttons."""

import asyncio
import json
import random
from collections import defaultdict

from bot.emulator import Platform
from bot.emulator.phones import NotOnPhone, Phone
from tests.chaos.modes import ModeSwitch
from tests.chaos.oracle import Oracle

PATIENCE_S = 120.0
"""Seconds for which a contact waits for an answer before the missing answer is reported."""


class Ear:
    """Notifies a contact when its callback was accepted, or when its phone shows a message."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self._changed: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self.accepted: set[str] = set()
        self.shown: dict[str, int] = defaultdict(int)

    async def listen(self) -> None:
        """Read the platform's record until canceled."""
        with self.platform.record.listen() as news:
            while True:
                each = await news.get()
                if each["kind"] == "shown":
                    identity = each["phone"].rpartition("/")[2]
                    self.shown[identity] += 1
                    self._changed[identity].set()
                elif each["kind"] == "callback" and each["status"] == 200:
                    self._take(json.loads(each["body"]))

    def _take(self, callback: dict[str, dict[str, dict[str, str]]]) -> None:
        if message := callback.get("message"):
            self.accepted.add(str(message["id"]))
            self._changed[message["channel_identity"]["identity"]].set()

    async def change(self, identity: str) -> None:
        """Wait until this contact is notified."""
        await self._changed[identity].wait()
        self._changed[identity].clear()


class Talker:
    """A contact. Its actions only depend on its random numbers."""

    def __init__(self, phone: Phone, ear: Ear, modes: ModeSwitch, seed: str) -> None:
        self.identity = phone.identity
        self._phone = phone
        self._ear = ear
        self._modes = modes
        self._dice = random.Random(seed)
        self._oracles: dict[str, Oracle] = defaultdict(Oracle)
        self._expected = 0
        self._lines = 0
        self.waited_in_vain = False
        self.found_at_the_time: list[str] = []

    async def talk(self, stop: asyncio.Event) -> None:
        """Talk until `stop` is set, then wait for the last answers.

        A missing answer stops all contacts.
        """
        try:
            await self._talk(stop)
        except TimeoutError:
            self.waited_in_vain = True
            self.found_at_the_time = self._evidence()
            stop.set()

    async def _talk(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            act = self._dice.choice(
                (self._waits, self._hurries, self._gushes, self._buys, self._visits, self._travels)
            )
            async with self._modes.kept():
                await self._begin()
                await act()
            await asyncio.sleep(self._dice.uniform(0, 0.3))
        async with self._modes.kept():
            await self._begin()
            await self._answers()
            await self._say("rest", answered=True)

    async def _begin(self) -> None:
        """Greet the bot, unless the conversation in the app's current mode has begun."""
        if not self._oracle.is_begun:
            await self._say("hello", answered=True)

    @property
    def _oracle(self) -> Oracle:
        return self._oracles[self._modes.mode]

    def _evidence(self) -> list[str]:
        """Return the platform's record of this contact for the report of a missing answer."""
        record = self._ear.platform.record
        return [
            f"{self.identity} saw {self._ear.shown[self.identity]} of {self._expected} at"
            f" {self._ear.platform.core.now():.3f}",
            *(
                f"{each.at:.3f} callback {each.delivery_id} try {each.attempt}: {each.status}"
                for each in record.callbacks
                if self.identity in each.body and each.trigger == "MESSAGE_INBOUND"
            ),
            *(
                f"{each.at:.3f} {each.method} {each.status} {each.body[:200]!r}"
                for each in record.requests
                if self.identity.encode() in each.body + each.answer
            ),
        ]

    async def _waits(self) -> None:
        await self._say(self._line(), answered=True)

    async def _hurries(self) -> None:
        """Continue when the callback is accepted, without reading answers."""
        for _ in range(self._dice.randint(2, 4)):
            await self._say(self._line())

    async def _gushes(self) -> None:
        """Write several messages at once. They may overtake each other."""
        ids = [self._speak(self._line()) for _ in range(self._dice.randint(2, 4))]
        for id in ids:
            await self._accepted(id)

    async def _buys(self) -> None:
        await self._answers()
        await self._say("buy", answered=True)
        while True:
            await self._choose(self._dice.choice(("Tea", "Cake")))
            await self._say(str(self._dice.randint(1, 9)), answered=True)
            if self._dice.random() < 0.7:
                await self._choose("Yes")
                return
            await self._choose("No")

    async def _visits(self) -> None:
        """Sometimes decline a day, and wait for the announcement of the visit before saying
        more.
        """
        await self._answers()
        await self._say("visit", answered=True)
        free = {"Monday", "Tuesday", "Friday"}
        while True:
            day = self._dice.choice(sorted(free))
            await self._choose(day)
            if self._dice.random() < 0.7:
                await self._choose("Yes")
                return
            await self._choose("No")
            free = {"Monday", "Tuesday", "Friday"} - {day}

    async def _travels(self) -> None:
        """Answer a called flow, sometimes more than once."""
        await self._answers()
        await self._say("trip", answered=True)
        while True:
            await self._say(self._dice.choice(("lund", "malmo", "ystad")), answered=True)
            is_right = self._dice.random() < 0.7
            await self._choose("Yes" if is_right else "No")
            if is_right:
                return

    async def _choose(self, label: str) -> None:
        """Tap the option, or type it if the channel has no buttons."""
        try:
            id = self._phone.taps(label)
            self._expected += len(self._oracle.hears(label.lower()))
        except NotOnPhone:
            id = self._speak(label.lower())
        await self._accepted(id)
        await self._answers()

    async def _say(self, text: str, *, answered: bool = False) -> None:
        await self._accepted(self._speak(text))
        if answered:
            await self._answers()

    def _speak(self, text: str) -> str:
        self._expected += len(self._oracle.hears(text))
        return self._phone.says(text)

    def _line(self) -> str:
        self._lines += 1
        return f"{self._phone.identity[-3:]}.{self._lines}"

    async def _accepted(self, id: str) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while id not in self._ear.accepted:
                await self._ear.change(self._phone.identity)

    async def _answers(self) -> None:
        """Wait for the required number of answers. Their content is judged later."""
        async with asyncio.timeout(PATIENCE_S):
            while self._ear.shown[self._phone.identity] < self._expected:
                await self._ear.change(self._phone.identity)
