"""The outcomes of a broadcast are counted, contact by contact, without turns for its reports."""

import json

import pytest

from bot import END, Flow, Turn, ask, call, on, parse, step
from bot.contact.address import Address
from bot.conversation_api.recipients import Recipients
from bot.emulator.fault_injection import DeliveryFault, RequestFault
from bot.errors import ContactError, StoreAway
from bot.items.outbound import broadcast_of, entry_id, run_of
from bot.ops import broadcast_report, transcript
from bot.ops.broadcast import Broadcast, FlowStart, Payload, SentTemplate
from bot.ops.common import OperationError
from bot.ops.csv_rows import Row
from bot.ops.csv_rows import read as read_csv
from bot.store import BroadcastCounts
from bot.store.keys import BROADCAST_MS
from bot.store.outcomes import Outcomes
from bot.testing import Simulation

SEND = "POST */messages:send"


class News(Flow):
    start_on = ("news",)

    @step(to="good")
    def tell(self, turn: Turn) -> str:
        turn.say(f"{self.data.get('name', 'You')}, we have moved.")
        return "good"

    good = ask("Is that good?", accept=parse.yes_no(), to=END)


class Tells(Flow):
    """Sends a message and ends immediately."""

    @step(to=END)
    def tell(self, turn: Turn) -> str:
        turn.say("We have moved.")
        return END


class Outer(Flow):
    """Calls a flow that asks the question."""

    inner = call("news", to=END)


class Other(Flow):
    start_on = ("other",)

    first = ask("First?", accept=parse.text(), to=END)


pytestmark = pytest.mark.flows([News, Tells, Outer, Other])


def rows(*identities: str, channel: str = "SMS", fallback: Address | None = None) -> list[Row]:
    return [
        Row(line, Address("", channel, identity), {}, fallback)
        for line, identity in enumerate(identities, start=2)
    ]


async def send(
    simulation: Simulation, rows: list[Row], what: Payload | None = None, name: str = "news"
) -> Broadcast:
    bot = simulation.bot
    recipients = Recipients(bot.store, bot.api, simulation.settings, simulation.clock)
    what = what or FlowStart("news")
    one = Broadcast(name, what, bot, recipients, simulation.settings, simulation.clock)
    await one.run(rows, 0)
    await simulation.run_until_idle()
    return one


async def counted(simulation: Simulation, name: str = "news") -> BroadcastCounts:
    found = await simulation.bot.store.outcomes.count(name)
    assert found is not None
    return found


def fail(simulation: Simulation, identity: str, reason: str, channel: str = "*") -> None:
    fault = DeliveryFault(identity=identity, channel=channel, reason=reason)
    simulation.platform.faults.rules.deliveries.append(fault)


@pytest.mark.parametrize("mode", ["CONVERSATION", "DISPATCH"])
async def test_counts_what_came_of_each_contact(simulation, contacts, mode):
    answers, stops, reads, fails, silent = contacts(5, mode=mode)
    fail(simulation, fails.phone.identity, "RECIPIENT_NOT_REACHABLE")
    await send(simulation, rows(*(each.phone.identity for each in simulation.contacts)))
    await answers.says("yes")
    await answers.says("thanks")
    await stops.says("what?")
    await stops.says("stop")

    found = await counted(simulation)
    assert (found.accepted, found.waiting, found.sent) == (5, 0, 5)
    assert (found.delivered, found.failed) == (4, {"RECIPIENT_NOT_REACHABLE": 1})
    assert (found.answered, found.stopped) == (2, 1)
    assert silent.phone.shown[0].text == reads.phone.shown[0].text == "You, we have moved."


async def test_who_has_read_it_is_counted(simulation, contacts):
    one, other = contacts(2, channel="RCS")
    await send(simulation, rows(one.phone.identity, other.phone.identity, channel="RCS"))
    await one.reads()

    found = await counted(simulation)
    assert (found.delivered, found.read) == (2, 1)


async def test_reports_of_a_broadcast_cost_no_turn(simulation, contacts):
    (contact,) = contacts(1, channel="RCS")
    events: list[str] = []
    simulation.watchers.append(lambda effects: events.append(effects.event))
    await send(simulation, rows(contact.phone.identity, channel="RCS"))
    await contact.reads()

    assert "start" in events
    assert not {"queued_on_channel", "delivered", "read"} & {*events}
    raw = await simulation.bot.store.reader.log(contact.session.address.key)
    assert len(raw) == 1
    shown = await transcript.read(simulation.bot.store, contact.session.address.key)
    assert [line.delivery for line in shown if line.who == "bot"] == ["READ", "READ"]


class Heard(Flow):
    start_on = ("heard",)

    good = ask("Is that good?", accept=parse.yes_no(), to=END)

    @on("delivered")
    def arrived(self, turn: Turn) -> None:
        self.data.arrived = True


@pytest.mark.flows([Heard])
async def test_a_flow_that_handles_reports_gets_them(simulation, contact):
    await send(simulation, rows(contact.phone.identity), FlowStart("heard"))
    await contact.run_until_idle()

    assert contact.data == {"arrived": True}
    assert (await counted(simulation)).delivered == 1


