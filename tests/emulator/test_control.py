"""Phones, faults and the stream of changes over HTTP, for pages on the same machine."""

import asyncio
from typing import Any

import pytest

from bot.emulator import Platform
from bot.emulator.control import CLOSING, news_stream
from tests.support.emulator import Client, Webhook, content

SMS = "/emulator/phones/SMS/%2B46700000001"


async def test_a_phone_shows_its_messages(api: Client, platform: Platform) -> None:
    platform.phone("WHATSAPP", "46700000001").says("hi")
    choices = [{"text_message": {"text": "Yes"}, "postback_data": "y"}]
    message = {"choice_message": {"text_message": {"text": "Go?"}, "choices": choices}}
    message_id = await api.send(message, "WHATSAPP:46700000001")
    await platform.run_due()

    phones = (await api.http.get("/emulator/phones")).json()["phones"]
    phone = (await api.http.get("/emulator/phones/WHATSAPP/46700000001")).json()

    key = f"{platform.app_id}/WHATSAPP/46700000001"
    assert [(one["key"], one["messages"]) for one in phones] == [(key, 1)]
    assert phone["typing"] is False
    assert phone["shown"] == [
        {
            "message_id": message_id,
            "at": 1_760_000_000.0,
            "kind": "choice",
            "native": True,
            "text": "Go?",
            "choices": [
                {
                    "kind": "text",
                    "label": "Yes",
                    "postback": "y",
                    "body": {"text": "Yes"},
                    "card": "",
                }
            ],
            "message": message,
            "app_message": message,
            "status": "DELIVERED",
            "sender": "",
            "flash": False,
        }
    ]


@pytest.mark.parametrize(
    ("action", "contact_message"),
    [
        ({"text": "hi"}, {"text_message": {"text": "hi"}}),
        (
            {"location": {"latitude": 1, "longitude": 2}},
            {
                "location_message": {
                    "title": "",
                    "coordinates": {"latitude": 1, "longitude": 2},
                    "label": "",
                }
            },
        ),
        (
            {"media": {"url": "https://x.example/a", "caption": "Look"}},
            {"media_card_message": {"url": "https://x.example/a", "caption": "Look"}},
        ),
        (
            {"answer": {"message_id": "01OLD", "postback": "p"}},
            {"choice_response_message": {"message_id": "01OLD", "postback_data": "p"}},
        ),
        (
            {"contact_message": {"fallback_message": {"raw_message": "?"}}},
            {"fallback_message": {"raw_message": "?"}},
        ),
    ],
)
async def test_a_contact_sends(
    api: Client, platform: Platform, webhook: Webhook, action: Any, contact_message: Any
) -> None:
    answer = await api.http.post(SMS, json=action)
    await platform.run_due()

    (message,) = webhook.of("message")
    assert message["id"] == answer.json()["id"]
    assert content(message) == contact_message
    assert message["channel_identity"]["identity"] == "46700000001"


