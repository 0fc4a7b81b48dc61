"""Time limits; the loop's clock is simulated, so that no test waits."""

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from bot.time_limit import TimeLimit


class _Impatient(selectors.DefaultSelector):
    """Lets time pass at once instead of waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        self.now += timeout or 0.0
        return super().select(0)


Play = Callable[[Awaitable[Any]], Any]


@pytest.fixture
def selector() -> _Impatient:
    return _Impatient()


@pytest.fixture
def play(selector: _Impatient) -> Iterator[Play]:
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = lambda: selector.now  # type: ignore[method-assign]
    yield loop.run_until_complete
    loop.close()


async def _within(limit: TimeLimit, seconds: float) -> float:
    """Sleep within the limit. Return the loop's time afterwards, negated if the sleep was ended."""
    loop = asyncio.get_running_loop()
    try:
        with limit.each():
            await asyncio.sleep(seconds)
    except TimeoutError:
        return -loop.time()
    return loop.time()


def test_what_ends_in_time_is_left_alone(play: Play) -> None:
    assert play(_within(TimeLimit(5.0), 3.0)) == pytest.approx(3.0)


def test_what_takes_too_long_is_ended(play: Play) -> None:
    assert play(_within(TimeLimit(5.0), 60.0)) == pytest.approx(-5.0)


def test_each_has_a_limit_of_its_own(play: Play) -> None:
    async def later(limit: TimeLimit, begins: float, seconds: float) -> float:
        await asyncio.sleep(begins)
        return await _within(limit, seconds)

    async def several() -> list[float]:
        limit = TimeLimit(5.0)
        begun = [(0, 60), (2, 4), (3, 60), (20, 60)]
        return list(await asyncio.gather(*(later(limit, *each) for each in begun)))

    assert play(several()) == pytest.approx([-5.0, 6.0, -8.0, -25.0])


def test_the_task_goes_on_after_its_time_is_over(play: Play) -> None:
    async def twice() -> tuple[float, float, int]:
        limit = TimeLimit(5.0)
        first, second = await _within(limit, 60), await _within(limit, 60)
        task = asyncio.current_task()
        assert task is not None
        return first, second, task.cancelling()

    assert play(twice()) == pytest.approx((-5.0, -10.0, 0))


def test_a_cancelled_task_is_cancelled_and_not_late(play: Play) -> None:
    async def cancelled() -> bool:
        task = asyncio.ensure_future(_within(TimeLimit(5.0), 60))
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert play(cancelled())


def test_a_task_cancelled_as_its_time_is_over_is_cancelled(play: Play) -> None:
    async def both() -> bool:
        task = asyncio.ensure_future(_within(TimeLimit(5.0), 60))
        asyncio.get_running_loop().call_later(5.0, task.cancel)
        await asyncio.wait([task])
        return task.cancelled()

    assert play(both())


def test_another_fault_after_the_end_is_told_as_it_is(play: Play) -> None:
    async def stubborn() -> None:
        with TimeLimit(5.0).each():
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                raise ValueError("while cleaning up") from None

    with pytest.raises(ValueError, match="cleaning up"):
        play(stubborn())


def test_a_limit_serves_another_loop_after_the_first_one_is_gone() -> None:
    limit = TimeLimit(0.0)

    ended = [asyncio.run(_within(limit, 60)) < 0 for _ in range(2)]

    assert ended == [True, True]


def test_what_begins_again_keeps_its_end(play: Play) -> None:
    class Request:
        ended_at: float | None = None

        def expire(self) -> None:
            self.ended_at = asyncio.get_running_loop().time()

    async def both() -> tuple[float | None, float | None]:
        limit, loop = TimeLimit(5.0), asyncio.get_running_loop()
        again, ended = Request(), Request()
        limit.begin(again, loop)
        await asyncio.sleep(2)
        limit.begin(again, loop)
        limit.begin(ended, loop)
        limit.end(ended)
        await asyncio.sleep(60)
        return again.ended_at, ended.ended_at

    assert play(both()) == (pytest.approx(5.0), None)


@pytest.mark.parametrize("begins", [0.0, 3.0])
def test_time_in_which_another_task_blocks_the_loop_does_not_count(
    play: Play, selector: _Impatient, begins: float
) -> None:
    async def block() -> None:
        await asyncio.sleep(4)
        selector.now += 8

    async def later(limit: TimeLimit) -> float:
        await asyncio.sleep(begins)
        return await _within(limit, 4.5)

    async def both() -> tuple[float, float]:
        limit = TimeLimit(5.0, gives_back=True)
        return (await asyncio.gather(later(limit), later(limit), block()))[:2]

    assert play(both()) == pytest.approx((12.0, 12.0))


def test_a_task_that_does_not_end_after_the_loop_was_blocked_is_ended(
    play: Play, selector: _Impatient
) -> None:
    async def block() -> None:
        await asyncio.sleep(4)
        selector.now += 8

    async def both() -> float:
        ended, _ = await asyncio.gather(_within(TimeLimit(5.0, gives_back=True), 60), block())
        return ended

    assert play(both()) == pytest.approx(-13.0)


def test_a_task_that_blocks_the_loop_again_and_again_is_ended(
    play: Play, selector: _Impatient
) -> None:
    async def block() -> None:
        with TimeLimit(5.0, gives_back=True).each():
            while True:
                selector.now += 2
                await asyncio.sleep(0)

    with pytest.raises(TimeoutError):
        play(block())

    assert selector.now <= 19.0


def test_a_block_as_long_as_the_limit_does_not_count(play: Play, selector: _Impatient) -> None:
    async def block() -> None:
        selector.now += 1.1

    async def both() -> float:
        ended, _ = await asyncio.gather(_within(TimeLimit(1.0, gives_back=True), 0.9), block())
        return ended

    assert play(both()) == pytest.approx(1.1)


def test_a_request_is_ended_after_the_loop_was_blocked(play: Play, selector: _Impatient) -> None:
    async def block() -> None:
        await asyncio.sleep(4)
        selector.now += 8

    async def both() -> float:
        ended, _ = await asyncio.gather(_within(TimeLimit(5.0), 60), block())
        return ended

    assert play(both()) == pytest.approx(-12.0)