async def test_a_person_who_handles_the_contact_delays_it(simulation, contact):
    await contact.says("other")
    await contact.says("agent")
    await send(simulation, rows(contact.phone.identity))
    found = await counted(simulation)
    assert (found.accepted, found.waiting, found.sent) == (1, 1, 0)
    await contact.says("Are you there?")
    await simulation.bot.resume(contact.session.address)
    await contact.run_until_idle()
    contact.sees("You, we have moved.")

    found = await counted(simulation)
    assert (found.waiting, found.delivered, found.answered) == (0, 1, 0)


async def test_messages_of_other_flows_are_not_counted(simulation, contact):
    await contact.says("other")
    await send(simulation, rows(contact.phone.identity), FlowStart("tells"))
    fail(simulation, contact.phone.identity, "RECIPIENT_NOT_REACHABLE")
    await contact.says("done")
    await contact.says("other")

    found = await counted(simulation)
    assert (found.sent, found.delivered, found.failed, found.answered) == (1, 1, {}, 1)


async def test_the_question_of_a_called_flow_is_a_part_of_it(simulation, contact):
    fail(simulation, contact.phone.identity, "CHANNEL_FAILURE")
    await send(simulation, rows(contact.phone.identity), FlowStart("outer"))

    assert (await counted(simulation)).failed == {"CHANNEL_FAILURE": 1}


async def test_what_the_platform_refuses_has_failed(simulation, contact):
    refused = RequestFault(on=SEND, action="refuse", status=400)
    simulation.platform.faults.rules.requests.append(refused)
    await send(simulation, rows(contact.phone.identity))

    found = await counted(simulation)
    assert (found.accepted, found.waiting, found.sent) == (1, 0, 0)
    assert sum(found.failed.values()) == 1


async def test_who_says_stop_before_it_is_sent_has_not_got_it(simulation, contact):
    retry = RequestFault(on=SEND, action="refuse", status=503, count=1)
    simulation.platform.faults.rules.requests.append(retry)
    await send(simulation, rows(contact.phone.identity), FlowStart("tells"))
    await contact.says("stop")

    found = await counted(simulation)
    assert (found.sent, found.stopped, found.waiting) == (0, 1, 0)
    assert dict(found.failed) == {"opted_out": 1}


async def test_an_answer_is_one_of_the_next_seven_days(simulation, contacts):
    late, early = contacts(2)
    await send(simulation, rows(late.phone.identity, early.phone.identity), FlowStart("tells"))
    await early.waits("6d")
    await early.says("hello")
    await late.waits("2d")
    assert late.session is None
    await late.says("hello")

    assert (await counted(simulation)).answered == 1


async def test_an_answer_counts_for_the_last_broadcast(simulation, contact):
    for name in ("first", "second"):
        await send(simulation, rows(contact.phone.identity), FlowStart("tells"), name)
    await contact.says("hello")

    assert (await counted(simulation, "first")).answered == 0
    assert (await counted(simulation, "second")).answered == 1


async def test_a_forgotten_contact_is_counted_no_more(simulation, contacts):
    one, other = contacts(2)
    await send(simulation, rows(one.phone.identity, other.phone.identity))
    await simulation.bot.store.admin.forget(simulation.address_of(one.phone).key)

    assert (await counted(simulation)).delivered == 1


async def test_a_repeated_report_is_counted_once(simulation, contact):
    await send(simulation, rows(contact.phone.identity))
    store, tag = simulation.bot.store, Outcomes.tag("news")
    key = simulation.address_of(contact.phone).key
    for _ in range(3):
        await store.outcomes.note(tag, key, "delivered")

    assert (await counted(simulation)).delivered == 1


async def test_a_lost_note_sends_nothing_twice(simulation, contact, monkeypatch, caplog):
    async def note(*args):
        raise StoreAway("it is away")

    with monkeypatch.context() as context:
        context.setattr(simulation.bot.store.outcomes, "note", note)
        simulation.platform.faults.rules.deliveries.append(
            DeliveryFault(identity=contact.phone.identity, action="silent")
        )
        await send(simulation, rows(contact.phone.identity))
    assert "can't be counted: it is away" in caplog.text

    assert len(simulation.platform.state.messages) == 2


async def test_what_is_stored_of_a_broadcast_is_bounded(simulation, contact):
    await send(simulation, rows(contact.phone.identity))
    store = simulation.bot.store
    key = store.connection.keys.outcomes(Outcomes.tag("news"))
    left_ms = await store.connection.command("PTTL", key)
    assert 0 < left_ms <= BROADCAST_MS
    for number in range(105):
        await store.outcomes.begin(f"broadcast {number}", 2, simulation.clock.now() + number + 1)

    names = [*await store.outcomes.names()]
    assert (len(names), names[0], "news" in names) == (100, "broadcast 104", False)


