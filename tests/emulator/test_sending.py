"""messages:send and its effects on the phone and at the webhook."""

import base64
import hashlib
import hmac

from bot.emulator import Platform
from tests.support.emulator import Client, Webhook, content, recipient
from tests.support.hand_clock import HandClock


async def test_a_text_reaches_the_phone_and_is_reported(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    message_id = await api.send("Hello", message_metadata="outbox-1", correlation_id="c-9")
    await platform.run_due()

    (shown,) = platform.phone("SMS", "+46700000001").shown
    assert (shown.message_id, shown.text, shown.status) == (message_id, "Hello", "DELIVERED")
    assert webhook.keys() == [
        "contact_create_notification",
        "conversation_start_notification",
        "message_submit_notification",
        "message_delivery_report",
        "message_delivery_report",
    ]
    assert webhook.statuses() == ["QUEUED_ON_CHANNEL", "DELIVERED"]
    report = webhook.bodies[-1]
    assert report["correlation_id"] == "c-9"
    assert report["message_delivery_report"]["metadata"] == "outbox-1"
    assert report["message_delivery_report"]["channel_identity"] == {
        "channel": "SMS",
        "identity": "46700000001",
        "app_id": "",
    }


async def test_callbacks_are_signed_over_their_raw_body(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    await api.send("Grüß Gott")
    await platform.run_due()

    for request in webhook.requests:
        name = "x-sinch-webhook-signature"
        nonce, timestamp = request.headers[f"{name}-nonce"], request.headers[f"{name}-timestamp"]
        signed = request.content + f".{nonce}.{timestamp}".encode()
        digest = hmac.new(b"hush", signed, hashlib.sha256).digest()
        assert request.headers[name] == base64.b64encode(digest).decode()
        assert request.headers[f"{name}-algorithm"] == "HmacSHA256"
        assert timestamp == "1760000000"


async def test_a_contact_writes_and_a_conversation_begins(
    platform: Platform, webhook: Webhook
) -> None:
    platform.phone("WHATSAPP", "46700000001").says("hi")
    await platform.run_due()

    assert webhook.keys() == [
        "contact_create_notification",
        "conversation_start_notification",
        "message",
    ]
    message = webhook.of("message")[0]
    contact = webhook.of("contact_create_notification")[0]["contact"]
    conversation = webhook.of("conversation_start_notification")[0]["conversation"]
    assert content(message) == {"text_message": {"text": "hi"}}
    assert message["contact_id"] == contact["id"]
    assert message["conversation_id"] == conversation["id"]
    assert message["processing_mode"] == "CONVERSATION"
    assert contact["display_name"] == "Unknown"
    assert conversation["active_channel"] == "WHATSAPP"


async def test_violations_name_each_field(api: Client) -> None:
    body = {
        "app_id": api.platform.app_id,
        "recipient": recipient("PIGEON:1"),
        "message": {"text_message": {"text": ""}, "media_message": {}},
        "ttl": "1s",
        "correlation_id": "x" * 129,
        "message_metadata": "x" * 1025,
    }

    answer = await api("POST", "/messages:send", body)

    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")
    (detail,) = error["details"]
    assert detail["@type"] == "type.googleapis.com/google.rpc.BadRequest"
    assert {violation["field"] for violation in detail["field_violations"]} == {
        "recipient.identified_by.channel_identities[0].channel",
        "message.text_message.text",
        "message.media_message.url",
        "message",
        "ttl",
        "correlation_id",
        "message_metadata",
    }


async def test_sent_messages_are_found_by_their_metadata(
    api: Client, platform: Platform, clock: HandClock
) -> None:
    first = await api.send("one", message_metadata="m-1")
    clock.at += 1
    second = await api.send("two", message_metadata="m-2")

    listed = await api.good("GET", "/messages", params={"app_id": platform.app_id})

    assert [(one["id"], one["metadata"]) for one in listed["messages"]] == [
        (second, "m-2"),
        (first, "m-1"),
    ]
    assert listed["next_page_token"] == ""


async def test_typing_shows_until_the_message_comes(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    phone = platform.phone("WHATSAPP", "46700000001")
    phone.says("hi")
    body = {
        "app_id": platform.app_id,
        "recipient": recipient("WHATSAPP:+46700000001"),
        "event": {"composing_event": {}},
        "event_metadata": "e-1",
    }

    answer = await api.good("POST", "/events:send", body)
    await platform.run_due()
    typed = phone.typing
    await api.send("Hello", "WHATSAPP:46700000001")
    await platform.run_due()

    assert typed
    assert not phone.typing
    reports = webhook.of("event_delivery_report")
    assert [report["status"] for report in reports] == ["QUEUED_ON_CHANNEL", "DELIVERED"]
    assert {report["event_id"] for report in reports} == {answer["event_id"]}
    assert {report["metadata"] for report in reports} == {"e-1"}


async def test_what_is_due_later_waits_for_the_clock(
    platform: Platform, webhook: Webhook, clock: HandClock
) -> None:
    webhook.answers = [500]
    platform.phone("SMS", "46700000001").says("hi")
    await platform.run_due()
    assert webhook.keys().count("contact_create_notification") == 1
    assert platform.next_due() == clock.at + 5

    clock.at += 5
    await platform.run_due()

    assert webhook.keys().count("contact_create_notification") == 2
    assert platform.next_due() is None
