"""A WhatsApp user without a phone number, in every command and on the console."""

import json

import httpx
import pytest

from bot.callbacks import decode
from bot.client import Client
from bot.clock import new_ulid
from bot.console.endpoints import Console, console_app
from bot.conversation_api.recipients import Recipients
from bot.ops import consent_records, send
from bot.ops import contacts as operations
from bot.ops.broadcast import Broadcast, FlowStart
from bot.ops.common import OperationError
from bot.ops.contact_lookup import NoContact, find_contact
from bot.ops.csv_rows import read
from bot.settings import Secret
from bot.testing.contact import SimulatedContact
from bot.testing.simulation import Simulation
from tests.support.deployment import Pizza

USER_ID = "US.13491208655302741918"
BY_ID = f"WHATSAPP:{USER_ID}"
TOKEN = "open-the-console"

pytestmark = pytest.mark.flows([Pizza])

MODES = pytest.mark.parametrize("mode", ["CONVERSATION", "DISPATCH"])


@pytest.fixture
def contact_options(request: pytest.FixtureRequest) -> dict[str, str]:
    """The contact of these tests; the parameter `mode` is its mode."""
    parameters = request.node.callspec.params if hasattr(request.node, "callspec") else {}
    return {
        "channel": "WHATSAPP",
        "identity": USER_ID,
        "mode": parameters.get("mode", "CONVERSATION"),
    }


def recipients(simulation: Simulation) -> Recipients:
    bot = simulation.bot
    return Recipients(bot.store, bot.api, simulation.settings, simulation.clock)


@MODES
async def test_every_command_takes_the_id(
    mode: str, contact: SimulatedContact, simulation: Simulation, capsys: pytest.CaptureFixture[str]
) -> None:
    await contact.says("pizza")
    contact.sees("Which size?")
    await contact.taps("Small")
    await contact.stops()
    await contact.says("START")
    store, key = simulation.bot.store, simulation.address_of(contact.phone).key
    assert (key == BY_ID) == (mode == "DISPATCH")

    for name in (key, BY_ID, USER_ID):
        assert (await find_contact(store, name))[0] == key
    await operations.list_contacts(store, operations.Filter(), as_json=True, most=9)
    await operations.show(store, USER_ID)
    listed, rest = capsys.readouterr().out.split("\n", 1)
    assert json.loads(listed)["contact"] == key
    assert "Which size?" in rest
    changes = await consent_records.export(store, BY_ID, "json")
    assert [json.loads(line)["consent"] for line in changes.splitlines()] == ["out", "in"]
    assert "Small" in await operations.export(store, USER_ID, "text")
    assert "channel: WHATSAPP" in await operations.export(store, USER_ID, "chat")

    await operations.pause(store, [USER_ID], "")
    await contact.run_until_idle()
    assert contact.session is not None
    assert contact.session.pause is not None
    await operations.resume(store, [USER_ID])
    await contact.run_until_idle()

    await operations.forget(store, USER_ID, is_sure=True)
    with pytest.raises(NoContact):
        await find_contact(store, BY_ID)


@MODES
async def test_send_and_broadcast_reach_the_id(
    mode: str, contact: SimulatedContact, simulation: Simulation, tmp_path
) -> None:
    await contact.says("hello")
    bot = simulation.bot
    client = Client(bot.store, bot.flows, simulation.clock, new_ulid)
    for name in (USER_ID, BY_ID):
        found = await send._contact(bot.store, name, recipients(simulation))
        assert await send.SaidText("Your parcel is here.").put(client, found, {}, "")
    await contact.run_until_idle()
    contact.sees("Your parcel is here.")
    contact.sees("Your parcel is here.")

    file = tmp_path / "list.csv"
    file.write_text(f"channel,identity\nWHATSAPP,{USER_ID}\n")
    rows = read(file)
    sent = Broadcast(
        *("pizzas", FlowStart("pizza"), bot, recipients(simulation)),
        *(simulation.settings, simulation.clock),
    )
    await sent.run(rows, 0)
    await contact.run_until_idle()

    assert str(sent.summary) == "1 accepted, 0 sent before, 0 opted out, 0 failed"
    contact.sees("Which size?")


