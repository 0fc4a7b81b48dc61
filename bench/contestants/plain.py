"""A bot written by hand from common parts: Starlette, redis-py, httpx, and `transitions`.

It checks signatures, stores each contact's state, and makes a state machine for each request. It
does no more. A repeated callback is answered twice. Two messages of a contact at the same time may
interfere. A message that fails is lost.
"""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import os
from collections.abc import AsyncIterator
from typing import Any

import httpx
import redis.asyncio
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from transitions.extensions.asyncio import AsyncMachine

from bench import conversation

STATES = ["idle", "size", "address", "confirm"]

TRANSITIONS: list[dict[str, Any]] = [
    {"trigger": "said", "source": "idle", "dest": "size", "conditions": "starts"},
    {"trigger": "said", "source": "size", "dest": "address", "conditions": "names_size"},
    {"trigger": "said", "source": "address", "dest": "confirm", "conditions": "names_address"},
    {"trigger": "said", "source": "confirm", "dest": "idle", "conditions": "agrees"},
    {"trigger": "said", "source": "confirm", "dest": "size", "conditions": "declines"},
    {"trigger": "said", "source": "*", "dest": None, "after": "not_understood"},
]


class Order:
    """A contact's order, and the replies to one request."""

    state: str

    def __init__(self, data: dict[str, str]) -> None:
        self.data = data
        self.replies: list[dict[str, Any]] = []

    async def starts(self, text: str) -> bool:
        return text.lower() == conversation.START

    async def names_size(self, text: str) -> bool:
        return text.capitalize() in conversation.SIZES

    async def names_address(self, text: str) -> bool:
        return len(text) >= 8

    async def agrees(self, text: str) -> bool:
        return text.lower() == conversation.ANSWERS[0].lower()

    async def declines(self, text: str) -> bool:
        return text.lower() == conversation.ANSWERS[1].lower()

    async def on_enter_size(self, text: str) -> None:
        self.data.clear()
        self._choose(conversation.WHICH_SIZE, conversation.SIZES)

    async def on_enter_address(self, text: str) -> None:
        self.data["size"] = text.lower()
        self._say(conversation.WHERE_TO)

    async def on_enter_confirm(self, text: str) -> None:
        self.data["address"] = text
        self._choose(conversation.CONFIRM.format(**self.data), conversation.ANSWERS)

    async def on_enter_idle(self, text: str) -> None:
        self.data.clear()
        self._say(conversation.DONE)

    async def not_understood(self, text: str) -> None:
        self.replies = [{"text_message": {"text": conversation.NOT_UNDERSTOOD}}]

    def _say(self, text: str) -> None:
        self.replies.append({"text_message": {"text": text}})

    def _choose(self, text: str, labels: tuple[str, ...]) -> None:
        choices = [
            {"text_message": {"text": label}, "postback_data": label.lower()} for label in labels
        ]
        self.replies.append(
            {"choice_message": {"text_message": {"text": text}, "choices": choices}}
        )


class Handler:
    """The webhook, with its connections to Redis and to the Conversation API."""

    def __init__(self, environ: dict[str, str]) -> None:
        self._secret = environ["SINCH_WEBHOOK_SECRET"].encode()
        self._app_id = environ["SINCH_APP_ID"]
        self._key = (environ["SINCH_KEY_ID"], environ["SINCH_KEY_SECRET"])
        self._auth_url = f"{environ['SINCH_AUTH_URL']}/oauth2/token"
        self._send_url = (
            f"{environ['SINCH_API_URL']}/v1/projects/{environ['SINCH_PROJECT_ID']}/messages:send"
        )
        # More than there are contacts, because the pool raises an error beyond its maximum.
        self._redis = redis.asyncio.from_url(environ["REDIS_URL"], max_connections=4096)
        # By default, httpx keeps only 20 connections, and would reopen most of them.
        limits = httpx.Limits(max_connections=100, max_keepalive_connections=100)
        self._client = httpx.AsyncClient(limits=limits, timeout=60)
        self._token: asyncio.Task[str] | None = None

    async def __call__(self, request: Request) -> Response:
        body = await request.body()
        if not self._is_signed(body, request):
            return Response(status_code=401)
        message = json.loads(body)["message"]
        contact = message["contact_id"]
        text = message["contact_message"]["text_message"]["text"]
        saved = await self._redis.get(f"plain:{contact}")
        session: dict[str, Any] = json.loads(saved) if saved else {"state": "idle", "data": {}}
        order = Order(session["data"])
        AsyncMachine(
            order,
            states=STATES,
            transitions=TRANSITIONS,
            initial=session["state"],
            auto_transitions=False,
        )
        await order.said(text)  # type: ignore[attr-defined]
        session = {"state": order.state, "data": order.data}
        await self._redis.set(f"plain:{contact}", json.dumps(session))
        for reply in order.replies:
            await self._send(contact, reply)
        return Response()

    async def _send(self, contact: str, message: dict[str, Any]) -> None:
        response = await self._client.post(
            self._send_url,
            headers={"authorization": f"Bearer {await self._bearer()}"},
            json={
                "app_id": self._app_id,
                "recipient": {"contact_id": contact},
                "message": message,
            },
        )
        response.raise_for_status()

    async def _bearer(self) -> str:
        self._token = self._token or asyncio.create_task(self._fetch_token())
        return await self._token

    async def _fetch_token(self) -> str:
        response = await self._client.post(
            self._auth_url, auth=self._key, data={"grant_type": "client_credentials"}
        )
        response.raise_for_status()
        token: str = response.json()["access_token"]
        return token

    def _is_signed(self, body: bytes, request: Request) -> bool:
        prefix = "x-sinch-webhook-signature"
        nonce = request.headers.get(f"{prefix}-nonce", "")
        timestamp = request.headers.get(f"{prefix}-timestamp", "")
        signed = body + f".{nonce}.{timestamp}".encode()
        digest = hmac.new(self._secret, signed, hashlib.sha256).digest()
        given = request.headers.get(prefix, "")
        return hmac.compare_digest(base64.b64encode(digest).decode(), given)

    async def aclose(self) -> None:
        await self._client.aclose()
        await self._redis.aclose()


def app() -> Starlette:
    """Return the ASGI application. Its settings are environment variables."""
    handler = Handler(dict(os.environ))

    async def webhook(request: Request) -> Response:
        return await handler(request)

    async def readyz(request: Request) -> Response:
        return Response()

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await handler.aclose()

    routes = [Route("/webhook", webhook, methods=["POST"]), Route("/readyz", readyz)]
    return Starlette(routes=routes, lifespan=lifespan)


def main() -> None:
    """Serve on the port in the variable PORT."""
    uvicorn.run(
        app(),
        port=int(os.environ["PORT"]),
        log_level="warning",
        access_log=False,
        # With the default of 5 s, a busy server closes connections with unread callbacks.
        timeout_keep_alive=75,
    )


if __name__ == "__main__":
    main()
