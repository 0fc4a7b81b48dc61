"""Sends forwards to BOT_HANDOFF_URL and to the author's hook.

A forward reports a hand-over, the end of a hand-over, or a contact's message or event to the person
who handles the contact. The bot sends a forward as a POST request, signed with BOT_HANDOFF_SECRET
in the way that Sinch signs callbacks (see `signature`). The body of the request is JSON:

    {"id": …, "kind": "handoff" | "message" | "event" | "resume", "at": RFC 3339,
     "contact": the contact's key, "contact_id", "channel", "identity",
     "reason", "flow", "state", "data": the flow's data (of a handoff),
     "callback": what Sinch posted (of a message or event)}

After 408, 429, 5xx or no answer, the request is sent again, before later forwards of the contact.
After any other status that is not 2xx, the forward becomes a dead letter. The receiver may get the
same `id` twice.
"""

import asyncio
from typing import Any

import httpx
import msgspec

from bot import callbacks
from bot.callbacks import signature
from bot.clock import as_datetime, rfc3339
from bot.conversation_api.api_errors import retry_after_s
from bot.conversation_api.http_client import HttpClient, parsed_url
from bot.engine.engine import Engine
from bot.errors import Malformed, SendRejected, SendRetryable
from bot.flow.hooks import Hooks
from bot.runtime import Runtime
from bot.turn.effects import Forward, TurnEffects

URL = "BOT_HANDOFF_URL"


def body(effects: TurnEffects, forward: Forward, id: str) -> bytes:
    """Return the JSON body of the request for a forward."""
    address = effects.session.address
    told: dict[str, Any] = {
        "id": id,
        "kind": forward.kind,
        "at": rfc3339(as_datetime(effects.at)),
        "contact": address.key,
        "contact_id": address.contact_id,
        "channel": address.channel,
        "identity": address.identity,
    }
    if forward.kind in ("message", "event"):
        # The receiving system may reject JSON that this process accepts.
        told["callback"] = msgspec.Raw(callbacks.mended(bytes(effects.item.callback)))
    else:
        told["reason"] = forward.reason
    if forward.kind == "handoff":
        told |= {"flow": forward.flow, "state": forward.state, "data": forward.data}
    return msgspec.json.encode(told)


class HookFailed(SendRetryable):
    """The author's hook for hand-overs failed. The cause is the hook's own error."""


class Forwarding:
    """The connection to the desk, which is the system in which agents answer contacts.

    Raises:
        ConfigError: BOT_HANDOFF_URL is set, but BOT_HANDOFF_SECRET is not.
    """

    def __init__(
        self, runtime: Runtime, engine: Engine, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._runtime = runtime
        self._engine = engine
        self._settings = settings = runtime.settings
        self._url: httpx.URL | None = None
        if settings.handoff_url:
            settings.require("handoff_secret")
            self._url = parsed_url(settings.handoff_url, URL)
            self._http = HttpClient(settings, transport)

    @property
    def is_wanted(self) -> bool:
        """Whether forwards are sent at all, because a URL or a hook is set."""
        return self._url is not None or self.hooks.forward is not None

    @property
    def hooks(self) -> Hooks:
        """The hooks of the current flows."""
        return self._engine.flows.hooks

    async def send(self, body: bytes) -> None:
        """Call the hook, then the endpoint.

        Raises:
            SendRejected: the endpoint rejects the request.
            SendRetryable: the endpoint may accept the request later, or the hook failed.
        """
        await self._call_hook(body)
        if self._url is not None:
            await self._post(self._url, body)

    async def aclose(self) -> None:
        if self._url is not None:
            await self._http.aclose()

    async def _call_hook(self, body: bytes) -> None:
        hook = self.hooks.forward
        if hook is None:
            return
        try:
            forward = callbacks.read(body)
        except Malformed as error:
            raise SendRejected(f"The hook for hand-overs can't be called: {error}") from error
        services = {name: self._engine.services[name] for name in hook.wants}
        try:
            async with asyncio.timeout(self._settings.turn_timeout_s):
                await hook.function(forward, **services)
        except Exception as error:
            # An author's hook may raise anything. Then the forward is tried again later.
            raise HookFailed(f"The hook for hand-overs failed: {type(error).__name__}") from error

    async def _post(self, url: httpx.URL, body: bytes) -> None:
        now = self._runtime.clock.now()
        nonce = self._runtime.new_id(now)
        signed = signature.headers(self._settings.handoff_secret, body, nonce, int(now))
        headers = {
            "host": url.netloc.decode(),
            "content-type": "application/json",
            "content-length": str(len(body)),
            **signed,
        }
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        response = await self._http.request_once("POST", url, raw, body, what=URL)
        status = response.status
        if 200 <= status < 300:
            return
        told = f"{URL} at {url.host} answered {status}"
        if status in (408, 429) or status >= 500:
            wait_s = retry_after_s(response, now)
            raise SendRetryable(told, status=status, retry_after_s=wait_s)
        raise SendRejected(told, status=status)