async def test_a_user_id_on_another_channel_is_refused_with_a_reason(simulation, tmp_path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(f"channel,identity\nSMS,{USER_ID}\n")
    why = "a WhatsApp user ID, not a phone number; use the channel WHATSAPP"

    with pytest.raises(OperationError, match=f"line 2: the identity is {why}"):
        read(file)
    with pytest.raises(OperationError, match=why):
        await send._contact(simulation.bot.store, f"SMS:{USER_ID}", recipients(simulation))


async def test_the_console_finds_and_shows_the_id(contact, simulation) -> None:
    await contact.says("pizza")
    console = Console(simulation.bot)
    app = console_app(lambda: console, Secret(TOKEN), from_anywhere=False)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://127.0.0.1",
        headers={"authorization": f"Bearer {TOKEN}"},
    ) as http:
        listed = (await http.post("/api/contacts", json={"search": BY_ID})).json()
        [row] = listed["rows"]
        shown = (await http.post("/api/contact", json={"contact": row["contact"]})).text

    assert row["identity"] == USER_ID
    assert "Which size?" in shown


async def test_stop_holds_for_both_identities_of_one_contact(contact, simulation) -> None:
    await contact.says("hello")
    api, phones = simulation.bot.api, simulation.platform
    identities = [{"channel": "WHATSAPP", "identity": each} for each in (USER_ID, "46700000001")]
    await api.contacts.update(
        contact.session.address.contact_id, {"channel_identities": identities}
    )
    by_number = phones.phone("WHATSAPP", "46700000001")
    by_number.says("STOP")
    await contact.run_until_idle()

    shown = len(by_number.shown)
    await contact.says("pizza")

    contact.sees_nothing()
    assert contact.consent == "out"
    assert len(by_number.shown) == shown


async def test_stop_under_the_number_holds_after_a_merge_into_the_id(contact, contacts, simulation):
    [by_number] = contacts(1, identity="46700000001")
    await by_number.says("hello")
    await contact.says("hello")
    await by_number.stops()
    ids = [simulation.address_of(each.phone).contact_id for each in (contact, by_number)]
    simulation.platform.contacts.merge(*ids)
    await contact.run_until_idle()

    await contact.says("pizza")

    contact.sees_nothing()
    assert contact.consent == "out"


@pytest.mark.parametrize("trigger", ["contact_update_notification", "contact_create_notification"])
def test_callback_with_both_identities_is_about_the_contact_with_the_id(trigger):
    identities = [
        {"channel": "WHATSAPP", "identity": USER_ID, "app_id": ""},
        {"channel": "WHATSAPP", "identity": "46700000001", "app_id": ""},
    ]
    body = {
        "app_id": "01APP",
        trigger: {"contact": {"id": "01C", "channel_identities": identities}},
    }

    callback = decode(json.dumps(body).encode())

    assert callback.address is not None
    assert callback.address.key == "01C"


@pytest.mark.parametrize("mode", ["DISPATCH"])
async def test_without_contacts_nothing_links_number_and_id(mode, contact, contacts, simulation):
    [by_number] = contacts(1, identity="46700000001", mode="DISPATCH")
    await by_number.stops()

    await contact.says("pizza")

    contact.sees("Which size?")
    assert (by_number.consent, contact.consent) == ("out", "")


@MODES
async def test_program_names_a_contact_by_the_bare_id(
    mode: str, contact: SimulatedContact, simulation: Simulation
) -> None:
    bot = simulation.bot
    assert await bot.say(USER_ID, "You are new.")
    await contact.says("pizza")
    contact.sees("You are new.")
    contact.sees("Which size?")
    assert await bot.say(USER_ID, "You are known.")
    await contact.run_until_idle()
    contact.sees("You are known.")
    assert contact.session == await bot.known(USER_ID)
