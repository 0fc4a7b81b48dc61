"""Flows that fail in every way, for a run with real processes."""

import os

from bot import END, HANDOFF, Flow, Option, Turn, ask, choose, parse, step


class Talk(Flow):
    """Accepts any line."""

    fallback = True

    line = ask("Go on.", accept=parse.text(), to="heard")

    @step(to="line")
    def heard(self, turn: Turn) -> str:
        return "line"


class Pick(Flow):
    start_on = ("pick",)

    what = choose("Tea or cake?", {"tea": Option("Tea", to=END), "cake": Option("Cake", to=END)})


class Broken(Flow):
    start_on = ("broken",)

    @step(to=END)
    def breaks(self, turn: Turn) -> str:
        raise RuntimeError("The oven is off.")


class Fatal(Flow):
    start_on = ("die",)

    @step(to=END)
    def exit_process(self, turn: Turn) -> str:
        os._exit(9)


class Offer(Flow):
    start_on = ("offer",)

    @step(to=END)
    def offer(self, turn: Turn) -> str:
        turn.say("Today only!", max_age="10s")
        return END


class Person(Flow):
    start_on = ("person",)

    @step(to=HANDOFF)
    def hand_over(self, turn: Turn) -> str:
        return HANDOFF


class Shipping(Flow):
    """Handles an event that fails."""

    start_on_events = ("shipped",)

    @step(to=END)
    def tell(self, turn: Turn) -> str:
        raise LookupError("There is no such order.")
