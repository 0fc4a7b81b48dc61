"""Contacts are found, shown, exported, forgotten, and steered through their inbox."""

import csv
import io
import json
import re
from typing import Any

import pytest

from bot import END, Flow, Option, choose
from bot.contact.address import Address
from bot.conversation_api.recipients import plain_identity
from bot.emulator.actions import Says
from bot.emulator.fault_injection import DeliveryFault
from bot.ops import consent_records, transcript
from bot.ops import contacts as operations
from bot.ops.common import OperationError
from bot.ops.contact_lookup import find_contact
from bot.ops.stuck import why_stuck
from bot.store import DueTimer
from bot.telemetry.redaction import Pseudonyms
from bot.testing.chat_file import read
from bot.testing.contact import SimulatedContact
from bot.testing.simulation import Simulation
from tests.support.deployment import Pizza

pytestmark = pytest.mark.flows([Pizza])


async def listed(simulation: Simulation, **wanted) -> list[str]:
    bot = simulation.bot
    rows = await operations.rows_of(
        bot.store, operations.Filter(**wanted), bot.flows, simulation.clock.now()
    )
    return sorted(f"{row.flow}/{row.state}" for row in rows)


async def test_lists_contacts_by_flow_state_and_time(simulation, contacts):
    asked, chosen, idle = contacts(3)
    await asked.says("pizza")
    await idle.says("hello")
    await idle.waits("2h")
    await chosen.says("pizza")
    await chosen.taps("Small")

    assert await listed(simulation) == ["/", "pizza/address", "pizza/size"]
    assert await listed(simulation, flow="pizza") == ["pizza/address", "pizza/size"]
    assert await listed(simulation, state="size") == ["pizza/size"]
    assert await listed(simulation, since_s=3600.0) == ["pizza/address"]


async def test_a_limit_leaves_the_last_heard_from(simulation, contacts, capsys):
    early, late = contacts(2)
    await early.says("pizza")
    await early.waits("1h")
    await late.says("pizza")

    store = simulation.bot.store
    await operations.list_contacts(store, operations.Filter(), as_json=True, most=1)

    assert [json.loads(line)["contact"] for line in capsys.readouterr().out.splitlines()] == [
        late.session.address.key
    ]


async def test_a_contact_is_found_by_key_or_identity(simulation, contact):
    await contact.says("pizza")
    store, key = simulation.bot.store, contact.session.address.key
    identity = contact.phone.identity

    for name in (key, identity, f"+{identity}", f"SMS:{identity}", f"sms:+{identity}"):
        assert (await find_contact(store, name))[0] == key
    pseudonym = Pseudonyms(store.settings.key_secret).of(key)
    assert (await find_contact(store, pseudonym))[0] == key
    with pytest.raises(OperationError, match="no contact 'WHATSAPP:1'"):
        await find_contact(store, "WHATSAPP:1")


async def test_changes_of_consent_are_exported_as_json(simulation, contact):
    await contact.says("pizza")
    await contact.says("Stop, please!")
    await contact.says("start")

    found = await consent_records.export(simulation.bot.store, contact.session.address.key, "json")
    out, back = map(json.loads, found.splitlines())
    assert (out["consent"], out["by"], out["words"]) == ("out", "contact", "Stop, please!")
    assert out["told"].startswith("Which size?")
    assert (back["consent"], back["words"]) == ("in", "start")
    assert out["message_id"]
    assert out["at"].startswith("20")


async def test_everybodys_changes_of_consent_are_exported_as_csv(simulation, contacts):
    for each, words in zip(contacts(3), ("=stop", "hello", "stop"), strict=True):
        await each.says(words)
        await each.waits("1s")

    found = await consent_records.export(simulation.bot.store, "", "csv")
    rows = list(csv.DictReader(io.StringIO(found)))
    assert [row["words"] for row in rows] == ["'=stop", "stop"]
    assert len({row["contact"] for row in rows}) == 2


async def test_record_of_a_merged_contact_is_exported_with_the_remaining_one(simulation, contacts):
    gone, kept = contacts(2)
    await gone.stops()
    ids = [simulation.address_of(each.phone).contact_id for each in (kept, gone)]
    simulation.platform.contacts.merge(*ids)
    await kept.run_until_idle()

    found = await consent_records.export(simulation.bot.store, ids[0], "json")
    rows = [json.loads(line) for line in found.splitlines()]
    assert {row["contact"]: row["by"] for row in rows} == {ids[1]: "contact", ids[0]: "merge"}