async def test_a_contact_taps_by_label_or_postback(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    platform.phone("RCS", "46700000001").says("hi")
    choices = [{"text_message": {"text": "Yes"}, "postback_data": "y"}]
    await api.send({"choice_message": {"choices": choices}}, "RCS:46700000001")
    await platform.run_due()
    path = "/emulator/phones/RCS/46700000001"

    for action in ({"label": "Yes"}, {"postback": "y"}):
        assert (await api.http.post(path, json=action)).status_code == 200
    missing = await api.http.post(path, json={"label": "No"})
    await platform.run_due()

    assert len(webhook.of("message")) == 3
    assert missing.status_code == 400
    assert "no choice 'No'" in missing.text


@pytest.mark.parametrize(
    ("action", "key"),
    [
        ({"typing": True}, "event"),
        ({"typing": False}, "event"),
        ({"reaction": {"emoji": "👍", "message_id": "01ANY"}}, "event"),
        ({"comment": "Nice"}, "event"),
        ({"event": {"conversation_deleted_event": {}}}, "event"),
        ({"unsupported": "{}"}, "unsupported_callback"),
        ({"opted_in": False}, "opt_out_notification"),
        ({"opted_in": True}, "opt_in_notification"),
    ],
)
async def test_a_contact_does_other_things(
    api: Client, platform: Platform, webhook: Webhook, action: Any, key: str
) -> None:
    answer = await api.http.post("/emulator/phones/MESSENGER/a+b/c==", json=action)
    await platform.run_due()

    assert answer.status_code == 200
    assert len(webhook.of(key)) == 1


async def test_any_event_goes_into_its_group(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    paid = {"payment_status_update_event": {"reference_id": "r-7"}}
    new_kind = {"waved_event": {"hands": 2}}
    await api.http.post(SMS, json={"event": paid})
    await api.http.post(SMS, json={"event": new_kind})
    await platform.run_due()

    first, second = webhook.of("event")
    assert first["contact_message_event"] == paid
    assert second["contact_event"] == new_kind


async def test_the_last_text_is_analysed_and_redacted(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    results = {"ml_sentiment_result": [{"sentiment": "negative", "score": 0.9}]}
    sent = (await api.http.post(SMS, json={"text": "I am Ann, and angry"})).json()["id"]
    await api.http.post(SMS, json={"media": {"url": "https://x.example/a"}})
    analyzed = await api.http.post(SMS, json={"analysis": results})
    redacted = await api.http.post(SMS, json={"redaction": "I am {PERSON}, and angry"})
    await platform.run_due()

    message = webhook.of("message")[0]
    (found,) = webhook.of("smart_conversation_notification")
    (masked,) = webhook.of("message_redaction")
    assert analyzed.json() == redacted.json() == {"id": sent}
    assert found == {
        "contact_id": message["contact_id"],
        "channel_identity": "46700000001",
        "channel": "SMS",
        "message_id": sent,
        "conversation_id": message["conversation_id"],
        "analysis_results": results,
    }
    text = {"text": "I am {PERSON}, and angry"}
    assert masked["contact_message"] == {"text_message": text, "reply_to": None}
    assert masked | {"contact_message": message["contact_message"]} == message


async def test_any_callback_can_be_sent(api: Client, platform: Platform, webhook: Webhook) -> None:
    stored = {"entity_id": "01ENTITY", "record_status": "EVENT_RECORD_STORED"}
    batch = {"batch_id": "01BATCH", "batch_status": "BATCH_STATUS_PROCESSED"}
    for trigger, body in (("RECORD_NOTIFICATION", stored), ("BATCH_STATUS_UPDATE", batch)):
        answer = await api.http.post("/emulator/callbacks", json={"trigger": trigger, "body": body})
        assert answer.status_code == 200
    await platform.run_due()

    assert webhook.of("record_notification") == [stored]
    assert webhook.of("batch_status_update_notification") == [batch]
    assert all("x-sinch-webhook-signature" in request.headers for request in webhook.requests)


async def test_a_phone_writes_to_a_number_of_the_app(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    await api.http.post(SMS, json={"text": "Hello", "to": "71700"})
    await api.http.post(SMS, json={"text": "Hello"})
    await platform.run_due()

    assert [each["sender_id"] for each in webhook.of("message")] == ["71700", "447520650000"]


async def test_reading_through_the_phone(api: Client, platform: Platform, webhook: Webhook) -> None:
    await api.send("Hello", "RCS:46700000001")
    await platform.run_due()

    await api.http.post("/emulator/phones/RCS/46700000001", json={"read": True})
    await platform.run_due()

    assert webhook.statuses()[-1] == "READ"


@pytest.mark.parametrize(
    "action",
    [
        {},
        {"text": "a", "label": "b"},
        {"label": "b", "reply_to": "01ANY"},
        {"txt": "a"},
        {"text": "x" * 16_385},
        {"text": "a", "to": 4},
        {"text": "a", "old": True},
        {"typing": True, "copies": 1},
        {"location": "here"},
        {"text": "a", "copies": 101},
        {"text": "a", "late_s": -1},
        {"location": {"latitude": 91, "longitude": 0}},
        {"media": {"url": ""}},
        {"event": {}},
        {"event": {"composing_event": {}, "composing_end_event": {}}},
        {"analysis": {}},
        {"redaction": "***"},
    ],
)
async def test_what_cannot_be_done_is_refused(api: Client, platform: Platform, action: Any) -> None:
    answer = await api.http.post(SMS, json=action)

    assert answer.status_code == 400
    assert platform.state.messages == {}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/emulator/phones/PIGEON/1", 400),
        ("/emulator/phones/SMS/1%202", 400),
        ("/emulator/phones/SMS/" + "1" * 129, 400),
        ("/emulator/phones/SMS/1?app_id=01NONE", 404),
        ("/emulator/other", 404),
    ],
)
async def test_wrong_phones_are_refused(api: Client, path: str, status: int) -> None:
    assert (await api.http.get(path)).status_code == status


async def test_only_this_machine_may_look(api: Client, platform: Platform) -> None:
    named = await api.http.get("/emulator/phones", headers={"host": "rebound.example"})
    plain = await api.http.post(
        SMS, content=b'{"text":"a"}', headers={"content-type": "text/plain"}
    )

    assert named.status_code == 403
    assert plain.status_code == 400
    assert platform.state.messages == {}


async def test_faults_are_set_read_and_cleared(api: Client, platform: Platform) -> None:
    rules = {"requests": [{"action": "refuse", "status": 429, "on": "* /v1/*"}]}
    put = await api.http.put("/emulator/faults", json=rules)
    struck = await api("GET", "/apps")
    delayed = await api.http.post("/emulator/delay", json={"requests_s": 1.5, "callbacks_s": 2})
    got = (await api.http.get("/emulator/faults")).json()
    cleared = (await api.http.delete("/emulator/faults")).json()
    fine = await api("GET", "/apps")

    assert put.json()["requests"] == rules["requests"]
    assert struck.status_code == 429
    assert delayed.status_code == 200
    assert got["requests"] == rules["requests"]
    assert (got["request_delay_s"], got["callback_delay_s"]) == (1.5, 2.0)
    assert cleared["requests"] == []
    assert fine.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/emulator/faults", {"requests": [{"action": "explode"}]}),
        ("POST", "/emulator/delay", {}),
        ("POST", "/emulator/delay", {"requests_s": -1}),
        ("POST", "/emulator/delay", {"hours": 1}),
        ("POST", "/emulator/channel-events", {"channel": 1}),
        ("POST", "/emulator/callbacks", {"trigger": "MESSAGE_SENT", "body": {}}),
        ("POST", "/emulator/callbacks", {"trigger": "CAPABILITY"}),
    ],
)
async def test_wrong_faults_change_nothing(
    api: Client, platform: Platform, method: str, path: str, body: Any
) -> None:
    answer = await api.http.request(method, path, json=body)

    assert answer.status_code == 400
    assert platform.faults.rules.requests == []
    assert platform.faults.rules.request_delay_s == 0


