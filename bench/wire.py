"""The two ways a contact's words reach a contestant, and how its replies are read.

`Sinch` is the Conversation API: signed callbacks in, `messages:send` out. `Telegram` is the Bot
API, which aiogram speaks. The JSON is built and read here, apart from `bot`'s own code.
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
    """A message on its way to a contact: its text, and the labels of the choices below it."""

    contact: str
    text: str
    choices: tuple[str, ...] = ()


class Unreadable(ValueError):
    """A send request that isn't of the form expected."""


class Wire(Protocol):
    """How callbacks are made."""

    def contact(self, series: int, number: int) -> str:
        """A contact's name, unlike that of any other series and number."""

    def callback(self, contact: str, text: str) -> bytes:
        """The HTTP request that tells a server, at /webhook, what a contact said."""


def _post(body: bytes, headers: bytes) -> bytes:
    return (
        b"POST /webhook HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"%bContent-Length: %d\r\n\r\n%b"
    ) % (headers, len(body), body)


class Sinch:
    """Callbacks of the Conversation API, each with an id of its own and signed."""

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
    """Updates of the Telegram Bot API, with its secret in a header."""

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
    """The reply in the body of a `messages:send` request.

    Raises:
        Unreadable: it isn't one, or has neither text nor choices.
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
    """The reply in the form of a `sendMessage` request; its keyboard's buttons are the choices.

    Raises:
        Unreadable: it has no chat or no text.
    """
    form = parse_qs(body.decode())
    if "chat_id" not in form or "text" not in form:
        raise Unreadable(f"sendMessage: it has {', '.join(form) or 'nothing'}")
    keyboard = json.loads(form["reply_markup"][0])["keyboard"] if "reply_markup" in form else []
    labels = tuple(button["text"] for row in keyboard for button in row)
    return Reply(form["chat_id"][0], form["text"][0], labels)
