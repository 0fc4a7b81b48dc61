"""Book a table: how many, which evening, confirmed."""

from bot import END, Flow, Option, Turn, ask, choose, parse, step


class Table(Flow):
    """Starts on "table", and whenever no other flow is active."""

    start_on = ("table", "book")
    fallback = True

    guests = ask(
        "Welcome! For how many people?",
        accept=parse.integer(1, 12),
        to="evening",
        reask="A number from 1 to 12, please.",
    )
    evening = choose(
        "Which evening?",
        {
            "friday": Option("Friday", to="confirm"),
            "saturday": Option("Saturday", to="confirm"),
        },
        remind={"1h": "Do you still want a table?"},
        timeout=("24h", END),
    )
    confirm = choose(
        lambda data: f"A table for {data.guests} on {data.evening.title()}?",
        {
            "yes": Option("Yes", to="book"),
            "no": Option("No", to="guests"),
        },
    )

    @step(to=END)
    def book(self, turn: Turn) -> str:
        turn.say("It is yours. See you then!")
        return END
