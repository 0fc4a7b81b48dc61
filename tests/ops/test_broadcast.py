"""A list is sent once, whatever breaks off; and single messages and flows on request."""

import asyncio
import json
import os
import signal
import sys
from dataclasses import dataclass, replace
from datetime import date

import pytest

from bot import END, Flow, Turn, ask, parse, step
from bot.clock import SystemClock
from bot.contact.address import Address
from bot.conversation_api.recipients import Recipients
from bot.errors import FlowError, StoreFull
from bot.flow.load import load_flows
from bot.messages import TemplateReference
from bot.ops import send
from bot.ops.broadcast import Broadcast, FlowStart, SentTemplate, sent_before
from bot.ops.common import OperationError
from bot.ops.csv_rows import Row, read
from bot.settings import Secret, Settings
from bot.testing import Simulation


class News(Flow):
    """Sends news, and asks whether it is good."""

    start_on = ("news",)

    @step(to="good")
    def tell(self, turn: Turn) -> str:
        turn.say(f"{self.data.get('name', 'You')}, we have moved.")
        return "good"

    good = ask("Is that good?", accept=parse.yes_no(), to=END)


pytestmark = pytest.mark.flows([News])


def rows(*identities: str, channel: str = "SMS") -> list[Row]:
    return [
        Row(line, Address("", channel, identity), {"name": f"N{line}"})
        for line, identity in enumerate(identities, start=2)
    ]


def broadcast(simulation: Simulation, what=None, name: str = "news") -> Broadcast:
    bot = simulation.bot
    recipients = Recipients(bot.store, bot.api, simulation.settings, simulation.clock)
    what = what or FlowStart("news")
    return Broadcast(name, what, bot, recipients, simulation.settings, simulation.clock)


def texts(simulation: Simulation, identity: str, channel: str = "SMS") -> list[str]:
    return [shown.text for shown in simulation.platform.phone(channel, identity).shown]


async def test_everybody_gets_the_flow_with_their_data_and_can_answer(simulation):
    one = broadcast(simulation)
    await one.run(rows("4670111", "4670222"), 0)
    await simulation.run_until_idle()

    assert str(one.summary) == "2 accepted, 0 sent before, 0 opted out, 0 failed"
    assert texts(simulation, "4670222") == ["N3, we have moved.", "Is that good?"]
    simulation.platform.phone("SMS", "4670222").says("what?")
    await simulation.run_until_idle()
    assert "Is that good?" in texts(simulation, "4670222")[-1]


async def test_who_is_known_is_found_by_identity(simulation, contact):
    await contact.says("hello")
    await broadcast(simulation).run(rows(contact.phone.identity), 0)
    await contact.run_until_idle()

    contact.sees("N2, we have moved.")
    assert contact.flow == "news"


@pytest.mark.contact(mode="DISPATCH")
async def test_without_contact_ids_the_identity_names_the_contact(simulation, contact):
    await broadcast(simulation).run(rows(contact.phone.identity), 0)
    await contact.run_until_idle()

    contact.sees("N2, we have moved.")
    await contact.says("yes")
    assert contact.flow is None


async def test_again_it_sends_only_what_is_new(simulation):
    await broadcast(simulation).run(rows("4670111"), 0)
    again = broadcast(simulation)
    assert await sent_before(simulation.bot.store, "news", rows("4670111", "4670222")) == 1
    await again.run(rows("4670111", "4670222"), 0)
    await simulation.run_until_idle()

    assert (again.summary.accepted, again.summary.before) == (1, 1)
    assert len(texts(simulation, "4670111")) == 2


async def test_long_after_the_inboxes_have_forgotten_it_is_sent_once(simulation):
    await broadcast(simulation).run(rows("4670111"), 0)
    await simulation.wait(3 * simulation.settings.dedupe_s)
    await broadcast(simulation).run(rows("4670111"), 0)
    await simulation.run_until_idle()

    assert len(texts(simulation, "4670111")) == 2


async def give_both_channels(simulation: Simulation, identity: str) -> None:
    """Create one contact with a number on WhatsApp and by SMS."""
    identities = [{"channel": each, "identity": identity} for each in ("WHATSAPP", "SMS")]
    await simulation.bot.api.contacts.create(
        {"channel_identities": identities, "language": "UNSPECIFIED"}
    )


