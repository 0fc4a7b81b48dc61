"""Many contacts and several workers at once, each worker with its own connection."""

import asyncio
from collections import defaultdict
from itertools import count

from bot.settings import Settings
from bot.store import Commit, Ready, Sent, Store
from tests.support.store_claims import NOW

CONTACTS, ITEMS, WORKERS = 20, 5, 3


class Bot:
    """Answers each item with one reply."""

    def __init__(self) -> None:
        self.handled: dict[str, list[bytes]] = defaultdict(list)
        self.sent: dict[str, list[bytes]] = defaultdict(list)
        self.running: set[str] = set()
        self.is_done = asyncio.Event()
        self.numbers = count()

    async def work(self, store: Store, consumer: str) -> None:
        while not self.is_done.is_set():
            leases = await store.queue.ready(consumer, 16, 0.05)
            await asyncio.gather(*(self.handle(store, lease) for lease in leases))

    async def handle(self, store: Store, lease: Ready) -> None:
        contact = lease.contact
        assert contact not in self.running, "one at a time"
        self.running.add(contact)
        work = await store.queue.claim(lease, f"token{next(self.numbers)}", NOW)
        assert work
        reply = work.outgoing
        if work.items:
            [item] = work.items
            self.handled[contact].append(item)
            outbox = [(f"reply{next(self.numbers)}", item)]
            self.running.discard(contact)
            reply = await store.queue.commit(work, Commit(session=b"{}", outbox=outbox), NOW)
        while reply:
            self.sent[contact].append(reply.body)
            self.is_done_if(sum(map(len, self.sent.values())) == CONTACTS * ITEMS)
            self.running.discard(contact)
            reply = await store.queue.settle(work, reply, Sent(), NOW)
        self.running.discard(contact)

    def is_done_if(self, all_sent: bool) -> None:
        if all_sent:
            self.is_done.set()


async def test_every_contact_is_served_in_order_by_many_workers(settings: Settings) -> None:
    stores = [await Store.open(settings) for _ in range(WORKERS)]
    bot = Bot()
    workers = [asyncio.create_task(bot.work(store, f"w{n}")) for n, store in enumerate(stores)]

    for n in range(ITEMS):
        await asyncio.gather(
            *(
                stores[c % WORKERS].queue.accept(f"contact-{c}", b"%d" % n, f"m{n}", NOW)
                for c in range(CONTACTS)
            )
        )
    await asyncio.wait_for(asyncio.gather(*workers), 30.0)

    in_order = [b"%d" % n for n in range(ITEMS)]
    assert list(bot.handled.values()) == [in_order] * CONTACTS
    assert list(bot.sent.values()) == [in_order] * CONTACTS
    for store in stores:
        await store.close()
