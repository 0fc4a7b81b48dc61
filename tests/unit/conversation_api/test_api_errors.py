"""The meaning of rejections and broken connections: stop, retry, or look up first."""

import asyncio
import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from bot.conversation_api import ConversationApi
from bot.conversation_api.api_errors import retry_after_s
from bot.conversation_api.http_client import HttpResponse
from bot.errors import SendError, SendRejected, SendRetryable
from tests.support.api_platform import SETTINGS, PlayedPlatform
from tests.support.hand_clock import HandClock

BODY = {
    "app_id": "01APP",
    "recipient": {
        "identified_by": {"channel_identities": [{"channel": "SMS", "identity": "+46701234567"}]}
    },
    "message": {"text_message": {"text": "Your Zebra is ready"}},
}


async def error_of(api: ConversationApi, body: Any = BODY) -> SendError:
    with pytest.raises(SendError) as caught:
        await api.send_message(body)
    return caught.value


@pytest.mark.parametrize("status", [400, 402, 403, 404, 409, 413, 422])
async def test_a_refusal_is_final(
    api: ConversationApi, platform: PlayedPlatform, status: int
) -> None:
    platform.answers = [httpx.Response(status)]

    fault = await error_of(api)

    assert isinstance(fault, SendRejected)
    assert fault.status == status
    assert len(platform.requests) == 1


async def test_too_many_requests_are_known_not_to_be_taken(
    api: ConversationApi, platform: PlayedPlatform
) -> None:
    problem = {
        "type": "https://errors.example/registry/too-many-requests",
        "title": "Slow down",
        "detail": "The limit is reached.",
    }
    platform.answers = [httpx.Response(429, json=problem, headers={"Retry-After": "12"})]

    fault = await error_of(api)

    assert isinstance(fault, SendRetryable)
    assert (fault.status, fault.reason) == (429, "too-many-requests")
    assert (fault.retry_after_s, fault.outcome_known) == (12, True)
    assert str(fault) == (
        "messages:send was rejected temporarily with 429 too-many-requests: Slow down; The limit is"
        " reached."
    )


@pytest.mark.parametrize("status", [408, 500, 501, 502, 503, 504])
async def test_a_fault_of_the_server_leaves_the_outcome_open(
    api: ConversationApi, platform: PlayedPlatform, status: int
) -> None:
    platform.answers = [httpx.Response(status)]

    fault = await error_of(api)

    assert isinstance(fault, SendRetryable)
    assert (fault.status, fault.retry_after_s, fault.outcome_known) == (status, None, False)


async def test_a_fault_of_the_server_may_say_when_to_come_back(
    api: ConversationApi, platform: PlayedPlatform
) -> None:
    platform.answers = [httpx.Response(503, headers={"retry-after": "30"})]

    fault = await error_of(api)

    assert isinstance(fault, SendRetryable)
    assert fault.retry_after_s == 30


async def test_redirects_are_not_followed(api: ConversationApi, platform: PlayedPlatform) -> None:
    platform.answers = [httpx.Response(307, headers={"location": "http://elsewhere.test/"})]

    fault = await error_of(api)

    assert isinstance(fault, SendRejected)
    assert "SINCH_API_URL and SINCH_REGION" in str(fault)
    assert len(platform.requests) == 1


async def test_not_found_hints_at_the_region(
    api: ConversationApi, platform: PlayedPlatform
) -> None:
    told = {"error": {"message": "Message not found", "status": "NotFound"}}
    platform.answers = [httpx.Response(404, json=told)]

    with pytest.raises(SendRejected) as caught:
        await api.messages.get("01M")

    assert caught.value.reason == "NotFound"
    assert str(caught.value) == (
        "GET /messages/01M was rejected with 404 NotFound: Message not found. Check"
        " SINCH_PROJECT_ID, SINCH_REGION and the ids in the request. An app exists only in the"
        " region it was created in; the request went to api.test."
    )


async def test_no_access_hints_at_the_project(
    api: ConversationApi, platform: PlayedPlatform
) -> None:
    platform.answers = [httpx.Response(403, json={"error": {"status": "UNAUTHORIZED"}})]

    fault = await error_of(api)

    assert "403 UNAUTHORIZED. Check that the key may use SINCH_PROJECT_ID" in str(fault)