async def test_forget_says_that_a_digest_of_the_identity_remains(simulation, contact, capsys):
    await contact.stops()
    await operations.forget(simulation.bot.store, contact.session.address.key, is_sure=True)
    assert "A digest of the identity remains" in capsys.readouterr().out


async def test_a_contact_with_two_channels_must_be_named_by_one(simulation, contacts):
    identity = (contact := contacts(1)[0]).phone.identity
    await contact.says("hello")
    other = SimulatedContact(simulation, "MESSENGER", identity=identity)
    await other.says("hello")

    with pytest.raises(OperationError, match="several contacts"):
        await find_contact(simulation.bot.store, identity)
    assert (await find_contact(simulation.bot.store, f"MESSENGER:{identity}"))[
        1
    ].address.channel == ("MESSENGER")


async def test_a_contact_is_stuck_while_something_of_it_waits(simulation, contact):
    await contact.says("pizza")
    assert await listed(simulation, stuck_s=60.0) == []

    store, now = simulation.bot.store, simulation.clock.now()
    await simulation.bot.trigger(
        (await find_contact(store, contact.phone.identity))[1].address, "late"
    )
    simulation.clock.advance_to(now + 61)

    assert await listed(simulation, stuck_s=60.0) == ["pizza/size"]


@pytest.mark.contact(channel="WHATSAPP")
async def test_a_reply_that_waits_for_the_contact_is_not_stuck(simulation, contact, capsys):
    await contact.says("pizza")
    await contact.waits("25h")
    bot, key = simulation.bot, contact.session.address.key
    await bot.say(key, "Are you there?")
    await contact.waits("23h55m")

    assert await listed(simulation, stuck_s=60.0) == []
    assert await bot.store.reader.paused(simulation.clock.now(), 900.0) == []
    await operations.show(bot.store, key)
    shown = capsys.readouterr().out
    assert "unsent        1, held" in shown
    await contact.says("yes")
    await operations.show(bot.store, key)
    assert "< Are you there?" in capsys.readouterr().out


async def test_a_contact_is_shown_as_one_object(simulation, contact, capsys):
    await contact.says("pizza")
    await contact.says("small")
    store, identity = simulation.bot.store, contact.phone.identity

    await operations.show(store, identity, as_json=True)

    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert (told["channel"], told["identity"]) == ("SMS", identity)
    assert told["contact"] == contact.session.address.key
    assert told["flows"] == [{"flow": "pizza", "state": "address"}]
    assert told["data"]["size"] == "small"
    assert told["heard"].endswith("Z")
    assert told["paused"] is None
    assert told["turns"] == contact.session.turn
    assert (told["unhandled"], told["unsent"], told["held"]) == (0, 0, False)
    assert len(told["timers"]) == 1
    assert [each["text"] for each in told["transcript"]][-1] == "Where to?"


async def test_a_contact_is_stuck_in_a_state_that_is_gone(simulation, contact):
    await contact.says("pizza")
    key, held = await find_contact(simulation.bot.store, contact.phone.identity)
    held.runs[-1].state = "crust"

    why = await why_stuck(simulation.bot.store, key, held, simulation.bot.flows, 0.0)

    assert why == "the state pizza/crust no longer exists"


async def test_a_paused_contact_hears_nothing_and_is_asked_again_on_resuming(simulation, contact):
    await contact.says("pizza")

    await operations.pause(simulation.bot.store, [contact.phone.identity], "calls us")
    await contact.run_until_idle()
    await contact.says("small")

    assert contact.session.pause.reason == "calls us"
    assert len(contact.phone.shown) == 1
    timers = await simulation.bot.store.reader.timers(contact.session.address.key)
    assert [timer.name for timer in timers] == ["handed_back"]

    await operations.resume(simulation.bot.store, [contact.phone.identity])
    await contact.run_until_idle()
    contact.sees("Which size?", choices=["Small", "Large"])
    await contact.taps("Large")
    assert contact.state == "address"


class Delivery(Flow):
    start_on_events = ("sent",)

    hour = choose(lambda data: f"At {int(data.hour)}, {data.name}?", {"yes": Option("Yes", to=END)})


