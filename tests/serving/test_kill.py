"""`kill -9` of `bot serve` on the embedded store while contacts talk."""

from functools import partial
from itertools import pairwise

from tests.serving.stack import Stack

CONTACTS = 25
LINES = 4


async def test_a_killed_bot_goes_on_where_it_was(stack: Stack) -> None:
    bot = stack.bot(BOT_LEASE=1)
    await bot.start()
    stack.post_to(bot)
    phones = [stack.phone(number) for number in range(CONTACTS)]
    for phone in phones:
        phone.says("hello")
    await stack.until(lambda: len(stack.accepted()) >= CONTACTS)

    for line in range(LINES):
        for phone in phones:
            phone.says(f"line {line}")
        await stack.until(partial(_have_come, stack, CONTACTS * (line + 1) + CONTACTS // 2))
        await bot.kill()
        await bot.start()
    await stack.until(
        lambda: all(len(stack.said_to(phone)) >= 1 + 3 * LINES for phone in phones), 60
    )

    for phone in phones:
        said = stack.said_to(phone)
        assert len(said) == 1 + 3 * LINES, said
        counts = [int(line.split()[0]) for line in said if line[0].isdecimal()]
        assert counts == sorted(counts)
        assert all(b - a in (0, 1) for a, b in pairwise(counts))


def _have_come(stack: Stack, callbacks: int) -> bool:
    return len(stack.accepted()) >= callbacks
