"""The two APIs by which contestants receive messages and send replies.

`Sinch` is the Conversation API: signed callbacks in, `messages:send` out. `Telegram` is the Bot
API, which aiogram uses. The JSON is built and read without the bot's own code.
"""

import base64
import hmac
import itertools
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple, Protocol
from urllib.parse import parse_qs

import msgspec

PROJECT_ID = "0b1e0c1c-0000-4000-8000-00000000be9c"
APP_ID = "01HBENCHAPP000000000000000"
WEBHOOK_SECRET = "bench-webhook-secret"
TELEGRAM_TOKEN = "1000001:bench-telegram-token"
TELEGRAM_SECRET = "bench-telegram-secret"


class Reply(NamedTuple):
    """A message to a contact: its text, and the labels of its choices."""

    contact: str
    text: str
    choices: tuple[str, ...] = ()


class Unreadable(ValueError):
    """A send request does not have the expected form."""


class Wire(Protocol):
    """Makes the callbacks of one API."""

    def contact(self, series: int, number: int) -> str:
        """Return a contact's name, which differs for each series and number."""

    def callback(self, contact: str, text: str) -> bytes:
        """Return the HTTP request that posts a contact's message to /webhook."""


def _post(body: bytes, headers: bytes) -> bytes:
    return (
        b"POST /webhook HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"%bContent-Length: %d\r\n\r\n%b"
    ) % (headers, len(body), body)


class Sinch:
    """Makes callbacks of the Conversation API. Each has its own id and a signature."""

    def __init__(self) -> None:
        self._ids: Iterator[int] = itertools.count(1)

    def contact(self, series: int, number: int) -> str:
        return f"01HBENCH{series:06d}{number:012d}"

    def callback(self, contact: str, text: str) -> bytes:
        number = next(self._ids)
        at = datetime.now(UTC).isoformat()
        body = json.dumps(
            {
                "app_id": APP_ID,
                "accepted_time": at,
                "event_time": at,
                "project_id": PROJECT_ID,
                "message": {
                    "id": f"01H{number:023d}",
                    "direction": "TO_APP",
                    "contact_message": {"text_message": {"text": text}},
                    "channel_identity": {
                        "channel": "SMS",
                        "identity": f"467{contact[-9:]}",
                        "app_id": "",
                    },
                    "conversation_id": f"01J{contact[3:]}",
                    "contact_id": contact,
                    "metadata": "",
                    "accept_time": at,
                    "sender_id": "46700000000",
                    "processing_mode": "CONVERSATION",
                },
                "message_metadata": "",
                "correlation_id": "",
            }
        ).encode()
        nonce, timestamp = b"01N%023d" % number, b"%d" % time.time()
        signed = b"%b.%b.%b" % (body, nonce, timestamp)
        signature = base64.b64encode(hmac.digest(WEBHOOK_SECRET.encode(), signed, "sha256"))
        headers = (
            b"x-sinch-webhook-signature: %b\r\nx-sinch-webhook-signature-algorithm: HmacSHA256\r\n"
            b"x-sinch-webhook-signature-nonce: %b\r\nx-sinch-webhook-signature-timestamp: %b\r\n"
        ) % (signature, nonce, timestamp)
        return _post(body, headers)


class Telegram:
    """Makes updates of the Telegram Bot API, with the secret in a header."""

    def __init__(self) -> None:
        self._ids: Iterator[int] = itertools.count(1)

    def contact(self, series: int, number: int) -> str:
        return str(series * 10_000_000 + number + 1)

    def callback(self, contact: str, text: str) -> bytes:
        number, person = next(self._ids), int(contact)
        body = json.dumps(
            {
                "update_id": number,
                "message": {
                    "message_id": number,
                    "date": int(time.time()),
                    "chat": {"id": person, "type": "private", "first_name": "Contact"},
                    "from": {
                        "id": person,
                        "is_bot": False,
                        "first_name": "Contact",
                        "language_code": "en",
                    },
                    "text": text,
                },
            }
        ).encode()
        return _post(body, b"X-Telegram-Bot-Api-Secret-Token: %b\r\n" % TELEGRAM_SECRET.encode())


class _Text(msgspec.Struct):
    text: str


class _Choice(msgspec.Struct):
    text_message: _Text


class _ChoiceMessage(msgspec.Struct):
    text_message: _Text
    choices: list[_Choice]


class _Message(msgspec.Struct):
    text_message: _Text | None = None
    choice_message: _ChoiceMessage | None = None


class _Recipient(msgspec.Struct):
    contact_id: str


class _Send(msgspec.Struct):
    app_id: str
    recipient: _Recipient
    message: _Message


_send = msgspec.json.Decoder(_Send)


def read_sinch(body: bytes) -> Reply:
    """Return the reply in the body of a `messages:send` request.

    Raises:
        Unreadable: the body has another form, or neither text nor choices.
    """
    try:
        send = _send.decode(body)
    except msgspec.DecodeError as error:
        raise Unreadable(f"messages:send: {error}") from error
    message = send.message
    if message.choice_message is not None:
        labels = tuple(choice.text_message.text for choice in message.choice_message.choices)
        return Reply(send.recipient.contact_id, message.choice_message.text_message.text, labels)
    if message.text_message is None:
        raise Unreadable("messages:send: neither text_message nor choice_message")
    return Reply(send.recipient.contact_id, message.text_message.text)


def read_telegram(body: bytes) -> Reply:
    """Return the reply in the body of a `sendMessage` request. The buttons of its keyboard are the
    choices.

    Raises:
        Unreadable: the body has no chat or no text.
    """
    form = parse_qs(body.decode())
    if "chat_id" not in form or "text" not in form:
        raise Unreadable(f"sendMessage: it has {', '.join(form) or 'nothing'}")
    keyboard = json.loads(form["reply_markup"][0])["keyboard"] if "reply_markup" in form else []
    labels = tuple(button["text"] for row in keyboard for button in row)
    return Reply(form["chat_id"][0], form["text"][0], labels)
