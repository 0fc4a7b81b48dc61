"""The fast platform to which contestants send their replies."""

import json

import httpx

from bench.upstream import Upstream
from bench.wire import Reply

SEND = {
    "app_id": "a",
    "recipient": {"contact_id": "01H"},
    "message": {"text_message": {"text": "Hello"}},
}


async def test_takes_replies_and_answers_as_the_api_does():
    came: list[Reply] = []
    async with Upstream() as upstream, httpx.AsyncClient(base_url=upstream.url) as client:
        upstream.arrived = lambda reply, at: came.append(reply)
        token = await client.post("/oauth2/token", data={"grant_type": "client_credentials"})
        sent = await client.post("/v1/projects/p/messages:send", json=SEND)
        listed = await client.get("/v1/projects/p/messages?page_size=10")

    assert token.json()["expires_in"] > 0
    assert sent.json()["message_id"]
    assert listed.json()["messages"] == []
    assert came == [Reply("01H", "Hello")]
    assert upstream.refused == []


async def test_takes_telegram_messages():
    came: list[Reply] = []
    async with Upstream() as upstream, httpx.AsyncClient(base_url=upstream.url) as client:
        upstream.arrived = lambda reply, at: came.append(reply)
        sent = await client.post("/bot1:x/sendMessage", data={"chat_id": "7", "text": "Hello"})

    assert sent.json()["result"]["chat"]["id"] == 7
    assert came == [Reply("7", "Hello")]


async def test_refuses_and_notes_what_it_does_not_know():
    async with Upstream() as upstream, httpx.AsyncClient(base_url=upstream.url) as client:
        unknown = await client.post("/v1/projects/p/events:send", json={})
        unreadable = await client.post("/v1/projects/p/messages:send", json={})

    assert (unknown.status_code, unreadable.status_code) == (404, 400)
    assert len(upstream.refused) == 2


def test_a_slow_platform_is_slow_in_sending_only():
    upstream = Upstream()
    upstream.latency_s = 5.0

    assert upstream.answer(b"POST", b"/oauth2/token", b"")[2] == 0
    assert upstream.answer(b"POST", b"/messages:send", json.dumps(SEND).encode())[2] == 5.0
