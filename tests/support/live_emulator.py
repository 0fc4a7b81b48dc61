"""An emulator in a separate thread, for clients that block or run in another process."""

import asyncio
import threading
from typing import Any

import httpx

from bot.emulator import Platform, make_server
from bot.emulator.serving import bind
from tests.support.emulator import BEGIN, Webhook, counted_ids
from tests.support.hand_clock import HandClock


class Live:
    """A platform that a separate thread serves."""

    def __init__(self, webhook: Webhook) -> None:
        clock = HandClock(BEGIN)
        self.platform = Platform(clock, counted_ids(), transport=httpx.MockTransport(webhook))
        self.platform.register_webhook("https://bot.example/webhook", "hush")
        self._listener = bind("127.0.0.1", 0)
        self.origin = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._server = make_server(self.platform)
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._listener]))

    @property
    def is_running(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop when everything due has been done."""
        self._server.should_exit = True
        self._thread.join(10)
        asyncio.run(self.platform.run_due())

    def act(self, channel: str, identity: str, action: Any) -> None:
        path = f"http://{self.origin}/emulator/phones/{channel}/{identity}"
        httpx.post(path, json=action).raise_for_status()
