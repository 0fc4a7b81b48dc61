"""`ConversationApi`: sending messages and events."""

from types import TracebackType
from typing import Self

import httpx
import msgspec

from bot.clock import Clock
from bot.conversation_api.calls import Calls, Json
from bot.conversation_api.exchange import Exchange, read_json
from bot.conversation_api.faults import unreadable
from bot.conversation_api.history import Conversations, Events, Messages
from bot.conversation_api.people import Consents, Contacts
from bot.conversation_api.project import Apps, ProjectSettings, Webhooks
from bot.conversation_api.token import Token
from bot.conversation_api.transport import ApiTransport
from bot.settings import Settings


class SendResult(msgspec.Struct, frozen=True):
    """A message the platform has queued. `accepted_time` is RFC 3339, as the API spells it."""

    message_id: str
    accepted_time: str = ""


class EventResult(msgspec.Struct, frozen=True):
    """An event the platform has queued. `accepted_time` is RFC 3339, as the API spells it."""

    event_id: str
    accepted_time: str = ""


class ConversationApi:
    """The Conversation API of one project.

    Every call asks once, but for one repetition with a new token where the API says that the
    token has expired, and raises `SendRejected` or `SendRetryable`. `transport` is closed with the
    client; left out, it is a pool of `settings.concurrency` connections.

        async with ConversationApi(settings, SystemClock()) as api:
            result = await api.send_message({"app_id": …, "recipient": …, "message": …})
            async for contact in api.contacts.list(channel="SMS"):
                …

    Raises:
        ConfigError: the project, the key id or the key secret isn't set.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        settings.require("project_id", "key_id", "key_secret")
        self._settings = settings
        self._exchange = Exchange(
            transport or ApiTransport(connections=settings.concurrency), settings.send_timeout_s
        )
        self._token = Token(settings, clock, self._exchange)
        self._calls = Calls(settings, clock, self._exchange, self._token)
        self._messages_send = self._calls.url("/messages:send")
        self._events_send = self._calls.url("/events:send")
        self.apps = Apps(self._calls)
        self.webhooks = Webhooks(self._calls)
        self.project_settings = ProjectSettings(self._calls)
        self.contacts = Contacts(self._calls)
        self.consents = Consents(self._calls)
        self.conversations = Conversations(self._calls)
        self.messages = Messages(self._calls)
        self.events = Events(self._calls)

    async def send_message(self, body: Json | bytes) -> SendResult:
        """POST messages:send, with the request's JSON. The message is queued, not yet delivered."""
        return SendResult(*await self._send(self._messages_send, body, "message_id"))

    async def send_event(self, body: Json | bytes) -> EventResult:
        """POST events:send, with the request's JSON."""
        return EventResult(*await self._send(self._events_send, body, "event_id"))

    async def aclose(self) -> None:
        """Close the transport. Calls still under way fail."""
        await self._token.aclose()
        await self._exchange.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def _send(self, url: httpx.URL, body: Json | bytes, key: str) -> tuple[str, str]:
        what = url.path.rpartition("/")[2]
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        answer = await self._calls.send("POST", url, content, what=what)
        told = read_json(answer.body, Json) or {}
        id, accepted_time = told.get(key), told.get("accepted_time")
        if not isinstance(id, str) or not id:
            raise unreadable(what, answer, f"a readable {key}")
        return id, accepted_time if isinstance(accepted_time, str) else ""
