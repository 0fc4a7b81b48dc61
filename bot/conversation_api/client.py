"""`ConversationApi`: sending messages and events, and finding what was sent."""

from datetime import timedelta
from types import TracebackType
from typing import Self

import httpx
import msgspec

from bot.address import PHONE_CHANNELS, Address
from bot.clock import Clock, as_datetime
from bot.conversation_api.calls import Calls, Json
from bot.conversation_api.exchange import Exchange, read_json
from bot.conversation_api.faults import unreadable
from bot.conversation_api.history import Conversations, Events, Messages
from bot.conversation_api.people import Consents, Contacts
from bot.conversation_api.project import Apps, ProjectSettings, Webhooks
from bot.conversation_api.token import Token
from bot.conversation_api.transport import ApiTransport
from bot.settings import Settings

CLOCK_SLACK = timedelta(minutes=5)
"""How far our clock may go ahead of the platform's without a message being overlooked."""


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
        url = self._messages_send
        return SendResult(*await self._send("messages:send", url, body, "message_id"))

    async def send_event(self, body: Json | bytes) -> EventResult:
        """POST events:send, with the request's JSON."""
        url = self._events_send
        return EventResult(*await self._send("events:send", url, body, "event_id"))

    async def find_message(self, address: Address, metadata_id: str, since: float) -> str | None:
        """The id of the message to `address` whose metadata begin with the word `metadata_id`.

        Asks for messages that the platform took at `since` (Unix seconds) or later, where the
        app's processing mode keeps them.

        None means that the platform shows no such message. In DISPATCH mode it keeps messages
        only where the app's dispatch retention is above 0 days; without, None says nothing.

        Raises:
            SendRejected, SendRetryable: the question wasn't answered; whatever `outcome_known`
                says then is said of the question, not of the message.
        """
        self._settings.require("app_id")
        by_contact = bool(address.contact_id)
        identity = address.identity
        if address.channel in PHONE_CHANNELS:
            identity = identity.removeprefix("+")  # the platform keeps phone numbers without it
        found = self.messages.list(
            app_id=self._settings.app_id,
            contact_id=address.contact_id,
            channel="" if by_contact else address.channel,
            channel_identity="" if by_contact else identity,
            start_time=as_datetime(since) - CLOCK_SLACK,
            direction="TO_CONTACT",
            view="WITH_METADATA",
            messages_source=await self._messages_source(address),
            page_size=100,
        )
        async for message in found:
            metadata = message.get("metadata")
            if isinstance(metadata, str) and metadata.split(" ", 1)[0] == metadata_id:
                return str(message.get("id", ""))
        return None

    async def _messages_source(self, address: Address) -> str:
        if address.contact_id:  # there are none in DISPATCH mode
            return "CONVERSATION_SOURCE"
        app = await self.apps.get(self._settings.app_id)
        is_conversation = app.get("processing_mode") == "CONVERSATION"
        return "CONVERSATION_SOURCE" if is_conversation else "DISPATCH_SOURCE"

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

    async def _send(
        self, what: str, url: httpx.URL, body: Json | bytes, key: str
    ) -> tuple[str, str]:
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        answer = await self._calls.send("POST", url, content, what=what)
        told = read_json(answer.body, Json) or {}
        id, accepted_time = told.get(key), told.get("accepted_time")
        if not isinstance(id, str) or not id:
            raise unreadable(what, answer, f"a readable {key}")
        return id, accepted_time if isinstance(accepted_time, str) else ""
