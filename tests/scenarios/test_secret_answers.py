"""Answers marked secret are nowhere but, encrypted, in the session."""

import json

import pytest
from cryptography.fernet import Fernet

from bot import END, Flow, Turn, ask, call, parse, step
from bot.contact.session import decode
from bot.emulator.actions import IsAnalyzed, IsRedacted, SendsMessage
from bot.engine.secret_answers import AnswerCipher
from bot.errors import ConfigError
from bot.flow.definition import of_class
from bot.flow.load import Flows
from bot.ops import transcript
from bot.settings import Secret
from tests.support.conversation import talk

PIN, CARD = "4711-private", "9876543"


class Pin(Flow):
    start_on = ("pin",)
    seen = ""

    pin = ask("Your PIN?", accept=parse.text(min_length=4), to="number", secret=True)
    number = ask("Your card?", accept=parse.integer(), to="check", secret=True)

    @step(to="done")
    def check(self, turn: Turn) -> str:
        type(self).seen = f"{self.data.pin}/{self.data.number + 1}"
        turn.say("Thank you.")
        return "done"

    done = ask("Anything else?", accept=parse.text(), to=END)


class Outer(Flow):
    start_on = ("outer",)

    inner = call("pin", to="after")
    after = ask("And now?", accept=parse.text(), to=END)


pytestmark = pytest.mark.flows([Pin, Outer])


async def everything(simulation) -> bytes:
    """All that the store holds of this simulation, keys and values."""
    store = simulation.bot.store
    client, prefix = store.connection.client, store.connection.keys.namespace
    found = b""
    async for key in client.scan_iter(match=f"{prefix}:*"):
        kind = (await client.type(key)).decode()
        read = {
            "string": lambda key: client.get(key),
            "list": lambda key: client.lrange(key, 0, -1),
            "hash": lambda key: client.hgetall(key),
            "zset": lambda key: client.zrange(key, 0, -1),
            "set": lambda key: client.smembers(key),
            "stream": lambda key: client.xrange(key),
        }
        found += key + repr(await read[kind](key)).encode()
    return found


async def test_a_flow_sees_the_answer_and_the_store_does_not(contact, simulation):
    await contact.says("pin")
    await contact.says("x")
    await contact.says(PIN)
    assert PIN.encode() not in await everything(simulation)
    await contact.says(CARD)

    assert Pin.seen == f"{PIN}/{int(CARD) + 1}"
    assert contact.data["pin"] == PIN, "a test sees what the flow sees"
    stored = await everything(simulation)
    assert PIN.encode() not in stored
    assert CARD.encode() not in stored
    assert b"$sealed" in stored


async def test_neither_a_finished_nor_a_calling_flow_keeps_it(contact, simulation):
    await contact.says("outer")
    await contact.says(PIN)
    await contact.says(CARD)
    await contact.says("no")

    contact.sees("And now?")
    assert PIN.encode() not in await everything(simulation)
    await contact.says("nothing")
    stored = await everything(simulation)
    assert PIN.encode() not in stored
    assert CARD.encode() not in stored


def flows():
    return Flows([of_class(Pin), of_class(Outer)])


def test_a_flow_that_asks_for_secrets_needs_a_key():
    with pytest.raises(ConfigError, match=r"'pin' asks for a secret, 'pin'.*BOT_SECRET_KEY"):
        AnswerCipher(()).require(flows())
    AnswerCipher((Secret(Fernet.generate_key().decode()),)).require(flows())


def test_what_is_no_key_is_refused_without_repeating_it():
    with pytest.raises(ConfigError, match="BOT_SECRET_KEY takes keys") as caught:
        AnswerCipher((Secret("my-own-idea"),))
    assert "my-own-idea" not in str(caught.value)


