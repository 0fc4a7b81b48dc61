"""`ConversationApi`: sends messages and events, and finds sent messages."""

from datetime import timedelta
from types import TracebackType
from typing import Self

import httpx
import msgspec

from bot.clock import Clock, as_datetime
from bot.contact.address import PHONE_CHANNELS, Address
from bot.conversation_api.api_errors import unreadable
from bot.conversation_api.apps import Apps, ProjectSettings, Webhooks
from bot.conversation_api.calls import ApiCalls, Json
from bot.conversation_api.contacts import Consents, Contacts
from bot.conversation_api.http_client import HttpClient, HttpResponse
from bot.conversation_api.media_files import MediaFiles
from bot.conversation_api.messages import Conversations, Events, Messages
from bot.conversation_api.token import Token
from bot.settings import Settings

CLOCK_SLACK = timedelta(hours=1)
"""Maximum time by which the bot's clock may be ahead of the platform's clock.

A search for messages since a time begins this much before that time.
"""


class SendResult(msgspec.Struct, frozen=True):
    """A message that the platform has queued. `accepted_time` is RFC 3339, as the API writes it."""

    message_id: str
    accepted_time: str = ""


class EventResult(msgspec.Struct, frozen=True):
    """An event that the platform has queued. `accepted_time` is RFC 3339, as the API writes it."""

    event_id: str
    accepted_time: str = ""


class ConversationApi:
    """The Conversation API of one project.

    Each call sends one request, or two if the access token has expired. A failed call raises
    `SendRejected` or `SendRetryable`. `transport` is closed with the client. By default,
    `transport` is a pool of `settings.concurrency` connections.

        async with ConversationApi(settings, SystemClock()) as api:
            result = await api.send_message({"app_id": …, "recipient": …, "message": …})
            async for contact in api.contacts.list(channel="SMS"):
                …

    Raises:
        ConfigError: the project, the key id or the key secret is not set.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        settings.require("project_id", "key_id", "key_secret")
        self._settings = settings
        self._http = HttpClient(settings, transport)
        self._token = Token(settings, clock, self._http)
        self._calls = ApiCalls(settings, clock, self._http, self._token)
        self.media_files = MediaFiles(settings, self._http)
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
        """Send a messages:send request.

        When this method returns, the platform has queued the message, but not yet delivered it.
        """
        what, content = "messages:send", _content(body)
        response = await self._calls.send("POST", self._messages_send, content, what=what)
        return SendResult(*_accepted(what, response, "message_id"))

    async def send_event(self, body: Json | bytes) -> EventResult:
        """Send an events:send request."""
        what, content = "events:send", _content(body)
        response = await self._calls.send("POST", self._events_send, content, what=what)
        return EventResult(*_accepted(what, response, "event_id"))

    async def find_message(self, address: Address, metadata_id: str, since: float) -> str | None:
        """Find a message to `address` by its metadata, and return the message's id.

        The first word of the message's metadata must be `metadata_id`.

        Only messages that the platform accepted at `since` (Unix seconds) or later are searched.
        The messages of both processing modes are searched, because the app's mode may have changed.

        None means that the platform has no such message. In DISPATCH mode the platform stores
        messages only if the app's dispatch retention is above 0 days. With a retention of 0 days,
        the result is None even for a message that the platform has sent.

        Raises:
            SendRejected, SendRetryable: the search failed. The error's `outcome_known` describes
                the search, not the message.
        """
        self._settings.require("app_id")
        identity = address.identity
        if address.channel in PHONE_CHANNELS:
            identity = identity.removeprefix("+")  # The platform stores numbers without +.
        by_identity = ("", address.channel, identity)
        if address.contact_id:
            places = [("CONVERSATION_SOURCE", address.contact_id, "", "")]
            places += [("DISPATCH_SOURCE", *by_identity)] if identity else []
        else:
            places = [("DISPATCH_SOURCE", *by_identity), ("CONVERSATION_SOURCE", *by_identity)]
        for source, contact_id, channel, channel_identity in places:
            found = self.messages.list(
                app_id=self._settings.app_id,
                contact_id=contact_id,
                channel=channel,
                channel_identity=channel_identity,
                start_time=as_datetime(since) - CLOCK_SLACK,
                direction="TO_CONTACT",
                view="WITH_METADATA",
                messages_source=source,
                page_size=100,
            )
            async for message in found:
                metadata = message.get("metadata")
                if isinstance(metadata, str) and metadata.split(" ", 1)[0] == metadata_id:
                    return str(message.get("id", ""))
        return None

    async def takes_contact_ids(self) -> bool:
        """Return whether the app is in CONVERSATION mode, in which contacts have ids."""
        app = await self.apps.get(self._settings.app_id)
        return app.get("processing_mode") == "CONVERSATION"

    async def aclose(self) -> None:
        """Close the transport. Active calls fail."""
        await self._token.aclose()
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()


def _content(body: Json | bytes) -> bytes:
    return body if isinstance(body, bytes) else msgspec.json.encode(body)


def _accepted(what: str, response: HttpResponse, key: str) -> tuple[str, str]:
    """Return two fields of a response to `what`: the id under `key`, and the accepted time."""
    value = response.json(Json) or {}
    id, accepted_time = value.get(key), value.get("accepted_time")
    if not isinstance(id, str) or not id:
        raise unreadable(what, response, f"a readable {key}")
    return id, accepted_time if isinstance(accepted_time, str) else ""
