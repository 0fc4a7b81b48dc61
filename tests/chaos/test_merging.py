"""The verdict on merged contacts detects errors."""

import random
from collections.abc import MutableSequence, Sequence
from typing import TypeVar

import httpx
import pytest

from bot.emulator import Platform
from bot.emulator.state import Message
from bot.testing.clock import CountingIds, VirtualClock
from tests.chaos.checker import Verdict
from tests.chaos.merging import Pair
from tests.support.bot_stack import SECRET

T = TypeVar("T")

LIFE = ["Go on.", "Go on.", "Which day?", "On monday?", "Noted."]
AFTER = ["1 after", "0a1b2c3d", "Go on."]
TOLD = ["It is monday.", "Go on."]


class Fixed(random.Random):
    """Selects the element with the index `index` instead of a random one.

    Index 0 makes the first contact of a pair say STOP. Index -1 makes no contact say STOP.
    """

    def __init__(self, index: int) -> None:
        super().__init__()
        self.index = index

    def choice(self, seq: Sequence[T]) -> T:  # type: ignore[override]
        return seq[self.index]


class Life:
    """A pair that receives what a test sends."""

    def __init__(self, *, stops: bool) -> None:
        self._clock = VirtualClock()
        self.platform = Platform(
            self._clock, CountingIds(), transport=httpx.MockTransport(lambda _: httpx.Response(200))
        )
        triggers = ("MESSAGE_INBOUND", "CONTACT_MERGE")
        self.platform.register_webhook("http://bot.test/", SECRET, triggers)
        self.pair = Pair(self.platform, 0, Fixed(0 if stops else -1))
        self._sent: MutableSequence[str] = []

    async def sees(self, *texts: str, entry: str = "") -> None:
        for text in texts:
            self._sent.append(text)
            id = f"sent{len(self._sent)}"
            self.platform.state.messages[id] = Message(
                id=id,
                app_id="",
                direction="TO_CONTACT",
                mode="CONVERSATION",
                accept_at=self._clock.now(),
                identity=self.pair.identities[1],
                metadata=entry or id,
                app_message={"text_message": {"text": text}},
            )
            self.pair.step()
            await self.platform.run_due()

    async def waits(self, seconds: float) -> None:
        self._clock.advance_to(self._clock.now() + seconds)
        await self.platform.run_due()

    async def ends(self) -> Verdict:
        await self.platform.aclose()
        return self.pair.verdict()


async def test_a_good_life_is_clean() -> None:
    life = Life(stops=False)
    await life.sees(*LIFE, *AFTER, *TOLD)

    assert (await life.ends()).is_clean


@pytest.mark.parametrize("late_s", [0.0, 5.0])
async def test_what_was_scheduled_is_lost_only_where_the_merge_was_accepted_in_time(
    late_s: float,
) -> None:
    life = Life(stops=False)
    await life.sees(*LIFE[:-1])
    await life.waits(late_s)
    await life.sees(LIFE[-1], *AFTER)

    assert (await life.ends()).lost == ([] if late_s else TOLD[:1])


async def test_what_was_scheduled_may_not_be_told_by_both() -> None:
    life = Life(stops=False)
    await life.sees(*LIFE, *AFTER, *TOLD, *TOLD)

    assert (await life.ends()).doubled == TOLD[:1]


async def test_an_unanswered_message_of_the_one_that_is_left_is_lost() -> None:
    life = Life(stops=False)
    await life.sees(*LIFE, *TOLD)

    assert (await life.ends()).lost == ["an answer that it waits for"]


async def test_an_answer_after_a_stop_is_unexpected() -> None:
    life = Life(stops=True)
    await life.sees(*LIFE)
    await life.waits(1)
    life.pair.probe()
    await life.sees("Go on.")

    assert (await life.ends()).unexpected == ["Go on."]
