"""Functions that return a coroutine without awaiting it."""

from typing import Any

import pytest

from bot import END, Flow, Turn, ask, parse, step


async def _any_text(answer: parse.Answer) -> str:
    return answer.text


async def forgetful(answer: parse.Answer) -> Any:
    return _any_text(answer)


async def forgetful_with_service(answer: parse.Answer, conversation_api: object) -> Any:
    return parse.apply(parse.integer(), answer)


async def _price() -> int:
    return 7


async def forgetful_price() -> Any:
    return _price()


class Forgetful(Flow):
    start_on = ("forgetful",)

    number = ask("A number?", accept=forgetful, to="pages")
    pages = ask("Pages?", accept=forgetful_with_service, to=END)


class ForgetfulCall(Flow):
    start_on = ("forgetful call",)

    @step(to=END)
    async def price(self, turn: Turn) -> str:
        await turn.once(forgetful_price)
        return END


@pytest.mark.parametrize(
    ("state", "function", "coroutine"),
    [("number", "forgetful", "_any_text"), ("pages", "forgetful_with_service", "apply")],
)
@pytest.mark.flows([Forgetful])
async def test_a_parser_that_returns_a_coroutine_is_named(
    contact, services, state, function, coroutine
):
    services.injects(conversation_api=object())
    await contact.starts_flow("forgetful", state=state)
    await contact.says("5")

    assert f"forgetful.{state} (" in contact.failure
    assert "test_coroutine_results.py:" in contact.failure
    assert f"{function}() returned the coroutine of {coroutine}()" in contact.failure
    assert f"return await {coroutine}(…)" in contact.failure


@pytest.mark.flows([ForgetfulCall])
async def test_a_call_that_returns_a_coroutine_is_named(contact):
    await contact.says("forgetful call")

    assert "forgetful_price returned the coroutine of _price()" in contact.failure
    assert "return await _price(…)" in contact.failure