async def test_keys_can_be_changed(contact, simulation):
    await contact.says("pin")
    await contact.says(PIN)
    bot = simulation.bot
    old, new = bot.settings.secret_keys[0], Secret(Fernet.generate_key().decode())
    session = await stored_session(simulation)

    assert AnswerCipher((new, old)).open(session, bot.flows).runs[0].data["pin"] == PIN
    without = AnswerCipher((new,)).open(await stored_session(simulation), bot.flows)
    assert without.runs[0].unfit == ["pin"]


async def stored_session(simulation):
    [key] = [each async for each in simulation.bot.store.reader.contacts()]
    return decode(await simulation.bot.store.reader.session(key))


seen: list[object] = []


class Form(Flow):
    start_on = ("form",)

    pin = ask("Your PIN?", accept=parse.text(min_length=4), to="form", secret=True)
    form = ask("Fill it in.", accept=parse.form(), to="check")

    @step(to=END)
    def check(self, turn: Turn) -> str:
        seen.append(self.data.form)
        turn.say(f"Your PIN ends in {self.data.pin[-1]}.")
        return END


def fills_in(answer) -> SendsMessage:
    sent = {
        "message_type": "nfm_reply",
        "message": {"type": "flow_reply", "nfm_reply": {"response_json": json.dumps(answer)}},
    }
    return SendsMessage({"channel_specific_message": sent})


@pytest.mark.parametrize(
    ("name", "question", "answer", "seen"),
    [
        ("pin", "Your PIN?", "1234", f"1234/{int(CARD) + 1}"),
        ("number", "Your card?", "77", f"{PIN}/78"),
    ],
)
async def test_secret_answer_of_a_returned_flow_is_changed(
    contact, simulation, name, question, answer, seen
):
    await talk(
        contact,
        ("outer", "Your PIN?"),
        (PIN, "Your card?"),
        (CARD, "Thank you.", "Anything else?"),
        ("no", "And now?"),
        (f"change {name}", question),
        (answer, "Thank you.", "And now?"),
    )

    assert Pin.seen == seen
    assert PIN.encode() not in await everything(simulation)


class Renamed(Flow):
    name = "pin"
    version = 2
    start_on = ("pin",)

    code = ask("Your code?", accept=parse.text(min_length=4), to="card", secret=True)
    card = ask("Your card now?", accept=parse.integer(), to="check", secret=True)

    @step(to="done")
    def check(self, turn: Turn) -> str:
        turn.say(f"{len(self.data.code)} characters, card {self.data.card % 100}.")
        return "done"

    done = ask("Anything else?", accept=parse.text(), to=END)


NAMES = {"pin": "code", "number": "card"}
Renamed.migrate = {1: NAMES}


def release(simulation):
    simulation.bot.use(Flows([of_class(Renamed), of_class(Outer)]))


async def test_secret_answer_follows_its_renamed_question(contact, simulation):
    await talk(contact, ("outer", "Your PIN?"), (PIN, "Your card?"))
    release(simulation)
    await talk(
        contact,
        (CARD, "12 characters, card 43.", "Anything else?"),
        ("no", "And now?"),
        ("change code", "Your code?"),
        ("12345", "5 characters, card 43.", "And now?"),
    )

    assert CARD.encode() not in await everything(simulation)


async def test_secret_answer_of_a_returned_flow_follows_its_renamed_question(contact, simulation):
    await talk(contact, ("outer", "Your PIN?"), (PIN, "Your card?"))
    await talk(contact, (CARD, "Thank you.", "Anything else?"), ("no", "And now?"))
    release(simulation)
    await talk(
        contact,
        ("back", "Anything else?"),
        ("no", "And now?"),
        ("change card", "Your card now?"),
        ("77", "12 characters, card 77.", "And now?"),
    )


async def test_renamed_secret_question_is_asked_again_if_no_key_decrypts_its_answer(
    contact, simulation
):
    await talk(contact, ("pin", "Your PIN?"), (PIN, "Your card?"))
    release(simulation)
    bot = simulation.bot
    bot.cipher = bot.runner._seals = AnswerCipher((Secret(Fernet.generate_key().decode()),))
    await talk(
        contact,
        (CARD, "Your code?"),
        ("12345", "Your card now?"),
        (CARD, "5 characters, card 43.", "Anything else?"),
    )


