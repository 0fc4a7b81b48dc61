"""Sending messages and events, and finding a message whose sending had no known outcome."""

import dataclasses
import gzip
import tracemalloc
import zlib
from typing import Any

import httpx
import pytest

from bot.contact.address import Address
from bot.conversation_api import ConversationApi, EventResult, SendResult
from bot.conversation_api.connection import MAX_BYTES
from bot.conversation_api.http_client import parsed_url
from bot.errors import ConfigError, SendRejected, SendRetryable
from bot.settings import NO_SECRET, Settings
from tests.support.api_platform import PREFIX, SETTINGS, PlayedPlatform, accepted
from tests.support.hand_clock import HandClock

SINCE = 1_800_000_000.0
CONTACT = Address("01CONTACT", "WHATSAPP", "46701234567")
IDENTITY = Address("", "SMS", "+46701234567")


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

    with pytest.raises(SendRetryable, match="200, but without a readable message_id") as caught:
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


@pytest.mark.parametrize(
    ("content", "coding"),
    [
        (gzip.compress(b" " * 100_000_000), "gzip"),
        (zlib.compress(b" " * 100_000_000), "deflate"),
        (gzip.compress(b"{}")[:-1], "gzip"),
        (b"{}", "br"),
        (gzip.compress(gzip.compress(b"{}")), "gzip, gzip"),
    ],
    ids=["large", "large deflate", "cut off", "unknown coding", "two codings"],
)
async def test_a_compressed_answer_that_grows_or_is_broken_is_no_answer(
    api: ConversationApi, platform: PlayedPlatform, content: bytes, coding: str
) -> None:
    platform.answers = [accepted()]
    await api.send_message({})
    headers = {"content-encoding": coding, "content-length": str(len(content))}
    platform.answers = [httpx.Response(200, stream=httpx.ByteStream(content), headers=headers)]
    tracemalloc.start()
    try:
        with pytest.raises(SendRetryable, match="DecodingError") as raised:
            await api.send_message({})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert not raised.value.outcome_known
    assert peak < 4 * MAX_BYTES


def found(*metadata: Any, next_page_token: str = "") -> httpx.Response:
    messages = [{"id": f"01M-{each}", "metadata": each} for each in metadata]
    return httpx.Response(200, json={"messages": messages, "next_page_token": next_page_token})


async def test_a_message_is_found_by_the_first_word_of_its_metadata(
    api: ConversationApi, platform: PlayedPlatform
) -> None:
    platform.answers = [found("", None, 5, "01Ex", "x 01E", "01E more words", "01E")]

    assert await api.find_message(CONTACT, "01E", SINCE) == "01M-01E more words"


async def test_a_message_is_looked_for_on_all_pages(
    api: ConversationApi, platform: PlayedPlatform
) -> None:
    platform.answers = [found("a", next_page_token="p2"), found(next_page_token="p3"), found("01E")]

    assert await api.find_message(CONTACT, "01E", SINCE) == "01M-01E"
    assert [request.url.params.get("page_token") for request in platform.requests] == [
        None,
        "p2",
        "p3",
    ]


async def test_a_message_that_is_not_there_is_none(
    api: ConversationApi, platform: PlayedPlatform
) -> None:
    platform.answers = [found("a"), httpx.Response(200, json={})]

    assert await api.find_message(CONTACT, "01E", SINCE) is None


async def test_a_contact_is_asked_for_by_its_id(
    api: ConversationApi, platform: PlayedPlatform
) -> None:
    await api.find_message(CONTACT, "01E", SINCE)

    request = platform.requests[0]
    assert (request.method, request.url.path) == ("GET", f"{PREFIX}/messages")
    assert dict(request.url.params) == {
        "app_id": "01APP",
        "contact_id": "01CONTACT",
        "start_time": "2027-01-15T07:00:00Z",
        "direction": "TO_CONTACT",
        "view": "WITH_METADATA",
        "messages_source": "CONVERSATION_SOURCE",
        "page_size": "100",
    }
    assert "content-type" not in request.headers


