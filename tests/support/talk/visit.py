"""Books a visit, with computed options and a scheduled event."""

from datetime import timedelta
from typing import Any

from bot import END, Flow, Option, Turn, choose, step

SOON = timedelta(seconds=2)
DAYS = {"monday": "Monday", "tuesday": "Tuesday", "friday": "Friday"}


def _free(data: Any) -> dict[str, str]:
    return {key: label for key, label in DAYS.items() if key != data.get("refused")}


class Visit(Flow):
    """Books a visit on a day. A declined day is not offered again."""

    start_on = ("visit",)

    day = choose("Which day?", _free, to="fine")
    fine = choose(
        lambda data: f"On {data.day}?",
        {"yes": Option("Yes", to="book"), "no": Option("No", to="refuse")},
    )

    @step(to="day")
    def refuse(self, turn: Turn) -> str:
        self.data.refused = self.data.day
        return "day"

    @step(to=END)
    def book(self, turn: Turn) -> str:
        turn.schedule("visit_due", turn.now + SOON, {"day": self.data.day})
        turn.say("Noted.")
        return END


class Due(Flow):
    """Announces a visit when it is due."""

    start_on_events = ("visit_due",)

    @step(to=END)
    def tell(self, turn: Turn) -> str:
        turn.say(f"It is {self.data.day}.")
        return END
