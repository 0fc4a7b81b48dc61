"""`kill -9` of `bot serve` on the embedded store while contacts talk."""

from functools import partial

from tests.chaos.checker import is_answered, judge
from tests.chaos.record import record_of
from tests.support.bot_stack import Stack

CONTACTS = 25
LINES = 4


async def test_a_killed_bot_continues_where_it_stopped(stack: Stack) -> None:
    bot = stack.bot(BOT_LEASE=1)
    await bot.start()
    stack.post_to(bot)
    phones = [stack.phone(number) for number in range(CONTACTS)]
    for phone in phones:
        phone.says("hello")
    await stack.until(partial(_have_come, stack, CONTACTS))

    for line in range(LINES):
        for phone in phones:
            phone.says(f"line {line}")
        await stack.until(partial(_have_come, stack, CONTACTS * (line + 1) + CONTACTS // 2))
        await bot.kill()
        await bot.start()
    await stack.until(partial(_have_come, stack, CONTACTS * (1 + LINES)))
    await stack.until(lambda: is_answered(record_of(stack.platform)), 60)

    verdicts = judge(record_of(stack.platform))
    assert [verdict for verdict in verdicts if not verdict.is_clean] == []
    assert sum(verdict.answered for verdict in verdicts) == CONTACTS * (1 + LINES)


def _have_come(stack: Stack, callbacks: int) -> bool:
    return len(stack.accepted()) >= callbacks