async def test_tokens_can_be_expired(api: Client, platform: Platform) -> None:
    token = platform.tokens.give()["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    await api.http.post("/emulator/tokens:expire")
    old = await api("GET", "/apps", auth=None, headers=headers)
    renewed = {"authorization": f"Bearer {platform.tokens.give()['access_token']}"}
    new = await api("GET", "/apps", auth=None, headers=renewed)

    assert (old.status_code, new.status_code) == (401, 200)


async def test_the_world_and_the_record_can_be_read(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    await api.http.post(
        "/emulator/channel-events", json={"channel": "SMS", "event_type": "SOMETHING"}
    )
    await api("GET", "/apps")
    await platform.run_due()

    world = (await api.http.get("/emulator/world")).json()
    record = (await api.http.get("/emulator/record")).json()

    assert world["app_id"] == platform.app_id
    assert [one["target"] for one in world["webhooks"]] == ["https://bot.example/webhook"]
    assert record["counts"] == {"request 200": 1, "callback 200": 1}
    assert [one["path"] for one in record["requests"]] == [f"{api.root}/apps"]
    assert [one["trigger"] for one in record["callbacks"]] == ["CHANNEL_EVENT"]


async def test_news_of_everything(api: Client, platform: Platform) -> None:
    stream = news_stream(platform)
    heard = [await anext(stream)]
    platform.phone("SMS", "46700000001").says("hi")
    await api.send("Hello")
    await platform.run_due()
    async with asyncio.timeout(5):
        while b"shown" not in heard[-1]:
            heard.append(await anext(stream))
    await stream.aclose()

    kinds = [piece.split(b"\n")[1].removeprefix(b"event: ") for piece in heard[1:]]
    assert kinds[0] == b"phone"
    assert {b"request", b"callback", b"status", b"shown"} <= set(kinds)
    assert all(piece.endswith(b"\n\n") for piece in heard)


async def test_news_end_when_the_server_closes(platform: Platform) -> None:
    stream = news_stream(platform)
    await anext(stream)

    platform.core.tell(CLOSING)

    assert [piece async for piece in stream] == []