@pytest.mark.parametrize("kind", ["@type", "type"])
async def test_field_violations_are_told(
    api: ConversationApi, platform: PlayedPlatform, kind: str
) -> None:
    violations = [
        {"field": "message.choice_message.choices", "description": "at most 10"},
        {"field": "app_id"},
        {"description": "one of the two"},
        "odd",
    ]
    details = [
        {kind: "type.googleapis.com/google.rpc.BadRequest", "field_violations": violations},
        {kind: "type.googleapis.com/google.rpc.RetryInfo"},
        "odd",
    ]
    error = {"code": 400, "message": "Invalid argument", "status": "INVALID_ARGUMENT"}
    platform.answers = [httpx.Response(400, json={"error": error | {"details": details}})]

    fault = await error_of(api)

    assert fault.reason == "INVALID_ARGUMENT"
    assert str(fault) == (
        "messages:send was rejected with 400 INVALID_ARGUMENT: Invalid argument;"
        " message.choice_message.choices: at most 10; app_id; one of the two"
    )


FLAT = {"error": "recipient is bad", "code": 3, "message": "recipient is bad"}
VIOLATION = {"field_violations": [{"field": "app_id", "description": "unknown"}]}


@pytest.mark.parametrize(
    ("body", "reason", "shown"),
    [
        (FLAT | {"status": "INVALID_ARGUMENT"}, "INVALID_ARGUMENT", "recipient is bad"),
        (FLAT | {"details": [VIOLATION]}, "", "recipient is bad; app_id: unknown"),
        ({"error": "recipient is bad"}, "", "recipient is bad"),
        ({"error": "not_found"}, "not_found", ""),
        ({"message": "recipient is bad", "status": "NOT_FOUND"}, "NOT_FOUND", "recipient is bad"),
        ({"error": "bad", "message": "no such app"}, "bad", "no such app"),
        ({"error": "no app", "title": "Wrong"}, "", "Wrong; no app"),
        ({"status": 400, "title": "Wrong", "detail": "no app"}, "", "Wrong; no app"),
    ],
)
async def test_flat_bodies_are_shown(
    api: ConversationApi, platform: PlayedPlatform, body: Any, reason: str, shown: str
) -> None:
    platform.answers = [httpx.Response(400, json=body)]

    fault = await error_of(api)

    described = f"400 {reason}".rstrip() + (f": {shown}" if shown else "")
    assert (str(fault), fault.reason) == (f"messages:send was rejected with {described}", reason)


async def test_flat_bodies_repeat_neither_phone_number_nor_message(
    api: ConversationApi, platform: PlayedPlatform
) -> None:
    told = "46701234567 can't get 'Your Zebra'"
    platform.answers = [httpx.Response(400, json={"error": told, "message": told})]

    shown = "*** can't get '*** ***'"
    assert str(await error_of(api)) == f"messages:send was rejected with 400: {shown}"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>Bad Gateway</html>",
        b"\xff\xfe",
        b"[" * 100_000,
        b'"text"',
        b"[]",
        b'{"error": null}',
        b'{"error": {"message": 5, "status": ["x"], "details": {"a": 1}}}',
        b'{"error": {"details": [{"field_violations": "x"}, 5, null]}}',
        b'{"type": 5, "title": {"a": 1}, "detail": null}',
        b'{"error": 5, "message": null, "status": [], "details": [{"field_violations": {}}]}',
    ],
)
async def test_any_body_of_a_refusal_is_borne(
    api: ConversationApi, platform: PlayedPlatform, content: bytes
) -> None:
    platform.answers = [httpx.Response(400, content=content)]

    fault = await error_of(api)

    assert isinstance(fault, SendRejected)
    assert (str(fault), fault.reason) == ("messages:send was rejected with 400", "")


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("Identity 46701234567 is wrong", "Identity *** is wrong"),
        ("Number +1 (201) 555-0123 is wrong", "Number *** is wrong"),
        ("Text 'your zebra is rea' is too long", "Text '*** *** is rea' is too long"),
        ("Channel SMS takes 1600 characters", "Channel SMS takes 1600 characters"),
        ("App 01APP has no such channel", "App 01APP has no such channel"),
    ],
)
async def test_the_words_of_the_api_repeat_neither_phone_number_nor_message(
    api: ConversationApi, platform: PlayedPlatform, told: str, shown: str
) -> None:
    platform.answers = [httpx.Response(400, json={"error": {"message": told}})]

    assert str(await error_of(api)) == f"messages:send was rejected with 400: {shown}"


