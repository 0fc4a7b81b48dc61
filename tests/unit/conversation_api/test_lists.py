"""Lists of the management API are read page by page."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest

from bot.conversation_api import ConversationApi
from bot.errors import SendRetryable
from tests.support.api_platform import PREFIX, PlayedPlatform

NOON = datetime(2027, 1, 15, 12, tzinfo=UTC)
LATER = datetime(2027, 1, 15, 14, 0, 0, 5000, tzinfo=timezone(timedelta(hours=1)))

Call = Callable[[ConversationApi], Any]

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

    with pytest.raises(
        SendRetryable, match="The answer to /apps lacks a valid apps or next_page_token"
    ):
        await all_of(api.apps.list())


async def test_pages_that_lead_to_themselves_end(
    api: ConversationApi, platform: PlayedPlatform
) -> None:
    page = {"apps": [{"id": "1"}], "next_page_token": "p"}
    platform.answers = [httpx.Response(200, json=page) for _ in range(3)]

    with pytest.raises(SendRetryable, match="/apps"):
        await all_of(api.apps.list())

    assert len(platform.requests) == 2
