"""Flows that get data from their caller or from a program, and a flow with computed options."""

from dataclasses import dataclass

from bot import END, Flow, Option, ask, call, choose, on, parse, step


class Street(Flow):
    street = ask(
        lambda data: f"Which street, {data.name}?",
        accept=parse.text(),
        to=END,
        timeout=("1d", END),
    )


class Moving(Flow):
    start_on = ("moving",)

    where = call("street", to="sure", data=lambda data: {"name": "Kim"})
    sure = choose(
        "Sure?",
        lambda data: {data.where.get("street", "none"): "Yes", "no": Option("No", to="where")},
        to=("thank", "where"),
        timeout=("1d", END),
    )

    @step(to=END)
    def thank(self, turn):
        turn.say("Thanks.")
        return END


@dataclass
class New:
    street: str
    seen: str = ""


class Moved(Flow):
    data: New

    @step(to="seen")
    def tell(self, turn):
        turn.say(f"We have moved to {self.data.street}.")
        return "seen"

    seen = choose("Will you find it?", {"yes": Option("Yes", to="thank")}, timeout=("1d", END))
    thank = Moving.thank

    @on("opened")
    def opened(self, turn):
        turn.say(f"Come in until {turn.event_data['until']}.")


class Rated(Flow):
    @step(to=END)
    def thank(self, turn):
        turn.say(f"{5 - self.data.rating['stars']} stars are missing.")
        return END


class Ready(Flow):
    start_on_events = ("bicycle_ready",)

    fetch = choose(
        lambda data: f"Bicycle {data.number} is ready. Will you fetch it?",
        {"yes": Option("Yes", to="thank")},
        timeout=("1d", END),
    )
    thank = Moving.thank


class Billed(Flow):
    start_on_events = ("bill_sent",)

    paid = choose(
        lambda data: f"It costs {data.bill['total']} kr. Have you paid?",
        {"yes": Option("Yes", to="thank")},
        timeout=("1d", END),
    )
    thank = Moving.thank
