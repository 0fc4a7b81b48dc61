"""Merges contacts while faults are injected, and checks what the remaining contact gets.

Each pair continues as soon as it has received the messages that it waits for. The same pairs run in
real time and in virtual time. Less is required than for other contacts: a merge drops unsent
messages, and a message to a contact that no longer exists is rejected.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from bot.emulator import Platform
from bot.emulator.phones import Phone
from tests.chaos.checker import Verdict
from tests.chaos.record import PAIRED, record_of, taken_by

SCHEDULED_S = 2.0
"""Seconds from a booking to the announcement of the visit."""

STALE_S = 15.0
"""Maximum time until a process notices a jump of Redis's clock, in seconds."""

TOLD = "It is monday."
AFTER = "1 after"
AT_ONCE = 3


class Pair:
    """Two contacts that are merged. One of the two says STOP, or neither does."""

    def __init__(self, platform: Platform, number: int, dice: random.Random) -> None:
        self._platform = platform
        self._gone, self._kept = (
            platform.phone(dice.choice(("SMS", "WHATSAPP")), f"{PAIRED}{number:06}{one}")
            for one in (1, 2)
        )
        self.identities = (self._gone.identity, self._kept.identity)
        self._stops = dice.choice((self._gone, self._kept, None))
        self._booked_at = self._probed_at = 0.0
        self._life = self._live()
        self._may_go_on = next(self._life)
        self.is_done = False
        self.gone_id = ""

    def step(self) -> None:
        """Continue as far as the messages seen so far allow."""
        while not self.is_done and self._may_go_on():
            try:
                self._may_go_on = next(self._life)
            except StopIteration:
                self.is_done = True

    def _live(self) -> Iterator[Callable[[], bool]]:
        yield self._says(self._gone, "hello", "Go on.")
        yield self._says(self._kept, "hello", "Go on.")
        yield self._says(self._gone, "visit", "Which day?")
        yield self._says(self._gone, "monday", "On monday?")
        self._booked_at = self._platform.core.now()
        yield self._says(self._gone, "yes", "Noted.")
        if self._stops:
            self._stops.says("STOP")
        kept_id, self.gone_id = self._id_of(self._kept), self._id_of(self._gone)
        self._platform.contacts.merge(kept_id, self.gone_id)
        if not self._stops:
            yield self._says(self._gone, "after", AFTER)

    def _says(self, phone: Phone, text: str, answer: str) -> Callable[[], bool]:
        phone.says(text)
        whose = {phone.identity, self._kept.identity}
        return lambda: any(
            taken.text == answer for taken in taken_by(self._platform, whose.__contains__)
        )

    def _id_of(self, phone: Phone) -> str:
        contact = self._platform.contacts.find(phone.app_id, phone.channel, phone.identity)
        assert contact
        return str(contact["id"])

    def probe(self) -> None:
        """Write after everything is idle. After a STOP there must be no answer."""
        self._probed_at = self._platform.core.now()
        if self._stops:
            for phone in (self._gone, self._kept):
                phone.says("still")

    def verdict(self, leaps: Sequence[float] = ()) -> Verdict:
        """Judge the pair. `leaps` are the times at which Redis's clock leaped ahead."""
        record = record_of(self._platform, self.identities.__contains__)
        taken = record.taken
        verdict = Verdict(" and ".join(self.identities), self._kept.channel, replies=len(taken))
        verdict.answered = len(record.said)
        times = Counter(each.entry for each in taken)
        texts = Counter({each.entry: each.text for each in taken}.values())
        verdict.doubled = [entry for entry, count in times.items() if count > 1]
        verdict.doubled += [text for text in (TOLD, AFTER) if texts[text] > 1]
        if not self.is_done:
            verdict.lost.append("an answer that it waits for")
        elif self._stops:
            verdict.unexpected = [each.text for each in taken if each.at >= self._probed_at]
        elif not texts[TOLD] and self._is_merged_in_time(leaps):
            verdict.lost.append(TOLD)
        return verdict

    def _is_merged_in_time(self, leaps: Sequence[float]) -> bool:
        """Return whether the merge was certainly accepted before the visit was due.

        If not, the message to the merged contact may have been dropped together with that contact.
        """
        merged_at = min(
            each.at
            for each in self._platform.record.callbacks
            if each.trigger == "CONTACT_MERGE" and each.status == 200 and self.gone_id in each.body
        )
        if any(self._booked_at - STALE_S <= leap <= merged_at for leap in leaps):
            return False
        return merged_at < self._booked_at + SCHEDULED_S


class Pairs:
    """Pairs that start one after another. A maximum of AT_ONCE pairs run at the same time."""

    def __init__(self, platform: Platform, seed: int) -> None:
        self._platform = platform
        self._dice = random.Random(seed)
        self._pairs: list[Pair] = []

    def step(self, *, may_begin: bool = True) -> None:
        living = [pair for pair in self._pairs if not pair.is_done]
        if may_begin and len(living) < AT_ONCE:
            living.append(Pair(self._platform, len(self._pairs), self._dice))
            self._pairs.append(living[-1])
        for pair in living:
            pair.step()

    @property
    def are_done(self) -> bool:
        return all(pair.is_done for pair in self._pairs)

    def is_expected(self, letter: dict[str, str]) -> bool:
        """Return whether a dead letter is expected, because its contact no longer existed."""
        gone = {pair.gone_id for pair in self._pairs}
        is_refused = letter["kind"] == "send" and "rejected with 404" in letter["reason"]
        return is_refused and letter["contact"] in gone

    def probe(self) -> None:
        for pair in self._pairs:
            pair.probe()

    def verdicts(self, leaps: Sequence[float] = ()) -> list[Verdict]:
        return [pair.verdict(leaps) for pair in self._pairs]
