"""The commands about flows, as they are typed."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from typer.testing import CliRunner

from bot.cli import app, main
from bot.contact import session
from bot.contact.address import Address
from bot.items.inbound import Item, StartFlow
from bot.items.inbound import encode as encode_item
from bot.store import Commit, Store

PIZZA = """
from bot import END, Flow, Option, choose


class Pizza(Flow):
    start_on = ("pizza",)

    size = choose("Which size?", {"small": Option("Small", to=END)})
"""

SECRET = """
from bot import END, Flow, ask, parse


class Pizza(Flow):
    start_on = ("pizza",)

    code = ask("Which code?", accept=parse.text(), to=END, secret=True)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, settings, request):
    name = f"commands_{abs(hash(request.node.nodeid))}"
    folder = tmp_path / name
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "pizza.py").write_text(PIZZA)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("BOT_FLOWS", name)
    monkeypatch.setenv("REDIS_URL", settings.redis_url)
    monkeypatch.setenv("BOT_NAMESPACE", settings.namespace)
    monkeypatch.setenv("COLUMNS", "300")
    yield folder
    for module in [each for each in sys.modules if each.partition(".")[0] == name]:
        del sys.modules[module]


def run(*words):
    answer = CliRunner().invoke(app, words)
    assert answer.exit_code == 0, answer.output
    return answer.output


def fails(monkeypatch, capsys, *words):
    monkeypatch.setattr(sys, "argv", ["bot", *words])
    with pytest.raises(SystemExit) as exit:
        main()
    assert exit.value.code == 1
    printed = capsys.readouterr()
    return printed.out + printed.err


def wait_in(settings, state, data=None):
    """Let a contact wait in a state of the pizza flow, version 1, with this contact data."""

    async def put():
        store = await Store.open(settings)
        address = Address("01CONTACT", "SMS", "46700000001")
        start = Item(id="1", start=StartFlow("pizza"), address=address)
        await store.queue.accept(address.key, encode_item(start), "1", 1.0)
        (ready,) = await store.queue.ready("test", 1, 0)
        work = await store.queue.claim(ready, "token", 1.0)
        assert work is not None
        held = session.Session(address, chains=[session.Chain([session.Run("pizza", state)])])
        held.data = data or {}
        await store.queue.commit(work, Commit(session=session.encode(held)), 1.0)
        await store.close()

    asyncio.run(put())


def test_check_tells_what_the_flows_are():
    assert run("check").split("\n")[1].split() == ["pizza", "1", "pizza", "1", _file()]


def _file():
    return f"{os.environ['BOT_FLOWS']}/pizza.py"


def test_check_tells_notes_when_asked():
    assert "shown as text" not in run("check")
    assert "Pizza.size: question: choice_message: shown as text (SMS, MMS" in run(
        "check", "--notes"
    )


def test_check_fails_on_what_a_channel_refuses(folder, monkeypatch, capsys):
    (folder / "pizza.py").write_text(PIZZA.replace("Which size?", "Which size? " * 100))

    run("check", "--channel", "sms")
    said = fails(monkeypatch, capsys, "check")

    assert (
        f"{_file()}:8: Pizza.size: question: explicit_channel_omni_message.VIBERBM."
        "text_message.text: 1210 characters, at most 1000, the rest is cut off (VIBERBM). Shorten"
        " it, or word the message for that channel with .on('VIBERBM', …). If your bot doesn't use"
        " VIBERBM, set BOT_CHANNELS to its channels.\n"
    ) in said
    assert said.endswith("bot: 1 error in 1 file.\n")


def test_check_fails_on_a_missing_translation(monkeypatch, capsys):
    run("messages", "extract", "--language", "sv")

    said = fails(monkeypatch, capsys, "check")

    assert said.endswith("bot: 2 errors in 1 file.\n")
    assert "'Which size?' (Pizza.size: question) isn't translated." in said


def test_messages_check_fails_on_a_missing_translation(monkeypatch, capsys):
    assert run("messages", "check") == "There are no catalogs yet.\n"
    run("messages", "extract", "--language", "sv")

    assert "'Small' (Pizza.size: option small) isn't translated." in fails(
        monkeypatch, capsys, "messages", "check"
    )


def test_messages_extract_knows_languages(monkeypatch, capsys):
    said = fails(monkeypatch, capsys, "messages", "extract", "-l", "klingon")

    assert said == "bot: 'klingon' is not a language; write a code such as sv or pt_BR.\n"


def test_preview_shows_a_flow():
    assert run("preview", "pizza", "--channel", "SMS") == (
        "size: question\n"
        "  SMS as text\n"
        "    Which size?\n"
        "\n"
        "    1. Small\n"
        "    (SMS: 1 part in GSM-7)\n"
        "\n"
    )


