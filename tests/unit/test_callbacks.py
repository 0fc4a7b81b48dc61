"""Callbacks of every trigger, in the present format and that of 2020."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.callbacks import TRIGGERS, Callback, decode
from bot.contact.address import Address
from bot.emulator.triggers import BODY_KEYS

PAYLOADS = Path(__file__).parent.parent / "payloads" / "callbacks"
ADA = "01HZC0NTACT0000000000ADA01"
ON_SMS = Address(ADA, "SMS", "46700900001")
ON_WHATSAPP = Address(ADA, "WHATSAPP", "46700900001")
BY_USER_ID = Address(ADA, "WHATSAPP", "US.13491208655302741918")
ON_MESSENGER = Address(ADA, "MESSENGER", "7203350100099")
BY_BYTES = "a hash of the bytes"


# file, trigger, dedupe_id after the trigger, address
CALLBACKS = [
    ("message_inbound.text", "MESSAGE_INBOUND", "01HZM000000000000000000001", ON_SMS),
    (
        "message_inbound.text_dispatch",
        "MESSAGE_INBOUND",
        "01HZM000000000000000000002",
        Address("", "SMS", "46700900001"),
    ),
    (
        "message_inbound.text_2020",
        "MESSAGE_INBOUND",
        "01E7ZM0000000000000000001A",
        Address(ADA, "SMS", ""),
    ),
    (
        "message_inbound.choice_response",
        "MESSAGE_INBOUND",
        "01HZM000000000000000000003",
        ON_MESSENGER,
    ),
    (
        "message_inbound.unknown_kind",
        "MESSAGE_INBOUND",
        "01HZM000000000000000000010",
        Address(ADA, "HOLOTALK", "ada.99"),
    ),
    (
        "message_redaction",
        "MESSAGE_INBOUND_SMART_CONVERSATION_REDACTION",
        "01HZM000000000000000000011",
        ON_SMS,
    ),
    ("message_submit", "MESSAGE_SUBMIT", "01HZS3NT000000000000000001:SMS", ON_SMS),
    (
        "message_delivery.queued_on_channel",
        "MESSAGE_DELIVERY",
        "01HZS3NT000000000000000001:QUEUED_ON_CHANNEL:WHATSAPP",
        ON_WHATSAPP,
    ),
    (
        "message_delivery.queued_on_next_channel",
        "MESSAGE_DELIVERY",
        "01HZS3NT000000000000000001:QUEUED_ON_CHANNEL:SMS",
        ON_SMS,
    ),
    (
        "message_delivery.switching_channel",
        "MESSAGE_DELIVERY",
        "01HZS3NT000000000000000001:SWITCHING_CHANNEL:WHATSAPP",
        ON_WHATSAPP,
    ),
    (
        "message_delivery.failed",
        "MESSAGE_DELIVERY",
        "01HZS3NT000000000000000001:FAILED:SMS",
        ON_SMS,
    ),
    (
        "message_delivery.delivered_2020",
        "MESSAGE_DELIVERY",
        "01E7ZS3NT00000000000000001:DELIVERED:SMS",
        None,
    ),
    ("event_inbound.composing", "EVENT_INBOUND", "01HZEV00000000000000000001", ON_MESSENGER),
    (
        "event_inbound.reaction",
        "EVENT_INBOUND",
        "01HZEV00000000000000000003",
        Address("", "WHATSAPP", "46700900001"),
    ),
    (
        "event_inbound.without_id_2020",
        "EVENT_INBOUND",
        BY_BYTES,
        Address(ADA, "RCS", "46700900001"),
    ),
    (
        "event_delivery",
        "EVENT_DELIVERY",
        "01HZEV00000000000000000009:DELIVERED:MESSENGER",
        ON_MESSENGER,
    ),
    ("conversation_start", "CONVERSATION_START", BY_BYTES, Address(ADA, "WHATSAPP", "")),
    ("conversation_stop", "CONVERSATION_STOP", BY_BYTES, Address(ADA, "WHATSAPP", "")),
    ("conversation_delete", "CONVERSATION_DELETE", BY_BYTES, Address(ADA, "WHATSAPP", "")),
    ("contact_create", "CONTACT_CREATE", BY_BYTES, ON_SMS),
    ("contact_delete", "CONTACT_DELETE", BY_BYTES, ON_SMS),
    ("contact_update", "CONTACT_UPDATE", BY_BYTES, ON_SMS),
    ("contact_update.user_id", "CONTACT_UPDATE", BY_BYTES, BY_USER_ID),
    ("message_inbound.user_id", "MESSAGE_INBOUND", "01HZM000000000000000000021", BY_USER_ID),
    ("message_inbound.quoting", "MESSAGE_INBOUND", "01HZM000000000000000000022", ON_WHATSAPP),
    ("contact_merge", "CONTACT_MERGE", BY_BYTES, ON_SMS),
    ("contact_identities_duplication", "CONTACT_IDENTITIES_DUPLICATION", BY_BYTES, None),
    ("capability", "CAPABILITY", BY_BYTES, Address(ADA, "RCS", "46700900001")),
    ("opt_in", "OPT_IN", BY_BYTES, ON_WHATSAPP),
    ("opt_out", "OPT_OUT", BY_BYTES, Address("", "SMS", "+46700900001")),
    ("opt_out.failed", "OPT_OUT", BY_BYTES, Address(ADA, "WHATSAPP", "")),
    ("channel_event", "CHANNEL_EVENT", BY_BYTES, None),
    ("unsupported", "UNSUPPORTED", "01HZVNSVPP0RTED00000000001", ON_MESSENGER),
    ("unsupported.2020", "UNSUPPORTED", BY_BYTES, None),
    (
        "smart_conversation",
        "SMART_CONVERSATION",
        BY_BYTES,
        Address("", "SMS", "46700900001"),
    ),
    (
        "record_notification",
        "RECORD_NOTIFICATION",
        "01HZEV00000000000000000001:EVENT_RECORD_STORED",
        ON_WHATSAPP,
    ),
    (
        "batch_status_update",
        "BATCH_STATUS_UPDATE",
        "01HZBATCH00000000000000001:BATCH_STATUS_PROCESSED",
        None,
    ),
    ("unknown_trigger", "", BY_BYTES, None),
]


def read(name: str) -> bytes:
    return (PAYLOADS / f"{name}.json").read_bytes()


def inbound(**message: Any) -> Callback:
    return decode(json.dumps({"app_id": "a", "message": {"id": "m1", **message}}).encode())


@pytest.mark.parametrize(("name", "trigger", "dedupe", "address"), CALLBACKS)
def test_tells_trigger_identity_and_contact(name, trigger, dedupe, address):
    callback = decode(read(name))

    assert callback.trigger == trigger
    assert callback.address == address
    begin, _, rest = callback.dedupe_id.partition(":")
    assert begin == (trigger or "UNKNOWN")
    if dedupe is BY_BYTES:
        assert len(rest) == 32
        assert decode(read(name) + b" ").dedupe_id != callback.dedupe_id
    else:
        assert rest == dedupe


def test_every_trigger_has_a_sample():
    assert {trigger for _, trigger, _, _ in CALLBACKS} - {""} == set(TRIGGERS.values())


def test_the_emulator_knows_every_trigger_and_the_key_of_its_body():
    assert {key: trigger for trigger, key in BODY_KEYS.items()} == TRIGGERS


def test_every_trigger_has_its_attribute():
    assert set(TRIGGERS) < set(Callback.__struct_fields__)


def test_a_repeat_has_the_same_identity_and_no_other_callback_has_it():
    paths = sorted(PAYLOADS.glob("*.json"))
    first, second = ([decode(path.read_bytes()).dedupe_id for path in paths] for _ in range(2))

    assert first == second
    # The two samples of 2020 share one message id: a repeat of an id is a repeat.
    assert len(set(first)) == len(paths) - 1


def test_no_identity_is_a_phone_number():
    ids = [decode(path.read_bytes()).dedupe_id for path in PAYLOADS.glob("*.json")]

    assert not [each for each in ids if "700900001" in each]


def test_the_common_part_is_read():
    callback = decode(read("message_inbound.text"))

    assert callback.app_id == "01HZAPP0000000000000BAKERY"
    assert callback.project_id == "7d0f7a52-3c1e-4c55-9a43-0f6f3f2b6c11"
    assert callback.accepted_time == "2026-03-02T09:15:04.120311Z"
    assert callback.event_time == "2026-03-02T09:15:03.987Z"
    assert (callback.message_metadata, callback.correlation_id) == ("", "")
    assert callback.raw == read("message_inbound.text")
    assert callback.body is callback.message


def test_an_inbound_message_is_read():
    message = decode(read("message_inbound.text")).message

    assert message is not None
    assert message.direction == "TO_APP"
    assert message.sender_id == "46700100200"
    assert message.processing_mode == "CONVERSATION"
    assert message.accept_time == "2026-03-02T09:15:04.101877Z"
    assert message.channel_identity is not None
    assert message.channel_identity.channel == "SMS"
    assert not message.injected


@pytest.mark.parametrize("name", ["text", "text_dispatch", "text_2020"])
def test_a_text_has_its_text(name):
    message = decode(read(f"message_inbound.{name}")).message

    assert message is not None
    assert message.contact_message is not None
    assert message.contact_message.kind == "text_message"
    assert message.contact_message.text in ("two rye loaves please", "hello")


CONTENTS = [
    ("choice_response", "choice_response_message", {"postback_data": "size:large"}),
    ("choice_response_2020", "choice_response_message", {"postback_data": "hello-pressed"}),
    ("media", "media_message", {"filename_override": "cake.jpg"}),
    ("media_card", "media_card_message", {"caption": "is this burnt?"}),
    ("location", "location_message", {"title": "Home", "label": "Door code on request"}),
    ("product_response", "product_response_message", {"catalog_id": "90210"}),
    ("flow_reply", "channel_specific_message", {"message_type": "nfm_reply"}),
    ("fallback", "fallback_message", {"raw_message": '{"sticker": 12}'}),
]


@pytest.mark.parametrize(("name", "kind", "fields"), CONTENTS)
def test_every_kind_of_contact_message_is_read(name, kind, fields):
    message = decode(read(f"message_inbound.{name}")).message

    assert message is not None
    content = message.contact_message
    assert content is not None
    assert content.kind == kind
    assert content.text == fields.get("caption", "")
    assert {field: getattr(getattr(content, kind), field) for field in fields} == fields


def test_parts_of_parts_are_read():
    def content(name: str) -> Any:
        return decode(read(f"message_inbound.{name}")).message.contact_message  # type: ignore[union-attr]

    assert content("location").location_message.coordinates.latitude == 59.3293
    assert content("product_response").product_response_message.products[0].item_price == 4.5
    assert content("fallback").fallback_message.reason.channel_code == "131051"
    assert content("choice_response").reply_to.message_id == "01HZS3NT000000000000000001"
    assert content("flow_reply").channel_specific_message.message["nfm_reply"]["name"] == "flow"
    assert content("text_dispatch").reply_to is None
    assert content("quoting").reply_to.message_id == "01HZS3NT000000000000000001"


@pytest.mark.parametrize(
    ("content", "quoted"),
    [
        ({"text_message": {"text": "hi"}, "reply_to": {"message_id": "01A"}}, "run-1"),
        ({"choice_response_message": {"message_id": "01A", "postback_data": "s"}}, "run-1"),
        ({"text_message": {"text": "hi"}, "reply_to": None}, ""),
        ({"text_message": {"text": "hi"}}, ""),
    ],
)
def test_metadata_of_a_quoted_message_is_read(content, quoted):
    message = {"id": "01B", "contact_message": content, "metadata": "run-1"}

    callback = decode(json.dumps({"app_id": "01APP", "message": message}).encode())

    assert callback.message is not None
    assert callback.message.quoted_metadata == quoted


def test_an_unknown_kind_of_contact_message_is_unknown():
    message = decode(read("message_inbound.unknown_kind")).message

    assert message is not None
    assert message.contact_message is not None
    assert message.contact_message.kind == "unknown"
    assert message.processing_mode == "TELEPATHY"
    assert message.injected


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("composing", "composing_event"),
        ("without_id_2020", "composing_end_event"),
        ("comment", "comment_event"),
        ("generic", "generic_event"),
        ("reaction", "reaction_event"),
        ("payment", "payment_status_update_event"),
        ("shortlink", "shortlink_activated_event"),
    ],
)
def test_every_kind_of_event_is_read(name, kind):
    event = decode(read(f"event_inbound.{name}")).event

    assert event is not None
    assert event.kind == kind


def test_an_event_of_a_kind_unknown_today_is_unknown():
    event = decode(b'{"event": {"id": "e1", "contact_event": {"yawn_event": {}}}}').event

    assert event is not None
    assert event.kind == "unknown"


def test_a_delivery_report_says_why():
    report = decode(read("message_delivery.failed")).message_delivery_report

    assert report is not None
    assert report.reason is not None
    assert (report.reason.code, report.reason.sub_code) == ("CHANNEL_FAILURE", "INACTIVE_SENDER")
    assert report.metadata == "01HZ0UTB0X0000000000000001"


def test_an_empty_reason_of_2020_is_none():
    report = decode(read("message_delivery.delivered_2020")).message_delivery_report

    assert report is not None
    assert report.reason is None
    assert report.status == "DELIVERED"


def test_a_reason_of_2020_is_its_description():
    report = json.loads(read("message_delivery.delivered_2020"))
    report["message_delivery_report"] |= {"status": "FAILED", "reason": "no such subscriber"}
    found = decode(json.dumps(report).encode()).message_delivery_report

    assert found is not None
    assert found.reason is not None
    assert (found.reason.code, found.reason.description) == ("", "no such subscriber")
    assert (found.status, found.channel) == ("FAILED", "SMS")


def test_of_two_contacts_that_merged_both_are_read():
    merge = decode(read("contact_merge")).contact_merge_notification

    assert merge is not None
    assert merge.deleted_contact is not None
    assert merge.deleted_contact.id == "01HZC0NTACT0000000000ADA02"


@pytest.mark.parametrize(
    ("channel", "sender_id", "number"),
    [
        ("SMS", "46700111222", "46700111222"),
        ("SMS", "+46700111222", "+46700111222"),
        ("SMS", "12345", "12345"),
        ("SMS", "service_plan", ""),
        ("SMS", "46700111222\n", ""),
        ("SMS", "", ""),
        ("WHATSAPP", "46700111222", ""),
    ],
)
def test_the_number_that_an_sms_was_sent_to(channel, sender_id, number):
    identity = {"channel": channel, "identity": "46700000001"}
    body = {"channel_identity": identity, "sender_id": sender_id}
    message = decode(json.dumps({"message": body}).encode()).message

    assert message is not None
    assert message.sms_sender == number
