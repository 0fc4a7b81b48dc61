"""`bot chat` on lines that are piped in, against a stack in this process."""

import asyncio
from typing import Any

import httpx
import pytest

from bot.dev import Running, chat
from bot.dev.chat import Chat, ChatError, Phone
from bot.emulator.actions import Action, Taps
from bot.errors import ConfigError
from bot.settings import Settings
from tests.support.dev_stack import lines

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def talk(dev: Running, *said: str, channel: str = "SMS") -> None:
    async with httpx.AsyncClient() as http:
        talked = Chat(Phone(http, dev, channel, "46700000001"), channel)
        await talked.begin(())
        await talked.follow(lines(*said))


async def test_each_line_is_answered_before_the_next_is_said(dev, capsys):
    await talk(dev, "hello", "2", "", "Harbour Street 1", "yes")

    assert capsys.readouterr().out.splitlines() == [
        "> hello",
        *("Which size?", "", "1. Small", "2. Large"),
        "> 2",
        "Where to?",
        "> Harbour Street 1",
        *("Shall we order?", "", "1. Yes", "2. No"),
        "> yes",
        *("Thank you!", "On its way", "https://shop.example/box.jpg"),
        "> Track: https://shop.example/1",
    ]


async def test_buttons_are_tapped_by_number_and_shown(dev, capsys):
    await talk(dev, "hello", "/tap 2", "/quit", "never said", channel="WHATSAPP")

    said = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert said == ["> hello", "Which size?", " 1 Small    2 Large", "> /tap 2", "Where to?"]


class CardsPhone(Phone):
    """A phone that shows two cards with the same option, and records actions."""

    def __init__(self) -> None:
        self.done: list[Action] = []

    async def shown(self) -> list[dict[str, Any]]:
        choices = [{"label": "Buy", "card": card} for card in ("Lamp", "Bell")]
        return [{"text": "Lamp or bell", "choices": choices}]

    async def performs(self, action: Action) -> None:
        self.done.append(action)

    async def run_until_idle(self) -> None:
        """Return at once, because this phone gets no replies."""


async def test_a_number_taps_the_option_on_its_card():
    phone = CardsPhone()

    await Chat(phone, "RCS").follow(lines("/tap 2", "/tap Buy"))

    assert phone.done == [Taps("Buy", card="Bell"), Taps("Buy")]


async def test_an_event_is_triggered_for_the_contact(dev, capsys):
    await talk(dev, "shift", '/event called {"number": 7}')

    assert capsys.readouterr().out.splitlines()[-2:] == [
        '> /event called {"number": 7}',
        "We have called 7.",
    ]


async def test_a_flow_starts_for_a_contact_who_never_wrote(dev, capsys):
    await talk(dev, "/start shop")

    assert "Which size?" in capsys.readouterr().out


async def test_a_contact_is_handed_back_to_the_bot(dev, capsys):
    await talk(dev, "hello", "agent", "small")
    assert capsys.readouterr().out.endswith("A colleague will take over.\n> small\n")

    await talk(dev, "/resume")
    assert "Which size?" in capsys.readouterr().out


async def test_an_event_for_a_contact_whom_the_bot_does_not_know_is_refused(dev):
    with pytest.raises(ChatError, match="To write to a new contact, start a flow"):
        await talk(dev, "/event called")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("/tap 9", "no choice '9'"),
        ("/fly", "Unknown command /fly. Type /help"),
        ("/location x 1", "'x'"),
        ("/event called {number: 7}", "{number: 7} is no JSON object"),
        ("/event", "Unknown command /event"),
        ("/start toor", "There is no flow 'toor'"),
    ],
)
async def test_a_line_that_cannot_be_done_ends_it(dev, line, why):
    with pytest.raises(ChatError, match=why):
        await talk(dev, "hello", line)


async def test_a_channel_that_is_none_is_told(dev):
    with pytest.raises(ChatError, match="no channel 'PIGEON'"):
        await talk(dev, "hello", channel="PIGEON")


@pytest.mark.parametrize(
    ("channel", "identity", "why"),
    [
        ("SMS", "ann", "--channel SMS --identity ann: the identity is not a phone number."),
        ("PIGEON", "1", "--channel PIGEON --identity 1: 'PIGEON' is not a channel; the channels"),
    ],
)
async def test_a_phone_that_cannot_be_is_refused_before_anything_starts(channel, identity, why):
    with pytest.raises(ConfigError) as caught:
        await chat.run(Settings.from_env({}), channel, identity)

    assert str(caught.value).startswith(why)


@pytest.mark.parametrize("line", ["/quit", ""])
async def test_how_to_leave_is_told_at_the_start(dev, capsys, monkeypatch, line):
    async def typed(*_: object) -> str:
        if line:
            return str(line)
        raise EOFError

    async with httpx.AsyncClient() as http:
        talked = Chat(Phone(http, dev, "SMS", "46700000001"), "SMS")
        monkeypatch.setattr("prompt_toolkit.PromptSession.prompt_async", typed)
        await talked.by_hand()

    assert "SMS · /help lists the commands · /quit or Ctrl-D leaves" in capsys.readouterr().out


async def test_a_bot_that_is_gone_is_told():
    nowhere = Running("http://127.0.0.1:9", "http://127.0.0.1:9", "", "", "", "")

    with pytest.raises(ChatError, match="has stopped"):
        await talk(nowhere, "hello")


async def test_it_waits_for_a_bot_that_does_not_come_to_rest_no_longer_than_told(dev, monkeypatch):
    monkeypatch.setattr(chat, "REST_S", 0.0)

    with pytest.raises(ChatError, match="still working"):
        await talk(dev, "hello")


async def test_a_failing_flow_is_waited_for(dev, capsys):
    async with asyncio.timeout(20):
        await talk(dev, "break")

    assert "Sorry, something went wrong" in capsys.readouterr().out