async def test_the_words_of_the_api_repeat_nothing_of_the_query(
    api: ConversationApi, platform: PlayedPlatform
) -> None:
    platform.answers = [httpx.Response(400, json={"title": "No identity Uabcdef", "detail": "x"})]

    with pytest.raises(SendRejected, match=r"400: No identity \*\*\*; x$"):
        async for _ in api.contacts.list(channel="LINE", identity="Uabcdef"):
            pass


async def test_long_words_of_the_api_are_cut(
    api: ConversationApi, platform: PlayedPlatform
) -> None:
    platform.answers = [httpx.Response(500, json={"title": "x" * 10_000})]

    assert len(str(await error_of(api))) < 400


OUTCOME_KNOWN: dict[type[httpx.RequestError], bool] = {
    # Nothing was sent.
    httpx.ConnectError: True,
    httpx.ConnectTimeout: True,
    httpx.PoolTimeout: True,
    httpx.ProxyError: True,
    httpx.UnsupportedProtocol: True,
    # The request may have been accepted.
    httpx.ReadError: False,
    httpx.ReadTimeout: False,
    httpx.WriteError: False,
    httpx.WriteTimeout: False,
    httpx.CloseError: False,
    httpx.LocalProtocolError: False,
    httpx.RemoteProtocolError: False,
    httpx.DecodingError: False,
    httpx.TooManyRedirects: False,
    # Of no kind in particular.
    httpx.TransportError: False,
    httpx.NetworkError: False,
}


def kinds(base: type[Exception]) -> Iterator[type[Exception]]:
    for kind in base.__subclasses__():
        yield kind
        yield from kinds(kind)


def test_every_error_of_httpx_is_classified() -> None:
    leaves = {kind for kind in kinds(httpx.RequestError) if not kind.__subclasses__()}

    assert leaves | {httpx.TransportError, httpx.NetworkError} == set(OUTCOME_KNOWN)
    assert {kind for kind in kinds(httpx.HTTPError) if not kind.__subclasses__()} - leaves == {
        httpx.HTTPStatusError  # raised by `raise_for_status` alone, which isn't called
    }


@pytest.mark.parametrize("kind", OUTCOME_KNOWN)
async def test_network_error_says_whether_the_message_may_be_taken(
    api: ConversationApi, platform: PlayedPlatform, kind: type[httpx.RequestError]
) -> None:
    platform.answers = [kind("+46701234567 Zebra" if not OUTCOME_KNOWN[kind] else "refused")]

    fault = await error_of(api)

    assert isinstance(fault, SendRetryable)
    assert fault.outcome_known is OUTCOME_KNOWN[kind]
    assert (fault.status, fault.retry_after_s) == (0, None)
    assert "messages:send" in str(fault)
    assert "api.test" in str(fault)
    assert kind.__name__ in str(fault)
    assert "Zebra" not in str(fault)


async def test_a_body_that_breaks_off_leaves_the_outcome_open(
    api: ConversationApi, platform: PlayedPlatform
) -> None:
    gzip = httpx.Response(200, headers={"content-encoding": "gzip"}, stream=Stream(b"no gzip"))
    platform.answers = [httpx.Response(200, stream=Stream(b"{", httpx.ReadError("gone"))), gzip]

    for name in ("ReadError", "DecodingError"):
        fault = await error_of(api)

        assert isinstance(fault, SendRetryable)
        assert not fault.outcome_known
        assert name in str(fault)


class Stream(httpx.AsyncByteStream):
    def __init__(self, *parts: bytes | Exception) -> None:
        self.parts = parts
        self.closed = False

    async def __aiter__(self) -> Any:
        for part in self.parts:
            if isinstance(part, Exception):
                raise part
            yield part

    async def aclose(self) -> None:
        self.closed = True