async def test_the_report_is_a_table_or_json(simulation, contacts, capsys):
    fails, answers = contacts(2)
    fail(simulation, fails.phone.identity, "RECIPIENT_NOT_REACHABLE")
    await send(simulation, rows(fails.phone.identity, answers.phone.identity))
    await answers.says("yes")
    store = simulation.bot.store
    await broadcast_report.report(store, "news", as_json=False)
    one = capsys.readouterr().out.splitlines()
    assert "failed        1" in one
    assert "  RECIPIENT_NOT_REACHABLE: 1" in one
    assert "answered      1" in one

    await broadcast_report.report(store, "", as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert (found["name"], found["sent"], found["delivered"]) == ("news", 2, 1)
    assert found["started_at"] == "2026-01-05T09:00:00.000Z"

    await broadcast_report.report(store, "", as_json=False)
    assert "news" in capsys.readouterr().out
    with pytest.raises(
        OperationError, match=r"no broadcast 'nws'. The latest broadcasts are: news"
    ):
        await broadcast_report.report(store, "nws", as_json=False)


async def test_a_second_channel_is_tried_if_the_first_fails(simulation, contacts):
    (contact,) = contacts(1, channel="WHATSAPP")
    sms = simulation.platform.phone("SMS", contact.phone.identity)
    await contact.says("other")
    fail(simulation, contact.phone.identity, "RECIPIENT_NOT_REACHABLE", "WHATSAPP")
    fallback = Address("", "SMS", contact.phone.identity)
    await send(simulation, rows(contact.phone.identity, channel="WHATSAPP", fallback=fallback))

    found = await counted(simulation)
    assert [shown.text for shown in sms.shown] == ["You, we have moved.", "Is that good?"]
    assert (found.delivered, found.switched, found.failed) == (1, 1, {})
    sms.says("yes")
    await contact.run_until_idle()
    assert contact.flow == "other"
    assert (await counted(simulation)).answered == 1


async def test_a_closed_window_leads_to_the_second_channel(simulation, contacts):
    (contact,) = contacts(1, channel="WHATSAPP")
    sms = simulation.platform.phone("SMS", "4670999")
    fallback = Address("", "SMS", "4670999")
    await send(simulation, rows(contact.phone.identity, channel="WHATSAPP", fallback=fallback))

    assert [shown.text for shown in sms.shown] == ["You, we have moved.", "Is that good?"]
    assert contact.phone.shown == []
    found = await counted(simulation)
    assert (found.delivered, found.switched, found.failed) == (1, 1, {})


@pytest.mark.contact(channel="WHATSAPP")
async def test_a_template_has_a_second_channel_too(simulation, contact):
    fail(simulation, contact.phone.identity, "RECIPIENT_NOT_REACHABLE", "WHATSAPP")
    row = rows(contact.phone.identity, channel="WHATSAPP", fallback=Address("", "SMS", "4670999"))
    await send(simulation, row, SentTemplate("moved", language="en"))

    found = await counted(simulation)
    assert (found.sent, found.delivered, found.switched) == (1, 1, 1)


@pytest.mark.contact(mode="DISPATCH")
async def test_a_second_channel_needs_contact_ids(simulation, contact):
    row = rows(contact.phone.identity, fallback=Address("", "WHATSAPP", "4670999"))

    with pytest.raises(ContactError, match="needs an app in CONVERSATION mode"):
        await send(simulation, row)


def test_a_file_names_a_second_channel(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(
        "channel,identity,fallback,name\n"
        "WHATSAPP,+46700000001,sms,Ann\n"
        "LINE,Uabc,SMS:+46700000002,Bo\n"
        "SMS,+46700000003,,Cy\n"
    )
    assert [row.fallback for row in read_csv(path)] == [
        Address("", "SMS", "46700000001"),
        Address("", "SMS", "46700000002"),
        None,
    ]

    path.write_text(
        "channel,identity,fallback\n"
        "WHATSAPP,+46700000001,WHATSAPP\n"
        "LINE,Uabc,SMS\n"
        "SMS,+46700000003,PIGEON\n"
        "SMS,+46700000004,WHATSAPP:none\n"
    )
    with pytest.raises(OperationError) as raised:
        read_csv(path)
    lines = [line.strip().partition("; ")[0] for line in str(raised.value).splitlines()[1:]]
    assert lines == [
        "line 2: fallback WHATSAPP is the same as the first channel",
        "line 3: fallback: the identity on SMS is missing. Write SMS:identity",
        "line 4: fallback: 'PIGEON' is not a channel",
        "line 5: fallback: the identity is not a phone number, nor a WhatsApp user ID such as"
        " US.1349120865",
    ]


@pytest.mark.parametrize(
    ("id", "run", "tag"),
    [
        (entry_id("01T", 0), 0, ""),
        (entry_id("01T", 1, 7), 7, ""),
        (entry_id("01T", 1, 7, "ab12"), 7, "ab12"),
        (entry_id("01T", 1, 0, "ab12"), 0, "ab12"),
    ],
)
def test_an_entry_names_its_run_and_broadcast(id, run, tag):
    assert (run_of(f"{id} more"), broadcast_of(f"{id} more")) == (run, tag)