@pytest.mark.settings(BOT_OUTSIDE_WINDOW="send")
async def test_contact_with_two_channels_gets_a_broadcast_once(simulation):
    await give_both_channels(simulation, "46700000001")
    both = [*rows("46700000001"), *rows("46700000001", channel="WHATSAPP")]
    one = broadcast(simulation)
    await one.run(both, 0)
    await simulation.run_until_idle()
    assert str(one.summary) == "1 accepted, 1 sent before, 0 opted out, 0 failed"

    await simulation.wait(10 * 86_400)
    again = broadcast(simulation)
    await again.run(both, 0)
    await simulation.run_until_idle()
    assert str(again.summary) == "0 accepted, 2 sent before, 0 opted out, 0 failed"
    sent = [texts(simulation, "46700000001", each) for each in ("SMS", "WHATSAPP")]
    assert [len(each) for each in sent] == [2, 0]
    counts = await simulation.bot.store.outcomes.count("news")
    assert counts
    assert (counts.accepted, counts.waiting, counts.sent, counts.has_ended) == (1, 0, 1, True)


@pytest.mark.settings(BOT_OUTSIDE_WINDOW="send")
async def test_contact_s_second_channel_is_no_new_row_after_days(simulation):
    await give_both_channels(simulation, "46700000001")
    await broadcast(simulation).run(rows("46700000001"), 0)
    await simulation.run_until_idle()
    await simulation.wait(10 * 86_400)
    again = broadcast(simulation)
    await again.run(rows("46700000001", channel="WHATSAPP"), 0)
    await simulation.run_until_idle()

    assert str(again.summary) == "0 accepted, 1 sent before, 0 opted out, 0 failed"
    assert texts(simulation, "46700000001", "WHATSAPP") == []


async def test_another_name_is_another_broadcast(simulation):
    await broadcast(simulation).run(rows("4670111"), 0)
    await broadcast(simulation, name="more news").run(rows("4670111"), 0)
    await simulation.run_until_idle()

    assert len(texts(simulation, "4670111")) == 4


async def test_a_row_begun_by_a_run_that_broke_off_is_sent_unless_it_was(simulation):
    one, [accepted, lost] = broadcast(simulation), rows("4670111", "4670222")
    store, now = simulation.bot.store, simulation.clock.now()
    for row in (accepted, lost):
        await store.admin.note_row("news", row.key, now)
    contact = await one._recipients.find(accepted.address)
    await one._what.put(simulation.bot, contact, accepted.data, f"news:{contact.key}")
    await one.run([accepted, lost], 0)
    await simulation.run_until_idle()

    assert str(one.summary) == "1 accepted, 1 sent before, 0 opted out, 0 failed"
    assert len(texts(simulation, "4670111")) == len(texts(simulation, "4670222")) == 2


async def test_a_row_of_which_nobody_knows_any_more_is_told_and_not_sent(simulation):
    [row] = rows("4670111")
    await simulation.bot.store.admin.note_row("news", row.key, simulation.clock.now())
    await simulation.wait(simulation.settings.dedupe_s)
    one = broadcast(simulation)
    await one.run([row], 0)
    await simulation.run_until_idle()

    assert [str(each) for each in one.summary.failed] == [
        "line 2: an earlier run was interrupted here on 2026-01-05 09:00:00 UTC; it is"
        " unknown whether this row was sent"
    ]
    assert texts(simulation, "4670111") == []


async def test_who_said_stop_is_left_out(simulation, contact):
    await contact.says("stop")
    one = broadcast(simulation)
    await one.run(rows(contact.phone.identity, "4670222"), 0)
    await contact.run_until_idle()

    assert str(one.summary) == "1 accepted, 0 sent before, 1 opted out, 0 failed"
    contact.sees_nothing()


async def test_it_keeps_to_its_rate(simulation):
    began = simulation.clock.now()
    await broadcast(simulation).run(rows(*(f"46701{n:02}" for n in range(11))), 5.0)

    assert simulation.clock.now() - began == pytest.approx(2.0)


async def test_without_a_terminal_it_tells_now_and_then_how_far_it_is(
    simulation, monkeypatch, capsys
):
    monkeypatch.setattr("bot.ops.progress.LINE_EVERY", 2)

    await broadcast(simulation).run(rows(*(f"467011{n}" for n in range(6))), 0)

    assert (
        capsys.readouterr().err
        == "Sending: 2 of 6 rows, 0 failed\nSending: 4 of 6 rows, 0 failed\n"
    )


