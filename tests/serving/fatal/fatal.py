"""Slow turns, and turns that end their process."""

import asyncio
import os

from bot import END, Flow, Turn, step


class Slow(Flow):
    """Answers after as many seconds as the environment says."""

    fallback = True

    @step(to=END)
    async def answer(self, turn: Turn) -> str:
        await asyncio.sleep(float(os.environ["SLOW_S"]))
        turn.say("Done.")
        return END


class Kills(Flow):
    """Ends the process, as a machine without free memory does."""

    start_on = ("kill",)

    @step(to=END)
    async def exit_process(self, turn: Turn) -> str:
        await asyncio.sleep(float(os.environ["KILL_S"]))
        os._exit(9)
