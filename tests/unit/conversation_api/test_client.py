"""Sending messages and events."""

import dataclasses
import gzip
from typing import Any

import httpx
import pytest

from bot.conversation_api import ConversationApi, EventResult, SendResult
from bot.errors import ConfigError, SendRetryable
from bot.settings import NO_SECRET, Settings

from .support import PREFIX, SETTINGS, PlayedClock, PlayedPlatform, accepted


async def test_a_message_is_sent_as_json(api: ConversationApi, platform: PlayedPlatform) -> None:
    platform.answers = [accepted()]
    body = {"app_id": "01APP", "message": {"text_message": {"text": "Grüße"}}}

    result = await api.send_message(body)

    assert result == SendResult("01MESSAGE1", "2027-01-15T08:00:00.123456789Z")
    (request,) = platform.requests
    assert request.method == "POST"
    assert str(request.url) == f"http://api.test{PREFIX}/messages:send"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["content-length"] == str(len(request.content))
    assert request.headers["host"] == "api.test"
    assert platform.body() == body


async def test_ready_json_is_sent_as_it_is(api: ConversationApi, platform: PlayedPlatform) -> None:
    platform.answers = [accepted()]

    await api.send_message(b'{ "app_id": "01APP" }')

    assert platform.requests[0].content == b'{ "app_id": "01APP" }'


async def test_an_event_is_sent(api: ConversationApi, platform: PlayedPlatform) -> None:
    told = {"event_id": "01EVENT", "accepted_time": "2027-01-15T08:00:00Z", "new": 1}
    platform.answers = [httpx.Response(200, json=told)]

    result = await api.send_event({"app_id": "01APP", "event": {"composing_event": {}}})

    assert result == EventResult("01EVENT", "2027-01-15T08:00:00Z")
    assert platform.requests[0].url.path == f"{PREFIX}/events:send"


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b'{"message_id": ""}', b'{"message_id": 5}', b"<html>", b'{"message_id"'],
)
async def test_a_success_without_a_message_id_leaves_the_outcome_open(
    api: ConversationApi, platform: PlayedPlatform, content: bytes
) -> None:
    platform.answers = [httpx.Response(200, content=content)]

    with pytest.raises(SendRetryable, match="200 without a readable message_id") as caught:
        await api.send_message({"app_id": "01APP"})

    assert caught.value.status == 200
    assert not caught.value.outcome_known


@pytest.mark.parametrize("accepted_time", [None, 5, {"seconds": 1}])
async def test_an_odd_accepted_time_does_not_make_a_sent_message_doubtful(
    api: ConversationApi, platform: PlayedPlatform, accepted_time: Any
) -> None:
    told = {"message_id": "01M", "accepted_time": accepted_time}
    platform.answers = [httpx.Response(202, json=told)]

    assert await api.send_message({}) == SendResult("01M", "")


async def test_a_compressed_answer_is_read(api: ConversationApi, platform: PlayedPlatform) -> None:
    content = gzip.compress(b'{"message_id": "01M"}')
    platform.answers = [httpx.Response(200, content=content, headers={"content-encoding": "gzip"})]

    assert (await api.send_message({})).message_id == "01M"


def test_a_client_needs_project_and_key() -> None:
    settings = dataclasses.replace(SETTINGS, project_id="", key_id="", key_secret=NO_SECRET)

    with pytest.raises(ConfigError, match="SINCH_PROJECT_ID, SINCH_KEY_ID, SINCH_KEY_SECRET"):
        ConversationApi(settings, PlayedClock())


@pytest.mark.parametrize(
    ("attribute", "variable"), [("api_url", "SINCH_API_URL"), ("auth_url", "SINCH_AUTH_URL")]
)
def test_a_host_that_is_none_is_named_by_its_setting(attribute: str, variable: str) -> None:
    wrong: dict[str, Any] = {attribute: "http://a\x00b"}
    settings = dataclasses.replace(SETTINGS, **wrong)

    with pytest.raises(ConfigError, match=variable):
        ConversationApi(settings, PlayedClock())


async def test_the_region_decides_the_host(platform: PlayedPlatform) -> None:
    settings = Settings(
        project_id="a/b",
        key_id="k",
        key_secret=SETTINGS.key_secret,
        region="us",
        auth_url="http://auth.test",
    )

    async with ConversationApi(settings, PlayedClock(), httpx.MockTransport(platform)) as api:
        await api.project_settings.get()

    assert str(platform.requests[0].url) == (
        "https://us.conversation.api.sinch.com/v1/projects/a%2Fb/settings"
    )


async def test_closing_closes_the_transport() -> None:
    class Transport(httpx.MockTransport):
        closed = False

        async def aclose(self) -> None:
            self.closed = True

    transport = Transport(PlayedPlatform())

    async with ConversationApi(SETTINGS, PlayedClock(), transport):
        assert not transport.closed

    assert transport.closed


async def test_a_client_that_was_never_used_can_be_closed(clock: PlayedClock) -> None:
    api = ConversationApi(SETTINGS, clock)

    await api.aclose()
    await api.aclose()
