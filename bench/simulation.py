"""Measures how many messages a simulated conversation exchanges per second.

    python -m bench.simulation [--orders N]

One contact orders a bell repeatedly. Every message passes through the webhook, the store, a turn,
the outbox and the emulated API, with three delivery callbacks for each reply.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from bot.flow.load import load_flows
from bot.settings import Settings
from bot.store import Store
from bot.store.embedded import Embedded
from bot.testing import SimulatedContact, Simulation
from bot.testing.chat_file import Reply

ORDER = ("order", "bell", "5", "Harbour Street 1, Malmö", "yes")


async def measure(orders: int) -> tuple[int, float, float]:
    """Return the number of messages, the seconds that they took, and this process's processor time
    in seconds.
    """
    with tempfile.TemporaryDirectory() as folder:
        server = await asyncio.to_thread(Embedded.join, Path(folder))
        settings = Settings(redis_url=server.url, namespace="bench", shards=1, max_answers=0)
        store = await Store.open(settings)
        simulation = Simulation(store, load_flows("flows"), settings)
        contact = SimulatedContact(simulation)
        began, worked = time.perf_counter(), time.process_time()
        for _ in range(orders):
            for text in ORDER:
                await contact.says(text)
        took, work = time.perf_counter() - began, time.process_time() - worked
        said = sum(isinstance(entry, Reply) for entry in contact.entries)
        await simulation.aclose()
        await store.close()
        await asyncio.to_thread(server.leave)
    return said + orders * len(ORDER), took, work


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.simulation")
    parser.add_argument("--orders", type=int, default=100)
    messages, took, work = asyncio.run(measure(parser.parse_args().orders))
    sys.stdout.write(
        f"{messages} messages in {took:.1f} s: {messages / took:.0f} per second"
        f" ({messages / work:.0f} per second of this process's own work)\n"
    )


if __name__ == "__main__":
    main()
