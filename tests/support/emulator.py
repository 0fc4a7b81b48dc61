"""A webhook that records callbacks, and a client of the emulated API."""

import itertools
import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from bot.clock import NewId
from bot.emulator import Platform

BEGIN = 1_760_000_000.0
"""2025-10-09 08:53:20 UTC."""


def counted_ids() -> NewId:
    numbers = itertools.count(1)
    return lambda at: f"01{next(numbers):024d}"


@dataclass
class Webhook:
    """Records callbacks. It responds with the statuses in `answers`, then with 200."""

    answers: list[int] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(self.answers.pop(0) if self.answers else 200)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(request.content) for request in self.requests]

    def of(self, key: str) -> list[dict[str, Any]]:
        """Return the object under this key from every callback that has the key."""
        return [body[key] for body in self.bodies if key in body]

    def said(self) -> list[dict[str, Any]]:
        """Return the content of every contact message, without an empty `reply_to`."""
        return [content(message) for message in self.of("message")]

    def keys(self) -> list[str]:
        common = {"app_id", "accepted_time", "event_time", "project_id", "message_metadata"}
        return [key for body in self.bodies for key in set(body) - common - {"correlation_id"}]

    def statuses(self) -> list[str]:
        return [report["status"] for report in self.of("message_delivery_report")]


def content(message: dict[str, Any]) -> dict[str, Any]:
    """Return a contact message without an empty `reply_to`."""
    return {key: value for key, value in message["contact_message"].items() if value is not None}


class Client:
    """A client of a platform's API, with its key."""

    def __init__(self, platform: Platform, http: httpx.AsyncClient) -> None:
        self.platform = platform
        self.http = http
        self.root = f"/v1/projects/{platform.project_id}"

    async def __call__(
        self, method: str, path: str, body: Any = None, **more: Any
    ) -> httpx.Response:
        if body is not None:
            more["json"] = body
        return await self.http.request(method, self.root + path, **more)

    async def good(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        answer = await self(method, path, body, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def send(self, message: Any, to: Any = "SMS:46700000001", **more: Any) -> str:
        """Send to `CHANNEL:identity`, or to a recipient object. Return the message's id."""
        if isinstance(message, str):
            message = {"text_message": {"text": message}}
        body = {
            "app_id": self.platform.app_id,
            "recipient": recipient(to) if isinstance(to, str) else to,
            "message": message,
        }
        answer = await self.good("POST", "/messages:send", body | more)
        return str(answer["message_id"])


def recipient(*addresses: str) -> dict[str, Any]:
    pairs = [address.split(":", 1) for address in addresses]
    identities = [{"channel": channel, "identity": identity} for channel, identity in pairs]
    return {"identified_by": {"channel_identities": identities}}


ANN = {"channel": "SMS", "identity": "+46700000001"}


def contact(*identities: Any, **more: Any) -> Any:
    return {"channel_identities": list(identities), "language": "EN_GB", **more}
