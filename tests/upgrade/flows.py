"""A bot in three releases: the first, one that renames a state, and one that goes back."""

from datetime import timedelta
from typing import ClassVar

from bot import END, Flow, Option, Turn, ask, call, choose, on, parse, step
from bot.flow.definition import of_class
from bot.flow.load import Flows


class Payment(Flow):
    way = choose("How do you pay?", {"card": Option("Card", to=END)})


class Hours(Flow):
    start_on = ("hours",)

    day = choose("Which day?", {"monday": Option("Monday", to=END)})


class Order(Flow):
    """The first release."""

    start_on = ("order",)

    size = choose(
        "Which size?", {"small": Option("Small", to="count"), "large": Option("Large", to="count")}
    )
    count = ask("How many?", accept=parse.integer(), to="pay", timeout=("24h", "expire"))
    pay = call("payment", to="done")

    @step(to=END)
    def done(self, turn: Turn) -> str:
        turn.schedule("thanks", turn.now + timedelta(hours=1))
        turn.say(f"{self.data.count} {self.data.size}, paid by {self.data.pay['way']}.")
        return END

    @step(to=END)
    def expire(self, turn: Turn) -> str:
        turn.say("The order has expired.")
        return END

    @on("noted")
    def noted(self, turn: Turn) -> None:
        turn.say("It is noted.")


class Thanks(Flow):
    start_on_events = ("thanks",)

    @step(to=END)
    def say(self, turn: Turn) -> str:
        turn.say("Thank you for your order.")
        return END


class Renamed(Flow):
    """The second release, in which a state has another name."""

    name = "order"
    version = 2
    migrate: ClassVar = {1: {"count": "number"}}
    start_on = ("order",)

    size = choose(
        "Which size?",
        {"small": Option("Small", to="number"), "large": Option("Large", to="number")},
    )
    number = ask("How many?", accept=parse.integer(), to="pay", timeout=("24h", "expire"))
    pay = call("payment", to="done")

    @step(to=END)
    def done(self, turn: Turn) -> str:
        turn.schedule("thanks", turn.now + timedelta(hours=1))
        turn.say(f"{self.data.number} {self.data.size}, paid by {self.data.pay['way']}.")
        return END

    @step(to=END)
    def expire(self, turn: Turn) -> str:
        turn.say("The order has expired.")
        return END

    @on("noted")
    def noted(self, turn: Turn) -> None:
        turn.say("It is noted.")


class Back(Order):
    """The rollback: the states of the first release, with a migration from the second release."""

    name = "order"
    version = 3
    migrate: ClassVar = {2: {"number": "count"}}


class Forgotten(Renamed):
    """The second release without its migration."""

    name = "order"
    migrate: ClassVar = {}


def release(order: type[Flow]) -> Flows:
    return Flows([of_class(each) for each in (order, Payment, Hours, Thanks)])
