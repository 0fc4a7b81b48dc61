"""Every call of the management API: method, path, query and body; and lists over pages."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest

from bot.conversation_api import ConversationApi
from bot.errors import SendRejected, SendRetryable

from .support import PREFIX, PlayedPlatform

WHOM = {"contact_id": "01C"}
NOON = datetime(2027, 1, 15, 12, tzinfo=UTC)
LATER = datetime(2027, 1, 15, 14, 0, 0, 5000, tzinfo=timezone(timedelta(hours=1)))

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

# (call, path, key of the list, query)
LISTS: list[tuple[Call, str, str, dict[str, str]]] = [
    (lambda api: api.apps.list(), "/apps", "apps", {}),
    (lambda api: api.webhooks.list("01A"), "/apps/01A/webhooks", "webhooks", {}),
    (lambda api: api.contacts.list(), "/contacts", "contacts", {}),
    (
        lambda api: api.contacts.list(
            external_id="x", channel="SMS", identity="+46701234567", page_size=5
        ),
        "/contacts",
        "contacts",
        {"external_id": "x", "channel": "SMS", "identity": "+46701234567", "page_size": "5"},
    ),
    (
        lambda api: api.contacts.identity_conflicts(page_size=5),
        "/contacts:identityConflicts",
        "conflicts",
        {"page_size": "5"},
    ),
    (
        lambda api: api.consents.list("01A", "OPT_OUT_ALL", page_size=5),
        "/apps/01A/consents/OPT_OUT_ALL",
        "identities",
        {"page_size": "5"},
    ),
    (
        lambda api: api.conversations.list(
            app_id="01A", contact_id="01C", only_active=True, active_channel="SMS", page_size=5
        ),
        "/conversations",
        "conversations",
        {"app_id": "01A", "contact_id": "01C", "only_active": "true", "active_channel": "SMS"}
        | {"page_size": "5"},
    ),
    (
        lambda api: api.conversations.recent("01A", only_active=False, order="ASC", page_size=5),
        "/conversations:recent",
        "conversations",
        {"app_id": "01A", "only_active": "false", "order": "ASC", "page_size": "5"},
    ),
    (
        lambda api: api.messages.list(
            conversation_id="01V",
            contact_id="01C",
            app_id="01A",
            channel="SMS",
            channel_identity="46701234567",
            start_time=NOON,
            end_time=LATER,
            direction="TO_APP",
            view="WITHOUT_METADATA",
            messages_source="DISPATCH_SOURCE",
            only_recipient_originated=True,
            page_size=1000,
        ),
        "/messages",
        "messages",
        {
            "conversation_id": "01V",
            "contact_id": "01C",
            "app_id": "01A",
            "channel": "SMS",
            "channel_identity": "46701234567",
            "start_time": "2027-01-15T12:00:00Z",
            "end_time": "2027-01-15T13:00:00.005000Z",
            "direction": "TO_APP",
            "view": "WITHOUT_METADATA",
            "messages_source": "DISPATCH_SOURCE",
            "only_recipient_originated": "true",
            "page_size": "1000",
        },
    ),
    (
        lambda api: api.events.list(conversation_id="01V", contact_id="01C", page_size=5),
        "/events",
        "events",
        {"conversation_id": "01V", "contact_id": "01C", "page_size": "5"},
    ),
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


async def all_of(items: AsyncIterator[dict[str, Any]]) -> list[dict[str, Any]]:
    return [item async for item in items]


@pytest.mark.parametrize(("call", "path", "key", "query"), LISTS)
async def test_a_list_gives_the_items_of_all_its_pages(
    api: ConversationApi,
    platform: PlayedPlatform,
    call: Call,
    path: str,
    key: str,
    query: dict[str, str],
) -> None:
    pages = [
        {key: [{"id": "1"}, {"id": "2"}], "next_page_token": "a+b=", "total_size": 3},
        {key: [], "next_page_token": "c"},
        {key: [{"id": "3"}], "next_page_token": ""},
    ]
    platform.answers = [httpx.Response(200, json=page) for page in pages]

    items = await all_of(call(api))

    assert [item["id"] for item in items] == ["1", "2", "3"]
    assert {(each.method, each.url.path) for each in platform.requests} == {("GET", PREFIX + path)}
    assert [dict(each.url.params) for each in platform.requests] == [
        query,
        {**query, "page_token": "a+b="},
        {**query, "page_token": "c"},
    ]


async def test_last_messages_are_asked_for_by_post(
    api: ConversationApi, platform: PlayedPlatform
) -> None:
    platform.answers = [
        httpx.Response(200, json={"messages": [{"id": "1"}], "next_page_token": "p"}),
        httpx.Response(200, json={"messages": [{"id": "2"}]}),
    ]

    items = await all_of(
        api.messages.fetch_last(
            contact_ids=["01C", "01D"],
            app_id="01A",
            channel="SMS",
            start_time=NOON,
            end_time=LATER,
            direction="TO_APP",
            view="WITH_METADATA",
            messages_source="CONVERSATION_SOURCE",
            page_size=5,
        )
    )

    asked = {
        "contact_ids": ["01C", "01D"],
        "app_id": "01A",
        "channel": "SMS",
        "start_time": "2027-01-15T12:00:00Z",
        "end_time": "2027-01-15T13:00:00.005000Z",
        "direction": "TO_APP",
        "view": "WITH_METADATA",
        "messages_source": "CONVERSATION_SOURCE",
        "page_size": 5,
    }
    assert [item["id"] for item in items] == ["1", "2"]
    assert [(each.method, each.url.path) for each in platform.requests] == [
        ("POST", f"{PREFIX}/messages:fetch-last-message")
    ] * 2
    assert [platform.body(0), platform.body(1)] == [asked, {**asked, "page_token": "p"}]


async def test_last_messages_may_be_asked_for_by_identity(
    api: ConversationApi, platform: PlayedPlatform
) -> None:
    assert await all_of(api.messages.fetch_last(channel_identities=["46701234567"])) == []
    assert platform.body() == {"channel_identities": ["46701234567"]}


async def test_a_page_is_asked_for_only_when_it_is_wanted(
    api: ConversationApi, platform: PlayedPlatform
) -> None:
    platform.answers = [
        httpx.Response(200, json={"apps": [{"id": "1"}], "next_page_token": "p"}),
    ]

    async for _ in api.apps.list():
        break

    assert len(platform.requests) == 1


@pytest.mark.parametrize("told", [{"apps": None}, {"apps": [], "next_page_token": None}, {}])
async def test_a_list_may_be_absent(
    api: ConversationApi, platform: PlayedPlatform, told: dict[str, Any]
) -> None:
    platform.answers = [httpx.Response(200, json=told)]

    assert await all_of(api.apps.list()) == []


@pytest.mark.parametrize(
    "told",
    [{"apps": {}}, {"apps": "x"}, {"apps": [1]}, {"apps": [], "next_page_token": 5}],
)
async def test_a_list_of_another_form_is_refused(
    api: ConversationApi, platform: PlayedPlatform, told: dict[str, Any]
) -> None:
    platform.answers = [httpx.Response(200, json=told)]

    with pytest.raises(SendRetryable, match="/apps was answered without a readable page of apps"):
        await all_of(api.apps.list())


async def test_pages_that_lead_to_themselves_end(
    api: ConversationApi, platform: PlayedPlatform
) -> None:
    page = {"apps": [{"id": "1"}], "next_page_token": "p"}
    platform.answers = [httpx.Response(200, json=page) for _ in range(3)]

    with pytest.raises(SendRetryable, match="/apps"):
        await all_of(api.apps.list())

    assert len(platform.requests) == 2


@pytest.mark.parametrize("id", ["", ".", ".."])
async def test_an_id_that_would_name_something_else_is_not_sent(
    api: ConversationApi, platform: PlayedPlatform, id: str
) -> None:
    with pytest.raises(SendRejected, match="An id must be given"):
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

    with pytest.raises(SendRetryable, match="POST /apps was answered 200 without a JSON") as caught:
        await api.apps.create({})

    assert not caught.value.outcome_known


async def test_an_identity_in_a_path_stays_out_of_errors(
    api: ConversationApi, platform: PlayedPlatform
) -> None:
    platform.answers = [httpx.Response(404)]

    with pytest.raises(SendRejected, match="GET /apps/01A/consents/identities/… was") as caught:
        await api.consents.history("01A", "+46701234567")

    assert "701234567" not in str(caught.value)