async def shown(
    simulation: Simulation, contact: SimulatedContact, capsys
) -> tuple[str, dict[str, Any]]:
    """Return the lines that `bot contacts show` prints about a contact, and its JSON."""
    capsys.readouterr()
    await operations.show(simulation.bot.store, contact.phone.identity)
    text = capsys.readouterr().out
    await operations.show(simulation.bot.store, contact.phone.identity, as_json=True)
    return text, json.loads(capsys.readouterr().out)


@pytest.mark.flows([Delivery])
async def test_shows_the_exception_of_a_question_that_pauses_the_contact(
    simulation, contact, capsys
):
    simulation.shows_errors = False
    await contact.receives_event("sent", {"hour": "noon", "name": "Ada Lovelace"})
    contact.sees_nothing(failed="invalid literal")

    text, told = await shown(simulation, contact, capsys)
    pause = told["paused"]
    assert pause["reason"] == "the question delivery/hour can't be asked"
    assert pause["error"] == "ValueError: invalid literal for int() with base 10: '***'"
    assert re.fullmatch(
        r"tests/ops/test_contacts\.py, line \d+: .*int\(data\.hour\).*", pause["place"]
    )
    assert f"\nerror         {pause['error']}\nplace         {pause['place']}\n" in text
    assert "Ada" not in text.partition("\nerror ")[2]


@pytest.mark.flows([Delivery])
async def test_shows_no_exception_if_an_operator_pauses_the_contact(simulation, contact, capsys):
    await contact.receives_event("sent", {"hour": "9", "name": "Ada"})
    await operations.pause(simulation.bot.store, [contact.phone.identity], "calls us")
    await contact.run_until_idle()

    text, told = await shown(simulation, contact, capsys)
    assert (told["paused"]["error"], told["paused"]["place"]) == ("", "")
    assert "\nerror " not in text


async def test_pausing_again_keeps_the_first_pause(simulation, contact):
    await contact.says("pizza")
    await operations.pause(simulation.bot.store, [contact.phone.identity], "first")
    await contact.run_until_idle()
    await operations.pause(simulation.bot.store, [contact.phone.identity], "second")
    await contact.run_until_idle()

    assert contact.session.pause.reason == "first"


async def test_resuming_a_contact_that_is_not_paused_says_nothing(simulation, contact):
    await contact.says("pizza")
    await operations.resume(simulation.bot.store, [contact.phone.identity])
    await contact.run_until_idle()

    assert len(contact.phone.shown) == 1


async def test_moves_a_contact_with_its_timers(simulation, contact, monkeypatch):
    _flows_of_this_test(monkeypatch)
    await contact.says("pizza")

    await operations.move(simulation.bot.store, [contact.phone.identity], "pizza/address")
    await contact.run_until_idle()

    contact.sees("Where to?")
    assert contact.state == "address"
    timers: list[DueTimer] = await simulation.bot.store.reader.timers(contact.session.address.key)
    assert [timer.name.partition("@")[0] for timer in timers] == ["timeout"]
    await contact.says("Main street 1")
    contact.sees("On its way!")


async def test_moves_a_contact_with_whom_nothing_is_under_way(simulation, contact, monkeypatch):
    _flows_of_this_test(monkeypatch)
    await contact.says("hello")

    await operations.move(simulation.bot.store, [contact.phone.identity], "pizza")
    await contact.run_until_idle()

    contact.sees("Which size?")


async def test_a_paused_contact_that_is_moved_is_asked_when_it_resumes(
    simulation, contact, monkeypatch
):
    _flows_of_this_test(monkeypatch)
    await contact.says("pizza")
    name = [contact.phone.identity]
    await operations.pause(simulation.bot.store, name, "")
    await operations.move(simulation.bot.store, name, "pizza/address")
    await contact.run_until_idle()
    assert len(contact.phone.shown) == 1

    await operations.resume(simulation.bot.store, name)
    await contact.run_until_idle()

    contact.sees("Where to?")


@pytest.mark.parametrize(
    ("target", "fault"),
    [
        ("pizza/crust", "no state 'crust'"),
        ("pasta", "no flow 'pasta'"),
        ("pasta/size", "no flow 'pasta'"),
    ],
)
async def test_no_contact_is_moved_to_what_does_not_exist(
    simulation, contact, monkeypatch, target, fault
):
    _flows_of_this_test(monkeypatch)
    await contact.says("pizza")

    with pytest.raises(OperationError, match=fault):
        await operations.move(simulation.bot.store, [contact.phone.identity], target)
    assert await simulation.bot.store.reader.inbox(contact.session.address.key) == []


