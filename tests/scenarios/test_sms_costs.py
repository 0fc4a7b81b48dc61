"""Formatted times and numbers keep an SMS in GSM-7, which holds more characters than UCS-2."""

from datetime import time

import pytest

from bot import END, Flow, Turn, _, ask, parse, step
from bot.messages.sms_parts import sms_parts


class Tell(Flow):
    start_on = ("tell",)

    @step(to=END)
    def told(self, turn: Turn) -> str:
        turn.say(_("Booked for {hour:short}.", hour=time(15, 30)))
        return END


class Cash(Flow):
    start_on = ("cash",)

    much = ask("How much?", accept=parse.integer(1000, 10000), to=END)


pytestmark = pytest.mark.flows([Tell, Cash])


async def test_formatted_time_keeps_an_sms_in_gsm_7(contact):
    await contact.says("tell")

    assert sms_parts(contact.sees("Booked").text)[1] == "GSM-7"


@pytest.mark.parametrize("language", ["sv", "fr", "de-CH", "nb", "fi"])
async def test_number_in_a_hint_keeps_an_sms_in_gsm_7(contacts, language):
    (contact,) = contacts(1, language=language)
    await contact.says("cash")
    await contact.says("5")

    assert sms_parts(contact.sees("whole number").text)[1] == "GSM-7"
