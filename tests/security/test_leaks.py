"""A real run shows nothing confidential in logs, metrics, endpoints or errors."""

import re
from collections.abc import AsyncIterator
from dataclasses import fields
from itertools import product
from pathlib import Path

import httpx
import pytest

from bot.emulator.fault_injection import RequestFault
from bot.engine.secret_answers import AnswerCipher
from bot.errors import BotError
from bot.settings import Settings
from bot.store.client import connect
from tests.support.bot_stack import SECRET, Stack, running_stack
from tests.support.http import as_body, inbound, signed

TROUBLE = Path(__file__).parents[1] / "serving" / "trouble"
TEXT = "my-very-private-words"


@pytest.fixture(params=["CONVERSATION", "DISPATCH"])
async def stack(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stack]:
    async with running_stack(tmp_path, mode=request.param) as stack:
        yield stack


@pytest.mark.parametrize("form", ["text", "json"])
async def test_a_run_with_all_kinds_of_errors_leaks_nothing(stack: Stack, form: str) -> None:
    bot = stack.bot(
        constants={"turn_attempts": 2, "retry_first_s": 0.1},
        BOT_FLOWS=TROUBLE,
        BOT_LOG=form,
        BOT_LOG_LEVEL="DEBUG",
    )
    await bot.start()
    stack.post_to(bot)
    faults = stack.platform.faults
    phone, other, refused = (stack.phone(number) for number in (1, 2, 3))

    phone.says("raise")
    await stack.until(lambda: bool(stack.said_to(phone)))
    faults.add(RequestFault(on="POST */messages:send", action="drop", taken=True, count=1))
    phone.says(TEXT)
    await stack.until(lambda: len(stack.said_to(phone)) == 2)
    other.says(TEXT)
    await stack.until(lambda: bool(stack.said_to(other)))
    faults.add(RequestFault(on="POST */messages:send", action="refuse", status=403, count=1))
    refused.says(TEXT)
    await stack.until(lambda: stack.platform.record.counts["request 403"] > 0)
    shown = [bot.log]
    async with httpx.AsyncClient(base_url=bot.url) as http:
        body = as_body(inbound(TEXT))
        for headers in (signed(body, secret="wrong"), signed(body), {}):
            shown.append((await http.post("/webhook", content=body, headers=headers)).text)
        for path in ("/metrics", "/readyz", "/healthz", "/nothing"):
            shown.append((await http.get(path)).text)
    bot.terminate()
    await bot.end()
    shown.append(bot.log)

    assert "RuntimeError" in bot.log, "the fault is told, without its words"
    assert "trouble.py" in bot.log, "and where it happened"
    world = stack.platform.world
    secrets = [SECRET, world.key_secret, "eyJ"]  # the beginning of every token
    numbers = [phone.identity, other.identity, refused.identity]
    for text in shown:
        for word in (*secrets, *numbers, TEXT):
            assert word not in text
        assert not re.search(r"4670\d{7}", text)


SECRETS = [
    name
    for spec in fields(Settings)
    for name in (spec.metadata.get("variable"), spec.metadata.get("override"))
    if name and ("Secret" in str(spec.type) or not spec.repr)
]
"""Settings that are confidential, or are URLs that may hold a password."""


def test_the_secret_settings_are_known() -> None:
    assert {"SINCH_KEY_SECRET", "SINCH_WEBHOOK_SECRET", "BOT_SECRET_KEY", "HTTPS_PROXY"} <= {
        *SECRETS
    }


FORMS = ("{}", "redis://user:{}@host:port/x", "https://user:{}@[bad/", "{},{}", " {}\n")


def test_no_secret_setting_is_in_a_repr_or_an_error(
    monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
) -> None:
    for name, form in product(SECRETS, FORMS):
        with subtests.test(name=name, form=form), monkeypatch.context() as environment:
            environment.setenv(name, form.format(TEXT, TEXT))
            shown = []
            try:
                settings = Settings.from_env()
                shown += [repr(settings), str(settings)]
                AnswerCipher(settings.secret_keys)
                connect(settings.redis_url or "redis://127.0.0.1")
            except BotError as error:
                shown.append(str(error))

            assert shown
            assert not any(TEXT in each for each in shown)
