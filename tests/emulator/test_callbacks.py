"""Callbacks: their targets, their signatures, and retries until they are accepted."""

import base64
import json
from urllib.parse import parse_qs

import httpx
import pytest

from bot.emulator import CallbackFault, Platform
from tests.support.emulator import Webhook, counted_ids
from tests.support.hand_clock import HandClock

SIGNATURE = "x-sinch-webhook-signature"


async def test_a_webhook_gets_what_it_is_registered_for(
    platform: Platform, webhook: Webhook
) -> None:
    platform.register_webhook("https://one.example/", triggers=["MESSAGE_INBOUND"])
    platform.register_webhook("https://none.example/", target_type="DISMISS")
    other = platform.apps.add({"display_name": "Other", "channel_credentials": []})
    platform.register_webhook("https://other.example/", app_id=other["id"])
    platform.phone("SMS", "46700000001").says("hi")
    await platform.run_due()

    got: dict[str, int] = {}
    for request in webhook.requests:
        got[request.url.host] = got.get(request.url.host, 0) + 1
    # The other app's webhook gets the project's contact, and nothing else.
    assert got == {"bot.example": 3, "one.example": 1, "other.example": 1}


async def test_contacts_belong_to_no_app(platform: Platform, webhook: Webhook) -> None:
    platform.phone("SMS", "46700000001").says("hi")
    await platform.run_due()

    created, started, message = webhook.bodies
    assert created["app_id"] == ""
    assert started["app_id"] == message["app_id"] == platform.app_id
    assert {one["project_id"] for one in webhook.bodies} == {platform.project_id}
    assert message["accepted_time"] == "2025-10-09T08:53:20Z"


async def test_without_a_secret_nothing_is_signed(clock: HandClock, webhook: Webhook) -> None:
    platform = Platform(clock, counted_ids(), transport=httpx.MockTransport(webhook))
    platform.register_webhook("https://bot.example/")
    platform.phone("SMS", "46700000001").says("hi")
    await platform.run_due()

    assert all(SIGNATURE not in request.headers for request in webhook.requests)


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_callback_is_repeated_with_doubled_waits(
    platform: Platform, webhook: Webhook, clock: HandClock, status: int
) -> None:
    platform.core.behavior = platform.core.behavior.but(retries=3, retry_scale=0.5)
    webhook.answers = [200, 200, *([status] * 10)]
    platform.phone("SMS", "46700000001").says("hi")
    waits = []
    await platform.run_due()
    while (at := platform.next_due()) is not None:
        waits.append(at - clock.at)
        clock.at = at
        await platform.run_due()

    assert waits == [2.5, 5, 10]
    attempts = [one for one in platform.record.callbacks if one.trigger == "MESSAGE_INBOUND"]
    assert [(one.attempt, one.status) for one in attempts] == [(n, status) for n in (1, 2, 3, 4)]


@pytest.mark.parametrize("status", [200, 204, 400, 401, 404, 410])
async def test_other_answers_are_final(platform: Platform, webhook: Webhook, status: int) -> None:
    webhook.answers = [status] * 3
    platform.phone("SMS", "46700000001").says("hi")
    await platform.run_due()

    assert platform.next_due() is None


async def test_no_connection_is_repeated_too(clock: HandClock) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    platform = Platform(clock, counted_ids(), transport=httpx.MockTransport(refuse))
    platform.register_webhook("https://bot.example/", triggers=["MESSAGE_INBOUND"])
    platform.phone("SMS", "46700000001").says("hi")
    await platform.run_due()

    assert platform.next_due() == clock.at + 5
    assert [one.status for one in platform.record.callbacks] == [0]


@pytest.mark.parametrize("anew", [False, True])
async def test_a_retry_is_signed_as_at_first_or_anew(
    platform: Platform, webhook: Webhook, clock: HandClock, anew: bool
) -> None:
    platform.core.behavior = platform.core.behavior.but(resign_retries=anew)
    webhook.answers = [500, 200, 200]
    platform.phone("SMS", "46700000001").says("hi")
    await platform.run_due()
    clock.at += 5
    await platform.run_due()

    first, again = webhook.requests[0], webhook.requests[3]
    assert first.content == again.content
    for name in ("", "-nonce", "-timestamp"):
        same = first.headers[SIGNATURE + name] == again.headers[SIGNATURE + name]
        assert same is not anew


async def test_duplicates_come_again_signed_anew(
    platform: Platform, webhook: Webhook, clock: HandClock
) -> None:
    platform.faults.add(CallbackFault(trigger="MESSAGE_INBOUND", copies=2, apart_s=1))
    platform.phone("SMS", "46700000001").says("hi")
    for _ in range(3):
        await platform.run_due()
        clock.at += 1

    same = [one for one in webhook.requests if b'"message":' in one.content]
    assert len(same) == 3
    assert len({one.content for one in same}) == 1
    assert len({one.headers[f"{SIGNATURE}-nonce"] for one in same}) == 3