async def test_a_full_store_is_waited_for(simulation, monkeypatch):
    put, full = FlowStart.put, [True, True]

    async def put_when_there_is_room(*args):
        if full:
            full.pop()
            raise StoreFull("no room")
        return await put(*args)

    monkeypatch.setattr(FlowStart, "put", put_when_there_is_room)
    one = broadcast(simulation)
    await one.run(rows("4670111"), 0)

    assert one.summary.accepted == 1


async def test_a_contact_that_is_not_there_is_told_with_its_line(simulation):
    one = broadcast(simulation)
    await one.run([Row(7, Address("01NOBODY", "", ""), {})], 0)

    [failed] = one.summary.failed
    assert failed.line == 7
    assert "404" in failed.error


@pytest.mark.contact(channel="WHATSAPP")
async def test_a_template_takes_the_columns_as_parameters(simulation, contact):
    await contact.says("hello")
    await contact.waits("48h")
    what = SentTemplate("moved", language="en", channel="WHATSAPP")
    row = Row(2, Address("", "WHATSAPP", contact.phone.identity), {"body[1]text": "Ann"})
    await broadcast(simulation, what).run([row], 0)
    await contact.run_until_idle()

    template = contact.phone.shown[-1].app_message["template_message"]["channel_template"]
    assert template["WHATSAPP"] == {
        "template_id": "moved",
        "language_code": "en",
        "parameters": {"body[1]text": "Ann"},
    }
    assert (
        TemplateReference("moved", "", "en", {"body[1]text": "Ann"}).to_json()
        == (template["WHATSAPP"])
    )


class TestQuietHours:
    @pytest.fixture
    def bot_settings(self, bot_settings):
        return replace(bot_settings, quiet_hours="08:00-20:00")

    async def test_wait_for_them_to_end(self, simulation):
        await broadcast(simulation).run(rows("46701234567"), 0)
        await simulation.run_until_idle()
        assert texts(simulation, "46701234567") == []
        await simulation.wait(11 * 3600)

        assert len(texts(simulation, "46701234567")) == 2


async def counts(deployment, store_settings, numbers: list[str]) -> list[int]:
    """How many messages each phone shows once the bot has done its work."""
    from bot.app.bot import Bot
    from bot.store import Store

    url = deployment.environment["SINCH_API_URL"]
    settings = deployment.platform.world.settings(replace(store_settings, send_rate=0), url)
    bot = Bot(settings, await Store.open(settings), load_flows("flows"), clock=SystemClock())
    await bot.worker.drain()
    await bot.aclose()
    sent = deployment.platform.state.messages.values()
    to = [message.identity for message in sent if message.direction == "TO_CONTACT"]
    return [to.count(number) for number in numbers]


async def test_killed_half_way_and_run_again_everybody_gets_it_once(
    deployment, settings, tmp_path, monkeypatch
):
    numbers = [f"467000{n:05}" for n in range(60)]
    file = tmp_path / "list.csv"
    file.write_text("channel,identity\n" + "".join(f"SMS,{number}\n" for number in numbers))
    words = ("broadcast", "welcome", "--csv", str(file), "--rate", "40")
    add, half_way = deployment.platform.contacts.add, asyncio.Event()

    def count_and_add(contact):
        if len(deployment.platform.state.contacts) == 20:
            half_way.set()
        return add(contact)

    monkeypatch.setattr(deployment.platform.contacts, "add", count_and_add)
    first = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *words), env=deployment.environment
    )
    await half_way.wait()
    os.kill(first.pid, signal.SIGKILL)
    await first.wait()
    made = len(deployment.platform.state.contacts)
    assert made < len(numbers)

    status, out, err = await deployment.bot(*words[:-1], "0")

    assert (status, err) == (0, "")
    assert "0 opted out, 0 failed" in out
    found = await counts(deployment, settings, numbers)
    assert found == [found[0]] * len(numbers)
    assert found[0] > 0
    status, out, _ = await deployment.bot(*words, "--dry-run")
    assert out == "welcome/list.csv: 0 to send, 60 sent before.\n"


async def test_ctrl_c_says_how_to_go_on(deployment, tmp_path, monkeypatch):
    file = tmp_path / "list.csv"
    file.write_text("channel,identity\n" + "".join(f"SMS,467000{n:05}\n" for n in range(60)))
    add, under_way = deployment.platform.contacts.add, asyncio.Event()

    def tell_and_add(contact):
        under_way.set()
        return add(contact)

    monkeypatch.setattr(deployment.platform.contacts, "add", tell_and_add)
    process = await deployment.begin("broadcast", "welcome", "--csv", str(file), "--rate", "0.1")
    await under_way.wait()
    process.send_signal(signal.SIGINT)
    out, err = await process.communicate()

    assert process.returncode == 130
    assert err.decode() == "welcome/list.csv: interrupted. Run the command again to continue.\n"
    assert b"0 opted out, 0 failed" in out


