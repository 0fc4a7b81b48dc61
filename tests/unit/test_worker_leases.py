"""A worker whose lease or store is lost."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot import END, Flow, Turn, step
from bot.errors import LeaseLost, StoreAway, StoreError
from bot.store import Commit, Outgoing, Ready, Sent, Store, Work
from bot.testing.contact import SimulatedContact
from bot.testing.simulation import Simulation

CONTACT = "SMS:46700000001"
PLACED: list[str] = []


class Order(Flow):
    start_on = ("order",)

    @step(to=END)
    async def place(self, turn: Turn) -> str:
        PLACED.append(turn.text)
        turn.say("Placed.")
        return END


class Call(Flow):
    """Calls another system."""

    start_on = ("call",)

    @step(to=END)
    async def ring(self, turn: Turn) -> str:
        turn.say(await turn.once(rung))
        return END


async def rung() -> str:
    PLACED.append("call")
    return "Rung."


pytestmark = pytest.mark.flows([Order, Call])


class Sends:
    """An outbox in which each reply waits until the test releases it."""

    def __init__(self) -> None:
        self.asked: list[Callable[[], bool]] = []
        self.gates: list[asyncio.Event] = []
        self.begun = asyncio.Event()

    async def send(
        self, outgoing: Outgoing, session: object, is_ours: Callable[[], bool], epoch: int
    ) -> Sent:
        self.asked.append(is_ours)
        self.gates.append(gate := asyncio.Event())
        self.begun.set()
        await gate.wait()
        return Sent()

    async def wait(self) -> None:
        await self.begun.wait()
        self.begun.clear()


async def test_a_recovered_lease_does_not_return_to_the_process_that_lost_it(
    simulation: Simulation,
) -> None:
    bot, sends = simulation.bot, Sends()
    bot.worker._outbox = sends  # type: ignore[assignment]
    bot.worker._retry.is_on = True
    await _with_a_reply(bot.store, simulation.clock.now())
    await _given(simulation, "simulation")
    await sends.wait()
    assert sends.asked[0]()

    await bot.store.queue.recover("another", 0.0, 100)  # and dies
    await _given(simulation, "simulation")
    await bot.worker._renew()
    assert not sends.asked[0]()
    await sends.wait()

    assert [is_ours() for is_ours in sends.asked] == [False, True]
    first, second = bot.worker._held
    sends.gates[0].set()
    await first
    assert sends.asked[1]()
    sends.gates[1].set()
    await second
    assert await bot.store.reader.outbox(CONTACT) == []
    assert not bot.worker._lease_started


async def _with_a_reply(store: Store, now: float) -> None:
    await store.queue.accept(CONTACT, b"{}", "1", now)
    [ready] = await store.queue.ready("another", 100, None)
    work = await store.queue.claim(ready, "token", now)
    assert work
    await store.queue.commit(work, Commit(session=None, outbox=[("r1", b"{}")]), now)


async def _given(simulation: Simulation, consumer: str) -> list[Ready]:
    """Take all leases over for `consumer`, and give them to the simulated worker. Return them."""
    leases = await simulation.bot.store.queue.recover(consumer, 0.0, 100)
    for lease in leases:
        simulation.bot.worker._hold(lease)
    return leases


async def _says_order(simulation: Simulation, contact: SimulatedContact) -> None:
    """Put the message "order" into the inbox, without running its turn."""
    await contact.says("hello")
    contact.phone.says("order")
    await simulation.platform.run_due()


class Lossy:
    """Calls a method of a store. The first `times` calls fail; if `is_done`, after their effect."""

    def __init__(
        self,
        verb: Callable[..., Awaitable[Any]],
        times: int,
        *,
        is_done: bool,
        error: StoreError | None = None,
    ) -> None:
        self.verb = verb
        self.error = error or StoreError("lost")
        self.times = times
        self.is_done = is_done

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.times <= 0:
            return await self.verb(*args, **kwargs)
        self.times -= 1
        if self.is_done:
            await self.verb(*args, **kwargs)
        raise self.error


@pytest.mark.parametrize("is_done", [True, False])
@pytest.mark.parametrize("times", [1, 5])
async def test_a_turn_does_not_run_again_if_the_store_was_unavailable_for_a_moment(
    simulation: Simulation,
    contact: SimulatedContact,
    monkeypatch: pytest.MonkeyPatch,
    is_done: bool,
    times: int,
) -> None:
    PLACED.clear()
    bot = simulation.bot
    await _says_order(simulation, contact)
    monkeypatch.setattr(
        bot.store.queue, "commit", Lossy(bot.store.queue.commit, times, is_done=is_done)
    )
    bot.worker._retry.is_on = True

    for ready in await bot.store.queue.ready("simulation", 100, None):
        await bot.worker.work(ready)

    await simulation.platform.run_due()
    assert PLACED == ["order"]
    assert [shown.text for shown in contact.phone.shown].count("Placed.") == 1


@pytest.mark.parametrize("verb", ["claim", "commit", "settle"])
async def test_a_worker_whose_calls_lose_their_answers_does_not_count_as_lost(
    simulation: Simulation, contact: SimulatedContact, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    PLACED.clear()
    bot, settings = simulation.bot, simulation.bot.settings
    await _says_order(simulation, contact)
    lossy = Lossy(getattr(bot.store.queue, verb), settings.turn_attempts, is_done=True)
    monkeypatch.setattr(bot.store.queue, verb, lossy)
    bot.worker._retry.is_on = True

    for _ in range(settings.turn_attempts + 1):
        for ready in await bot.store.queue.recover("simulation", 0.0, 100):
            await bot.worker.work(ready)
        for ready in await bot.store.queue.ready("simulation", 100, None):
            await bot.worker.work(ready)
    await simulation.platform.run_due()

    assert PLACED == ["order"]
    assert [shown.text for shown in contact.phone.shown].count("Placed.") == 1
    assert [letter async for letter in bot.store.admin.dead_letters()] == []


@pytest.mark.parametrize("is_done", [True, False])
async def test_a_suspect_whose_lease_is_lost_during_an_outage_has_not_failed(
    simulation: Simulation,
    contact: SimulatedContact,
    monkeypatch: pytest.MonkeyPatch,
    is_done: bool,
) -> None:
    queue, worker = simulation.bot.store.queue, simulation.bot.worker
    await _says_order(simulation, contact)
    worker._retry.is_on = True
    [ready] = await queue.ready("lost", 100, None)
    await queue.claim(ready, "lost", simulation.clock.now())
    await queue.bury("lost")
    [suspect] = await queue.ready("cut off", 100, None)
    others: list[Work] = []

    async def take_over(*args: Any) -> None:
        """Commit for a process that was away so long that another process got the lease."""
        [again] = await queue.recover("other", 0.0, 100)
        taken = await queue.claim(again, "other", simulation.clock.now())
        assert taken
        others.append(taken)
        raise LeaseLost("as a part of the test")

    monkeypatch.setattr(queue, "commit", take_over)
    monkeypatch.setattr(queue, "acquit", Lossy(queue.acquit, 3, is_done=is_done))

    await worker.work(suspect)

    assert [other.fails for other in others] == [1]
    [ready] = await queue.recover("third", 0.0, 100)
    work = await queue.claim(ready, "third", simulation.clock.now())
    assert work
    assert (work.is_suspect, work.fails) == (True, 0)


@pytest.mark.parametrize("is_done", [True, False])
@pytest.mark.parametrize("verb", ["record", "recorded"])
async def test_a_call_is_not_repeated_if_the_store_was_unavailable_when_it_ended(
    simulation: Simulation,
    contact: SimulatedContact,
    monkeypatch: pytest.MonkeyPatch,
    verb: str,
    is_done: bool,
) -> None:
    PLACED.clear()
    bot = simulation.bot
    await contact.says("hello")
    contact.phone.says("call")
    await simulation.platform.run_due()
    lossy = Lossy(getattr(bot.store.queue, verb), 5, is_done=is_done)
    monkeypatch.setattr(bot.store.queue, verb, lossy)
    bot.worker._retry.is_on = True
    began = simulation.clock.now()

    for ready in await bot.store.queue.ready("simulation", 100, None):
        await bot.worker.work(ready)

    await simulation.platform.run_due()
    assert PLACED == ["call"]
    assert contact.phone.shown[-1].text == "Rung."
    assert simulation.clock.now() - began < 3


async def test_a_turn_waits_with_its_result_for_as_long_as_the_store_is_away(
    simulation: Simulation, contact: SimulatedContact, monkeypatch: pytest.MonkeyPatch
) -> None:
    PLACED.clear()
    bot = simulation.bot
    await _says_order(simulation, contact)
    away = Lossy(bot.store.queue.commit, 100, is_done=False, error=StoreAway("away"))
    monkeypatch.setattr(bot.store.queue, "commit", away)
    bot.worker._retry.is_on = True
    began = simulation.clock.now()

    for ready in await bot.store.queue.ready("simulation", 100, None):
        await bot.worker.work(ready)

    await simulation.platform.run_due()
    assert simulation.clock.now() - began > 4 * bot.settings.lease_s
    assert PLACED == ["order"]
    assert [shown.text for shown in contact.phone.shown].count("Placed.") == 1


async def test_a_store_that_refuses_is_not_waited_for_beyond_the_lease(
    simulation: Simulation, contact: SimulatedContact, monkeypatch: pytest.MonkeyPatch
) -> None:
    PLACED.clear()
    bot = simulation.bot
    await _says_order(simulation, contact)
    monkeypatch.setattr(
        bot.store.queue, "commit", Lossy(bot.store.queue.commit, 1000, is_done=False)
    )
    bot.worker._retry.is_on = True
    began = simulation.clock.now()

    for ready in await bot.store.queue.ready("simulation", 100, None):
        with pytest.raises(StoreError):
            await bot.worker.work(ready)

    assert PLACED == ["order"]
    assert simulation.clock.now() - began <= bot.settings.lease_s + 1


async def test_items_that_this_release_can_not_read_wait_for_another_release(
    simulation: Simulation, contact: SimulatedContact, caplog: pytest.LogCaptureFixture
) -> None:
    bot = simulation.bot
    await contact.says("order")
    key = simulation.address_of(contact.phone).key
    now = simulation.clock.now()
    item = b'{"id":"1","at":%d,"command":{"do":"dance"}}' % now
    await bot.store.queue.accept(key, item, "1", now)

    for _ in range(2 * bot.settings.turn_attempts):
        for ready in await bot.store.queue.ready("simulation", 100, None):
            await bot.worker.work(ready)
        simulation.clock.advance_to(simulation.clock.now() + bot.settings.lease_s)
        await bot.worker.fire_timers()

    assert await _claimed_fails(simulation) == 0
    assert "Invalid enum value 'dance'" in vars(caplog.records[-1])["error"]


async def test_a_turn_that_the_store_let_down_does_not_count_as_failed(
    simulation: Simulation, contact: SimulatedContact, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot, settings = simulation.bot, simulation.bot.settings
    await _says_order(simulation, contact)
    monkeypatch.setattr(bot.worker, "_runner", Failing(StoreError("away")))

    for _ in range(2 * settings.turn_attempts):
        for ready in await bot.store.queue.ready("simulation", 100, None):
            with pytest.raises(StoreError, match="away"):
                await bot.worker.work(ready)
        simulation.clock.advance_to(simulation.clock.now() + settings.lease_s)
        await bot.worker.fire_timers()

    assert await _claimed_fails(simulation) == 0


class Failing:
    def __init__(self, fault: Exception) -> None:
        self.fault = fault

    async def run(self, work: Work) -> None:
        raise self.fault


async def _claimed_fails(simulation: Simulation) -> int:
    """The failed tries of the one contact that is ready."""
    store = simulation.bot.store
    [ready] = await store.queue.ready("last", 100, None)
    work = await store.queue.claim(ready, "last", simulation.clock.now())
    assert work
    assert work.items
    return work.fails
