"""Conversations are created, listed and stopped, and earlier messages are injected."""

from typing import Any

import pytest

from bot.emulator import Platform
from bot.emulator.timestamps import rfc3339
from tests.support.emulator import ANN, Client, Webhook, contact, content
from tests.support.hand_clock import HandClock


async def test_a_conversation_from_beginning_to_end(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    ann = await api.good("POST", "/contacts", contact(ANN))
    made = await api.good(
        "POST",
        "/conversations",
        {
            "app_id": platform.app_id,
            "contact_id": ann["id"],
            "active": True,
            "active_channel": "SMS",
            "metadata_json": {"a": 1, "b": {"c": 2}},
        },
    )
    path = f"/conversations/{made['id']}"
    merged = await api.good(
        "PATCH",
        path,
        {"metadata_json": {"a": None, "b": {"d": 3}}},
        params={"metadata_update_strategy": "MERGE_PATCH"},
    )
    first = merged["metadata_json"]
    replaced = await api.good("PATCH", path, {"metadata_json": {"e": 4}, "correlation_id": "c"})
    platform.phone("SMS", "46700000001").says("hi")
    stopped = await api.good("POST", f"{path}:stop")
    platform.phone("SMS", "46700000001").says("hello again")
    await platform.run_due()
    gone = await api.good("DELETE", path)
    await platform.run_due()

    assert first == {"b": {"c": 2, "d": 3}}
    assert replaced["metadata_json"] == {"e": 4}
    assert (stopped, gone) == ({}, {})
    assert (await api("GET", path)).status_code == 404
    inbound = [body for body in webhook.bodies if "message" in body]
    keys = webhook.keys()
    assert [body["message_metadata"] for body in inbound] == ['{"e":4}', ""]
    assert [body["correlation_id"] for body in inbound] == ["c", ""]
    assert inbound[0]["message"]["conversation_id"] == made["id"]
    assert inbound[1]["message"]["conversation_id"] != made["id"]
    assert [key for key in keys if key.startswith("conversation")] == [
        "conversation_start_notification",
        "conversation_stop_notification",
        "conversation_start_notification",
        "conversation_delete_notification",
    ]
    assert webhook.of("conversation_delete_notification")[0]["conversation"]["id"] == made["id"]


async def test_conversation_without_messages_was_last_received_in_1970(
    api: Client, platform: Platform, webhook: Webhook, clock: HandClock
) -> None:
    ann = await api.good("POST", "/contacts", contact(ANN))
    body = {"app_id": platform.app_id, "contact_id": ann["id"], "active": True}
    made = await api.good("POST", "/conversations", body)
    path = f"/conversations/{made['id']}"
    await api.good("POST", f"{path}:stop")
    await platform.run_due()
    await api.good("PATCH", path, {"active": True})
    clock.at += 1
    platform.phone("SMS", "46700000001").says("hi")
    received = await api.good("GET", path)

    told = [
        webhook.of(f"conversation_{kind}_notification")[0]["conversation"]["last_received"]
        for kind in ("start", "stop")
    ]
    assert [made["last_received"], *told] == ["1970-01-01T00:00:00Z"] * 3
    assert received["last_received"] == rfc3339(clock.at)


async def test_conversation_that_a_message_opens_was_last_received_in_1970(
    api: Client, platform: Platform
) -> None:
    await api.send("hi")

    (conversation,) = platform.state.conversations.values()
    assert conversation["last_received"] == "1970-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("field", "value"),
    [("metadata", "m"), ("metadata_json", {"a": 1}), ("correlation_id", "c")],
)
async def test_conversation_keeps_what_it_is_created_with(
    api: Client, platform: Platform, field: str, value: Any
) -> None:
    ann = await api.good("POST", "/contacts", contact(ANN))
    body = {"app_id": platform.app_id, "contact_id": ann["id"], field: value}
    made = await api.good("POST", "/conversations", body)
    kept = await api.good("GET", f"/conversations/{made['id']}")

    assert (made[field], kept[field]) == (value, value)


