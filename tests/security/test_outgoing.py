"""The content of callbacks reaches the API as data: it cannot set hosts, paths or headers."""

from itertools import product
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from starlette.applications import Starlette

from bot import END, Flow, Turn, step
from bot.app.asgi import routes
from bot.callbacks import signature
from bot.clock import SystemClock
from bot.contact.address import Address
from bot.conversation_api import ConversationApi
from bot.settings import Secret, Settings
from bot.testing.simulation import Simulation
from tests.support.http import as_body, inbound
from tests.support.tried import tried

EVIL = [
    "../../../other-project/messages",
    "a?b=c&app_id=other#d",
    "a/../../oauth2/token",
    "//evil.example/x",
    "http://169.254.169.254/latest",
    "a b%0d%0aX-Evil: 1",
    "@evil.example",
    "a\r\nX-Evil: 1",
    "a\r\n\r\nPOST /v1/projects/other HTTP/1.1",
    "%2e%2e%2f%2e%2e%2foauth2/token",
    "\\\\evil.example\\share",
    "user:pass@evil.example:80",
    "[::1]:6379",
    "a;b=c&contact_id=other",
    "\u2025\uff0f\u2025\uff0fother",
]
INNER = [
    "http://169.254.169.254/latest/meta-data/",
    "http://metadata.internal/computeMetadata/v1/",
    "http://127.0.0.1:6379/",
    "http://localhost/metrics",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://0/",
    "https://user:pass@10.0.0.1/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "redis://127.0.0.1:6379/",
    "ftp://evil.example/",
    "//evil.example/picture.jpg",
    "data:text/html,<script>",
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


async def test_an_address_stays_within_its_parameter(subtests: pytest.Subtests) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "auth.test":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 3600})
        asked.append(request)
        return httpx.Response(200, json={"messages": []})

    for part, value in product(("contact_id", "channel", "identity"), EVIL):
        asked.clear()
        parts = {"contact_id": "", "channel": "SMS", "identity": "46700000001"} | {part: value}
        async with ConversationApi(SETTINGS, SystemClock(), httpx.MockTransport(answer)) as api:
            await api.find_message(Address(**parts), "entry", 1_700_000_000.0)

        with subtests.test(part=part, value=value):
            assert asked
            for request in asked:
                assert (request.url.scheme, request.url.host) == ("http", "api.test")
                assert request.url.path in PATHS
                query = parse_qs(request.url.query.decode(), keep_blank_values=True)
                assert query.get("app_id", ["app"]) == ["app"]
                assert all(len(given) == 1 for given in query.values())
                assert "x-evil" not in request.headers
        tried("header and path injection: an address")


class Echo(Flow):
    fallback = True

    @step(to=END)
    def echo(self, turn: Turn) -> str:
        turn.say(turn.text or "A picture!")
        return END


@pytest.fixture
def asked(simulation: Simulation, monkeypatch: pytest.MonkeyPatch) -> list[httpx.Request]:
    """Return all requests that the bot makes."""
    found: list[httpx.Request] = []
    transport = simulation.bot.api._http.transport
    handle = transport.handle_async_request

    async def watch(request: httpx.Request) -> httpx.Response:
        found.append(request)
        answer: httpx.Response = await handle(request)
        return answer

    monkeypatch.setattr(transport, "handle_async_request", watch)
    return found


@pytest.mark.flows([Echo])
async def test_no_url_that_a_contact_sends_is_fetched(
    contact: Any, asked: list[httpx.Request]
) -> None:
    for value in (*EVIL, *INNER):
        await contact.says(value)
        contact.sees(value.strip())
        tried("SSRF: a URL in a text")
    for url in INNER:
        await contact.sends_media(url)
        contact.sees("A picture!")
        tried("SSRF: a URL of a picture")

    assert {request.url.host for request in asked} == {"sinch.test"}


FIELDS = (
    "id",
    "contact_id",
    "conversation_id",
    "metadata",
    "sender_id",
    "accept_time",
    "direction",
)
"""The fields of an inbound message, except its channel identity and its content."""


@pytest.mark.flows([Echo])
@pytest.mark.parametrize("field", [*FIELDS, "channel", "identity", "app_id", "postback_data"])
async def test_text_of_a_callback_gets_only_into_the_body_of_a_request(
    simulation: Simulation, asked: list[httpx.Request], field: str
) -> None:
    app = Starlette(routes=routes(simulation.settings))
    app.state.bot = simulation.bot
    settings = simulation.settings
    paths = {
        "/oauth2/token",
        f"/v1/projects/{settings.project_id}/messages",
        f"/v1/projects/{settings.project_id}/messages:send",
        f"/v1/projects/{settings.project_id}/apps/{settings.app_id}",
    }
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://bot") as http:
        for number, value in enumerate((*EVIL, *INNER)):
            body = as_body(_with(inbound("hello", number), field, value))
            at = str(int(simulation.clock.now()))
            headers = signature.headers(settings.webhook_secrets[0], body, "n", at)
            answer = await http.post("/webhook", content=body, headers=headers)
            assert answer.status_code == 200
            await simulation.bot.worker.drain()
            tried(f"header and path injection: {field} of a callback")

    for request in asked:
        assert request.url.host == "sinch.test"
        assert request.url.path in paths
        for name, given in request.headers.items():
            assert not any(value in given for value in EVIL), name
    assert asked


def _with(callback: dict[str, Any], field: str, value: str) -> dict[str, Any]:
    message = callback["message"]
    if field in FIELDS:
        message[field] = value
    elif field == "postback_data":
        message["contact_message"] = {"choice_response_message": {"postback_data": value}}
    else:
        message["channel_identity"][field] = value
    return callback
