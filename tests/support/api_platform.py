"""A simulated platform inside the test process. It gives prepared answers and records requests."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from bot.settings import Secret, Settings

Step = httpx.Response | Exception | Callable[[httpx.Request], Awaitable[httpx.Response]]

SETTINGS = Settings(
    project_id="0d2c9c1e-project",
    app_id="01APP",
    key_id="key-id-1",
    key_secret=Secret("key-secret-1"),
    api_url="http://api.test",
    auth_url="http://auth.test",
)
PREFIX = "/v1/projects/0d2c9c1e-project"


class PlayedPlatform:
    """The handler of an `httpx.MockTransport`.

    `grants` and `answers` are used in order. Further token requests get `token-<n>`, which is valid
    for an hour, and other requests get `{}`.
    """

    def __init__(self) -> None:
        self.token_requests: list[httpx.Request] = []
        self.requests: list[httpx.Request] = []
        self.grants: list[Step] = []
        self.answers: list[Step] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "auth.test":
            self.token_requests.append(request)
            step = self.grants.pop(0) if self.grants else grant(len(self.token_requests))
        else:
            self.requests.append(request)
            step = self.answers.pop(0) if self.answers else httpx.Response(200, json={})
        if isinstance(step, Exception):
            raise step
        return step if isinstance(step, httpx.Response) else await step(request)

    def body(self, index: int = -1) -> Any:
        return json.loads(self.requests[index].content)

    def tokens_used(self) -> list[str]:
        return [request.headers["authorization"] for request in self.requests]


def grant(number: int, **fields: Any) -> httpx.Response:
    told = {"access_token": f"token-{number}", "token_type": "bearer", "expires_in": 3599}
    return httpx.Response(200, json=told | fields)


def accepted(number: int = 1) -> httpx.Response:
    told = {"message_id": f"01MESSAGE{number}", "accepted_time": "2027-01-15T08:00:00.123456789Z"}
    return httpx.Response(200, json=told)


def expired() -> httpx.Response:
    return httpx.Response(401, headers={"WWW-Authenticate": 'Bearer error="expired"'})