@pytest.mark.parametrize("migrates", ["by a map", "by a function"])
async def test_answer_to_a_renamed_secret_question_is_not_logged(contact, simulation, migrates):
    await talk(contact, ("pin", "Your PIN?"))
    if migrates == "by a function":
        Renamed.migrate = {1: lambda state, data: (NAMES.get(state, state), data)}
    try:
        release(simulation)
        await talk(contact, (PIN, "Your card now?"))
    finally:
        Renamed.migrate = {1: NAMES}

    lines = await transcript.read(simulation.bot.store, contact.session.address.key)
    assert "***" in [each.text for each in lines]
    assert PIN not in repr(lines)
    assert PIN.encode() not in await everything(simulation)


async def test_secret_answer_stays_encrypted_if_its_run_cannot_be_migrated(contact, simulation):
    class Lost(Flow):
        name = "pin"
        version = 2
        start_on = ("pin",)
        unknown_state = "stay"

        code = ask("Your code?", accept=parse.text(min_length=4), to=END, secret=True)

    await talk(contact, ("pin", "Your PIN?"), (PIN, "Your card?"))
    Lost.migrate = {1: {"pin": "code"}}
    simulation.bot.use(Flows([of_class(Lost)]))
    await talk(contact, ("hello", "Sorry, I don't know what to do with that."))

    assert PIN.encode() not in await everything(simulation)


@pytest.mark.flows([Form])
@pytest.mark.parametrize("value", ["x", 5, None, {"$sealed": "x"}])
async def test_what_looks_sealed_is_an_answer_like_any_other(contact, value):
    await contact.says("form")
    await contact.says(PIN)

    await contact.perform(fills_in({"$sealed": value}))

    contact.sees(f"Your PIN ends in {PIN[-1]}.")
    assert seen[-1] == {"$sealed": value}


@pytest.mark.flows([Form])
async def test_a_question_is_asked_again_if_no_key_decrypts_its_answer(contact, simulation, caplog):
    await contact.says("form")
    await contact.says(PIN)
    contact.sees("Fill it in.")
    bot = simulation.bot
    bot.cipher = bot.runner._seals = AnswerCipher((Secret(Fernet.generate_key().decode()),))

    await contact.says("here I am")
    contact.sees("Your PIN?")
    await contact.says("9999")
    assert contact.state == "form", caplog.text
    await contact.perform(fills_in({"a": 1}))

    contact.sees("Your PIN ends in 9.")
    record = next(each for each in caplog.records if hasattr(each, "ask"))
    assert "BOT_SECRET_KEY" in record.getMessage()
    assert vars(record)["flow"] == "form"
    assert vars(record)["ask"] == "pin"
    assert not [each async for each in simulation.bot.store.admin.dead_letters()]


async def test_an_answer_opens_for_its_contact_and_ask_alone(contacts, simulation):
    ada, bea = contacts(2)
    for each in (ada, bea):
        await each.says("pin")
        await each.says(PIN)
    bot = simulation.bot
    stored = [
        decode(await bot.store.reader.session(each.session.address.key)) for each in (ada, bea)
    ]
    [first], [second] = (each.runs for each in stored)
    first.data["pin"] = second.data["pin"]
    second.data["number"] = second.data["pin"]

    for each in stored:
        bot.cipher.open(each, bot.flows)

    assert "pin" not in first.data
    assert first.unfit == ["pin"]
    assert second.data == {"pin": PIN}
    assert second.unfit == ["number"]


async def test_the_log_has_no_secret_that_an_analysis_repeats(contact, simulation):
    await contact.says("pin")
    await contact.says(PIN)

    await contact.perform(IsRedacted(f"It is {PIN}."))
    await contact.perform(IsAnalyzed({"text": PIN}))

    assert PIN.encode() not in await everything(simulation)
