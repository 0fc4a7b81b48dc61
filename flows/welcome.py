"""The first word: a menu that leads to everything else, and the way to the shop."""

from bot import END, Flow, Media, Option, Turn, _, call, choose, step
from flows import shop


class Welcome(Flow):
    """Starts on a greeting, and whenever nothing else fits."""

    start_on = ("hello", "hi", "hej", "hallo", "menu")
    fallback = True

    menu = choose(
        "Welcome to Wheelhouse, your bicycle workshop. What can we do for you?",
        {
            "repair": Option("Book a repair", to="repair", synonyms=("repair", "appointment")),
            "order": Option("Order parts", to="parts", synonyms=("parts", "shop")),
            "find": Option("Find us", to="find_us", synonyms=("where", "address", "hours")),
        },
        timeout=("1h", END),
    )
    repair = call("appointment", to="more")
    parts = call("order", to="more")

    @step(to="more")
    def find_us(self, turn: Turn) -> str:
        turn.say(_(shop.PLACE), Media(f"{shop.PICTURES}/front.jpg"), _(shop.HOURS))
        return "more"

    more = choose(
        "Is there anything else?",
        {
            "yes": Option("Yes", to="menu", synonyms=("y", "please", "bitte")),
            "no": Option("No, thanks", to="goodbye", synonyms=("n", "no", "nein")),
        },
        attempts=2,
        otherwise="goodbye",
        timeout=("1h", END),
    )

    @step(to=END)
    def goodbye(self, turn: Turn) -> str:
        turn.say(_("Ride safely!"))
        return END
