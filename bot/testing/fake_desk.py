"""The desk of the people who take contacts over, in a simulation: what BOT_HANDOFF_URL is told."""

import json
from typing import Any

import httpx


class Desk:
    """Keeps the JSON it was told, in order; answers with `status`, and takes only what it answers
    2xx.
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