async def test_who_has_no_contact_id_is_asked_for_by_channel_and_identity(
    api: ConversationApi, platform: PlayedPlatform
) -> None:
    await api.find_message(IDENTITY, "01E", SINCE)
    await api.find_message(Address("", "LINE", "+U1"), "01E", SINCE)

    first, _, second, _ = (dict(request.url.params) for request in platform.requests)
    assert (first["channel"], first["channel_identity"]) == ("SMS", "46701234567")
    assert "contact_id" not in first
    assert (second["channel"], second["channel_identity"]) == ("LINE", "+U1")


async def test_a_message_is_looked_for_in_both_modes(
    api: ConversationApi, platform: PlayedPlatform
) -> None:
    by_contact = ("CONVERSATION_SOURCE", "01CONTACT", None)
    places = {
        CONTACT: [by_contact, ("DISPATCH_SOURCE", None, "46701234567")],
        Address("01CONTACT", "", ""): [by_contact],
        IDENTITY: [
            ("DISPATCH_SOURCE", None, "46701234567"),
            ("CONVERSATION_SOURCE", None, "46701234567"),
        ],
    }
    for address, asked in places.items():
        platform.requests.clear()

        assert await api.find_message(address, "01E", SINCE) is None

        names = ("messages_source", "contact_id", "channel_identity")
        params = [request.url.params for request in platform.requests]
        assert [tuple(map(each.get, names)) for each in params] == asked


async def test_a_question_without_an_answer_is_no_none(
    api: ConversationApi, platform: PlayedPlatform
) -> None:
    platform.answers = [httpx.Response(503), httpx.Response(403)]

    with pytest.raises(SendRetryable, match="GET /messages"):
        await api.find_message(CONTACT, "01E", SINCE)
    with pytest.raises(SendRejected, match="GET /messages"):
        await api.find_message(CONTACT, "01E", SINCE)


async def test_looking_for_a_message_needs_the_app(platform: PlayedPlatform) -> None:
    settings = dataclasses.replace(SETTINGS, app_id="")

    async with ConversationApi(settings, HandClock(), httpx.MockTransport(platform)) as api:
        with pytest.raises(ConfigError, match="SINCH_APP_ID"):
            await api.find_message(CONTACT, "01E", SINCE)


def test_a_client_needs_project_and_key() -> None:
    settings = dataclasses.replace(SETTINGS, project_id="", key_id="", key_secret=NO_SECRET)

    with pytest.raises(ConfigError, match="SINCH_PROJECT_ID, SINCH_KEY_ID, SINCH_KEY_SECRET"):
        ConversationApi(settings, HandClock())


@pytest.mark.parametrize(
    ("attribute", "variable"), [("api_url", "SINCH_API_URL"), ("auth_url", "SINCH_AUTH_URL")]
)
def test_a_host_that_is_none_is_named_by_its_setting(attribute: str, variable: str) -> None:
    wrong: dict[str, Any] = {attribute: "http://a\x00b"}
    settings = dataclasses.replace(SETTINGS, **wrong)

    with pytest.raises(ConfigError, match=variable):
        ConversationApi(settings, HandClock())


async def test_the_region_decides_the_host(platform: PlayedPlatform) -> None:
    settings = Settings(
        project_id="a/b",
        key_id="k",
        key_secret=SETTINGS.key_secret,
        region="us",
        auth_url="http://auth.test",
    )

    async with ConversationApi(settings, HandClock(), httpx.MockTransport(platform)) as api:
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

    async with ConversationApi(SETTINGS, HandClock(), transport):
        assert not transport.closed

    assert transport.closed


async def test_a_client_that_was_never_used_can_be_closed(clock: HandClock) -> None:
    api = ConversationApi(SETTINGS, clock)

    await api.aclose()
    await api.aclose()


def test_a_url_with_a_password_is_refused_without_repeating_it() -> None:
    with pytest.raises(ConfigError, match=r"^BOT_HANDOFF_URL contains a user") as raised:
        parsed_url("https://ann:hunter2@desk.example/bot", "BOT_HANDOFF_URL")

    assert "hunter2" not in str(raised.value)
