"""Builds callbacks, signs them, and posts them until they are accepted or given up."""

import base64
import json
from collections.abc import Callable, Iterator

import httpx
from msgspec import structs

from bot.emulator.api_error import Json
from bot.emulator.core import Core
from bot.emulator.event_log import CallbackAttempt
from bot.emulator.signing import signature_headers
from bot.emulator.state import Attempt, Delivery
from bot.emulator.timestamps import rfc3339
from bot.emulator.triggers import BODY_KEYS, OTHER_NAMES


class Callbacks:
    """Sends the platform's callbacks to the registered webhooks."""

    def __init__(self, core: Core, http: Callable[[], httpx.AsyncClient]) -> None:
        self._core = core
        self._http = http
        self._tokens: dict[str, tuple[str, float]] = {}

    def send(
        self,
        trigger: str,
        body: Json,
        *,
        app_id: str = "",
        message_metadata: str = "",
        correlation_id: str = "",
        callback_url: str = "",
        late_s: float = 0.0,
        copies: int = 0,
    ) -> None:
        """Queue a callback for every webhook of the app that is registered for this trigger.

        Without `app_id`, the webhooks of all apps get the callback. If `callback_url` is set, the
        callback is sent to this URL instead. The callback is sent after `late_s` seconds, and then
        repeated `copies` times.
        """
        targets = list(self._targets(trigger, app_id, callback_url))
        if not targets:
            return
        now = rfc3339(self._core.now())
        envelope = {
            "app_id": app_id,
            "accepted_time": now,
            "event_time": now,
            "project_id": self._core.project_id,
            BODY_KEYS[trigger]: body,
            "message_metadata": message_metadata,
            "correlation_id": correlation_id,
        }
        text = json.dumps(envelope, ensure_ascii=False, separators=(",", ":"))
        for target in targets:
            for delay_s in self._core.faults.callback_delays(trigger) * (copies + 1):
                delivery = structs.replace(target, id=self._core.id(), body=text)
                self._core.later(late_s + delay_s, Attempt(delivery))

    def _targets(self, trigger: str, app_id: str, callback_url: str) -> Iterator[Delivery]:
        """Yield the targets of a callback, each as a delivery without a body."""
        if callback_url:
            settings = self._core.state.apps[app_id].get("callback_settings") or {}
            secret = settings.get("secret_for_overridden_callback_urls") or ""
            yield Delivery(app_id=app_id, trigger=trigger, target=callback_url, secret=secret)
            return
        names = {trigger, OTHER_NAMES.get(trigger, trigger)}
        for webhook in self._core.state.webhooks.values():
            ours = not app_id or webhook["app_id"] == app_id
            wanted = not names.isdisjoint(webhook["triggers"])
            if ours and wanted and webhook["target_type"] == "HTTP":
                yield Delivery(
                    app_id=webhook["app_id"],
                    trigger=trigger,
                    target=webhook["target"],
                    secret=webhook.get("secret") or "",
                    client_credentials=webhook.get("client_credentials"),
                )

    async def attempt(self, delivery: Delivery) -> None:
        """Post a callback once.

        If there is no response, or the response has status 429 or 5xx, queue a retry. After the
        maximum number of retries, give up.
        """
        delivery.attempt += 1
        status = await self._post(delivery)
        self._core.record.sent(
            CallbackAttempt(
                self._core.now(),
                delivery.trigger,
                delivery.target,
                delivery.id,
                delivery.attempt,
                status,
                delivery.body,
            )
        )
        self._core.tell(
            "callback",
            trigger=delivery.trigger,
            target=delivery.target,
            attempt=delivery.attempt,
            status=status,
            body=delivery.body,
        )
        behavior = self._core.behavior
        again = status in (0, 429) or status >= 500
        if again and delivery.attempt <= behavior.retries:
            doubled_s = behavior.retry_first_s * 2.0 ** (delivery.attempt - 1)
            wait_s = min(doubled_s, behavior.retry_most_s)
            self._core.later(wait_s * behavior.retry_scale, Attempt(delivery))

    async def _post(self, delivery: Delivery) -> int:
        """Post a callback. Return the status of the response; 0 if there was no response."""
        timeout_s = self._core.behavior.callback_timeout_s
        content = delivery.body.encode()
        headers = {"content-type": "application/json", **self._signature(delivery, content)}
        try:
            if delivery.client_credentials:
                token = await self._token(delivery.client_credentials)
                headers["authorization"] = f"Bearer {token}"
            answer = await self._http().post(
                delivery.target, content=content, headers=headers, timeout=timeout_s
            )
        except (httpx.HTTPError, httpx.InvalidURL):
            return 0
        return answer.status_code

    def _signature(self, delivery: Delivery, content: bytes) -> dict[str, str]:
        if not delivery.secret:
            return {}
        if not delivery.nonce or self._core.behavior.resign_retries:
            delivery.nonce = self._core.id()
            delivery.signed_at = int(self._core.now())
        return signature_headers(delivery.secret, content, delivery.nonce, delivery.signed_at)

    async def _token(self, credentials: Json) -> str:
        """Return a token from the webhook's own authorization server.

        The token is cached while it is valid.

        Raises:
            httpx.HTTPError: the server returned no token.
        """
        key = json.dumps(credentials, sort_keys=True)
        token, until = self._tokens.get(key, ("", 0.0))
        if until > self._core.now():
            return token
        fields = ("scope", "response_type")
        form = {"grant_type": "client_credentials"}
        form |= {name: credentials[name] for name in fields if credentials.get(name)}
        key_pair = credentials["client_id"], credentials["client_secret"]
        headers = {}
        if credentials.get("token_request_type") == "FORM":
            form |= dict(zip(("client_id", "client_secret"), key_pair, strict=True))
        else:
            pair = base64.b64encode(":".join(key_pair).encode()).decode()
            headers["authorization"] = f"Basic {pair}"
        answer = await self._http().post(
            credentials["endpoint"],
            data=form,
            headers=headers,
            timeout=self._core.behavior.callback_timeout_s,
        )
        answer.raise_for_status()
        try:
            grant = answer.json()
            token, lifetime_s = str(grant["access_token"]), float(grant["expires_in"])
        except (ValueError, KeyError, TypeError) as error:
            raise httpx.DecodingError("the token endpoint's answer contains no token") from error
        self._tokens[key] = (token, self._core.now() + min(max(lifetime_s, 30.0), 3600.0))
        return token
