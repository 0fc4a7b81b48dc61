"""The base of all parts of the platform: the state, the clock, the queue and the log."""

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
"""Maximum number of stored files of phones. If there are more, the oldest are deleted."""

MAX_FILES_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Behavior:
    """The configurable behavior of the platform. All durations are in seconds.

    With the defaults, all work that follows a request is due immediately, which suits a virtual
    clock. `REAL_TIME` has delays that people can watch.
    """

    submit_s: float = 0.0
    """Time between accepting a message and handing the message to its channel."""
    queued_s: float = 0.0
    """Time between handing a message to its channel and the report QUEUED_ON_CHANNEL."""
    delivered_s: float = 0.0
    """Time between the reports QUEUED_ON_CHANNEL and DELIVERED."""
    outbound_per_s: float | None = None
    """Messages per second that an app hands to its channels; None for no limit."""
    queue_limit: int = 500_000
    """Maximum number of waiting messages of one app. At the maximum, messages:send answers 429."""
    token_lifetime_s: int = 3600
    retry_first_s: float = 5.0
    """Delay of a callback's first retry. Each further delay is twice as long."""
    retry_most_s: float = math.inf
    """Maximum delay between retries."""
    retry_scale: float = 1.0
    """Factor for all delays between retries."""
    retries: int = 15
    """Maximum number of retries of a callback. With 15 retries the last delay is 81 920 s."""
    resign_retries: bool = False
    """Whether each retry gets a new signature instead of the first attempt's signature."""
    callback_timeout_s: float = 10.0
    consent_management: bool = False
    """Whether STOP and START from a contact change the contact's consent."""

    def but(self, **changes: Any) -> "Behavior":
        """Return a copy with these fields changed."""
        return replace(self, **changes)


REAL_TIME = Behavior(submit_s=0.05, queued_s=0.2, delivered_s=0.6)


@dataclass(slots=True)
class Core:
    """The platform's state, clock, ids, queue of future work, faults and log."""

    clock: Clock
    new_id: NewId
    project_id: str
    behavior: Behavior
    faults: Faults
    state: State = field(default_factory=State)
    record: Record = field(default_factory=Record)
    url: str = "http://sinch.test"
    """The platform's address. The files of phones are served there."""
    new_inbound_id: NewId | None = None
    """Creates the ids of contacts' messages and events. None means `new_id`."""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def now(self) -> float:
        return self.clock.now()

    def keep_file(self, content: bytes, name: str) -> str:
        """Store a file that a phone sends and return its URL.

        If there are too many files, the oldest are deleted.
        """
        files = self.state.files
        path = f"{self.inbound_id()}/{quote(name, safe='')}"
        mime_type, _ = mimetypes.guess_type(name)
        files[path] = SentFile(content, mime_type or "application/octet-stream")
        while len(files) > MAX_FILES or (
            len(files) > 1 and sum(len(each.content) for each in files.values()) > MAX_FILES_BYTES
        ):
            del files[next(iter(files))]
        return f"{self.url}/files/{path}"

    def id(self) -> str:
        return self.new_id(self.clock.now())

    def inbound_id(self) -> str:
        """Return an id for a message or an event of a contact."""
        return (self.new_inbound_id or self.new_id)(self.clock.now())

    def app(self, app_id: str) -> Json:
        """Return the app with this id.

        Raises:
            ApiError: there is no such app (404).
        """
        if app_id not in self.state.apps:
            raise not_found("App")
        return self.state.apps[app_id]

    def later(self, delay_s: float, work: Work) -> None:
        """Queue `work`, due in `delay_s` seconds."""
        self.state.sequence += 1
        due = Due(self.now() + delay_s, self.state.sequence, work)
        heapq.heappush(self.state.due, due)
        self._changed.set()

    def next_due(self) -> float | None:
        """Return when the first work in the queue is due; None if the queue is empty."""
        return self.state.due[0].at if self.state.due else None

    def take_due(self) -> Work | None:
        """If the first work in the queue is due, remove and return it; otherwise return None."""
        if self.state.due and self.state.due[0].at <= self.now():
            return heapq.heappop(self.state.due).work
        return None

    async def wait(self) -> None:
        """Wait until the first work is due, work is added, or `wake` is called."""
        self._changed.clear()
        at = self.next_due()
        wait_s = None if at is None else max(at - self.now(), 0)
        try:
            async with asyncio.timeout(wait_s):
                await self._changed.wait()
        except TimeoutError:
            return

    def wake(self) -> None:
        """Make `wait` return, because the clock was moved."""
        self._changed.set()

    def tell(self, kind: str, **what: object) -> None:
        """Notify listeners of a change."""
        self.record.tell(kind, self.now(), **what)
