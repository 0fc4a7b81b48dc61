"""What callbacks say reaches the API as data: it can't name hosts, paths, parameters or headers."""

from urllib.parse import parse_qs

import httpx
import pytest

from bot import END, Flow, Turn, step
from bot.address import Address
from bot.clock import SystemClock
from bot.conversation_api import ConversationApi
from bot.settings import Secret, Settings

EVIL = [
    "../../../other-project/messages",
    "a?b=c&app_id=other#d",
    "a/../../oauth2/token",
    "//evil.example/x",
    "http://169.254.169.254/latest",
    "a b%0d%0aX-Evil: 1",
    "@evil.example",
]
PATHS = ("/v1/projects/project/messages", "/v1/projects/project/apps/app")
SETTINGS = Settings(
    project_id="project",
    app_id="app",
    key_id="key",
    key_secret=Secret("secret"),
    api_url="http://api.test",
    auth_url="http://auth.test",
)


@pytest.mark.parametrize("value", EVIL)
@pytest.mark.parametrize("part", ["contact_id", "channel", "identity"])
async def test_an_address_stays_within_its_parameter(value: str, part: str) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "auth.test":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 3600})
        asked.append(request)
        return httpx.Response(200, json={"messages": []})

    parts = {"contact_id": "", "channel": "SMS", "identity": "46700000001"} | {part: value}
    async with ConversationApi(SETTINGS, SystemClock(), httpx.MockTransport(answer)) as api:
        await api.find_message(Address(**parts), "entry", 1_700_000_000.0)

    assert asked
    for request in asked:
        assert (request.url.scheme, request.url.host) == ("http", "api.test")
        assert request.url.path in PATHS
        query = parse_qs(request.url.query.decode(), keep_blank_values=True)
        assert query.get("app_id", ["app"]) == ["app"]
        assert all(len(given) == 1 for given in query.values())
        assert "x-evil" not in request.headers


class Echo(Flow):
    fallback = True

    @step(to=END)
    def echo(self, turn: Turn) -> str:
        turn.say(turn.text or "A picture!")
        return END


@pytest.mark.flows([Echo])
async def test_no_url_that_a_contact_sends_is_fetched(contact, simulation):
    fetched: list[str] = []
    transport = simulation.bot.api._exchange._transport
    handle = transport.handle_async_request

    async def watch(request: httpx.Request) -> httpx.Response:
        fetched.append(request.url.host)
        answer: httpx.Response = await handle(request)
        return answer

    transport.handle_async_request = watch
    for value in EVIL:
        await contact.says(value)
        contact.sees(value)
    await contact.sends_media("http://169.254.169.254/picture.jpg")

    contact.sees("A picture!")
    assert set(fetched) == {"sinch.test"}
