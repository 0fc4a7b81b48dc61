"""Malformed callbacks: what fits is read, and nothing but Malformed is raised."""

import json
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import callbacks
from bot.callbacks import TRIGGERS, Callback, decode, receive
from bot.callbacks.callback import MAX_NESTING
from bot.contact.address import Address
from bot.errors import Malformed
from bot.items.inbound import Item, encode
from bot.items.inbound import decode as decode_item

ADA = "01HZC0NTACT0000000000ADA01"
PAYLOADS = Path(__file__).parent.parent / "payloads" / "callbacks"


def read(name: str) -> bytes:
    return (PAYLOADS / f"{name}.json").read_bytes()


def inbound(**message: Any) -> Callback:
    return decode(json.dumps({"app_id": "a", "message": {"id": "m1", **message}}).encode())


@pytest.mark.parametrize("value", [None, "", 5, [], True])
def test_what_should_be_an_object_and_is_not_reads_as_absent(value):
    callback = inbound(contact_message=value, channel_identity=value, contact_id=ADA)

    assert callback.message is not None
    assert callback.message.contact_message is None
    assert callback.address == Address(ADA, "", "")


@pytest.mark.parametrize("value", [None, 5, {}, [], True, 1e308])
def test_what_should_be_text_and_is_not_reads_as_empty(value):
    callback = inbound(contact_id=value, contact_message={"text_message": {"text": value}})

    assert callback.message is not None
    assert callback.message.contact_id == ""
    assert callback.message.contact_message is not None
    assert callback.message.contact_message.kind == "text_message"
    assert callback.message.contact_message.text == ""
    assert callback.dedupe_id == "MESSAGE_INBOUND:m1"


@pytest.mark.parametrize("channel", ["", "x", "\x00", "sms", "CHANNEL_UNSPECIFIED", "A" * 300])
def test_identity_on_what_is_no_channel_names_no_contact(channel):
    identity = {"channel": channel, "identity": "46700000001"}

    assert inbound(contact_id="", channel_identity=identity).address is None
    known = inbound(contact_id=ADA, channel_identity=identity).address
    assert known is None or known.contact_id == ADA
    new = {"channel": "NEW_CHANNEL_2", "identity": "1"}
    assert inbound(contact_id="", channel_identity=new).address == Address("", "NEW_CHANNEL_2", "1")


@pytest.mark.parametrize("value", [None, "", 5, []])
def test_a_callback_whose_body_is_no_object_is_unknown(value):
    callback = decode(json.dumps({"app_id": "a", "message": value}).encode())

    assert (callback.trigger, callback.body, callback.address) == ("", None, None)
    assert callback.app_id == "a"
    assert callback.dedupe_id.startswith("UNKNOWN:")


def test_one_wrong_field_costs_only_itself():
    callback = inbound(
        contact_id=ADA,
        injected="yes",
        accept_time=1700000000,
        channel_identity={"channel": "SMS", "identity": "467", "app_id": None},
        contact_message={"text_message": {"text": "hi"}, "reply_to": "01HZ"},
    )

    assert callback.address == Address(ADA, "SMS", "467")
    assert callback.message is not None
    assert callback.message.contact_message is not None
    assert callback.message.contact_message.text == "hi"
    assert callback.message.contact_message.reply_to is None


@pytest.mark.parametrize("identity", ["467", {"channel": "SMS", "identity": "467", "app_id": ""}])
def test_an_analysis_names_its_contact_by_text_or_object(identity):
    body = {"channel": "SMS", "channel_identity": identity, "contact_id": ""}
    raw = json.dumps({"smart_conversation_notification": body}).encode()

    assert decode(raw).address == Address("", "SMS", "467")


def test_one_wrong_item_of_a_list_costs_only_itself():
    contact = {"id": ADA, "channel_identities": [7, {"channel": "SMS", "identity": "467"}]}
    raw = json.dumps({"contact_create_notification": {"contact": contact}}).encode()

    assert decode(raw).address == Address(ADA, "SMS", "467")


@pytest.mark.parametrize("coordinates", [{}, {"latitude": 1}, {"latitude": "1", "longitude": 2}])
def test_a_location_without_both_coordinates_has_none(coordinates):
    callback = inbound(contact_message={"location_message": {"coordinates": coordinates}})

    assert callback.message is not None
    assert callback.message.contact_message is not None
    assert callback.message.contact_message.kind == "location_message"
    assert callback.message.contact_message.location_message is not None
    assert callback.message.contact_message.location_message.coordinates is None


def test_a_number_beyond_reason_reads_as_absent():
    raw = b'{"message": {"id": "m1", "contact_message": {"location_message": {"coordinates": {'
    raw += b'"latitude": 1e999, "longitude": 2}}}}}'

    assert decode(raw).dedupe_id == "MESSAGE_INBOUND:m1"