async def test_the_commands_tell_what_is_wrong(deployment, tmp_path):
    file = tmp_path / "list.csv"
    file.write_text("contact\n01A\n01A\n")

    answers = [
        await deployment.bot("broadcast", "welcome", "--csv", str(file)),
        await deployment.bot("broadcast", "nothing", "--csv", str(file)),
        await deployment.bot("broadcast", "--csv", str(file)),
        await deployment.bot("send", "SMS:+46700000001"),
        await deployment.bot("send", "SMS:call-me", "Hello"),
        await deployment.bot("send", "46700000001", "Hello"),
        await deployment.bot("send", "SMS:+46700000001", "--flow", "welcome", "--data", "[]"),
        await deployment.bot("send", "SMS:+46700000001", "--flow", "w", "--purpose", "marketing"),
    ]

    told = [(status, err.partition("\n")[0]) for status, _, err in answers]
    assert told[0][0] == 1
    assert told[0][1].startswith("bot: ")
    assert "line 3: the same contact as in line 2" in answers[0][2]
    assert "There is no flow 'nothing'" in told[1][1]
    assert [status for status, _ in told] == [1, 1, 2, 2, 1, 1, 1, 2]
    assert told[4][1] == "bot: The contact can't be used: the identity is not a phone number."
    assert "There is no contact" in told[5][1]
    assert "--data takes a JSON object" in told[6][1]
    assert "because a flow declares" in answers[7][2]


async def test_send_suggests_the_name_of_a_misspelled_field(tmp_path):
    flows = tmp_path / "flows_with_data"
    flows.mkdir()
    (flows / "due.py").write_text(
        "from dataclasses import dataclass\n"
        "from bot import END, Flow, ask, parse\n\n\n"
        "@dataclass\nclass Bill:\n    number: int = 0\n    paid: str = ''\n\n\n"
        "class Due(Flow):\n    data: Bill\n\n"
        "    paid = ask('Paid?', accept=parse.text(), to=END)\n"
    )
    settings = Settings(
        flows=str(flows), project_id="p", app_id="a", key_id="k", key_secret=Secret("s")
    )

    with pytest.raises(OperationError, match=r"no data 'nr'.*number, paid\.$"):
        await send.send(settings, FlowStart("due"), "SMS:+46700000001", '{"nr": 1}', "")
    with pytest.raises(OperationError, match=r"Did you mean 'number'\?$"):
        await send.send(settings, FlowStart("due"), "SMS:+46700000001", '{"numbr": 1}', "")


async def test_send_says_a_text_and_begins_a_flow(deployment, settings):
    who = "SMS:+46700000001"
    said = await deployment.bot("send", who, "Hello there", "--id", "1")
    again = await deployment.bot("send", who, "Hello there", "--id", "1")
    begun = await deployment.bot("send", who, "--flow", "welcome")

    assert said == (0, "Queued. A worker will send it.\n", "")
    assert again == (0, "This request was queued before. Nothing is sent again.\n", "")
    assert begun[0] == 0
    assert (await counts(deployment, settings, ["46700000001"]))[0] >= 2


@dataclass
class Outage:
    seq: int = 0
    at: date | None = None
    is_planned: bool = False
    area: str = ""


class Warned(Flow):
    """Is started with typed data."""

    data: Outage

    @step(to=END)
    def tell(self, turn: Turn) -> str:
        turn.say(f"{self.data!r}")
        return END


class Asked(Flow):
    """Is started with an answer of a parser."""

    seats = ask("How many?", accept=parse.integer(), to="tell")

    @step(to=END)
    def tell(self, turn: Turn) -> str:
        turn.say(f"{self.data.seats!r}")
        return END


@pytest.mark.flows([Warned, Asked])
async def test_texts_of_a_row_are_converted_to_the_types_of_the_data(simulation):
    data = {"seq": "7", "at": "2026-03-01", "is_planned": "true", "area": "5"}
    row = Row(2, Address("", "SMS", "4670111"), data)
    await broadcast(simulation, FlowStart("warned")).run([row], 0)
    await simulation.run_until_idle()

    shown = "Outage(seq=7, at=datetime.date(2026, 3, 1), is_planned=True, area='5')"
    assert texts(simulation, "4670111") == [shown]


