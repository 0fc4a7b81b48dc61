"""Every single call of the management API: method, path, query and body."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bot.conversation_api import ConversationApi
from bot.errors import SendRejected, SendRetryable
from tests.support.api_platform import PREFIX, PlayedPlatform

WHOM = {"contact_id": "01C"}

Call = Callable[[ConversationApi], Any]

# (call, method, path, query, body)
SINGLE: list[tuple[Call, str, str, dict[str, str], Any]] = [
    (
        lambda api: api.apps.create({"display_name": "A"}),
        "POST",
        "/apps",
        {},
        {"display_name": "A"},
    ),
    (lambda api: api.apps.get("01A"), "GET", "/apps/01A", {}, None),
    (lambda api: api.apps.update("01A", {"a": 1}), "PATCH", "/apps/01A", {}, {"a": 1}),
    (
        lambda api: api.apps.update("01A", {"a": 1}, mask=("a", "b.c")),
        "PATCH",
        "/apps/01A",
        {"update_mask": "a,b.c"},
        {"a": 1},
    ),
    (lambda api: api.apps.delete("01A"), "DELETE", "/apps/01A", {}, None),
    (lambda api: api.webhooks.create({"a": 1}), "POST", "/webhooks", {}, {"a": 1}),
    (lambda api: api.webhooks.get("01W"), "GET", "/webhooks/01W", {}, None),
    (
        lambda api: api.webhooks.update("01W", {"a": 1}, mask=["a"]),
        "PATCH",
        "/webhooks/01W",
        {"update_mask": "a"},
        {"a": 1},
    ),
    (lambda api: api.webhooks.delete("01W"), "DELETE", "/webhooks/01W", {}, None),
    (lambda api: api.project_settings.get(), "GET", "/settings", {}, None),
    (lambda api: api.project_settings.create({"a": 1}), "POST", "/settings", {}, {"a": 1}),
    (lambda api: api.project_settings.update({"a": 1}), "PATCH", "/settings", {}, {"a": 1}),
    (lambda api: api.project_settings.delete(), "DELETE", "/settings", {}, None),
    (lambda api: api.contacts.create({"a": 1}), "POST", "/contacts", {}, {"a": 1}),
    (lambda api: api.contacts.get("01C"), "GET", "/contacts/01C", {}, None),
    (lambda api: api.contacts.get("a/b?c#d"), "GET", "/contacts/a%2Fb%3Fc%23d", {}, None),
    (
        lambda api: api.contacts.update("01C", {"a": 1}, mask=("a",)),
        "PATCH",
        "/contacts/01C",
        {"update_mask": "a"},
        {"a": 1},
    ),
    (lambda api: api.contacts.delete("01C"), "DELETE", "/contacts/01C", {}, None),
    (
        lambda api: api.contacts.merge("01C", "01D"),
        "POST",
        "/contacts/01C:merge",
        {},
        {"source_id": "01D", "strategy": "MERGE"},
    ),
    (
        lambda api: api.contacts.channel_profile("01A", WHOM, "LINE"),
        "POST",
        "/contacts:getChannelProfile",
        {},
        {"app_id": "01A", "recipient": WHOM, "channel": "LINE"},
    ),
    (
        lambda api: api.contacts.query_capability("01A", WHOM),
        "POST",
        "/capability:query",
        {},
        {"app_id": "01A", "recipient": WHOM},
    ),
    (
        lambda api: api.contacts.query_capability("01A", WHOM, request_id="r"),
        "POST",
        "/capability:query",
        {},
        {"app_id": "01A", "recipient": WHOM, "request_id": "r"},
    ),
    (
        lambda api: api.consents.history("01A", "+46701234567"),
        "GET",
        "/apps/01A/consents/identities/%2B46701234567",
        {},
        None,
    ),
    (
        lambda api: api.consents.register_opt_in("01A", WHOM, ["SMS"]),
        "POST",
        "/optins:register",
        {},
        {"app_id": "01A", "recipient": WHOM, "channels": ["SMS"]},
    ),
    (
        lambda api: api.consents.register_opt_out("01A", WHOM, ["SMS"], request_id="r"),
        "POST",
        "/optouts:register",
        {"request_id": "r"},
        {"app_id": "01A", "recipient": WHOM, "channels": ["SMS"]},
    ),
    (lambda api: api.conversations.create({"a": 1}), "POST", "/conversations", {}, {"a": 1}),
    (lambda api: api.conversations.get("01V"), "GET", "/conversations/01V", {}, None),
    (
        lambda api: api.conversations.update(
            "01V", {"a": 1}, mask=("a",), metadata_update_strategy="MERGE_PATCH"
        ),
        "PATCH",
        "/conversations/01V",
        {"update_mask": "a", "metadata_update_strategy": "MERGE_PATCH"},
        {"a": 1},
    ),
    (lambda api: api.conversations.delete("01V"), "DELETE", "/conversations/01V", {}, None),
    (lambda api: api.conversations.stop("01V"), "POST", "/conversations/01V:stop", {}, None),
    (
        lambda api: api.conversations.inject_message("01V", {"a": 1}),
        "POST",
        "/conversations/01V:inject-message",
        {},
        {"a": 1},
    ),
    (
        lambda api: api.conversations.inject_event("01V", {"a": 1}),
        "POST",
        "/conversations/01V:inject-event",
        {},
        {"a": 1},
    ),
    (lambda api: api.messages.get("01M"), "GET", "/messages/01M", {}, None),
    (
        lambda api: api.messages.set_metadata("01M", "m", messages_source="DISPATCH_SOURCE"),
        "PATCH",
        "/messages/01M",
        {"messages_source": "DISPATCH_SOURCE"},
        {"metadata": "m"},
    ),
    (
        lambda api: api.messages.delete("01M", messages_source="DISPATCH_SOURCE"),
        "DELETE",
        "/messages/01M",
        {"messages_source": "DISPATCH_SOURCE"},
        None,
    ),
    (
        lambda api: api.messages.transcode("01A", {"text_message": {"text": "x"}}, ["SMS"]),
        "POST",
        "/messages:transcode",
        {},
        {"app_id": "01A", "app_message": {"text_message": {"text": "x"}}, "channels": ["SMS"]},
    ),
    (
        lambda api: api.messages.transcode("01A", {}, ["SMS"], sender="a", to="b"),
        "POST",
        "/messages:transcode",
        {},
        {"app_id": "01A", "app_message": {}, "channels": ["SMS"], "from": "a", "to": "b"},
    ),
    (lambda api: api.events.get("01E"), "GET", "/events/01E", {}, None),
    (lambda api: api.events.delete("01E"), "DELETE", "/events/01E", {}, None),
]


@pytest.mark.parametrize(("call", "method", "path", "query", "body"), SINGLE)
async def test_a_call_is_asked_as_the_api_wants_it(
    api: ConversationApi,
    platform: PlayedPlatform,
    call: Call,
    method: str,
    path: str,
    query: dict[str, str],
    body: Any,
) -> None:
    told = {"id": "01", "more": {"kept": True}}
    platform.answers = [httpx.Response(200, json=told)]

    result = await call(api)

    (request,) = platform.requests
    assert request.method == method
    assert request.url.raw_path.decode().partition("?")[0] == PREFIX + path
    assert dict(request.url.params) == query
    assert (json.loads(request.content) if request.content else None) == body
    assert request.headers.get("content-type") == (body and "application/json")
    assert result == (None if method == "DELETE" or path.endswith(":stop") else told)


@pytest.mark.parametrize("id", ["", ".", ".."])
async def test_an_id_that_would_name_something_else_is_not_sent(
    api: ConversationApi, platform: PlayedPlatform, id: str
) -> None:
    with pytest.raises(SendRejected, match="The id must not be empty"):
        await api.contacts.delete(id)

    assert platform.requests == []


async def test_an_empty_answer_is_an_empty_object(
    api: ConversationApi, platform: PlayedPlatform
) -> None:
    platform.answers = [httpx.Response(204), httpx.Response(200, content=b" \n")]

    assert await api.apps.get("01A") == {}
    assert await api.apps.get("01A") == {}


@pytest.mark.parametrize("content", [b"[]", b"5", b"<html>", b"\xff", b"[" * 100_000])
async def test_an_answer_that_is_no_object_leaves_the_outcome_open(
    api: ConversationApi, platform: PlayedPlatform, content: bytes
) -> None:
    platform.answers = [httpx.Response(200, content=content)]

    with pytest.raises(
        SendRetryable, match="POST /apps was answered with 200, but without a JSON"
    ) as caught:
        await api.apps.create({})

    assert not caught.value.outcome_known


async def test_an_identity_in_a_path_stays_out_of_errors(
    api: ConversationApi, platform: PlayedPlatform
) -> None:
    platform.answers = [httpx.Response(404)]

    with pytest.raises(SendRejected, match="GET /apps/01A/consents/identities/… was") as caught:
        await api.consents.history("01A", "+46701234567")

    assert "701234567" not in str(caught.value)
