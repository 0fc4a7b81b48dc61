"""Flows, and input to a terminal, for tests of `bot dev` and `bot chat`."""

from collections.abc import AsyncIterator

SHOP = """
from bot import END, Card, Carousel, Flow, Location, Media, Option, Text, ask, choose, open_url
from bot import on, parse, step


class Shop(Flow):
    start_on = ("hello",)
    fallback = True

    size = choose("Which size?", {
        "small": Option("Small", to="address"),
        "large": Option("Large", to="address"),
    })
    address = ask(
        "Where to?", accept=(parse.location, parse.text(min_length=8)), to="confirm",
        timeout=("24h", END),
    )
    confirm = choose("Shall we order?", {
        "yes": Option("Yes", to="place"),
        "no": Option("No", to="size"),
    })

    @step(to=END)
    def place(self, turn):
        turn.say(Card(
            "Thank you!", description="On its way", media="https://shop.example/box.jpg",
            choices=[open_url("Track", "https://shop.example/1")],
        ))
        return END


class Tour(Flow):
    start_on = ("tour",)

    @step(to=END)
    def show(self, turn):
        turn.say(
            "<img src=x onerror=document.title='taken'> https://safe.example/a.",
            Carousel([Card("One", description="first"), Card("Two", description="second")]),
            Location("Shop", 55.61, 13.0, label="Harbour Street 1"),
            Media("https://shop.example/front.png"),
        )
        return END


class Shift(Flow):
    start_on = ("shift",)

    ready = ask(
        "Are you ready?", accept=parse.yes_no(), to=END,
        remind={"30m": "Still there?"}, timeout=("1h", "late"),
    )

    @on("called")
    def call(self, turn):
        turn.say(f"We have called {turn.event_data['number']}.")

    @step(to=END)
    def late(self, turn):
        turn.say("Too late.")
        return END


class Broken(Flow):
    start_on = ("break",)

    @step(to=END)
    def fail(self, turn):
        raise ValueError("the shelf fell down")
"""


async def lines(*said: str) -> AsyncIterator[str]:
    for each in said:
        yield each