async def test_forgets_a_contact(simulation, contact, capsys):
    await contact.says("pizza")
    key = contact.session.address.key

    await operations.forget(simulation.bot.store, key, is_sure=True)

    assert await simulation.bot.store.reader.session(key) is None
    assert await simulation.bot.store.reader.log(key) == []
    await contact.says("pizza")
    contact.sees("Which size?")


async def test_the_transcript_tells_times_states_and_delivery(simulation, contact):
    await contact.says("pizza")
    await contact.waits("5m")
    await contact.taps("Small")

    lines = await transcript.read(simulation.bot.store, contact.session.address.key)

    told = [(line.who, line.text, line.delivery, line.states) for line in lines]
    assert told == [
        ("contact", "pizza", "", ["pizza/size"]),
        ("bot", "Which size?", "DELIVERED", []),
        ("contact", "Small", "", ["pizza/address"]),
        ("bot", "Where to?", "DELIVERED", []),
    ]
    assert lines[2].at - lines[0].at == 300
    assert transcript.as_text(lines[:2]) == (
        "2026-01-05 09:00:00 > pizza  = pizza/size\n"
        "2026-01-05 09:00:00 < Which size? [Small] [Large]  (DELIVERED)"
    )


@pytest.mark.contact(channel="WHATSAPP")
@pytest.mark.parametrize(
    ("statuses", "shown"),
    [
        (["QUEUED_ON_CHANNEL", "DELIVERED", "READ"], "READ"),
        (["READ", "DELIVERED"], "READ"),
        (["DELIVERED", "QUEUED_ON_CHANNEL"], "DELIVERED"),
        (["READ", "QUEUED_ON_CHANNEL", "DELIVERED"], "READ"),
        (["FAILED", "QUEUED_ON_CHANNEL"], "FAILED"),
        (["FAILED", "DELIVERED"], "DELIVERED"),
        (["DELIVERED", "FAILED"], "DELIVERED"),
        (["SWITCHING_CHANNEL", "QUEUED_ON_CHANNEL"], ""),
    ],
)
async def test_transcript_shows_the_furthest_status_in_any_order_of_reports(
    simulation, contact, statuses, shown
):
    simulation.platform.faults.add(DeliveryFault(action="silent"))
    await contact.says("pizza")
    (sent,) = [
        message
        for message in simulation.platform.state.messages.values()
        if message.direction == "TO_CONTACT"
    ]
    identity = {"channel": "WHATSAPP", "identity": sent.identity, "app_id": ""}
    for status in statuses:
        report = {
            "message_id": sent.id,
            "conversation_id": sent.conversation_id,
            "status": status,
            "channel_identity": identity,
            "contact_id": sent.contact_id,
            "metadata": sent.metadata,
            "processing_mode": sent.mode,
        }
        if status == "FAILED":
            report["reason"] = {"code": "CHANNEL_FAILURE", "description": "", "sub_code": ""}
        simulation.platform.callback("MESSAGE_DELIVERY", report)
        await contact.run_until_idle()

    lines = await transcript.read(simulation.bot.store, contact.session.address.key)

    reason = "CHANNEL_FAILURE" if shown == "FAILED" else ""
    told = [(line.delivery, line.reason) for line in lines if line.who == "bot"]
    assert told == [(shown, reason)]


@pytest.mark.contact(channel="WHATSAPP")
async def test_the_transcript_names_the_button_that_was_tapped(simulation, contact):
    await contact.says("pizza")
    await contact.taps("Large")

    lines = await transcript.read(simulation.bot.store, contact.session.address.key)

    assert [line.text for line in lines if line.who == "contact"] == ["pizza", "[Large]"]


async def test_the_transcript_tells_what_operators_did(simulation, contact):
    await contact.says("pizza")
    await operations.pause(simulation.bot.store, [contact.phone.identity], "calls us")
    await contact.run_until_idle()

    lines = await transcript.read(simulation.bot.store, contact.session.address.key)

    assert lines[-1].text == "operator: pause: calls us"


async def test_exports_as_json(simulation, contact):
    await contact.says("pizza")

    told = json.loads(await operations.export(simulation.bot.store, contact.phone.identity, "json"))

    assert [line["who"] for line in told] == ["contact", "bot"]
    assert told[0]["at"] == "2026-01-05T09:00:00.000Z"
    assert told[1]["choices"] == ["Small", "Large"]


