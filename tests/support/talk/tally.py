"""Counts lines and chains them: a lost, duplicated or misplaced line changes the next reply."""

import os
import random
from zlib import crc32

from bot import END, HANDOFF, Flow, Option, Turn, ask, choose, parse, step

FLAKY = float(os.environ.get("TALK_FLAKY", "0"))
"""Share of steps that fail, at random."""


class Tally(Flow):
    """Accepts any line. After the line `rest`, it waits for one more line and sends one
    reminder.
    """

    fallback = True

    line = ask("Go on.", accept=parse.text(max_length=4_000), to="count")

    @step(to=("line", "resting"))
    def count(self, turn: Turn) -> str:
        if random.random() < FLAKY:
            raise RuntimeError("by chance")
        data = self.data
        data.count = data.get("count", 0) + 1
        data.chain = crc32(f"{data.get('chain', 0)} {data.line}".encode())
        turn.say(f"{data.count} {data.line}", f"{data.count} {data.chain:08x}")
        return "resting" if data.line == "rest" else "line"

    resting = ask("Good night.", accept=parse.text(), to="line", remind={"1s": "Still there?"})


class Purchase(Flow):
    """A flow with buttons, with numbers, and with a service that is called once."""

    start_on = ("buy",)

    what = choose(
        "What?",
        {
            "tea": Option("Tea", to="many"),
            "cake": Option("Cake", to="many"),
            "person": Option("Talk to somebody", to=HANDOFF),
        },
    )
    many = ask("How many?", accept=parse.integer(min=1, max=9), to="sure", reask="1 to 9, please.")
    sure = choose(
        lambda data: f"{data.many} {data.what}?",
        {"yes": Option("Yes", to="place"), "no": Option("No", to="what")},
    )

    @step(to=END)
    async def place(self, turn: Turn) -> str:
        total = await turn.once(price, self.data.what, self.data.many)
        turn.say(f"That makes {total}.")
        return END


async def price(what: str, many: int) -> int:
    return {"tea": 3, "cake": 5}[what] * many
