"""A stand-in for the system at BOT_HANDOFF_URL, for simulations."""

import json
from typing import Any

import httpx


class Desk:
    """A desk that answers each request with `status`, and records the requests in order.

    `requests` has all requests. `told` has the JSON of each request that was answered with 2xx.
    """

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.requests: list[httpx.Request] = []
        self.status = 200
        self.transport = httpx.MockTransport(self._answer)

    @property
    def kinds(self) -> list[str]:
        return [each["kind"] for each in self.told]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if 200 <= self.status < 300:
            self.told.append(json.loads(request.content))
        return httpx.Response(self.status)