async def test_exports_as_a_test_that_plays_the_conversation_again(simulation, contact):
    await contact.says("pizza")
    await contact.taps("Small")

    told = await operations.export(simulation.bot.store, contact.phone.identity, "chat")

    chat = read(told)
    assert chat.headers["channel"] == "SMS"
    acts = [entry for entry in chat.entries if isinstance(entry, Says)]
    assert [act.text for act in acts] == ["pizza", "Small"]


@pytest.mark.parametrize(
    ("content", "text", "labels"),
    [
        ({"location_message": {"title": "Here", "coordinates": {}}}, "Here\nNone, None", []),
        ({"template_message": {"omni_template": {}}}, "(template_message)", []),
        ({"composing_event": {}}, "(composing_event)", []),
        (
            {
                "list_message": {
                    "title": "Menu",
                    "sections": [{"items": [{"choice": {"title": "A"}}]}],
                }
            },
            "Menu",
            ["A"],
        ),
        (
            {"card_message": {"title": "T", "choices": [{"url_message": {"title": "U"}}]}},
            "T",
            ["U"],
        ),
    ],
)
def test_any_app_message_has_words(content, text, labels):
    assert transcript.words(content) == (text, labels)


def _flows_of_this_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """`bot contacts move` loads the flows of the settings: those of the conftest."""
    from bot.flow.definition import of_class
    from bot.flow.load import Flows

    monkeypatch.setattr(operations, "load_flows", lambda where: Flows([of_class(Pizza)]))


async def test_new_contacts_that_wait_are_stuck_and_shown(simulation, capsys):
    await simulation.bot.say(Address("", "SMS", "+46700000077"), "Your parcel is here.")
    store, later = simulation.bot.store, simulation.clock.now() + 90
    flows, wanted = simulation.bot.flows, operations.Filter(stuck_s=60.0)

    [row] = await operations.rows_of(store, wanted, flows, later)

    assert row.stuck.startswith("unhandled since")
    assert (row.contact, row.channel) == ("SMS:46700000077", "SMS")
    await operations.show(store, row.contact)
    assert "unhandled     1" in capsys.readouterr().out
    assert (await find_contact(store, Pseudonyms(store.settings.key_secret).of(row.contact)))[
        0
    ] == (row.contact)


async def test_whatsapp_user_without_a_number_is_answered_and_found(simulation):
    phone = simulation.platform.phone("WHATSAPP", "US.13491208655302741918")
    phone.says("pizza")
    await simulation.run_until_idle()

    found, _ = await find_contact(simulation.bot.store, "WHATSAPP:US.13491208655302741918")

    assert [shown.text for shown in phone.shown] == ["Which size?"]
    assert found == simulation.address_of(phone).key


@pytest.mark.parametrize(
    ("channel", "identity", "plain"),
    [
        ("WHATSAPP", "US.13491208655302741918", "US.13491208655302741918"),
        ("WHATSAPP", "SE.abC1", "SE.abC1"),
        ("WHATSAPP", "US.ENT.11815799212886844830", "US.ENT.11815799212886844830"),
        ("WHATSAPP", "+46 70 000 00 01", "46700000001"),
        ("LINE", "Uabc", "Uabc"),
    ],
)
def test_identities_are_spelled_as_the_api_spells_them(channel, identity, plain):
    assert plain_identity(channel, identity) == plain


@pytest.mark.parametrize(
    ("channel", "identity"),
    [
        ("SMS", "US.13491208655302741918"),
        ("WHATSAPP", "US."),
        ("WHATSAPP", "US." + "1" * 129),
        ("WHATSAPP", "us.1349"),
        ("WHATSAPP", "USA.1349"),
        ("WHATSAPP", "US.13 49"),
    ],
)
def test_what_is_neither_number_nor_user_id_is_refused(channel, identity):
    with pytest.raises(ValueError, match="not a phone number"):
        plain_identity(channel, identity)


async def test_contacts_that_were_only_written_to_are_found(simulation, capsys):
    address = Address("", "SMS", "+46700000077")
    await simulation.bot.say(address, "Your parcel is here.")
    await simulation.run_until_idle()
    store = simulation.bot.store
    assert await store.reader.session(address.key) is None

    rows = await operations.rows_of(store, operations.Filter(), None, simulation.clock.now())
    await operations.show(store, "+46700000077")

    assert address.key in [row.contact for row in rows]
    assert "< Your parcel is here." in capsys.readouterr().out