async def test_conversations_are_listed_for_an_app_or_a_contact(
    api: Client, platform: Platform, clock: HandClock
) -> None:
    for number in ("46700000001", "46700000002"):
        platform.phone("SMS", number).says(f"I am {number}")
        clock.at += 1
    first, second = list(platform.state.conversations)
    await api.good("POST", f"/conversations/{first}:stop")

    async def ids(**query: str) -> tuple[list[str], int]:
        answer = await api.good("GET", "/conversations", params=query)
        return [one["id"] for one in answer["conversations"]], answer["total_size"]

    app = {"app_id": platform.app_id}
    recent = await api.good("GET", "/conversations:recent", params=app)
    oldest = await api.good("GET", "/conversations:recent", params=app | {"order": "ASC"})

    assert await ids(**app) == ([first, second], 2)
    assert await ids(**app, only_active="true") == ([second], 1)
    assert await ids(**app, page_size="1") == ([first], 2)
    assert await ids(contact_id=platform.state.conversations[first]["contact_id"]) == ([first], 1)
    assert [one["conversation"]["id"] for one in recent["conversations"]] == [second, first]
    assert [one["conversation"]["id"] for one in oldest["conversations"]] == [first, second]
    assert content(recent["conversations"][0]["last_message"]) == {
        "text_message": {"text": "I am 46700000002"}
    }
    assert (await api("GET", "/conversations")).status_code == 400


async def test_a_stopped_conversation_can_be_resumed(api: Client, platform: Platform) -> None:
    platform.phone("SMS", "46700000001").says("hi")
    (conversation_id,) = platform.state.conversations
    path = f"/conversations/{conversation_id}"
    stopped = await api.good("PATCH", path, {"active": False})
    was = stopped["active"]
    resumed = await api.good("PATCH", path, {"active": True})
    platform.phone("SMS", "46700000001").says("hi")

    assert (was, resumed["active"]) == (False, True)
    assert list(platform.state.conversations) == [conversation_id]


async def test_history_can_be_injected(api: Client, platform: Platform, webhook: Webhook) -> None:
    ann = await api.good("POST", "/contacts", contact(ANN))
    conversation = await api.good(
        "POST", "/conversations", {"app_id": platform.app_id, "contact_id": ann["id"]}
    )
    path = f"/conversations/{conversation['id']}"
    said = {
        "accept_time": "2025-10-01T12:00:00Z",
        "channel_identity": ANN,
        "contact_id": ann["id"],
        "direction": "TO_APP",
        "contact_message": {"text_message": {"text": "long ago"}},
        "metadata": "old",
    }
    event = {"accept_time": said["accept_time"], "app_event": {"composing_event": {}}}

    await api.good("POST", f"{path}:inject-message", said)
    injected = await api.good("POST", f"{path}:inject-event", event)
    future = await api(
        "POST", f"{path}:inject-message", said | {"accept_time": "2026-01-01T00:00:00Z"}
    )
    ancient = await api(
        "POST", f"{path}:inject-message", said | {"accept_time": "2025-09-01T00:00:00Z"}
    )
    mixed = await api("POST", f"{path}:inject-message", said | {"direction": "TO_CONTACT"})
    await platform.run_due()

    (message,) = webhook.of("message")
    assert message["injected"] is True
    assert message["accept_time"] == "2025-10-01T12:00:00Z"
    assert [one["id"] for one in (await api.good("GET", "/messages"))["messages"]] == [
        message["id"]
    ]
    assert (await api.good("GET", "/events"))["events"][0]["id"] == injected["event_id"]
    assert {one.status_code for one in (future, ancient, mixed)} == {400}
    assert platform.phone("SMS", "46700000001").shown == []


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("GET", "/conversations:recent", {}),
        ("GET", "/conversations:recent", {"app_id": "x", "order": "RANDOM"}),
        ("PATCH", "/conversations/{id}", {"metadata_update_strategy": "ADD"}),
    ],
)
async def test_wrong_queries_on_conversations_are_refused(
    api: Client, platform: Platform, method: str, path: str, query: Any
) -> None:
    platform.phone("SMS", "46700000001").says("hi")
    (conversation_id,) = platform.state.conversations
    body: Any = {} if method == "PATCH" else None

    answer = await api(method, path.format(id=conversation_id), body, params=query)

    assert answer.status_code == 400


async def test_a_resumed_conversation_takes_the_place_of_the_active_one(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    platform.phone("SMS", "46700000001").says("hi")
    (first,) = platform.state.conversations
    await api.good("POST", f"/conversations/{first}:stop")
    platform.phone("SMS", "46700000001").says("hi")
    await api.good("PATCH", f"/conversations/{first}", {"active": True})

    states = [one["active"] for one in platform.state.conversations.values()]
    assert states == [True, False]