@pytest.mark.flows([Warned, Asked])
async def test_texts_of_a_row_are_converted_to_the_types_of_the_parsers(simulation):
    row = Row(2, Address("", "SMS", "4670111"), {"seats": "4"})
    await broadcast(simulation, FlowStart("asked", state="tell")).run([row], 0)
    await simulation.run_until_idle()

    assert texts(simulation, "4670111") == ["4"]


@pytest.mark.flows([Warned, Asked])
async def test_a_text_that_does_not_fit_its_type_is_named(simulation, tmp_path):
    file = tmp_path / "list.csv"
    file.write_text("contact,seq,area\n01A,1,x\n01B,five,y\n")

    with pytest.raises(OperationError) as raised:
        read(file, FlowStart("warned").checked_with(simulation.bot.flows))

    assert str(raised.value).endswith(
        "--skip-invalid sends the other rows.\n  line 3: 'seq' is 'five', which can't be converted:"
        " Outage.seq takes int"
    )


@pytest.mark.flows([Warned])
async def test_a_start_by_a_program_has_typed_values(simulation):
    with pytest.raises(FlowError) as raised:
        simulation.bot.flows.start_of("warned", {"seq": "7"})

    assert "Expected `int`, got `str`" in str(raised.value)
    assert "Start the flow with a value of that type." in str(raised.value)
    assert "default" not in str(raised.value)


async def test_another_list_of_the_same_name_is_refused_if_all_its_contacts_were_written_to(
    deployment, tmp_path
):
    file = tmp_path / "list.csv"
    file.write_text("channel,identity,name\nSMS,+46700000001,Ann\n")
    words = ("broadcast", "welcome", "--csv", str(file), "--rate", "0")
    assert (await deployment.bot(*words))[0] == 0
    file.write_text("channel,identity,name\nSMS,+46700000001,Anna\n")

    status, out, err = await deployment.bot(*words)
    assert (status, out) == (
        1,
        "welcome/list.csv: 0 accepted, 1 sent before, 0 opted out, 0 failed.\n",
    )
    assert "Nothing was sent. 1 row is skipped, because the broadcast 'welcome/list.csv'" in err
    assert "give it its own --name" in err

    file.write_text("channel,identity\nSMS,+46700000001\nSMS,+46700000002\n")
    status, out, _ = await deployment.bot(*words)
    assert status == 0
    assert "1 row is skipped, because the broadcast 'welcome/list.csv'" in out
    assert (await deployment.bot(*words, "--name", "again"))[0] == 0


async def test_invalid_rows_are_listed_and_skipped_on_request(deployment, tmp_path):
    file = tmp_path / "list.csv"
    file.write_text("channel,identity\nSMS,+46700000001\nSMS,0700000002\nSMS,+999123\n")
    words = ("broadcast", "welcome", "--csv", str(file), "--rate", "0")
    errors = [
        {"line": 3, "error": "the phone number lacks its country code"},
        {"line": 4, "error": "the phone number has an unknown country code"},
    ]
    status, out, err = await deployment.bot(*words, "--json")
    assert (status, json.loads(out)) == (1, {"name": "welcome/list.csv", "invalid": errors})
    assert "Nothing is sent. --skip-invalid sends the other rows." in err

    status, out, err = await deployment.bot(*words, "--skip-invalid", "--dry-run")
    assert (status, out) == (0, "welcome/list.csv: 1 to send, 0 sent before, 2 invalid.\n")
    assert "They are skipped.\n  line 3: the phone number lacks" in err

    status, out, _ = await deployment.bot(*words, "--skip-invalid", "--json")
    assert (status, json.loads(out)) == (
        0,
        {
            "name": "welcome/list.csv",
            "accepted": 1,
            "sent_before": 0,
            "opted_out": 0,
            "canceled": 0,
            "failed": [],
            "invalid": errors,
        },
    )


async def test_a_list_without_a_valid_row_is_refused(deployment, tmp_path):
    file = tmp_path / "list.csv"
    file.write_text("channel,identity\nSMS,0700000002\n")

    status, out, err = await deployment.bot(
        "broadcast", "welcome", "--csv", str(file), "--skip-invalid"
    )
    assert (status, out) == (1, "")
    assert "Nothing is sent.\n  line 2: the phone number lacks its country code" in err
