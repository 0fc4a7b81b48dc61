"""Requests of the benchmark's contacts, and how they read responses."""

import json

import pytest

from bench import wire
from bench.wire import Reply, Sinch, Telegram, Unreadable, read_sinch, read_telegram
from bot import callbacks
from bot.callbacks import signature
from bot.errors import BadSignature
from bot.settings import Secret


def parsed(request: bytes) -> tuple[dict[str, str], bytes]:
    head, _, body = request.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")[1:]
    return {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}, body


def test_callbacks_are_signed_as_the_bot_checks_them():
    headers, body = parsed(Sinch().callback("01HBENCH000001000000000001", "pizza"))
    now = float(headers["x-sinch-webhook-signature-timestamp"])
    sent = [(name.encode(), value.encode()) for name, value in headers.items()]

    read = signature.read(sent, now, 60, 60)
    read.verify(body, (Secret(wire.WEBHOOK_SECRET),))

    with pytest.raises(BadSignature):
        read.verify(body + b" ", (Secret(wire.WEBHOOK_SECRET),))


def test_callbacks_are_inbound_messages_each_with_its_own_id():
    sinch = Sinch()
    contact = sinch.contact(1, 7)

    first, second = (
        callbacks.decode(parsed(sinch.callback(contact, "pizza"))[1]) for _ in range(2)
    )

    assert first.trigger == "MESSAGE_INBOUND"
    assert first.address is not None
    assert first.address.key == contact
    assert first.message is not None
    assert first.message.contact_message is not None
    assert first.message.contact_message.text == "pizza"
    assert first.dedupe_id != second.dedupe_id


@pytest.mark.parametrize("wire_kind", [Sinch, Telegram])
def test_no_two_contacts_share_a_name(wire_kind):
    made = wire_kind()
    names = [made.contact(series, number) for series in (1, 2, 30) for number in range(1000)]

    assert len(set(names)) == len(names)


def test_updates_carry_their_secret_and_their_text():
    headers, body = parsed(Telegram().callback("10000001", "pizza"))
    message = json.loads(body)["message"]

    assert headers["x-telegram-bot-api-secret-token"] == wire.TELEGRAM_SECRET
    assert (message["chat"]["id"], message["text"]) == (10000001, "pizza")


def test_reads_text_and_choices_of_a_send_request():
    choices = [{"text_message": {"text": "Small"}, "postback_data": "s"}]
    recipient = {"contact_id": "01H"}
    asked = {"choice_message": {"text_message": {"text": "Which?"}, "choices": choices}}
    said = {"text_message": {"text": "Hello"}}

    read = [
        read_sinch(json.dumps({"app_id": "a", "recipient": recipient, "message": message}).encode())
        for message in (asked, said)
    ]

    assert read == [Reply("01H", "Which?", ("Small",)), Reply("01H", "Hello")]


def test_reads_text_and_keyboard_of_a_telegram_message():
    form = (
        b"chat_id=7&text=Which+size%3F&reply_markup="
        + json.dumps({"keyboard": [[{"text": "Small"}, {"text": "Large"}]]}).encode()
    )

    assert read_telegram(form) == Reply("7", "Which size?", ("Small", "Large"))


@pytest.mark.parametrize("body", [b"", b"{}", b'{"app_id":"a","recipient":{"contact_id":"c"}}'])
def test_tells_what_is_no_reply(body):
    with pytest.raises(Unreadable):
        read_sinch(body)
    with pytest.raises(Unreadable):
        read_telegram(body)
