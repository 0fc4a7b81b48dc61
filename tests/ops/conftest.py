"""A bot with a flow to operate, on the simulation."""

import pytest

from bot import END, HANDOFF, Flow, Option, Turn, ask, choose, parse, step


class Pizza(Flow):
    """Asks for a size and an address, then ends."""

    start_on = ("pizza",)

    size = choose(
        "Which size?",
        {"small": Option("Small", to="address"), "large": Option("Large", to="address")},
    )
    address = ask("Where to?", accept=parse.text(min_length=3), to="place", timeout=("24h", END))

    @step(to=(END, HANDOFF))
    async def place(self, turn: Turn) -> str:
        if self.data.address == "nowhere":
            raise RuntimeError("the oven is off")
        turn.say("On its way!")
        return END


@pytest.fixture(autouse=True)
def _narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables are as wide as it takes, so that tests find whole cells."""
    monkeypatch.setenv("COLUMNS", "300")
