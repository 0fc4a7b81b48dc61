"""A client that posts callbacks.

It signs them as the test asks, and can send a body byte by byte.
"""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

from bot.emulator.sample_project import SampleProject
from tests.support.bot_stack import SECRET

_WORLD = SampleProject()


def signed(
    body: bytes, *, secret: str = SECRET, age_s: float = 0.0, nonce: str = "a-nonce"
) -> dict[str, str]:
    """Return the headers of a signed callback, by the documented formula and not by the bot's
    code.
    """
    timestamp = str(int(time.time() - age_s))
    text = body + b"." + nonce.encode() + b"." + timestamp.encode()
    digest = hmac.new(secret.encode(), text, hashlib.sha256).digest()
    return {
        "content-type": "application/json",
        "x-sinch-webhook-signature": base64.b64encode(digest).decode(),
        "x-sinch-webhook-signature-algorithm": "HmacSHA256",
        "x-sinch-webhook-signature-nonce": nonce,
        "x-sinch-webhook-signature-timestamp": timestamp,
    }


def inbound(text: str, number: int = 1, **changes: Any) -> dict[str, Any]:
    """Return a MESSAGE_INBOUND callback as the platform posts it."""
    id = changes.pop("id", f"01TESTMESSAGE{number:06}{abs(hash(text)) % 10**7:07}")
    message = {
        "id": id,
        "direction": "TO_APP",
        "contact_message": {"text_message": {"text": text}},
        "channel_identity": {"channel": "SMS", "identity": f"4670{number:07}", "app_id": ""},
        "conversation_id": f"01CONVERSATION{number:012}",
        "contact_id": f"01CONTACT{number:017}",
        "metadata": "",
        "accept_time": "2026-01-02T03:04:05.678Z",
        "sender_id": "447520650000",
        "processing_mode": "CONVERSATION",
        "injected": False,
    }
    return {
        "app_id": _WORLD.app_id,
        "accepted_time": "2026-01-02T03:04:05.700Z",
        "event_time": "2026-01-02T03:04:05.678Z",
        "project_id": _WORLD.project_id,
        "message": message | changes,
        "message_metadata": "",
        "correlation_id": "",
    }


def as_body(callback: Any) -> bytes:
    return json.dumps(callback).encode()
