"""All attacks without a signature at once, beside honest contacts: memory and latency over time.

`python -m tests.security.attack_run --seconds 300` prints a line for each ten seconds.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from bot.emulator.phones import Phone
from tests.chaos.flood import memory_of
from tests.chaos.population import Ear
from tests.support.bot_stack import running_stack

CONTACTS = 20
PAUSE_S = 0.5
PERIOD_S = 10.0
MAX_ANSWER_S = 60.0


@dataclass
class Found:
    """The memory and log of the process, and the latencies of contacts. Times are seconds since the
    start.
    """

    before: int = 0
    memory: list[tuple[float, int]] = field(default_factory=list)
    latencies: list[tuple[float, float]] = field(default_factory=list)
    log: str = ""

    @property
    def max_memory(self) -> int:
        return max(size for _, size in self.memory)

    def percentile(self, share: float, begin: float = 0.0, end: float = float("inf")) -> float:
        """Return the latency that a share of the messages of a period did not exceed."""
        found = sorted(latency for at, latency in self.latencies if begin <= at < end)
        return found[min(int(len(found) * share), len(found) - 1)] if found else 0.0


async def attack_run(folder: Path, seconds: float, connections: int = 1_000) -> Found:
    """Attack a `bot serve` for this many seconds.

    Raises:
        TimeoutError: an honest contact isn't answered within a minute.
    """
    found = Found()
    async with running_stack(folder) as stack:
        bot = stack.bot("serve")
        await bot.start()
        stack.post_to(bot)
        began = time.monotonic()
        found.before = memory_of(bot)
        attack = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.support.attacks"),
            *(str(bot.port), str(seconds), str(connections)),
        )
        ear = Ear(stack.platform)
        try:
            async with asyncio.TaskGroup() as group:
                listening = group.create_task(ear.listen())
                async with asyncio.TaskGroup() as talks:
                    for number in range(CONTACTS):
                        phone = stack.phone(number)
                        talks.create_task(_talk(phone, ear, attack, began, found))
                    while attack.returncode is None:
                        found.memory.append((time.monotonic() - began, memory_of(bot)))
                        await asyncio.sleep(0.5)
                listening.cancel()
        finally:
            if attack.returncode is None:
                attack.kill()
            await attack.wait()
        found.memory.append((time.monotonic() - began, memory_of(bot)))
        found.log = bot.log
    return found


async def _talk(
    phone: Phone, ear: Ear, attack: asyncio.subprocess.Process, began: float, found: Found
) -> None:
    """Write a line after each answer, until the attack ends.

    The answer is not searched for in all messages, because the search would take longer with each
    message, and its time would count as the bot's time.
    """
    line = 0
    while attack.returncode is None:
        line += 1
        shown = ear.shown[phone.identity]
        at = time.monotonic()
        phone.says(f"line {line}")
        async with asyncio.timeout(MAX_ANSWER_S):
            while ear.shown[phone.identity] == shown:
                await ear.change(phone.identity)
        found.latencies.append((at - began, time.monotonic() - at))
        await asyncio.sleep(PAUSE_S)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--connections", type=int, default=1_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(attack_run(Path(folder), arguments.seconds, arguments.connections))
    print(f"before: {found.before / 1e6:.0f} MB")  # noqa: T201
    print("from s   MB at most   answers   median s   95% s   longest s")  # noqa: T201
    begin = 0.0
    while begin < arguments.seconds:
        end = begin + PERIOD_S
        sizes = [size for at, size in found.memory if begin <= at < end] or [0]
        answers = sum(begin <= at < end for at, _ in found.latencies)
        times = [found.percentile(share, begin, end) for share in (0.5, 0.95, 1.0)]
        shown = "   ".join(f"{each:8.2f}" for each in times)
        print(f"{begin:6.0f} {max(sizes) / 1e6:12.0f} {answers:9} {shown}")  # noqa: T201
        begin = end
    print(f"after: {found.memory[-1][1] / 1e6:.0f} MB")  # noqa: T201


if __name__ == "__main__":
    main()