def test_preview_json_has_an_entry_for_each_channel():
    printed = json.loads(run("preview", "pizza", "--channel", "SMS", "--channel", "RCS", "--json"))

    assert printed == {
        "flow": "pizza",
        "messages": [
            {
                "state": "size",
                "what": "question",
                "why": "",
                "channels": [
                    {
                        "channel": "SMS",
                        "text": "Which size?\n\n1. Small",
                        "is_text": True,
                        "refused": [],
                        "parts": 1,
                        "encoding": "GSM-7",
                    },
                    {
                        "channel": "RCS",
                        "text": "Which size?\n[Small]",
                        "is_text": False,
                        "refused": [],
                    },
                ],
            }
        ],
    }


def test_explore_json_has_findings_and_their_files(folder):
    (folder / "pizza.py").write_text(PIZZA.replace("to=END", 'to="size"'))
    answer = CliRunner().invoke(app, ["explore", "--channel", "SMS", "--acts", "60", "--json"])

    printed = json.loads(answer.stdout)
    found = {(each["kind"], each["flow"], each["state"]) for each in printed["findings"]}
    assert answer.exit_code == 1
    assert ("dead-end", "pizza", "size") in found
    assert all(each["channel"] == "SMS" for each in printed["findings"])
    assert all(Path(each["file"]).read_text() for each in printed["findings"])
    assert {"acts", "channels", "not_tried", "seed", "was_cut"} == printed.keys() - {"findings"}


def test_preview_knows_the_flows(monkeypatch, capsys):
    assert "There is no flow 'pasta'; the flows are pizza.\n" in fails(
        monkeypatch, capsys, "preview", "pasta"
    )


def test_check_live_tells_where_contacts_wait(settings):
    assert run("check", "--live").endswith("No contact is in a flow.\n")
    wait_in(settings, "size")

    line = run("check", "--live").split("\n")[-2]

    assert line.split() == ["pizza", "1", "size", "1", "stay"]


def test_check_live_fails_where_contacts_would_be_stranded(settings, monkeypatch, capsys):
    wait_in(settings, "pick_size")

    said = fails(monkeypatch, capsys, "check", "--live")

    assert said.endswith("bot: 1 error.\n")
    assert (
        "\npizza: 1 contact in 'pick_size' of version 1, which this release doesn't have. Add to"
        f" {_file()}: Pizza `version = 2` and"
        ' `migrate = {1: {"pick_size": "…"}}`; the states are size.\n'
    ) in said


def test_check_live_fails_if_secret_answers_have_no_key(folder, settings, monkeypatch, capsys):
    monkeypatch.delenv("BOT_SECRET_KEY", raising=False)
    (folder / "pizza.py").write_text(SECRET)

    said = fails(monkeypatch, capsys, "check", "--live")

    assert "Flow 'pizza' asks for a secret, 'code', so set BOT_SECRET_KEY" in said
    monkeypatch.setenv("BOT_SECRET_KEY", Fernet.generate_key().decode())
    assert run("check", "--live").endswith("No contact is in a flow.\n")


def test_check_live_fails_if_contact_data_would_not_fit(folder, settings, monkeypatch, capsys):
    monkeypatch.setenv("BOT_SECRET_KEY", Fernet.generate_key().decode())
    (folder / "customer.py").write_text(
        """
from bot import ContactData

class Customer(ContactData):
    secrets = ("pin",)

    name: int = 0
    town: str = ""
    pin: int = 0
"""
    )
    wait_in(settings, "size", {"name": "Ann", "town": "Lund", "pin": {"$sealed": "gAAAA"}})

    said = fails(monkeypatch, capsys, "check", "--live")

    assert (
        "customer.py: Customer.name: the values of 1 contact do not fit its type, so the default"
        " would be used instead. Raise the version, and convert the values in `migrate`.\n"
    ) in said
    assert said.endswith("bot: 1 error.\n")


def test_check_and_preview_look_at_the_channels_the_bot_is_on(folder, monkeypatch, capsys):
    (folder / "pizza.py").write_text(PIZZA.replace("Which size?", "Which size? " * 100))
    assert "at most 1000" in fails(monkeypatch, capsys, "check")

    monkeypatch.setenv("BOT_CHANNELS", "sms, RCS")

    assert "pizza" in run("check")
    shown = run("preview", "pizza")
    assert "  RCS\n" in shown
    assert "  SMS as text\n" in shown
    assert "VIBERBM" not in shown
    assert "at most 1000" in fails(monkeypatch, capsys, "check", "--channel", "VIBERBM")
    monkeypatch.setenv("BOT_CHANNELS", "SMS,FAX")
    assert "'FAX' is not a channel; the channels are" in fails(monkeypatch, capsys, "check")
