"""Books a trip: a flow that calls another one, in two releases.

The second release renames states, and migrates contacts to the new names. The replies are the same.
"""

import os

from bot import END, Flow, Option, Turn, ask, call, choose, parse, step

RELEASE = int(os.environ.get("TALK_RELEASE", "1"))
"""The release that this process has, 1 or 2."""


class Town(Flow):
    """Asks for a town. It is called by another flow."""

    version = RELEASE
    migrate = {1: {"town": "city"}} if RELEASE > 1 else {}

    if RELEASE == 1:
        town = ask("Which town?", accept=parse.text(), to=END)
    else:
        city = ask("Which town?", accept=parse.text(), to=END)

    def returns(self) -> str:
        name: str = self.data.town if RELEASE == 1 else self.data.city
        return name


class Trip(Flow):
    """Calls `Town` again until the contact confirms the town."""

    start_on = ("trip",)
    version = RELEASE
    migrate = {1: {"where": "place", "sure": "certain"}} if RELEASE > 1 else {}

    if RELEASE == 1:
        where = call("town", to="sure")
        sure = choose(
            lambda data: f"To {data.where}?",
            {"yes": Option("Yes", to="go"), "no": Option("No", to="where")},
        )
    else:
        place = call("town", to="certain")
        certain = choose(
            lambda data: f"To {data.place}?",
            {"yes": Option("Yes", to="go"), "no": Option("No", to="place")},
        )

    @step(to=END)
    def go(self, turn: Turn) -> str:
        turn.say(f"Off to {self.data.where if RELEASE == 1 else self.data.place}.")
        return END
