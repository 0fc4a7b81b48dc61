"""A simulated bot with contacts in all states of its flow, for the console."""

from bot import END, HANDOFF, Flow, Option, Turn, ask, choose, parse, step
from bot.console.endpoints import Console
from bot.store.outcomes import Outcomes
from bot.testing.contact import SimulatedContact
from bot.testing.simulation import Simulation

TOKEN = "open-the-console"
HOSTILE = "<img src=x onerror=document.title='taken'>"


class Pizza(Flow):
    """Asks for a size and an address, then ends."""

    start_on = ("pizza",)

    size = choose(
        "Which size?",
        {"small": Option("Small", to="address"), "large": Option("Large", to="address")},
        timeout=("24h", END),
    )
    address = ask("Where to?", accept=parse.text(min_length=3), to="place")

    @step(to=(END, HANDOFF))
    async def place(self, turn: Turn) -> str:
        if self.data.address == "nowhere":
            raise RuntimeError("the oven is off")
        turn.say("On its way!")
        return END


class Boom(Flow):
    """Fails at once."""

    start_on = ("boom",)

    @step(to=END)
    def fail(self, turn: Turn) -> str:
        raise ValueError("no fuse")


def key_of(contact: SimulatedContact) -> str:
    """Return the bot's key of the contact."""
    assert contact.session is not None
    return contact.session.address.key


class Talk:
    """A simulation and its console, with methods that create contacts."""

    def __init__(self, simulation: Simulation, console: Console) -> None:
        self.simulation = simulation
        self.console = console
        self.url = ""

    async def contact(self, *texts: str, channel: str = "SMS") -> SimulatedContact:
        """Return a new contact that has said these texts."""
        contact = SimulatedContact(self.simulation, channel)
        for text in texts:
            await contact.says(text)
        return contact

    async def make_stuck(self, contact: SimulatedContact) -> None:
        """Let work of this contact wait for more than a minute."""
        await self.simulation.bot.trigger(key_of(contact), "late")
        self.simulation.clock.advance_to(self.simulation.clock.now() + 61)

    async def dead_letter(self) -> SimulatedContact:
        """Return a contact whose turn has finally failed."""
        contact = await self.contact("pizza", "small", "nowhere")
        await contact.waits("1h")
        return contact

    def later(self) -> None:
        """Let time pass until cached values expire."""
        self.simulation.clock.advance_to(self.simulation.clock.now() + 10)


async def note_broadcast(talk: Talk) -> None:
    """Create a broadcast to two contacts: one contact has answered, and the message to the other
    has failed.
    """
    outcomes, tag = talk.simulation.bot.store.outcomes, Outcomes.tag("moved/customers.csv")
    await outcomes.begin("moved/customers.csv", 2, talk.simulation.clock.now())
    for contact in ("one", "two"):
        await outcomes.note(tag, contact, "sent")
    await outcomes.note(tag, "one", "answered")
    await outcomes.note(tag, "two", "failed", "RECIPIENT_NOT_REACHABLE")