async def test_every_answer_is_closed(api: ConversationApi, platform: PlayedPlatform) -> None:
    streams = [Stream(b"{}"), Stream(b"{", httpx.ReadError("gone"))]
    platform.answers = [httpx.Response(200, stream=stream) for stream in streams]

    for _ in streams:
        await error_of(api)

    assert [stream.closed for stream in streams] == [True, True]


NOW = HandClock().now()  # Fri, 15 Jan 2027 08:00:00 GMT


@pytest.mark.parametrize(
    ("value", "wait_s"),
    [
        ("0", 0),
        (" 120 ", 120),
        ("1.5", 1.5),
        ("Fri, 15 Jan 2027 08:01:30 GMT", 90),
        ("Fri, 15 Jan 2027 09:01:30 +0100", 90),
        ("Fri, 15 Jan 2027 08:01:30 -0000", 90),
        ("Fri, 15 Jan 2027 07:00:00 GMT", 0),
        ("Fri, 15 Jan 2100 08:00:00 GMT", 3600),
        ("9" * 400, 3600),
        ("", None),
        ("-5", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("١٢", None),
        ("Fri, 99 Jan 2027 08:01:30 GMT", None),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 0),
        ("Fri, 15 Jan 99999 08:00:00 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str, wait_s: float | None) -> None:
    assert retry_after_s(put_off(header=value), NOW) == wait_s


def test_without_retry_after_there_is_no_wait() -> None:
    assert retry_after_s(HttpResponse(429, (), b""), NOW) is None


@pytest.mark.parametrize("name", ["retry_delay", "retryDelay"])
@pytest.mark.parametrize(
    ("delay", "wait_s"),
    [
        ("7s", 7),
        ("0s", 0),
        ("0.250s", 0.25),
        ("86400s", 3600),
        ("9" * 400 + "s", 3600),
        ("7", None),
        ("-7s", None),
        ("7 s", None),
        ("7m", None),
        ("\u0661\u0662s", None),
        ("", None),
        (7, None),
        ({"seconds": 7}, None),
        (None, None),
    ],
)
def test_wait_is_read_from_the_details(name: str, delay: Any, wait_s: float | None) -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", name: delay}]
    error = {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": ["odd", {}, *details]}

    assert retry_after_s(put_off({"error": error}), NOW) == wait_s
    assert retry_after_s(put_off(error | {"error": "Slow down"}), NOW) == wait_s


def test_retry_after_takes_precedence_over_the_details() -> None:
    body = {"details": [{"retry_delay": "7s"}]}

    assert retry_after_s(put_off(body, header="3"), NOW) == 3
    assert retry_after_s(put_off(body, header="soon"), NOW) == 7


@pytest.mark.parametrize("body", [None, [], "7s", {"details": {"retry_delay": "7s"}}])
def test_body_without_details_has_no_wait(body: Any) -> None:
    assert retry_after_s(put_off(body), NOW) is None


def put_off(body: Any = None, header: str = "") -> HttpResponse:
    headers = [(b"retry-after", header.encode())]
    return HttpResponse(429, headers, json.dumps(body).encode())


@pytest.mark.parametrize("status", [429, 503])
async def test_wait_in_the_body_reaches_the_sender(
    api: ConversationApi, platform: PlayedPlatform, status: int
) -> None:
    error = {"message": "Slow down", "details": [{"retry_delay": "7s"}]}
    platform.answers = [httpx.Response(status, json={"error": error})]

    fault = await error_of(api)

    assert isinstance(fault, SendRetryable)
    assert fault.retry_after_s == 7


class Stalled(Stream):
    async def __aiter__(self) -> Any:
        yield b"{"
        await asyncio.Event().wait()


async def test_a_send_takes_no_longer_than_set(platform: PlayedPlatform, clock: HandClock) -> None:
    stalled = Stalled()
    platform.answers = [httpx.Response(200, stream=stalled)]
    settings = dataclasses.replace(SETTINGS, send_timeout_s=0.02)

    async with ConversationApi(settings, clock, httpx.MockTransport(platform)) as api:
        fault = await error_of(api)

    assert isinstance(fault, SendRetryable)
    assert not fault.outcome_known
    assert "within 0.02 s" in str(fault)
    assert stalled.closed
