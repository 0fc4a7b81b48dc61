"""All requests share one token. It is renewed before it expires, and once after `expired`."""

import asyncio
import base64
import dataclasses
import re

import httpx
import pytest

from bot.conversation_api import ConversationApi
from bot.errors import SendError, SendRejected, SendRetryable
from tests.support.api_platform import SETTINGS, PlayedPlatform, accepted, expired, grant
from tests.support.hand_clock import HandClock

BODY = {"app_id": "01APP"}


class Gate:
    """A response that is held back until `opened`. `reached` is set when it is awaited."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.reached.set()
        await self.opened.wait()
        return self.response


async def test_credentials_are_sent_as_basic_with_a_form(
    api: ConversationApi, platform: PlayedPlatform
) -> None:
    platform.answers = [accepted()]

    await api.send_message(BODY)

    (asked,) = platform.token_requests
    assert (asked.method, str(asked.url)) == ("POST", "http://auth.test/oauth2/token")
    assert asked.content == b"grant_type=client_credentials"
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.headers["content-length"] == "29"
    basic = base64.b64encode(b"key-id-1:key-secret-1").decode()
    assert asked.headers["authorization"] == f"Basic {basic}"
    assert platform.tokens_used() == ["Bearer token-1"]


async def test_auth_url_with_the_path_of_the_token_endpoint_is_taken(
    platform: PlayedPlatform, clock: HandClock
) -> None:
    settings = dataclasses.replace(SETTINGS, auth_url="http://auth.test/oauth2/token")
    platform.answers = [accepted()]

    async with ConversationApi(settings, clock, httpx.MockTransport(platform)) as api:
        await api.send_message(BODY)

    (asked,) = platform.token_requests
    assert str(asked.url) == "http://auth.test/oauth2/token"


async def test_a_token_is_kept_until_a_minute_before_its_end(
    api: ConversationApi, platform: PlayedPlatform, clock: HandClock
) -> None:
    platform.grants = [grant(1, expires_in=3600)]

    for _ in range(2):
        await api.project_settings.get()
        clock.at += 3539
    await api.project_settings.get()
    clock.at += 60
    await api.project_settings.get()

    assert platform.tokens_used() == ["Bearer token-1"] * 2 + ["Bearer token-2"] * 2


async def test_a_short_lived_token_is_renewed_at_nine_tenths(
    api: ConversationApi, platform: PlayedPlatform, clock: HandClock
) -> None:
    platform.grants = [grant(1, expires_in=30)]

    await api.project_settings.get()
    clock.at += 26
    await api.project_settings.get()
    clock.at += 1
    await api.project_settings.get()

    assert platform.tokens_used() == ["Bearer token-1", "Bearer token-1", "Bearer token-2"]


async def test_the_lifetime_counts_from_the_request(
    api: ConversationApi, platform: PlayedPlatform, clock: HandClock
) -> None:
    async def slow(request: httpx.Request) -> httpx.Response:
        clock.at += 10
        return grant(1, expires_in=100)

    platform.grants = [slow]

    await api.project_settings.get()
    clock.at += 80
    await api.project_settings.get()

    assert platform.tokens_used() == ["Bearer token-1", "Bearer token-2"]


async def test_many_senders_wait_for_one_request(
    api: ConversationApi, platform: PlayedPlatform
) -> None:
    gate = Gate(grant(1))
    platform.grants = [gate]

    async with asyncio.TaskGroup() as group:
        for _ in range(100):
            group.create_task(api.project_settings.get())
        await gate.reached.wait()
        gate.opened.set()

    assert len(platform.token_requests) == 1
    assert platform.tokens_used() == ["Bearer token-1"] * 100


async def test_a_sender_that_gives_up_does_not_end_the_request_of_the_others(
    api: ConversationApi, platform: PlayedPlatform
) -> None:
    gate = Gate(grant(1))
    platform.grants = [gate]
    first = asyncio.create_task(api.project_settings.get())
    second = asyncio.create_task(api.project_settings.get())
    await gate.reached.wait()

    first.cancel()
    await asyncio.wait([first])
    gate.opened.set()
    await second

    assert first.cancelled()
    assert len(platform.token_requests) == 1
    assert platform.tokens_used() == ["Bearer token-1"]


async def test_all_who_wait_share_a_failure_and_the_next_asks_anew(
    api: ConversationApi, platform: PlayedPlatform
) -> None:
    gate = Gate(httpx.Response(503))
    platform.grants = [gate]
    senders = [asyncio.create_task(api.project_settings.get()) for _ in range(5)]
    await gate.reached.wait()
    gate.opened.set()

    outcomes = await asyncio.gather(*senders, return_exceptions=True)
    await api.project_settings.get()

    assert [type(outcome) for outcome in outcomes] == [SendRetryable] * 5
    assert len(platform.token_requests) == 2
    assert platform.tokens_used() == ["Bearer token-2"]


async def test_closing_ends_a_request_under_way(platform: PlayedPlatform) -> None:
    gate = Gate(grant(1))
    platform.grants = [gate]
    api = ConversationApi(SETTINGS, HandClock(), httpx.MockTransport(platform))
    sender = asyncio.create_task(api.project_settings.get())
    await gate.reached.wait()

    await api.aclose()
    await asyncio.wait([sender])

    assert sender.cancelled()
    assert platform.requests == []


async def test_an_expired_token_is_renewed_and_the_request_repeated_once(
    api: ConversationApi, platform: PlayedPlatform
) -> None:
    platform.answers = [expired(), accepted()]

    result = await api.send_message(BODY)

    assert result.message_id == "01MESSAGE1"
    assert platform.tokens_used() == ["Bearer token-1", "Bearer token-2"]
    assert platform.requests[0].content == platform.requests[1].content


async def test_the_problem_type_tells_of_an_expired_token_too(
    api: ConversationApi, platform: PlayedPlatform
) -> None:
    problem = {"type": "https://errors.example/registry/access-token-expired", "title": "Expired"}
    platform.answers = [httpx.Response(401, json=problem), accepted()]

    await api.send_message(BODY)

    assert platform.tokens_used() == ["Bearer token-1", "Bearer token-2"]


async def test_a_token_that_expires_at_once_is_no_reason_to_give_up(
    api: ConversationApi, platform: PlayedPlatform
) -> None:
    platform.answers = [expired(), expired(), accepted()]

    with pytest.raises(
        SendRetryable, match="rejects the access token, and also the renewed token"
    ) as caught:
        await api.send_message(BODY)

    assert (caught.value.status, caught.value.outcome_known) == (401, True)
    assert len(platform.requests) == 2
    assert len(platform.token_requests) == 2


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(401),
        httpx.Response(401, headers={"www-authenticate": "Bearer"}, content=b"[1]"),
        httpx.Response(401, json={"error": {"status": "UNAUTHENTICATED", "message": "No."}}),
    ],
)
async def test_a_refusal_that_says_nothing_of_expiry_is_final(
    api: ConversationApi, platform: PlayedPlatform, answer: httpx.Response
) -> None:
    platform.answers = [answer]

    with pytest.raises(SendRejected, match="SINCH_KEY_ID and SINCH_KEY_SECRET"):
        await api.send_message(BODY)

    assert len(platform.requests) == 1
    assert len(platform.token_requests) == 1


async def test_senders_refused_together_renew_once(
    api: ConversationApi, platform: PlayedPlatform
) -> None:
    gates = [Gate(expired()) for _ in range(20)]
    platform.answers = [*gates]

    async with asyncio.TaskGroup() as group:
        for _ in gates:
            group.create_task(api.project_settings.get())
        for gate in gates:
            await gate.reached.wait()
        for gate in gates:
            gate.opened.set()

    assert len(platform.token_requests) == 2
    assert platform.tokens_used() == ["Bearer token-1"] * 20 + ["Bearer token-2"] * 20


async def test_a_late_refusal_of_an_older_token_takes_the_newer_without_renewing(
    api: ConversationApi, platform: PlayedPlatform, clock: HandClock
) -> None:
    late = Gate(httpx.Response(401))
    platform.answers = [late]
    sender = asyncio.create_task(api.project_settings.get())
    await late.reached.wait()
    clock.at += 4000
    await api.project_settings.get()

    late.opened.set()
    await sender

    assert len(platform.token_requests) == 2
    assert platform.tokens_used() == ["Bearer token-1", "Bearer token-2", "Bearer token-2"]


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_wrong_credentials_name_the_settings_to_check(
    api: ConversationApi, platform: PlayedPlatform, status: int
) -> None:
    told = {"error": "invalid_client", "error_description": "key-id-1 with key-secret-1"}
    platform.grants = [httpx.Response(status, json=told)]

    with pytest.raises(SendRejected) as caught:
        await api.send_message(BODY)

    assert (caught.value.status, caught.value.reason) == (status, "invalid_client")
    assert str(caught.value) == (
        f"The request for an access token was refused by auth.test with {status} invalid_client."
        " Check SINCH_KEY_ID and SINCH_KEY_SECRET."
    )
    assert platform.requests == []


@pytest.mark.parametrize("status", [302, 404, 405])
async def test_a_host_without_a_token_endpoint_names_its_setting(
    api: ConversationApi, platform: PlayedPlatform, status: int
) -> None:
    platform.grants = [httpx.Response(status)]

    with pytest.raises(SendRejected, match="Check SINCH_AUTH_URL"):
        await api.send_message(BODY)


@pytest.mark.parametrize("status", [408, 429, 500, 503])
async def test_a_token_endpoint_that_is_busy_or_broken_leaves_no_doubt_about_the_message(
    api: ConversationApi, platform: PlayedPlatform, status: int
) -> None:
    platform.grants = [httpx.Response(status, headers={"retry-after": "7"})]

    with pytest.raises(SendRetryable) as caught:
        await api.send_message(BODY)

    assert caught.value.status == status
    assert caught.value.retry_after_s == 7
    assert caught.value.outcome_known
    assert platform.requests == []


@pytest.mark.parametrize("fault", [httpx.ConnectError("refused"), httpx.ReadTimeout("slow")])
async def test_a_token_endpoint_that_does_not_answer_leaves_no_doubt_about_the_message(
    api: ConversationApi, platform: PlayedPlatform, fault: Exception
) -> None:
    platform.grants = [fault]

    with pytest.raises(SendRetryable, match="access token") as caught:
        await api.send_message(BODY)

    assert caught.value.outcome_known
    assert platform.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, content=b"<html>log in</html>"),
        httpx.Response(200, json={"expires_in": 3600}),
        httpx.Response(200, json={"access_token": 5}),
        grant(1, access_token=""),
        grant(1, access_token="two words"),
        grant(1, access_token="a\r\nx-header: b"),
        grant(1, access_token="tökén"),
        grant(1, expires_in=0),
        grant(1, expires_in="soon"),
        grant(1, token_type="mac"),
    ],
)
async def test_an_answer_without_a_usable_token_is_asked_for_again_later(
    api: ConversationApi, platform: PlayedPlatform, answer: httpx.Response
) -> None:
    platform.grants = [answer]

    with pytest.raises(SendRetryable, match="without a bearer token") as caught:
        await api.send_message(BODY)
    await api.project_settings.get()

    assert caught.value.outcome_known
    assert len(platform.token_requests) == 2


async def test_a_token_without_a_lifetime_is_taken_for_an_hour(
    api: ConversationApi, platform: PlayedPlatform, clock: HandClock
) -> None:
    platform.grants = [httpx.Response(200, json={"access_token": "a"})]

    await api.project_settings.get()
    clock.at += 3539
    await api.project_settings.get()
    clock.at += 1
    await api.project_settings.get()

    assert platform.tokens_used() == ["Bearer a", "Bearer a", "Bearer token-2"]


TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"
LEAKS = f"{TOKEN}, which is eyJzdWIiOiJhIn0"
SECRET = "key-secret-1"


@pytest.mark.parametrize(
    ("granted", "answer"),
    [
        (httpx.Response(401, json={"error": SECRET, "error_description": SECRET}), accepted()),
        (httpx.ConnectTimeout("slow"), accepted()),
        (grant(1, access_token=TOKEN), httpx.Response(401, json={"error": {"message": LEAKS}})),
        (grant(1, access_token=TOKEN), httpx.Response(503, json={"title": LEAKS})),
        (grant(1, access_token=TOKEN), httpx.ReadError(LEAKS)),
    ],
)
async def test_no_error_holds_token_or_secret(
    api: ConversationApi,
    platform: PlayedPlatform,
    granted: httpx.Response | Exception,
    answer: httpx.Response | Exception,
) -> None:
    platform.grants, platform.answers = [granted], [answer]

    with pytest.raises(SendError) as caught:
        await api.send_message(BODY)

    assert not re.search("eyJ|c2lnbmF0dXJl|secret", repr(caught.value))