def test_half_an_emoji_is_replaced():
    raw = rb'{"message": {"id": "m1", "contact_message": {"text_message": {"text": "hi \ud83d"}}}}'
    message = decode(raw).message

    assert message is not None
    assert message.contact_message is not None
    assert message.contact_message.text == "hi ?"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b'"message"',
        b"5",
        b"{",
        b'{"message": {"id": "m1"}',
        b"{} {}",
        b"{'message': {}}",
        b'{"message": NaN}',
        b'{"app_id": "\xff"}',
        b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"),
        b"app_id=a",
        b'{"x":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b'{"message":' * 200_000 + b"1" + b"}" * 200_000,
        b"[" * 200_000,
    ],
    ids=lambda raw: raw[:16],
)
def test_what_is_no_json_object_is_malformed(raw):
    with pytest.raises(Malformed) as caught:
        decode(raw)

    assert "app_id" not in str(caught.value)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def _corrupted(value: Any, draw: Any) -> Any:
    if draw(st.integers(0, 9)) == 0:
        return draw(VALUES)
    if isinstance(value, dict):
        return {name: _corrupted(part, draw) for name, part in value.items()}
    if isinstance(value, list):
        return [_corrupted(part, draw) for part in value]
    return value


@settings(derandomize=True, deadline=None)
@given(st.data())
def test_a_callback_with_anything_anywhere_is_still_read(data):
    path = data.draw(st.sampled_from(sorted(PAYLOADS.glob("*.json"))))
    sample = json.loads(path.read_text())
    damaged = {name: _corrupted(part, data.draw) for name, part in sample.items()}
    raw = json.dumps(damaged)
    if "NaN" in raw or "Infinity" in raw:
        raw = raw.replace("-Infinity", "1e999").replace("Infinity", "1e999").replace("NaN", "0")

    callback = decode(raw.encode())

    assert callback.trigger in {*TRIGGERS.values(), ""}
    assert callback.dedupe_id
    assert callback.address is None or callback.address.key
    assert callback.trigger == "" or callback.body is not None


@settings(derandomize=True, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_malformed(raw):
    try:
        callback = decode(raw)
    except Malformed:
        return
    assert callback.raw == callbacks.mended(raw)


def test_a_repr_holds_no_content(subtests):
    for path in sorted(PAYLOADS.glob("*.json")):
        with subtests.test(path.stem):
            callback = decode(path.read_bytes())

            shown = f"{callback!r} {callback.body!r} {callback.address!r}"

            assert "700900001" not in shown
            assert "loaves" not in shown


@pytest.mark.parametrize("id", ["a\nb", "a\x00b", "x" * 300])
def test_a_contact_that_cannot_be_one_is_none(id):
    message = {"contact_id": id, "channel_identity": {"channel": "SMS", "identity": "467"}}

    assert decode(msgspec.json.encode({"message": message})).address is None


def inside(frames: int, act: Callable[[], Any]) -> Any:
    """Call with this many more frames on the stack."""
    return inside(frames - 1, act) if frames else act()


@pytest.mark.parametrize(("begin", "end"), [("[", "]"), ('{"a":', "}")])
def test_nested_json_that_is_accepted_is_read_from_deeper_in_the_stack(begin, end):
    accepted = []
    for levels in range(100, 1000, 25):
        inner = begin * levels + "1" + end * levels
        raw = f'{{"message": {{"id": "m1", "contact_id": "C"}}, "new": {inner}}}'.encode()
        with suppress(Malformed):
            accepted.append((levels, receive(raw)))

    assert 400 <= accepted[-1][0] < 600
    assert [levels for levels, _ in accepted] == list(range(100, accepted[-1][0] + 1, 25))
    for _, callback in accepted:
        item = encode(Item(id="x", callback=msgspec.Raw(callback.raw)))
        assert inside(MAX_NESTING - 50, partial(read_item, item)) == callback


def read_item(raw: bytes) -> Callback:
    return decode(bytes(decode_item(raw).callback))


def test_many_objects_side_by_side_are_accepted():
    raw = json.dumps({"message": {"id": "m1"}, "new": [{}] * 5_000}).encode()

    assert receive(raw).dedupe_id == "MESSAGE_INBOUND:m1"


def test_a_well_formed_callback_is_stored_as_it_came():
    for path in PAYLOADS.glob("*.json"):
        raw = path.read_bytes()

        assert receive(raw).raw is raw


@pytest.mark.parametrize(
    ("odd", "stored"),
    [
        (r'"\ud83d"', "?"),
        ('"\\ud83d\\ude00"', "😀"),
        (r'{"\ud83d": 1}', {"?": 1}),
        ("1e999", None),
        ("-1e999", None),
        ("1" * 4_301, None),
        ("7" * 25, int("7" * 25)),
        ('{"a": 1, "a": 2}', {"a": 2}),
        (r'"\u0000"', "\x00"),
    ],
)
def test_everything_in_a_callback_is_read(odd, stored):
    raw = f'{{"message": {{"id": "m1"}}, "new": {odd}}}'.encode()

    assert callbacks.read(receive(raw).raw)["new"] == stored
    assert json.loads(callbacks.mended(raw))["new"] == stored
