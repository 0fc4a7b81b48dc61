"""Calls under one project: URL, token, JSON, and pages of lists."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, cast
from urllib.parse import quote

import httpx
import msgspec

from bot.clock import Clock
from bot.conversation_api.exchange import Answer, Exchange, parsed_url, read_json
from bot.conversation_api.faults import refused, unreadable
from bot.conversation_api.token import Token
from bot.errors import SendRejected, SendRetryable
from bot.settings import Settings

Json = dict[str, Any]
Query = Mapping[str, str | int | bool | None]


class Calls:
    """What every call to the API has in common.

    All methods raise `SendRejected` and `SendRetryable`. The message of either names the call, the
    API's own word for the fault and what to check.
    """

    def __init__(self, settings: Settings, clock: Clock, exchange: Exchange, token: Token) -> None:
        self._clock = clock
        self._exchange = exchange
        self._token = token
        self._base = f"{settings.api_host}/v1/projects/{quote(settings.project_id, safe='')}"
        # Compressions that httpx reads without further packages.
        self._headers = (
            (b"host", parsed_url(self._base, "SINCH_API_URL").netloc),
            (b"accept", b"application/json"),
            (b"accept-encoding", b"gzip, deflate"),
            (b"user-agent", b"conversation-bot"),
        )

    def url(self, path: str, query: Query | None = None) -> httpx.URL:
        """The URL of `path` (which begins with a slash) under the project.

        What is None or empty in `query` is left out.
        """
        kept = {name: value for name, value in (query or {}).items() if value not in (None, "")}
        return httpx.URL(self._base + path, params=kept) if kept else httpx.URL(self._base + path)

    async def send(self, method: str, url: httpx.URL, body: bytes, *, what: str) -> Answer:
        """The 2xx answer; where the token has expired, after renewing it and asking once more."""
        renewed = False
        while True:
            authorization = await self._token.header()
            headers = [*self._headers, (b"authorization", authorization)]
            if body:
                headers.append((b"content-type", b"application/json"))
            if body or method == "POST":
                headers.append((b"content-length", b"%d" % len(body)))
            request = self._exchange.request(method, url, headers, body)
            answer = await self._exchange.send(request, what=what)
            if 200 <= answer.status < 300:
                return answer
            outdated = answer.status == 401 and self._token.outdated(authorization, answer)
            if not outdated:
                raise refused(what, request, answer, self._clock.now())
            if renewed:
                # Tokens are being recalled, or a clock is wrong: that passes, the message stays.
                raise SendRetryable(f"{what} met an expired token twice", status=answer.status)
            renewed = True

    async def json(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Query | None = None,
        what: str = "",
    ) -> Json:
        """The object that the API answers; `{}` where it answers with nothing.

        `what` names the call in errors, by default its method and path.
        """
        what = what or f"{method} {path}"
        content = b"" if body is None else msgspec.json.encode(body)
        answer = await self.send(method, self.url(path, query), content, what=what)
        if not answer.body.strip():
            return {}
        told = read_json(answer.body, Json)
        if told is None:
            raise unreadable(what, answer, "a JSON object")
        return cast(Json, told)

    async def pages(
        self, path: str, key: str, query: Query | None = None, *, body: Json | None = None
    ) -> AsyncIterator[Json]:
        """Each object of the list under `key`, over all pages, in the API's order.

        Asked for by GET, or where there is a `body` by POST; the page token goes where the other
        questions are.
        """
        page_token = ""
        while True:
            at = {"page_token": page_token} if page_token else {}
            if body is None:
                told = await self.json("GET", path, query={**(query or {}), **at})
            else:
                told = await self.json("POST", path, {**body, **at})
            page = _objects(told.get(key))
            following = told.get("next_page_token") or ""
            is_loop = following == page_token != ""
            if page is None or not isinstance(following, str) or is_loop:
                raise SendRetryable(f"{path} was answered without a readable page of {key}")
            for item in page:
                yield item
            if not following:
                return
            page_token = following


def segment(value: str) -> str:
    """`value` as one segment of a path.

    Raises:
        SendRejected: it is empty or dots, and would make the path that of something else.
    """
    if not value.strip("."):
        raise SendRejected(f"An id must be given; this one is {value!r}.")
    return quote(value, safe="")


def _objects(value: Any) -> list[Json] | None:
    """The items of a list, which the API may leave out when empty; None where it is none."""
    if value is None:
        return []
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return value
    return None
