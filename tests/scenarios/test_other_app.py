"""Callbacks of another app are dropped, with a log line."""

import logging

import httpx
import msgspec
import pytest

from bot import END, Flow, Turn, step
from bot.callbacks import signature
from bot.testing.simulation import SECRET, WEBHOOK


class Greeting(Flow):
    start_on = ("hi",)

    @step(to=END)
    def greet(self, turn: Turn) -> str:
        turn.say("Hello")
        return END


pytestmark = pytest.mark.flows([Greeting])


async def test_a_callback_of_another_app_is_warned_of_once(simulation, caplog):
    caplog.set_level(logging.INFO)
    async with httpx.AsyncClient(transport=simulation.new_webhook_transport()) as http:
        for number in range(3):
            body = msgspec.json.encode({"app_id": "another", "message": {"id": str(number)}})
            signed = signature.headers(SECRET, body, "nonce", int(simulation.clock.now()))
            assert (await http.post(WEBHOOK, content=body, headers=signed)).status_code == 200

    warnings = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert [vars(each)["other_app_id"] for each in warnings] == ["another"]
    assert "SINCH_APP_ID" in warnings[0].getMessage()
