"""What an operator sends has a purpose, if consent depends on it."""

from dataclasses import replace

import pytest

from bot import END, Flow, Keywords, Option, choose, keyword
from bot.client import Client
from bot.clock import new_ulid
from bot.contact.address import Address
from bot.conversation_api.recipients import Recipients
from bot.errors import ContactError, OptedOut
from bot.flow.definition import of_class
from bot.flow.load import Flows
from bot.messages import TemplateReference
from bot.ops.broadcast import Broadcast, FlowStart, SentTemplate
from bot.ops.common import OperationError
from bot.ops.csv_rows import read
from bot.ops.send import SaidText
from bot.settings import Settings
from bot.testing import SimulatedContact, Simulation


class Chat(Flow):
    start_on = ("chat",)

    topic = choose("What about?", {"end": Option("End", to=END)})


class Ours(Keywords):
    @keyword("no offers")
    def no_offers(self, turn):
        turn.opt_out("marketing")


class Sale(Flow):
    purpose = "marketing"

    want = choose("Half price!", {"yes": Option("Yes", to=END)})


pytestmark = pytest.mark.flows([Chat, Ours])

NEEDS_OPT_IN = Settings(opt_in="marketing")


@pytest.fixture
def client(simulation: Simulation) -> Client:
    return Client(simulation.bot.store, simulation.bot.flows, simulation.clock, new_ulid)


def new_address(simulation: Simulation) -> Address:
    """The address of somebody whom the bot doesn't know."""
    phone = simulation.platform.phone("SMS", simulation.new_identity())
    return simulation.address_of(phone)


@pytest.mark.parametrize("what", [SaidText("Sale!"), SentTemplate("sale")], ids=str)
@pytest.mark.parametrize(
    ("settings", "flows", "why"),
    [
        (NEEDS_OPT_IN, [Chat], "BOT_OPT_IN is set"),
        (Settings(), [Chat, Sale], "these flows have a purpose: sale"),
    ],
    ids=["an opt-in is needed", "a flow has a purpose"],
)
def test_text_or_template_needs_a_purpose(what, settings, flows, why):
    loaded = Flows([of_class(each) for each in flows])
    with pytest.raises(OperationError, match=why) as error:
        what.require_purpose(settings, loaded)

    assert "--purpose none" in str(error.value)
    for purpose in ("marketing", "notification", "none"):
        replace(what, purpose=purpose).require_purpose(settings, loaded)


@pytest.mark.parametrize("what", [SaidText("Hello"), SentTemplate("hello"), FlowStart("sale")])
def test_purpose_is_not_needed_by_a_bot_without_purposes_nor_by_a_flow(what):
    what.require_purpose(Settings(), Flows([of_class(Chat)]))
    FlowStart("sale").require_purpose(NEEDS_OPT_IN, Flows([of_class(Sale)]))


async def test_text_without_a_purpose_is_refused_for_a_contact_who_has_chosen(
    contact: SimulatedContact, client: Client
) -> None:
    await contact.says("chat")
    assert contact.session is not None
    address = contact.session.address
    assert await SaidText("Hello").put(client, address, {}, "")
    await contact.run_until_idle()
    contact.sees("Hello")

    await contact.says("no offers")
    assert (await client.known(contact.session.address.key)).purposes == {"marketing": "out"}
    with pytest.raises(ContactError, match="marketing: out"):
        await SaidText("Sale!").put(client, address, {}, "")
    with pytest.raises(OptedOut):
        await SaidText("Sale!", "marketing").put(client, address, {}, "")
    assert await SaidText("Your parcel is here.", "notification").put(client, address, {}, "")
    assert await SaidText("We open at nine.", "none").put(client, address, {}, "")
    await contact.run_until_idle()

    contact.sees("Your parcel is here.")
    contact.sees("We open at nine.")
    contact.sees_nothing()


class TestOptInIsNeeded:
    @pytest.fixture
    def bot_settings(self, bot_settings):
        return replace(bot_settings, opt_in="marketing")

    @pytest.mark.parametrize(
        "what", [SaidText("Sale!", "marketing"), SentTemplate("sale", purpose="marketing")]
    )
    async def test_contact_without_any_consent_gets_no_marketing(
        self, client: Client, simulation: Simulation, what: SaidText | SentTemplate
    ) -> None:
        with pytest.raises(OptedOut, match="not opted in to marketing"):
            await what.put(client, new_address(simulation), {}, "")

    async def test_contact_without_any_consent_gets_a_notification(
        self, contact: SimulatedContact, client: Client, simulation: Simulation
    ) -> None:
        address = simulation.address_of(contact.phone)
        await SaidText("It's there.", "notification").put(client, address, {}, "")
        await contact.run_until_idle()

        contact.sees("It's there.")

    async def test_program_can_give_a_purpose(self, client: Client, simulation: Simulation) -> None:
        address = new_address(simulation)
        with pytest.raises(OptedOut):
            await client.say(address, "Sale!", purpose="marketing")
        with pytest.raises(OptedOut):
            await client.send_template(address, TemplateReference("sale"), purpose="marketing")

    async def test_rows_of_a_broadcast_without_opt_in_are_left_out(
        self, client: Client, simulation: Simulation, tmp_path
    ) -> None:
        file = tmp_path / "list.csv"
        file.write_text("channel,identity\nSMS,+46700000001\n")
        bot = simulation.bot
        recipients = Recipients(bot.store, bot.api, simulation.settings, simulation.clock)
        sale = SentTemplate("sale", purpose="marketing")
        sent = Broadcast("sale", sale, client, recipients, simulation.settings, simulation.clock)
        await sent.run(read(file), 0)

        assert str(sent.summary) == "0 accepted, 0 sent before, 1 opted out, 0 failed"
