"""Flows with one error each, and one flow without an error."""

from bot import END, Flow, Option, ask, choose, parse, step


def never(answer: parse.Answer) -> str:
    """A parser that understands nothing."""
    raise parse.NotUnderstood("Try again.")


class Exception_(Flow):
    """Divides by what the contact says, which may be nothing."""

    name = "raises"
    start_on = ("divide",)

    number = ask("How many?", accept=parse.integer(min=0), to="share", timeout=("1h", END))

    @step(to=END)
    def share(self, turn):
        turn.say(f"{100 // (self.data.number - 5)} each")
        return END


class Unasked(Flow):
    """Asks about a field that nothing sets."""

    start_on = ("wheels",)

    kind = choose("Which bicycle?", {"old": Option("Old", to="size")}, timeout=("1h", END))
    size = ask(
        lambda data: f"How large are the {data.color} wheels?",
        accept=parse.integer(),
        to=END,
        timeout=("1h", END),
    )


class DeadEnd(Flow):
    start_on = ("lost",)

    way = choose(
        "Where to?",
        {"on": Option("On", to="pit"), "off": Option("Off", to="bye")},
        timeout=("1h", END),
    )
    pit = ask("The password?", accept=never, to="bye")

    @step(to=END)
    def bye(self, turn):
        turn.say("Bye!")
        return END


class Loop(Flow):
    start_on = ("circle",)

    heads = choose("Heads.", {"turn": Option("Turn", to="tails")}, timeout=("1h", "tails"))
    tails = choose("Tails.", {"turn": Option("Turn", to="heads")}, timeout=("1h", "heads"))


class Unreachable(Flow):
    start_on = ("member",)

    code = ask("Your name?", accept=parse.text(min_length=2), to="sort", timeout=("1h", END))

    @step(to=(END, "gold"))
    def sort(self, turn):
        turn.say("Welcome.")
        return "gold" if self.data.code == "Midas" else END

    @step(to=END)
    def gold(self, turn):
        turn.say("Gold for you.")
        return END


class Endless(Flow):
    start_on = ("survey",)

    age = ask("Your age?", accept=parse.integer(min=0), to="thanks")

    @step(to=END)
    def thanks(self, turn):
        turn.say("Thanks.")
        return END


class TooLong(Flow):
    start_on = ("story",)

    more = choose("A story?", {"yes": Option("Yes", to="tell")}, timeout=("1h", END))

    @step(to=END)
    def tell(self, turn):
        turn.say("Once upon a time. " * 300)
        return END


class Untranslated(Flow):
    start_on = ("hej",)

    @step(to="sure")
    def hello(self, turn):
        turn.say("Välkommen!" if turn.contact.language == "sv" else "Welcome!")
        return "sure"

    sure = choose("Are you sure?", {"y": Option("👍", to="bye")}, timeout=("1h", END))

    @step(to=END)
    def bye(self, turn):
        turn.say("Hej då!" if turn.contact.language == "sv" else "Goodbye!")
        return END


class Silent(Flow):
    start_on = ("mute",)

    sure = choose(
        "Sure?", {"yes": Option("Yes", to="bye"), "no": Option("No", to=END)}, timeout=("1h", END)
    )

    @step(to=END)
    def bye(self, turn):
        turn.say("Bye!")
        return END