async def test_jitter_reorders_and_the_seed_repeats_it(clock: HandClock) -> None:
    async def order(seed: int) -> list[str]:
        webhook = Webhook()
        platform = Platform(clock, counted_ids(), seed=seed, transport=httpx.MockTransport(webhook))
        platform.register_webhook("https://bot.example/", triggers=["MESSAGE_INBOUND"])
        platform.faults.add(CallbackFault(jitter_s=10))
        for number in range(6):
            platform.phone("SMS", "46700000001").says(str(number))
        while (at := platform.next_due()) is not None:
            clock.at = at
            await platform.run_due()
        return [one["contact_message"]["text_message"]["text"] for one in webhook.of("message")]

    first = await order(1)

    assert first != sorted(first)
    assert sorted(first) == list("012345")
    assert await order(1) == first
    assert await order(2) != first


class Authorization:
    """A webhook with a token endpoint of its own."""

    def __init__(self) -> None:
        self.tokens: list[httpx.Request] = []
        self.bearers: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            self.tokens.append(request)
            return httpx.Response(
                200, json={"access_token": f"t{len(self.tokens)}", "expires_in": 60}
            )
        self.bearers.append(request.headers["authorization"])
        return httpx.Response(200)


@pytest.mark.parametrize("kind", ["BASIC", "FORM"])
async def test_client_credentials_bring_a_token_that_is_kept(clock: HandClock, kind: str) -> None:
    receiver = Authorization()
    platform = Platform(clock, counted_ids(), transport=httpx.MockTransport(receiver))
    platform.register_webhook(
        "https://bot.example/webhook",
        triggers=["MESSAGE_INBOUND"],
        client_credentials={
            "client_id": "me",
            "client_secret": "hush",
            "endpoint": "https://bot.example/token",
            "scope": "callbacks",
            "token_request_type": kind,
        },
    )
    for _ in range(3):
        platform.phone("SMS", "46700000001").says("hi")
        await platform.run_due()
        clock.at += 40

    assert receiver.bearers == ["Bearer t1", "Bearer t1", "Bearer t2"]
    form = parse_qs(receiver.tokens[0].content.decode())
    assert form["grant_type"] == ["client_credentials"]
    assert form["scope"] == ["callbacks"]
    if kind == "FORM":
        assert (form["client_id"], form["client_secret"]) == (["me"], ["hush"])
    else:
        basic = base64.b64encode(b"me:hush").decode()
        assert receiver.tokens[0].headers["authorization"] == f"Basic {basic}"


@pytest.mark.parametrize("answer", [httpx.Response(401), httpx.Response(200, text="no")])
async def test_without_a_token_the_callback_waits(clock: HandClock, answer: httpx.Response) -> None:
    platform = Platform(clock, counted_ids(), transport=httpx.MockTransport(lambda _: answer))
    credentials = {"client_id": "a", "client_secret": "b", "endpoint": "https://x.example/t"}
    platform.register_webhook(
        "https://bot.example/", triggers=["MESSAGE_INBOUND"], client_credentials=credentials
    )
    platform.phone("SMS", "46700000001").says("hi")
    await platform.run_due()

    assert platform.next_due() == clock.at + 5


async def test_a_channel_can_have_news_of_its_own(platform: Platform, webhook: Webhook) -> None:
    platform.channel_event("WHATSAPP", "WHATS_APP_QUALITY_RATING_CHANGED", {"rating": "GREEN"})
    await platform.run_due()

    assert webhook.of("channel_event_notification") == [
        {
            "channel_event": {
                "channel": "WHATSAPP",
                "event_type": "WHATS_APP_QUALITY_RATING_CHANGED",
                "additional_data": {"rating": "GREEN"},
            }
        }
    ]


async def test_the_body_is_compact_and_keeps_its_letters(
    platform: Platform, webhook: Webhook
) -> None:
    platform.phone("SMS", "46700000001").says("Smörgås 🥪")
    await platform.run_due()

    raw = webhook.requests[-1].content
    assert "Smörgås 🥪".encode() in raw
    assert raw == json.dumps(json.loads(raw), ensure_ascii=False, separators=(",", ":")).encode()


async def test_a_trigger_of_two_names_is_registered_by_either(
    platform: Platform, webhook: Webhook
) -> None:
    platform.register_webhook("https://two.example/", triggers=["SMART_CONVERSATIONS"])
    platform.callback("SMART_CONVERSATION", {"message_id": "01M"})
    await platform.run_due()

    assert [request.url.host for request in webhook.requests] == ["bot.example", "two.example"]
