"""WhatsApp takes a burst to one user, then a message every six seconds."""

from dataclasses import replace

import pytest

from bot import END, Flow, Turn, ask, parse, step


class Verses(Flow):
    """Says as many lines as it is asked for."""

    start_on = ("verses",)

    number = ask("How many?", accept=parse.integer(1, 99), to="recite")

    @step(to=END)
    def recite(self, turn: Turn) -> str:
        for line in range(self.data.number):
            turn.say(f"Line {line}")
        return END


pytestmark = pytest.mark.flows([Verses])
WHATSAPP = pytest.mark.contact(channel="WHATSAPP")


@pytest.fixture
def bot_settings(bot_settings, request):
    burst = request.param if hasattr(request, "param") else 3
    return replace(bot_settings, whatsapp_burst=burst)


def lines(contact) -> list[str]:
    return [each.text for each in contact.phone.shown if each.text.startswith("Line")]


@WHATSAPP
async def test_messages_beyond_the_burst_leave_every_six_seconds_in_order(contact):
    await contact.says("verses")
    await contact.says("5")
    assert lines(contact) == ["Line 0", "Line 1"]

    seen = []
    for _ in range(4):
        await contact.waits("6s")
        seen.append(len(lines(contact)))

    assert seen == [3, 4, 5, 5]
    assert lines(contact) == [f"Line {number}" for number in range(5)]


@WHATSAPP
async def test_another_user_is_not_held_back(contact, contacts):
    [other] = contacts(1)
    await contact.says("verses")
    await contact.says("5")
    await other.says("verses")

    other.sees("How many?")


@WHATSAPP
async def test_stop_drops_what_is_held_back(contact):
    await contact.says("verses")
    await contact.says("5")
    await contact.stops()
    await contact.waits("1m")

    assert lines(contact) == ["Line 0", "Line 1"]


@pytest.mark.parametrize("bot_settings", [0, 45], indirect=True)
@WHATSAPP
async def test_a_usual_answer_is_not_held_back(contact):
    await contact.says("verses")
    await contact.says("30")

    assert len(lines(contact)) == 30


async def test_other_channels_have_no_such_rate(contact):
    await contact.says("verses")
    await contact.says("9")

    assert len(lines(contact)) == 9
