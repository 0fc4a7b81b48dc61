"""How many of the accepted contacts a worker prefetches."""

from bot.store import Ready, Work
from bot.testing.simulation import Simulation


async def test_a_worker_prefetches_no_more_than_it_can_hold(simulation: Simulation) -> None:
    worker = simulation.bot.worker
    most = simulation.bot.settings.concurrency

    takes = [worker.request_prefetch() for _ in range(most + 1)]

    assert None not in takes[:most]
    assert takes[most] is None
    assert len({take.token for take in takes if take}) == most


async def test_a_prefetch_without_a_result_frees_its_place(simulation: Simulation) -> None:
    worker = simulation.bot.worker
    takes = [worker.request_prefetch() for _ in range(simulation.bot.settings.concurrency)]
    assert takes[0]

    worker.deliver_prefetch(takes[0], None)

    assert worker.request_prefetch()
    assert worker.request_prefetch() is None


async def test_a_prefetch_that_continues_a_lease_takes_the_place_of_the_lease(
    simulation: Simulation,
) -> None:
    worker = simulation.bot.worker
    held = Ready("SMS:+46700000001", 0, "1-1", "simulation")
    most = simulation.bot.settings.concurrency

    continued = [worker.request_prefetch(held) for _ in range(most + 1)]
    assert None not in continued
    takes = [worker.request_prefetch() for _ in range(most)]
    assert None not in takes

    assert worker.request_prefetch(held) is None, "other contacts may wait"
    assert continued[0]
    worker.deliver_prefetch(continued[0], None)
    assert worker.request_prefetch() is None


async def test_a_prefetched_contact_is_handled(simulation: Simulation) -> None:
    bot = simulation.bot
    turns: list[str] = []
    bot.worker.after_turn = lambda contact, commit: turns.append(contact)
    bot.store.queue.prefetcher = bot.worker
    await bot.store.queue.accept(
        "SMS:+46700000001", b'{"id":"1","start":{"flow":"none"}}', "1", 0.0
    )
    bot.store.queue.prefetcher = None
    [task] = bot.worker._held
    assert isinstance(bot.worker._held[task], Ready)

    await task

    assert not bot.worker._held
    assert await bot.store.reader.inbox("SMS:+46700000001") == []
    assert turns == ["SMS:+46700000001"]


async def test_a_claim_that_continues_a_lease_is_as_old_as_the_lease(
    simulation: Simulation,
) -> None:
    bot = simulation.bot
    bot.worker._retry.is_on = True
    fresh = bot.worker.request_prefetch()
    assert fresh
    held = Ready("SMS:+46700000001", 0, "1-1", "simulation")
    bot.worker._lease_started[held] = fresh.token, fresh.at - bot.settings.lease_s
    following = bot.worker.request_prefetch(held)
    assert following

    bot.worker.deliver_prefetch(following, Work(held, following.token, None, [b"{}"], 0, None))
    [task] = bot.worker._held
    task.cancel()

    assert not bot.worker._lease_is_valid(held, following.token)


async def test_a_claim_that_continues_an_unknown_lease_must_renew_it(
    simulation: Simulation,
) -> None:
    bot = simulation.bot
    bot.worker._retry.is_on = True
    following = bot.worker.request_prefetch(Ready("SMS:+46700000001", 0, "1-1", "simulation"))

    assert following
    assert following.at == float("-inf")
