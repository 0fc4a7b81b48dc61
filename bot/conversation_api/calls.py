"""Sends calls under one project: builds URLs, adds tokens, reads JSON and the pages of lists."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, cast
from urllib.parse import quote

import httpx
import msgspec

from bot.clock import Clock
from bot.conversation_api.api_errors import refused, unreadable
from bot.conversation_api.http_client import HttpClient, HttpResponse, parsed_url
from bot.conversation_api.token import Token
from bot.errors import SendRejected, SendRetryable
from bot.settings import Settings

Json = dict[str, Any]
Query = Mapping[str, str | int | bool | None]


class ApiCalls:
    """Sends the calls of all resources.

    A method that fails raises `SendRejected` or `SendRetryable`. The error's text names the call,
    the API's own name for the error, and what to check.
    """

    def __init__(self, settings: Settings, clock: Clock, http: HttpClient, token: Token) -> None:
        self._clock = clock
        self._http = http
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
        """Return the URL of `path` under the project. `path` begins with a slash.

        Values in `query` that are None or empty are omitted.
        """
        given = {name: value for name, value in (query or {}).items() if value not in (None, "")}
        return httpx.URL(self._base + path, params=given) if given else httpx.URL(self._base + path)

    async def send(self, method: str, url: httpx.URL, body: bytes, *, what: str) -> HttpResponse:
        """Send a request and return the 2xx response.

        If the token has expired, renew it and repeat the request once.
        """
        is_renewed = False
        while True:
            authorization = await self._token.header()
            headers = [*self._headers, (b"authorization", authorization)]
            if body:
                headers.append((b"content-type", b"application/json"))
            if body or method == "POST":
                headers.append((b"content-length", b"%d" % len(body)))
            response = await self._http.request_once(method, url, headers, body, what=what)
            if 200 <= response.status < 300:
                return response
            if response.status != 401 or not self._token.outdated(authorization, response):
                secrets = authorization.decode()
                raise refused(what, url, body, secrets, response, self._clock.now())
            if is_renewed:
                # Either tokens are being revoked, or a clock is wrong. Both are temporary, so the
                # message waits.
                why = f"{what} failed: the API rejects the access token, and also the renewed token"
                raise SendRetryable(why, status=response.status)
            is_renewed = True

    async def json(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Query | None = None,
        what: str = "",
    ) -> Json:
        """Send a request and return the JSON object in the response; `{}` if the response is empty.

        `what` names the call in errors. By default, errors name the call by `method` and `path`.
        """
        what = what or f"{method} {path}"
        content = b"" if body is None else msgspec.json.encode(body)
        response = await self.send(method, self.url(path, query), content, what=what)
        if not response.body.strip():
            return {}
        value = response.json(Json)
        if value is None:
            raise unreadable(what, response, "a JSON object")
        return cast(Json, value)

    async def pages(
        self, path: str, key: str, query: Query | None = None, *, body: Json | None = None
    ) -> AsyncIterator[Json]:
        """Yield each object of the list under `key`, over all pages, in the API's order.

        Without `body`, the pages are requested by GET. With `body`, the pages are requested by
        POST, and the page token is added to the body.
        """
        page_token = ""
        while True:
            at = {"page_token": page_token} if page_token else {}
            if body is None:
                value = await self.json("GET", path, query={**(query or {}), **at})
            else:
                value = await self.json("POST", path, {**body, **at})
            page = _objects(value.get(key))
            following = value.get("next_page_token") or ""
            is_loop = following == page_token != ""
            if page is None or not isinstance(following, str) or is_loop:
                raise SendRetryable(f"The answer to {path} lacks a valid {key} or next_page_token")
            for item in page:
                yield item
            if not following:
                return
            page_token = following


def segment(value: str) -> str:
    """Return `value` quoted as one segment of a path.

    Raises:
        SendRejected: the value is empty or only dots, so the path would name another resource.
    """
    if not value.strip("."):
        raise SendRejected(f"The id must not be empty or only dots; it is {value!r}.")
    return quote(value, safe="")


def _objects(value: Any) -> list[Json] | None:
    """Return the items of a list of JSON objects; None if `value` is not such a list.

    If `value` is None, return [], because the API may omit an empty list.
    """
    if value is None:
        return []
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return value
    return None
