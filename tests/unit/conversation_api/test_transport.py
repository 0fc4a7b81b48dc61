"""The transport with real sockets: what the client knows about a message after an error."""

import json
import socket
from collections.abc import Iterator

import httpx
import pytest

from bot.conversation_api import transport
from bot.errors import SendRetryable
from tests.support.api_server import (
    BODY,
    Behavior,
    Taken,
    answers,
    breaks_off_after_an_interim_answer,
    breaks_off_in_a_chunk,
    breaks_off_in_the_body,
    breaks_off_in_the_head,
    client,
    closed_port,
    error_of,
    hangs_up,
    never_answers,
    prepared,
    resets,
    serving,
    speaks_something_else,
    stops_in_the_body,
)


async def test_a_message_is_sent_and_answered() -> None:
    async with serving(answers) as server, client(server.port) as api:
        assert (await api.send_message(BODY)).message_id == "01M"

    (taken,) = server.taken
    assert json.loads(taken.body) == BODY
    lines = taken.head.strip().split("\r\n")
    assert lines[0] == "POST /v1/projects/p/messages:send HTTP/1.1"
    assert sorted(line.lower() for line in lines[1:]) == [
        "accept-encoding: gzip, deflate",
        "accept: application/json",
        "authorization: bearer token-1",
        f"content-length: {len(taken.body)}",
        "content-type: application/json",
        f"host: 127.0.0.1:{server.port}",
        "user-agent: conversation-bot",
    ]


@pytest.mark.parametrize(
    "behave",
    [
        hangs_up,
        resets,
        speaks_something_else,
        breaks_off_in_the_head,
        breaks_off_after_an_interim_answer,
        breaks_off_in_the_body,
        breaks_off_in_a_chunk,
    ],
)
async def test_a_server_that_took_the_message_and_fails_leaves_the_outcome_open(
    behave: Behavior,
) -> None:
    async with serving(behave) as server, client(server.port) as api:
        fault = await error_of(api)

    assert not fault.outcome_known
    assert "messages:send got no complete answer from 127.0.0.1" in str(fault)
    assert len(server.taken) == 1


@pytest.mark.parametrize("behave", [never_answers, stops_in_the_body])
async def test_a_server_that_took_the_message_and_is_silent_leaves_the_outcome_open(
    behave: Behavior,
) -> None:
    async with serving(behave) as server, client(server.port, timeout_s=0.1) as api:
        fault = await error_of(prepared(api))

    assert not fault.outcome_known
    assert "within 0.1 s" in str(fault)
    assert len(server.taken) == 1


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that accepts connections, but reads and sends nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


async def test_a_server_that_refuses_the_connection_has_not_taken_the_message() -> None:
    async with client(closed_port()) as api:
        fault = await error_of(prepared(api))

    assert fault.outcome_known
    assert "messages:send was not sent, because 127.0.0.1 can't be reached (ConnectError" in str(
        fault
    )


async def test_a_server_out_of_reach_has_not_taken_the_message(silent_port: int) -> None:
    async with client(silent_port, scheme="https", timeout_s=0.2) as api:
        fault = await error_of(prepared(api))

    assert fault.outcome_known
    assert "ConnectTimeout" in str(fault)


async def test_a_token_that_cannot_be_fetched_leaves_no_doubt_about_the_message() -> None:
    async with client(closed_port()) as api:
        fault = await error_of(api)

    assert fault.outcome_known
    assert "access token" in str(fault)


async def test_url_and_query_arrive_as_they_were_written() -> None:
    async def lists(taken: Taken) -> None:
        taken.answer(b'{"contacts": []}')

    async with serving(lists) as server, client(server.port) as api:
        async for _ in api.contacts.list(channel="SMS", identity="+46 7&=%/ö"):
            pass
        await api.contacts.get("a/b:c%2F+ö")

    assert [taken.head.split()[1] for taken in server.taken] == [
        "/v1/projects/p/contacts?channel=SMS&identity=%2B46+7%26%3D%25%2F%C3%B6",
        "/v1/projects/p/contacts/a%2Fb%3Ac%252F%2B%C3%B6",
    ]


async def test_a_call_without_a_body_sends_none() -> None:
    async def tells(taken: Taken) -> None:
        taken.answer(b"{}")

    async with serving(tells) as server, client(server.port) as api:
        await api.conversations.stop("01V")
        await api.apps.get("01A")
        await api.apps.delete("01A")

    stop, get, delete = (taken.head.lower() for taken in server.taken)
    assert "content-length: 0\r\n" in stop
    assert "content-type" not in stop + get + delete
    assert "transfer-encoding" not in stop + get + delete


async def test_another_transport_may_take_its_place() -> None:
    async with (
        serving(answers) as server,
        client(server.port, transport=httpx.AsyncHTTPTransport()) as api,
    ):
        for _ in range(2):
            await api.send_message(BODY)
        await api.conversations.stop("01V")

    assert [json.loads(taken.body or b"{}") for taken in server.taken] == [BODY, BODY, {}]
    assert server.connections == 1


@pytest.mark.parametrize("behave", [never_answers, speaks_something_else, hangs_up])
async def test_a_fault_and_its_causes_hold_no_phone_number(behave: Behavior) -> None:
    async with serving(behave) as server, client(server.port, timeout_s=1.0) as api:
        prepared(api)
        with pytest.raises(SendRetryable) as caught:
            async for _ in api.contacts.list(identity="+46701234567"):
                pass

    fault: BaseException | None = caught.value
    while fault is not None:
        assert "46701234567" not in f"{fault} {fault!r}"
        assert "token-1" not in f"{fault} {fault!r}"
        fault = fault.__cause__
    assert len(server.taken) >= 1


async def test_a_server_is_reached_by_ipv6() -> None:
    async with serving(answers, host="::1") as server, client(server.port, host="[::1]") as api:
        assert (await api.send_message(BODY)).message_id == "01M"

    assert f"host: [::1]:{server.port}\r\n" in server.taken[0].head


async def test_a_server_at_one_of_a_names_addresses_is_reached() -> None:
    async with serving(answers) as server, client(server.port, host="localhost") as api:
        assert (await api.send_message(BODY)).message_id == "01M"


async def test_a_name_that_cannot_be_one_has_not_taken_the_message() -> None:
    async with client(80, host="a..test") as api:
        fault = await error_of(prepared(api))

    assert fault.outcome_known
    assert "a..test can't be reached" in str(fault)


async def test_the_environments_proxy_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")

    async with serving(answers) as server, client(server.port) as api:
        assert (await api.send_message(BODY)).message_id == "01M"


@pytest.mark.parametrize(
    "headers",
    [
        [("x", "y\r\ncontent-length: 100"), ("content-length", "0")],
        [("x", "y\nz"), ("content-length", "0")],
        [("x", "y\rz"), ("content-length", "0")],
        [("content-length", "0"), ("x", "y\r\n")],
        [("content-length", "0"), ("x", "y\n")],
    ],
)
async def test_a_header_with_a_line_break_is_not_sent(headers: list[tuple[str, str]]) -> None:
    headers = [("host", "127.0.0.1"), *headers]
    async with serving(answers) as server, transport.ApiTransport(connections=1) as reached:
        request = httpx.Request("POST", f"http://127.0.0.1:{server.port}/", headers=headers)
        with pytest.raises(httpx.LocalProtocolError):
            await reached.handle_async_request(request)

    assert server.connections == 0
