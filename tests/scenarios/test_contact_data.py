"""Data of a contact that outlives its flows."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

import msgspec
import pytest

from bot import END, ContactData, Flow, FlowError, Hooks, Turn, ask, call, on, parse, step
from bot.contact.address import Address
from bot.contact.session import Session
from bot.contact.session import decode as decode_session
from bot.emulator.actions import Says
from bot.engine.secret_answers import AnswerCipher
from bot.errors import ConfigError
from bot.flow.contact_data import ContactDataType
from bot.flow.definition import of_class
from bot.flow.load import Flows
from bot.ops import contact_state
from bot.ops import contacts as operations
from bot.ops.migration_check import unfit_data
from bot.settings import Secret
from bot.testing.chat_file import read
from bot.testing.recording import chat_text
from tests.scenarios import samples_of_contact_data as samples
from tests.support.redis_dump import everything

NUMBER = "customer-4711"


class Size(Enum):
    SMALL = "s"
    LARGE = "l"


@dataclass
class Order:
    item: str
    price: Decimal = Decimal(0)


class Customer(ContactData):
    secrets = ("number",)

    name: str = ""
    born: date | None = None
    size: Size = Size.SMALL
    visits: int = 0
    orders: list[Order] = msgspec.field(default_factory=list)
    tags: set[str] = msgspec.field(default_factory=set)
    scores: dict[int, float] = msgspec.field(default_factory=dict)
    number: str = ""

    def merge(self, other: "Customer") -> None:
        visits = self.visits + other.visits
        if other.name == "Mallory":
            raise RuntimeError("no")
        super().merge(other)
        self.visits = visits
        self.tags = self.tags | other.tags


class Hello(Flow):
    start_on = ("hello",)

    @step(to=("called", END))
    def look(self, turn: Turn) -> str:
        turn.contact.data.visits += 1
        if not turn.contact.data.name:
            return "called"
        turn.say(f"Welcome back, {turn.contact.data.name}.")
        return END

    called = ask("Your name?", accept=parse.text(), to="keep")

    @step(to=END)
    def keep(self, turn: Turn) -> str:
        customer: Customer = turn.contact.data
        customer.name = self.data.called
        customer.born = date(1990, 1, 2)
        customer.size = Size.LARGE
        customer.orders.append(Order("lamp", Decimal("9.50")))
        customer.tags.add("new")
        customer.scores[1] = float("inf")
        customer.number = NUMBER
        turn.say("Noted.")
        return END


class Outer(Flow):
    start_on = ("outer",)

    inner = call("hello", to="told")

    @step(to=END)
    def told(self, turn: Turn) -> str:
        turn.say(f"{turn.contact.data.name} came {turn.contact.data.visits} times.")
        return END


class Wrong(Flow):
    start_on = ("wrong",)

    how = ask("How?", accept=parse.text(), to=END)

    @on("age")
    def age(self, turn: Turn) -> None:
        turn.contact.data.visits = "many"

    @on("appended")
    def appended(self, turn: Turn) -> None:
        turn.contact.data.orders.append("no order")

    @on("fails")
    def fails(self, turn: Turn) -> None:
        turn.contact.data.name = "Nobody"
        raise RuntimeError("after it was set")

    @on("sets")
    def sets(self, turn: Turn) -> None:
        turn.contact.data.visits += 10

    @on("ended")
    def ended(self, turn: Turn) -> None:
        turn.contact.data.name = "Ended"
        raise RuntimeError("after it was set")


FLOWS = [Hello, Outer, Wrong, Customer]
pytestmark = pytest.mark.flows(FLOWS)


async def introduce(contact) -> None:
    await contact.says("hello")
    await contact.says("Ann")


async def test_outlives_the_flow_with_its_types(contact):
    await introduce(contact)
    assert contact.flow is None
    await contact.says("hello")
    contact.sees("Welcome back, Ann.")

    known = contact.contact_data
    assert (known.born, known.size, known.visits) == (date(1990, 1, 2), Size.LARGE, 2)
    assert known.orders == [Order("lamp", Decimal("9.50"))]
    assert (known.tags, known.scores, known.number) == ({"new"}, {1: float("inf")}, NUMBER)


async def test_called_flows_and_their_callers_share_it(contact):
    await contact.says("outer")
    await contact.says("Ann")

    contact.sees("Ann came 1 times.")


@pytest.mark.contact(data={"name": "Bo", "visits": 3, "number": NUMBER, "born": date(2000, 1, 1)})
async def test_simulations_begin_with_data(contact, simulation):
    await contact.says("hello")

    contact.sees("Welcome back, Bo.")
    assert contact.contact_data.visits == 4
    client, namespace = simulation.bot.store.connection.client, simulation.settings.namespace
    assert NUMBER.encode() not in await everything(client, namespace)


async def test_wrong_data_of_a_simulated_contact_is_refused(contacts):
    with pytest.raises(pytest.fail.Exception, match=r"Customer has no field 'nme'.*'name'"):
        contacts(1, data={"nme": "Bo"})


async def test_a_value_is_checked_when_it_is_set(contact):
    await contact.says("wrong")
    await contact.receives_event("age")
    contact.sees_nothing(failed="test_contact_data.py: Customer.visits: Expected `int`, got `str`")
    await contact.receives_event("appended")
    contact.sees_nothing(failed="Customer.orders: Expected `object`, got `str`")

    assert contact.contact_data == Customer()


async def test_a_failed_turn_changes_nothing(contact):
    await contact.says("wrong")
    await contact.receives_event("fails")

    assert contact.contact_data.name == ""


async def test_what_fails_after_a_hand_over_changes_nothing_of_the_rest(contact, simulation):
    await contact.says("wrong")
    await contact.says("agent")
    for name in ("sets", "fails", "sets"):
        await contact.receives_event(name)
    await simulation.bot.resume(contact.session.address)
    await contact.run_until_idle()

    assert (contact.contact_data.visits, contact.contact_data.name) == (20, "")


async def test_handler_of_an_end_that_fails_changes_nothing(contact):
    await contact.says("wrong")
    await contact.says("cancel")

    assert contact.contact_data == Customer()


async def test_survives_stop_and_start(contact):
    await introduce(contact)
    await contact.says("stop")
    await contact.says("start")
    await contact.says("hello")

    contact.sees("Welcome back, Ann.")


async def test_each_channel_of_a_contact_has_the_same_data(simulation, contacts):
    sms, whatsapp = contacts(1)[0], contacts(1, channel="WHATSAPP")[0]
    await introduce(sms)
    key = simulation.address_of(sms.phone).contact_id
    await whatsapp.says("hello")
    whatsapp.sees("Your name?")
    simulation.platform.contacts.merge(key, simulation.address_of(whatsapp.phone).contact_id)
    await sms.run_until_idle()
    await whatsapp.says("hello")

    whatsapp.sees("Welcome back, Ann.")


async def merge(simulation, gone, kept) -> None:
    ids = [simulation.address_of(each.phone).contact_id for each in (kept, gone)]
    simulation.platform.contacts.merge(*ids)
    await kept.run_until_idle()


async def test_the_remaining_contact_keeps_its_own_and_takes_over_the_rest(simulation, contacts):
    gone = contacts(1, data={"name": "Gone", "visits": 2, "number": NUMBER, "tags": ["a"]})[0]
    kept = contacts(1, data={"name": "Kept", "visits": 3, "tags": ["b"]})[0]
    for each in (gone, kept):
        await each.says("wrong")
    gone_key = gone.session.address.key
    await merge(simulation, gone, kept)

    known = kept.contact_data
    assert (known.name, known.visits, known.number) == ("Kept", 5, NUMBER)
    assert known.tags == {"a", "b"}
    client, namespace = simulation.bot.store.connection.client, simulation.settings.namespace
    assert NUMBER.encode() not in await everything(client, namespace)
    raw = await simulation.bot.store.reader.session(gone_key)
    assert decode_session(raw).data == {}


async def test_a_merge_that_fails_keeps_the_data_of_the_remaining_contact(simulation, contacts):
    gone = contacts(1, data={"name": "Mallory"})[0]
    kept = contacts(1, data={"visits": 3})[0]
    for each in (gone, kept):
        await each.says("wrong")
    await merge(simulation, gone, kept)

    assert kept.contact_data == Customer(visits=3)


async def test_is_forgotten_with_the_contact(contact, simulation):
    await introduce(contact)
    await simulation.bot.store.admin.forget(contact.session.address.key)
    await contact.says("hello")

    contact.sees("Your name?")


async def test_is_forgotten_when_sinch_deletes_the_contact(contact, simulation):
    await introduce(contact)
    await simulation.bot.api.contacts.delete(contact.session.address.contact_id)
    await contact.run_until_idle()

    assert contact.session is None


async def test_commands_show_it_with_secrets_masked(contact, simulation, capsys):
    await introduce(contact)
    key, store = contact.session.address.key, simulation.bot.store
    text = contact_state.as_text(await contact_state.read(store, key))
    assert '"name":"Ann"' in text
    assert '"number":"***"' in text
    shown = contact_state.objects(await contact_state.read(store, key))["contact_data"]
    assert (shown["orders"], shown["number"]) == ([{"item": "lamp", "price": "9.50"}], "***")
    for form in ("text", "json"):
        exported = await operations.export(store, key, form)
        assert "contact data" in exported
        assert NUMBER not in exported


async def test_a_chat_file_has_the_data_that_the_conversation_began_with(contacts, simulation):
    (contact,) = contacts(1, data={"name": "Bo", "visits": 3, "number": NUMBER})
    await contact.says("hello")
    await contact.says("hello")
    chat = read(await chat_text(simulation.bot.store, contact.session.address.key))

    acts = [each for each in chat.entries if isinstance(each, Says)]
    assert msgspec.json.decode(chat.headers["data"]) == {"name": "Bo", "visits": 5 - len(acts)}
    (again,) = contacts(1, data=msgspec.json.decode(chat.headers["data"]))
    for act in acts:
        await again.perform(act)
    assert again.contact_data.visits == 5


async def test_without_a_declaration_there_is_none(simulation, contact):
    simulation.flows.contact_data = None
    await contact.says("hello")

    contact.sees_nothing(failed="No contact data is declared. Write a subclass of bot.ContactData")


hooks = Hooks()


@hooks.around_turn
async def count(turn, proceed):
    customer = turn.contact.data
    await proceed()
    if turn.text:
        customer.visits += 100


@pytest.mark.flows([Hello, Customer, hooks])
async def test_hooks_may_change_it_after_the_turn(contact):
    await introduce(contact)

    assert contact.contact_data.visits == 201


async def release(simulation, declared: type[ContactData]) -> None:
    simulation.flows.contact_data = ContactDataType(declared)


async def test_a_release_renames_fields(contact, simulation):
    await introduce(contact)
    await release(simulation, samples.Renamed)
    await contact.says("wrong")

    known = contact.contact_data
    assert (known.full_name, known.code, known.visits) == ("Ann", NUMBER, 1)
    raw = await simulation.bot.store.reader.session(contact.session.address.key)
    assert NUMBER.encode() not in raw
    assert decode_session(raw).data_version == 2


async def test_a_removed_field_is_deleted_when_the_version_is_raised(contact, simulation):
    await introduce(contact)
    for declared, is_kept in ((samples.Fewer, True), (samples.FewerAgain, False)):
        await release(simulation, declared)
        await contact.says("wrong")
        await contact.receives_event("sets")
        raw = await simulation.bot.store.reader.session(contact.session.address.key)
        assert NUMBER.encode() not in raw
        data = decode_session(raw).data
        assert data["visits"] > 10
        assert ("number" in data, "name" in data) == (is_kept, is_kept)


async def test_a_release_computes_values(contact, simulation):
    await introduce(contact)
    await release(simulation, samples.Computed)
    await contact.says("wrong")

    assert contact.contact_data == samples.Computed(names=["Ann"], born=1990)


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        (samples.NeedsField, "raised KeyError at tests/scenarios/samples_of_contact_data.py:"),
        (samples.ReturnsNone, "must return a dict of all values, but it returned None. Write `def"),
        (samples.ReturnsObject, "returned values that can't be stored: "),
    ],
)
async def test_a_migration_that_fails_is_named(contacts, simulation, declared, told):
    (contact,) = contacts(1, data={"name": "Ann"})
    await contact.says("wrong")
    await release(simulation, declared)
    await contact.says("wrong")

    contact.sees_nothing(failed=told)
    (found,) = await unfit_data(simulation.bot.store, simulation.flows)
    assert f"{declared.__name__}.migrate: the function of version 1, " in found
    assert told in found
    assert f"This happens with contact {contact.session.address.key}, for example." in found


async def test_a_value_that_does_not_fit_stays_stored_until_it_is_set(contact, simulation, caplog):
    await introduce(contact)
    kind = simulation.flows.contact_data
    await release(simulation, samples.Mistaken)
    await contact.says("wrong")
    await contact.receives_event("sets")
    assert contact.contact_data == samples.Mistaken(name=0, visits=11)
    assert "no longer fits its type" in caplog.text
    assert "Ann" not in caplog.text
    simulation.flows.contact_data = kind
    await contact.run_until_idle()

    assert contact.contact_data.name == "Ann"
    assert contact.contact_data.number == NUMBER


async def test_an_older_worker_leaves_the_contact_to_newer_workers(contact, simulation):
    await introduce(contact)
    older = simulation.flows.contact_data
    await release(simulation, samples.Renamed)
    await contact.says("wrong")
    await contact.receives_event("sets")
    simulation.flows.contact_data = older
    await contact.says("hello")
    contact.sees_nothing()
    await release(simulation, samples.Renamed)
    await contact.waits("5s")
    contact.sees_nothing(failed="Renamed has no field 'name'; it has full_name")


async def test_a_lost_key_leaves_secrets_as_they_are(contact, simulation):
    await introduce(contact)
    raw = await simulation.bot.store.reader.session(contact.session.address.key)
    flows, session = simulation.flows, decode_session(raw)
    other = AnswerCipher((Secret("b3RoZXJrZXlvdGhlcmtleW90aGVya2V5b3RoZXJrZXk="),))
    sealed = session.data["number"]
    other.close(other.open(session, flows), flows)

    assert session.data["number"] == sealed
    assert flows.contact_data.load(session).number == ""


def test_secrets_need_a_key():
    flows = Flows([of_class(Wrong)], contact_data=Customer)

    with pytest.raises(
        ConfigError, match="Customer has the secret field 'number', so set BOT_SECRET_KEY"
    ):
        AnswerCipher(()).require(flows)


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        (samples.NoDefault, "NoDefault.name has no default"),
        (samples.WrongDefault, "WrongDefault.name: Expected `str`, got `int`. Correct the default"),
        (
            samples.UnknownSecret,
            "UnknownSecret.secrets: there is no field 'pin'; the fields are name",
        ),
        (
            samples.NoType,
            "NoType.visits is a class attribute, not a field, so all contacts share its value."
            " Give it a type",
        ),
        (samples.Misspelled, "Misspelled.secret is a class attribute, .* Did you mean 'secrets'"),
        (samples.TypedVersion, "TypedVersion.version: this option has a type annotation"),
        (samples.OddUnion, "OddUnion: a field's type can't be stored"),
    ],
)
def test_mistakes_are_reported_when_flows_are_loaded(declared, words):
    with pytest.raises(FlowError, match=f"samples_of_contact_data.py: {words}"):
        Flows([of_class(Wrong)], contact_data=declared)


def test_nothing_is_stored_of_defaults():
    kind, session = ContactDataType(Customer), Session(Address("01A", "SMS", "46700000001"))
    loaded = kind.load(session)
    assert not kind.store(session, loaded)

    loaded.name = "Ann"
    assert kind.store(session, loaded)
    assert session.data == {"name": "Ann"}
    loaded.name = ""
    assert kind.store(session, loaded)
    assert session.data == {}
