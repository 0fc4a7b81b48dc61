"""What all parts of the platform stand on: its state, the clock, the queue and the record."""

import asyncio
import heapq
import math
import mimetypes
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from bot.clock import Clock, NewId
from bot.emulator.api_error import Json, not_found
from bot.emulator.event_log import Record
from bot.emulator.fault_injection import Faults
from bot.emulator.state import Due, SentFile, State, Work

MAX_FILES = 100
"""Number of files of phones that are served, the last ones."""

MAX_FILES_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Behavior:
    """What may be chosen about the platform. All durations are seconds.

    With the defaults everything that follows a request is due at once, which suits a virtual
    clock; `REAL_TIME` is for looking on.
    """

    submit_s: float = 0.0
    """From taking a message to handing it to its channel."""
    queued_s: float = 0.0
    """From there to QUEUED_ON_CHANNEL."""
    delivered_s: float = 0.0
    """From there to DELIVERED."""
    outbound_per_s: float | None = None
    """Messages an app may hand to its channels each second; None: as many as come."""
    queue_limit: int = 500_000
    """Messages of one app that may wait; beyond, messages:send answers 429."""
    token_lifetime_s: int = 3600
    retry_first_s: float = 5.0
    """Wait before a callback's first retry; each further wait is twice as long."""
    retry_most_s: float = math.inf
    """The longest of these waits."""
    retry_scale: float = 1.0
    """Multiplies all these waits."""
    retries: int = 15
    """Retries before a callback is given up; 15 make the last wait 81 920 s."""
    resign_retries: bool = False
    """Whether a retry is signed anew; else it carries the first attempt's signature."""
    callback_timeout_s: float = 10.0
    consent_management: bool = False
    """Whether STOP and START from a contact change its consent."""

    def but(self, **changes: Any) -> "Behavior":
        """The same but for these fields."""
        return replace(self, **changes)


REAL_TIME = Behavior(submit_s=0.05, queued_s=0.2, delivered_s=0.6)


@dataclass(slots=True)
class Core:
    """State, time, ids, the queue of all that happens later, faults and the record."""

    clock: Clock
    new_id: NewId
    project_id: str
    behavior: Behavior
    faults: Faults
    state: State = field(default_factory=State)
    record: Record = field(default_factory=Record)
    url: str = "http://sinch.test"
    """Where the platform is reached. Files that phones send are served there."""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def now(self) -> float:
        return self.clock.now()

    def keep_file(self, content: bytes, name: str) -> str:
        """Keep a file that a phone sends, for a while; returns its URL."""
        files = self.state.files
        path = f"{self.id()}/{quote(name, safe='')}"
        mime_type, _ = mimetypes.guess_type(name)
        files[path] = SentFile(content, mime_type or "application/octet-stream")
        while len(files) > MAX_FILES or (
            len(files) > 1 and sum(len(each.content) for each in files.values()) > MAX_FILES_BYTES
        ):
            del files[next(iter(files))]
        return f"{self.url}/files/{path}"

    def id(self) -> str:
        return self.new_id(self.clock.now())

    def app(self, app_id: str) -> Json:
        """The app of that id.

        Raises:
            Refusal: 404, there is none.
        """
        if app_id not in self.state.apps:
            raise not_found("App")
        return self.state.apps[app_id]

    def later(self, delay_s: float, work: Work) -> None:
        """Queue `work` for `delay_s` seconds from now."""
        self.state.sequence += 1
        due = Due(self.now() + delay_s, self.state.sequence, work)
        heapq.heappush(self.state.due, due)
        self._changed.set()

    def next_due(self) -> float | None:
        """The instant of the first thing in the queue, None where it is empty."""
        return self.state.due[0].at if self.state.due else None

    def take_due(self) -> Work | None:
        """Remove and return the first thing in the queue, if its time has come."""
        if self.state.due and self.state.due[0].at <= self.now():
            return heapq.heappop(self.state.due).work
        return None

    async def wait(self) -> None:
        """Return when the first thing in the queue is due, something was added to it, or `wake` was
        called.
        """
        self._changed.clear()
        at = self.next_due()
        wait_s = None if at is None else max(at - self.now(), 0)
        try:
            async with asyncio.timeout(wait_s):
                await self._changed.wait()
        except TimeoutError:
            return

    def wake(self) -> None:
        """End a `wait`, because the clock was moved."""
        self._changed.set()

    def tell(self, kind: str, **what: object) -> None:
        """Pass news to those who look on."""
        self.record.tell(kind, self.now(), **what)
