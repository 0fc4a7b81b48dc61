"""Every reply after opt-outs and merges during called flows, on one channel and on two."""

from decimal import Decimal

import pytest

from bot import END, ContactData, Flow, Option, Turn, ask, call, choose, parse, step
from bot.flow.definition import of_class
from bot.flow.load import Flows
from bot.testing.contact import SimulatedContact
from tests.support.conversation import sees, talk


class Customer(ContactData):
    name: str = ""
    credit: Decimal = Decimal(0)


class Profile(Flow):
    start_on = ("profile",)

    @step(to=("who", END))
    def look(self, turn: Turn) -> str:
        known = turn.contact.data
        if not known.name:
            return "who"
        turn.say(f"{known.name}, credit {known.credit}.")
        return END

    who = ask("What shall I call you?", accept=parse.text(), to="credit")
    credit = ask("How much credit?", accept=parse.decimal(), to="keep")

    @step(to=END)
    def keep(self, turn: Turn) -> str:
        turn.contact.data.name, turn.contact.data.credit = self.data.who, self.data.credit
        turn.say(f"Noted, {self.data.who}.")
        return END


class Parts(Flow):
    start_on = ("parts",)

    part = choose("Which part?", {"bell": "Bell", "lock": "Lock"}, to="sure")
    sure = choose("Sure?", {"yes": Option("Yes", to=END)}, remind={"30m": "Waiting for your yes."})


class Sale(Flow):
    purpose = "marketing"
    start_on_events = ("sale_begins",)

    want = choose(
        "Half price. Do you want one?",
        {"yes": Option("Yes", to="parts"), "no": Option("No", to=END)},
        remind={"1h": "The sale is on."},
        timeout=("6h", "over"),
    )
    parts = call("parts", to="thank")

    @step(to=END)
    def thank(self, turn: Turn) -> str:
        turn.say("Enjoy it.")
        return END

    @step(to=END)
    def over(self, turn: Turn) -> str:
        turn.say("The sale is over.")
        return END


class Renamed(Flow):
    name = "sale"
    version = 2
    migrate = {1: {"want": "wish"}}  # noqa: RUF012
    purpose = "marketing"

    wish = choose(
        "Half price. Do you want one?",
        {"yes": Option("Yes", to=END), "no": Option("No", to=END)},
        remind={"1h": "The sale is still on."},
        timeout=("6h", "over"),
    )

    @step(to=END)
    def over(self, turn: Turn) -> str:
        turn.say("The sale is over now.")
        return END


class NoNews(Flow):
    start_on = ("no news",)

    @step(to=END)
    def out(self, turn: Turn) -> str:
        turn.opt_out("marketing")
        turn.say("You get no more news.")
        return END


pytestmark = pytest.mark.flows([Customer, Profile, Parts, Sale, NoNews])

BEGIN = (("profile", "What shall I call you?"), ("Ada", "How much credit?"))


async def test_opt_out_in_the_sale_ends_its_reminders_but_not_its_answers(contact):
    await talk(contact, ("parts", "Which part?"))
    await contact.receives_event("sale_begins")
    sees(contact, "Half price. Do you want one?")
    await talk(contact, ("no news", "You get no more news.", "Half price. Do you want one?"))
    await contact.waits("61m")
    sees(contact)
    await talk(
        contact, ("yes", "Which part?"), ("bell", "Sure?"), ("yes", "Enjoy it.", "Which part?")
    )
    await contact.receives_event("sale_begins")
    sees(contact)


async def test_called_flow_reminds_for_the_purpose_of_its_caller(contact):
    await talk(contact, ("parts", "Which part?"))
    await contact.receives_event("sale_begins")
    await talk(
        contact,
        ("yes", "Which part?"),
        ("bell", "Sure?"),
        ("no news", "You get no more news.", "Sure?"),
    )
    await contact.waits("31m")
    sees(contact)


async def test_reminder_and_time_out_of_the_sale_follow_a_renamed_state(contact, simulation):
    await talk(contact, ("no idea", "Sorry, I don't know"))
    await contact.receives_event("sale_begins")
    simulation.bot.use(
        Flows(map(of_class, (Profile, Parts, NoNews, Renamed)), contact_data=Customer)
    )
    await contact.waits("61m")
    sees(contact, "The sale is still on.")
    await contact.waits("6h")
    sees(contact, "The sale is over now.")


async def test_opt_out_on_one_channel_holds_on_the_other(contact, simulation):
    await talk(contact, ("parts", "Which part?"))
    identity = contact.phone.identity
    identities = [{"channel": each, "identity": identity} for each in ("SMS", "WHATSAPP")]
    key = contact.session.address.contact_id
    await simulation.bot.api.contacts.update(key, {"channel_identities": identities})
    whatsapp = SimulatedContact(simulation, "WHATSAPP", identity=identity)
    await talk(whatsapp, ("no news", "You get no more news.", "Which part?"))
    await talk(contact, ("bell", "Sure?"))
    await contact.receives_event("sale_begins")
    sees(contact)
    sees(whatsapp)


@pytest.fixture
def merge(simulation):
    async def merge(gone, kept):
        ids = [simulation.address_of(each.phone).contact_id for each in (kept, gone)]
        simulation.platform.contacts.merge(*ids)
        await kept.run_until_idle()

    return merge


async def test_remaining_contact_goes_on_with_its_own_answers(contacts, merge):
    gone, kept = contacts(2)
    await talk(gone, *BEGIN, ("10.50", "Noted, Ada."))
    await talk(kept, ("profile", "What shall I call you?"), ("Bo", "How much credit?"))
    await merge(gone, kept)
    await talk(kept, ("3", "Noted, Bo."), ("profile", "Bo, credit 3."))


async def test_remaining_contact_inherits_what_it_has_not_said(contacts, merge):
    gone, kept = contacts(2)
    await talk(gone, *BEGIN, ("10.50", "Noted, Ada."))
    await talk(kept, ("parts", "Which part?"))
    await merge(gone, kept)
    await talk(kept, ("profile", "Ada, credit 10.50.", "Which part?"))


async def test_start_that_waited_for_a_person_happens_to_the_remaining_contact(contacts, merge):
    gone, kept = contacts(2)
    await talk(gone, ("parts", "Which part?"), ("agent", "A colleague will take over."))
    await gone.starts_flow("profile")
    sees(gone)
    await talk(kept, ("parts", "Which part?"), ("lock", "Sure?"))
    await merge(gone, kept)
    await talk(kept, ("Bo", "How much credit?"), ("3", "Noted, Bo.", "Sure?"))
