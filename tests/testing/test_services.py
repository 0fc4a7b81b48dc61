"""Stand-ins for the author's functions, injected services and HTTP."""

import httpx
import pytest

from bot import END, Flow, step
from bot.flow.hooks import Hooks


async def price(dish: str) -> int:
    """Ask a shop for a price, as a real bot would do it."""
    async with httpx.AsyncClient() as client:
        answer = await client.get("https://shop.example/price", params={"dish": dish})
        return int(answer.raise_for_status().json()["cents"])


hooks = Hooks()


@hooks.service
async def database(settings):
    raise AssertionError("a simulation opens the real service")
    yield


class Ask(Flow):
    start_on = ("price",)

    @step(to=END)
    async def tell(self, turn):
        turn.say(f"{await turn.once(price, 'soup')} cents")
        return END


class Look(Flow):
    start_on = ("look",)

    @step(to=END)
    def tell(self, turn, database):
        turn.say(f"Found {database['soup']}")
        return END


pytestmark = pytest.mark.flows([Ask, Look, hooks])


async def test_returns_values_in_turn(contact, services):
    services.returns(price, 350, 400)
    for cents in (350, 400, 400):
        await contact.says("price")
        contact.sees(f"{cents} cents")

    assert [call.args for call in services.calls(price)] == [("soup",)] * 3


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (("price", 350), "'price' is not a function. Give the function"),
        ((price,), "what it returns"),
    ],
)
def test_only_functions_have_stand_ins(services, given, error):
    with pytest.raises(TypeError, match=error):
        services.returns(*given)


def test_calls_of_a_function_without_a_stand_in_are_refused(services):
    with pytest.raises(KeyError, match=r"print.* has no stand-in, so its calls are not recorded"):
        services.calls(print)


async def test_fails_and_recovers(contact, services):
    services.raises(price, TimeoutError(), times=1)
    services.http.answers("GET", "https://shop.example/price", json={"cents": 5})
    await contact.says("price")
    contact.sees_nothing(failed="TimeoutError")
    await contact.waits("10s")

    contact.sees("5 cents")
    contact.sees_nothing()


async def test_runs_something_else(contact, services):
    services.runs(price, lambda dish: len(dish))
    await contact.says("price")

    contact.sees("4 cents")


async def test_answers_http(contact, services):
    services.http.answers("GET", "https://shop.example/price", json={"cents": 360})
    await contact.says("price")

    contact.sees("360 cents")
    [request] = services.http.requests
    assert request.url.params["dish"] == "soup"


async def test_a_request_without_an_answer_is_named(contact, services, caplog):
    await contact.says("price")

    assert (
        "GET https://shop.example/price, which has no answer in the test; the answers are for none"
        in caplog.text
    )


async def test_services_are_injected(contact, services):
    services.injects(database={"soup": 3})
    await contact.says("look")

    contact.sees("Found 3")


async def test_a_service_without_a_stand_in_is_named(contact, caplog):
    await contact.says("look")

    assert "services.injects(database=…)" in caplog.text
