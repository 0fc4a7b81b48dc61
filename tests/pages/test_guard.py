"""Access to everything that is served to browsers."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bot.pages.access_guard import Guard, is_loopback

HERE = "http://127.0.0.1:8000"


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("in"), methods=["GET", "POST"])])
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(Guard(app)), base_url=HERE
    ) as client:
        yield client


async def test_this_machine_and_this_origin_get_in(http: httpx.AsyncClient):
    answer = await http.post("/", headers={"origin": HERE})

    assert answer.text == "in"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


async def test_a_name_that_another_site_points_here_is_refused(http: httpx.AsyncClient):
    answer = await http.get("/", headers={"host": "rebound.example:8000"})

    assert answer.status_code == 403
    assert answer.text != "in"


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "null"])
async def test_a_page_of_another_origin_is_refused(http: httpx.AsyncClient, origin: str):
    assert (await http.post("/", headers={"origin": origin})).status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "127.0.0.2", "localhost", "[::1]:8000"])
def test_hosts_that_are_this_machine(host: str):
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1.evil.example",
        "localhost.evil.example:8000",
        "[::1].evil.example",
        "evil.example:127.0.0.1",
        "10.0.0.1",
        "[fe80::1]",
        "[::1",
        "",
    ],
)
def test_hosts_that_are_not(host: str):
    assert not is_loopback(host)


async def test_from_anywhere_it_only_sets_the_headers():
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("in"))])
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(Guard(app, from_anywhere=True)),
        base_url="https://bot.example",
    ) as http:
        answer = await http.get("/", headers={"origin": "https://elsewhere.example"})

    assert answer.text == "in"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "access-control-allow-origin" not in answer.headers
