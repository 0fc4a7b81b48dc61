"""One flow for each kind of trouble, started by the flow's name. `Kind` causes no trouble."""

import asyncio
import time

from bot import END, Flow, Turn, ask, parse, step


class Kind(Flow):
    """Answers all other messages."""

    fallback = True

    @step(to=END)
    def greet(self, turn: Turn) -> str:
        turn.say("Hello")
        return END


class Slow(Flow):
    """Takes half of the time that a turn may take."""

    start_on = ("slow",)

    @step(to=END)
    async def work(self, turn: Turn) -> str:
        await asyncio.sleep(0.5)
        turn.say("Done")
        return END


class Raises(Flow):
    """Fails with an error text that contains the contact's text and identity."""

    start_on = ("raise",)

    number = ask("Your number?", accept=parse.text(), to="read")

    @step(to=END)
    def read(self, turn: Turn) -> str:
        try:
            int(turn.text)
        except ValueError as error:
            raise RuntimeError(f"{turn.contact.identity} said {turn.text!r}") from error
        return END


class Loops(Flow):
    """Runs an endless loop."""

    start_on = ("loop",)

    @step(to=END)
    def spin(self, turn: Turn) -> str:
        while True:
            pass


class Sleeps(Flow):
    """Blocks the event loop with `time.sleep`."""

    start_on = ("sleep",)

    @step(to=END)
    def doze(self, turn: Turn) -> str:
        time.sleep(3600)
        return END


class Waits(Flow):
    """Waits forever."""

    start_on = ("wait",)

    @step(to=END)
    async def hang(self, turn: Turn) -> str:
        await asyncio.Event().wait()
        return END


class Clings(Flow):
    """Waits forever, and ignores its cancellation."""

    start_on = ("cling",)

    @step(to=END)
    async def hold(self, turn: Turn) -> str:
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                continue


class Stubborn(Flow):
    """Blocks the event loop forever, and catches every exception."""

    start_on = ("stubborn",)

    @step(to=END)
    def spin(self, turn: Turn) -> str:
        while True:
            try:
                time.sleep(3600)
            except BaseException:
                continue


class Talks(Flow):
    """Says far too many messages."""

    start_on = ("talk",)

    @step(to=END)
    def chatter(self, turn: Turn) -> str:
        for number in range(10_000):
            turn.say(f"This is number {number}.")
        return END


class Hoards(Flow):
    """Stores far too much data."""

    start_on = ("hoard",)

    again = ask("More?", accept=parse.text(), to="keep")

    @step(to="again")
    def keep(self, turn: Turn) -> str:
        self.data.pile = "x" * 50_000_000
        return "again"
