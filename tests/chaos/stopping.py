"""Contacts that say STOP while faults are injected. Nothing may be sent to them afterwards."""

from collections import Counter
from collections.abc import Callable, Iterator

from bot.emulator import Platform
from tests.chaos.checker import Verdict
from tests.chaos.record import STOPPING, record_of, taken_by

AT_ONCE = 3


class Stopper:
    """A contact that says STOP while a reminder is due."""

    def __init__(self, platform: Platform, number: int) -> None:
        self._platform = platform
        channel = ("SMS", "WHATSAPP")[number % 2]
        self._phone = platform.phone(channel, f"{STOPPING}{number:07}")
        self.identity = self._phone.identity
        self._probed_at = 0.0
        self._life = self._live()
        self._may_go_on = next(self._life)
        self.is_done = False

    def step(self) -> None:
        """Continue as far as the messages seen so far allow."""
        while not self.is_done and self._may_go_on():
            try:
                self._may_go_on = next(self._life)
            except StopIteration:
                self.is_done = True

    def _live(self) -> Iterator[Callable[[], bool]]:
        yield self._says("hello", "Go on.")
        yield self._says("rest", "Good night.")
        self._phone.says("Stop, please!")
        self._phone.says("and this is not answered")

    def _says(self, text: str, answer: str) -> Callable[[], bool]:
        self._phone.says(text)
        return lambda: any(each.text == answer for each in taken_by(self._platform, self._is_it))

    def _is_it(self, identity: str) -> bool:
        return identity == self.identity

    def probe(self) -> None:
        """Write after everything is idle. There must be no answer."""
        self._probed_at = self._probed_at or self._platform.core.now()
        self._phone.says("still")

    def verdict(self) -> Verdict:
        record = record_of(self._platform, self._is_it)
        verdict = Verdict(self.identity, self._phone.channel, replies=len(record.taken))
        verdict.answered = len(record.said)
        times = Counter(each.entry for each in record.taken)
        verdict.doubled = [entry for entry, count in times.items() if count > 1]
        if not self.is_done:
            verdict.lost.append("an answer that it waits for")
        else:
            verdict.unexpected = [
                each.text for each in record.taken if each.at >= self._probed_at > 0
            ]
        return verdict


class Stoppers:
    """Stoppers that start one after another. A maximum of AT_ONCE are active at the same time."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._all: list[Stopper] = []

    def step(self, *, may_begin: bool = True) -> None:
        living = [each for each in self._all if not each.is_done]
        if may_begin and len(living) < AT_ONCE:
            living.append(Stopper(self._platform, len(self._all)))
            self._all.append(living[-1])
        for each in living:
            each.step()

    @property
    def are_done(self) -> bool:
        return all(each.is_done for each in self._all)

    def probe(self) -> None:
        for each in self._all:
            each.probe()

    def verdicts(self) -> list[Verdict]:
        return [each.verdict() for each in self._all]
