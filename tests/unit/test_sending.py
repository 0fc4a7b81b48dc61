import json
from pathlib import Path
from typing import Any

import pytest

from bot.contact.address import Address, identified_by
from bot.messages import (
    Agent,
    AppEvent,
    Choice,
    Raw,
    Text,
    agent_joined,
    agent_left,
    comment_reply,
    composing,
    composing_end,
    generic_event,
    reply,
)
from bot.messages.requests import EventRequest, SendRequest

PAYLOADS = Path(__file__).parent.parent / "payloads" / "requests"

APP = "01HZAPP0000000000000BAKERY"
ADA = Address("01HZC0NTACT0000000000ADA01", "SMS", "46700900001").recipient()


def send(**fields: Any) -> SendRequest:
    return SendRequest(**{"app_id": APP, "recipient": ADA, "message": Text("Hello"), **fields})


def send_event(event: AppEvent, **fields: Any) -> EventRequest:
    return EventRequest(**{"app_id": APP, "recipient": ADA, "event": event, **fields})


EVERY_FIELD = send(
    recipient=identified_by([Address("", "RCS", "+467"), Address("", "SMS", "+467")]),
    message=Choice("Which?", [reply("Rye")]),
    callback_url="https://bakery.example/reports",
    channel_priority_order=["RCS", "SMS"],
    channel_properties={"SMS_SENDER": "Bakery"},
    message_metadata="01HZ0UTB0X0000000000000001 order=7",
    conversation_metadata={"basket": 3},
    conversation_metadata_update_strategy="MERGE_PATCH",
    queue="HIGH_PRIORITY",
    ttl_s=86400,
    processing_strategy="DISPATCH_ONLY",
    correlation_id="order-7",
    message_content_type="CONTENT_NOTIFICATION",
)
REQUESTS: dict[str, SendRequest | EventRequest] = {
    "send.plain": send(),
    "send.every_field": EVERY_FIELD,
    "event.composing": send_event(composing()),
    "event.composing_end": send_event(composing_end()),
    "event.agent_joined": send_event(agent_joined(Agent("Ada", type="HUMAN"))),
    "event.agent_left": send_event(agent_left(Agent("Ada", type="HUMAN"))),
    "event.generic": send_event(generic_event({"menu": "open"})),
    "event.comment_reply": send_event(
        comment_reply("Thank you"),
        callback_url="https://bakery.example/reports",
        channel_priority_order=["INSTAGRAM"],
        event_metadata="01HZ0UTB0X0000000000000002",
        queue="NORMAL_PRIORITY",
    ),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_is_written_as_the_api_spells_it(name):
    assert REQUESTS[name].to_json() == json.loads((PAYLOADS / f"{name}.json").read_text())


def test_every_payload_is_tested():
    assert {path.stem for path in PAYLOADS.glob("*.json")} == set(REQUESTS)


def test_an_empty_conversation_metadata_clears_and_none_leaves_it():
    assert send(conversation_metadata={}).to_json()["conversation_metadata"] == {}
    assert "conversation_metadata" not in send().to_json()


@pytest.mark.parametrize(
    "fields",
    [
        {"message_metadata": "x" * 1024},
        {"correlation_id": "x" * 128},
        {"channel_properties": {"SMS_SENDER": "x" * 1024}},
        {"channel_properties": {"VIBER_SENDER_NAME": "x" * 28}},
        {"channel_properties": {"HOLOTALK_TINT": "blue"}},
        {"channel_properties": {"SMS_FLASH_MESSAGE": "true"}},
        {"channel_properties": {"TELEGRAM_DISABLE_LINK_PREVIEW": "TRUE"}},
        {"channel_properties": {"MMS_STRICT_VALIDATION": "false"}},
        {"channel_properties": {"SMS_MAX_NUMBER_OF_MESSAGE_PARTS": "3"}},
        {"channel_properties": {"MESSENGER_MESSAGING_TYPE": "UPDATE"}},
        {"channel_properties": {"INSTAGRAM_MESSAGE_TAG": "HUMAN_AGENT"}},
        {"channel_properties": {"RCS_WEBVIEW_MODE": "HALF"}},
        {"conversation_metadata": {"a": "x" * (2048 - len('{"a":""}'))}},
        {"ttl_s": 3},
        {"ttl_s": 315_576_000_000},
        {"queue": "NORMAL_PRIORITY"},
        {"processing_strategy": "DEFAULT"},
        {"conversation_metadata_update_strategy": "REPLACE"},
        {"message_content_type": "CONTENT_UNKNOWN"},
        {"message_content_type": "CONTENT_MARKETING"},
        {"channel_priority_order": ["APPLEBC"]},
        {"message": Raw({"WHATSAPP": {}})},
    ],
)
def test_the_edge_of_a_rule_is_let_pass(fields):
    request = send(**fields)

    assert list(request.violations()) == []
    assert request.to_json()["app_id"] == APP


NOBODY: dict[str, Any] = {"identified_by": {"channel_identities": []}}
BROKEN = [
    ({"app_id": ""}, "request.app_id: missing"),
    ({"app_id": None}, "request.app_id: missing"),
    ({"recipient": {}}, "request.recipient: must have either contact_id or identified_by"),
    (
        {"recipient": {**ADA, **identified_by([Address("", "SMS", "467")])}},
        "request.recipient: must have",
    ),
    ({"recipient": {"contact_id": ""}}, "request.recipient.contact_id: missing"),
    ({"recipient": NOBODY}, "request.recipient.identified_by.channel_identities: missing"),
    (
        {"recipient": identified_by([Address("", "SMS", "")])},
        "request.recipient.identified_by.channel_identities[0].identity: missing",
    ),
    (
        {"recipient": identified_by([Address("", "sms", "467")])},
        "request.recipient.identified_by.channel_identities[0].channel: not a channel's name",
    ),
    ({"callback_url": "bakery.example"}, "request.callback_url: not a URL that begins with"),
    (
        {"channel_priority_order": ["SMS", "CHANNEL_UNSPECIFIED"]},
        "request.channel_priority_order: an item is not a channel's name",
    ),
    (
        {"channel_properties": {"SMS_SENDER": "x" * 1025}},
        "request.channel_properties.SMS_SENDER: 1025 characters, at most 1024",
    ),
    (
        {"channel_properties": {"VIBER_SENDER_NAME": "x" * 29}},
        "request.channel_properties.VIBER_SENDER_NAME: 29 characters, at most 28",
    ),
    (
        {"channel_properties": {"SMS_FLASH_MESSAGE": True}},
        "request.channel_properties.SMS_FLASH_MESSAGE: not a text",
    ),
    (
        {"channel_properties": {"SMS_FLASH_MESSAGE": "yes"}},
        "request.channel_properties.SMS_FLASH_MESSAGE: not true or false",
    ),
    (
        {"channel_properties": {"SMS_MAX_NUMBER_OF_MESSAGE_PARTS": "0"}},
        "request.channel_properties.SMS_MAX_NUMBER_OF_MESSAGE_PARTS: not a whole number above 0",
    ),
    (
        {"channel_properties": {"MESSENGER_NOTIFICATION_TYPE": ""}},
        "request.channel_properties.MESSENGER_NOTIFICATION_TYPE: not one of REGULAR, SILENT_PUSH,",
    ),
    (
        {"message_metadata": "x" * 1025},
        "request.message_metadata: 1025 characters, at most 1024",
    ),
    ({"message_metadata": {"a": 1}}, "request.message_metadata: not a text"),
    ({"correlation_id": "x" * 129}, "request.correlation_id: 129 characters, at most 128"),
    ({"correlation_id": 7}, "request.correlation_id: not a text"),
    (
        {"conversation_metadata": {"a": "x" * (2049 - len('{"a":""}'))}},
        "request.conversation_metadata: 2049 characters, at most 2048",
    ),
    ({"conversation_metadata": "basket"}, "request.conversation_metadata: not a JSON object"),
    (
        {"conversation_metadata": {"at": object()}},
        "request.conversation_metadata: it can't be written as JSON",
    ),
    (
        {"conversation_metadata_update_strategy": "MERGE"},
        "request.conversation_metadata_update_strategy: not one of REPLACE, MERGE_PATCH",
    ),
    ({"queue": "LOW"}, "request.queue: not one of NORMAL_PRIORITY, HIGH_PRIORITY"),
    ({"ttl_s": 2}, "request.ttl: not a whole number of seconds from 3 to 315576000000"),
    ({"ttl_s": 0}, "request.ttl: not a whole number"),
    ({"ttl_s": 315_576_000_001}, "request.ttl: not a whole number"),
    ({"ttl_s": 60.5}, "request.ttl: not a whole number"),
    ({"ttl_s": True}, "request.ttl: not a whole number"),
    ({"ttl_s": "86400s"}, "request.ttl: not a whole number"),
    ({"processing_strategy": "DISPATCH"}, "request.processing_strategy: not one of DEFAULT"),
    ({"message_content_type": "MARKETING"}, "request.message_content_type: not one of CONTENT_"),
]


@pytest.mark.parametrize(("fields", "words"), BROKEN)
def test_a_broken_rule_is_named(fields, words):
    (line,) = send(**fields).violations()

    assert line.startswith(words)
    assert line.endswith(" (messages:send)")


def test_all_broken_rules_are_named():
    assert list(send(queue="LOW", ttl_s=1).violations()) == [
        "request.queue: not one of NORMAL_PRIORITY, HIGH_PRIORITY (messages:send)",
        "request.ttl: not a whole number of seconds from 3 to 315576000000 (messages:send)",
    ]


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (send_event(composing(), app_id=""), "request.app_id: missing"),
        (send_event(composing(), recipient={}), "request.recipient: must have either"),
        (send_event(composing(), queue="LOW"), "request.queue: not one of"),
        (send_event(composing(), callback_url="x"), "request.callback_url: not a URL"),
        (send_event(composing(), event_metadata=5), "request.event_metadata: not a text"),
        (
            send_event(composing(), channel_priority_order=["sms"]),
            "request.channel_priority_order: an item is not",
        ),
        (send_event(comment_reply("")), "event.comment_reply_event.text: missing"),
        (send_event(agent_left(Agent(type="CAT"))), "event.agent_left_event.agent.type: not one"),
        (send_event(generic_event("open")), "event.generic_event.payload: not a JSON object"),  # type: ignore[arg-type]
    ],
)
def test_a_broken_rule_of_an_event_is_named(request_, words):
    (line,) = request_.violations()

    assert line.startswith(words)
    assert line.endswith(" (events:send)")


def test_no_line_repeats_an_identity():
    wrong = send(recipient=identified_by([Address("", "sms", "46700900001")]))

    assert "46700900001" not in str(list(wrong.violations()))
