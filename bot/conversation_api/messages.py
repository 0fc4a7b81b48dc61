"""Messages, events and conversations."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from bot.clock import rfc3339
from bot.conversation_api.calls import ApiCalls, Json, segment


def _time(at: datetime | None) -> str | None:
    """Return `at` as RFC 3339 text in UTC; None if `at` is None. `at` must have a time zone."""
    return None if at is None else rfc3339(at)


class Messages:
    """Messages that the platform stores, in both directions.

    `messages_source` is the mode in which the messages were processed: CONVERSATION_SOURCE (the
    API's default) or DISPATCH_SOURCE.
    """

    def __init__(self, calls: ApiCalls) -> None:
        self._calls = calls

    def list(
        self,
        *,
        conversation_id: str = "",
        contact_id: str = "",
        app_id: str = "",
        channel: str = "",
        channel_identity: str = "",
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        direction: str = "",
        view: str = "",
        messages_source: str = "",
        only_recipient_originated: bool | None = None,
        page_size: int | None = None,
    ) -> AsyncIterator[Json]:
        """List messages, newest first. The default `page_size` is 10, and the maximum is 1000."""
        query = {
            "conversation_id": conversation_id,
            "contact_id": contact_id,
            "app_id": app_id,
            "channel": channel,
            "channel_identity": channel_identity,
            "start_time": _time(start_time),
            "end_time": _time(end_time),
            "direction": direction,
            "view": view,
            "messages_source": messages_source,
            "only_recipient_originated": only_recipient_originated,
            "page_size": page_size,
        }
        return self._calls.pages("/messages", "messages", query)

    async def get(self, message_id: str, *, messages_source: str = "") -> Json:
        path = f"/messages/{segment(message_id)}"
        return await self._calls.json("GET", path, query={"messages_source": messages_source})

    async def set_metadata(
        self, message_id: str, metadata: str, *, messages_source: str = ""
    ) -> Json:
        """Replace the message's metadata and return the message."""
        path = f"/messages/{segment(message_id)}"
        query = {"messages_source": messages_source}
        return await self._calls.json("PATCH", path, {"metadata": metadata}, query=query)

    async def delete(self, message_id: str, *, messages_source: str = "") -> None:
        """Delete the message on the platform. A delivered message stays on the phone."""
        path = f"/messages/{segment(message_id)}"
        await self._calls.json("DELETE", path, query={"messages_source": messages_source})

    def fetch_last(
        self,
        *,
        contact_ids: Sequence[str] = (),
        channel_identities: Sequence[str] = (),
        app_id: str = "",
        channel: str = "",
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        direction: str = "",
        view: str = "",
        messages_source: str = "",
        page_size: int | None = None,
    ) -> AsyncIterator[Json]:
        """List the last message of each contact or of each identity.

        Give either contacts or identities.
        """
        asked = {
            "contact_ids": [*contact_ids],
            "channel_identities": [*channel_identities],
            "app_id": app_id,
            "channel": channel,
            "start_time": _time(start_time),
            "end_time": _time(end_time),
            "direction": direction,
            "view": view,
            "messages_source": messages_source,
            "page_size": page_size,
        }
        body = {name: value for name, value in asked.items() if value}
        return self._calls.pages("/messages:fetch-last-message", "messages", body=body)

    async def transcode(
        self,
        app_id: str,
        app_message: Json,
        channels: Sequence[str],
        *,
        sender: str = "",
        to: str = "",
    ) -> Json:
        """Return the message in each channel's own format: `{"transcoded_message": {channel:
        text}}`.

        For most channels the text is JSON. Nothing is sent.
        """
        body: Json = {"app_id": app_id, "app_message": app_message, "channels": [*channels]}
        body |= {name: value for name, value in (("from", sender), ("to", to)) if value}
        return await self._calls.json("POST", "/messages:transcode", body)


class Events:
    """Events that the platform stores."""

    def __init__(self, calls: ApiCalls) -> None:
        self._calls = calls

    def list(
        self, *, conversation_id: str = "", contact_id: str = "", page_size: int | None = None
    ) -> AsyncIterator[Json]:
        """List events of a conversation or of a contact."""
        query = {
            "conversation_id": conversation_id,
            "contact_id": contact_id,
            "page_size": page_size,
        }
        return self._calls.pages("/events", "events", query)

    async def get(self, event_id: str) -> Json:
        return await self._calls.json("GET", f"/events/{segment(event_id)}")

    async def delete(self, event_id: str) -> None:
        await self._calls.json("DELETE", f"/events/{segment(event_id)}")


class Conversations:
    """Threads between an app and a contact. In DISPATCH mode there are no conversations."""

    def __init__(self, calls: ApiCalls) -> None:
        self._calls = calls

    def list(
        self,
        *,
        app_id: str = "",
        contact_id: str = "",
        only_active: bool | None = None,
        active_channel: str = "",
        page_size: int | None = None,
    ) -> AsyncIterator[Json]:
        """List conversations of an app or of a contact. Give either the app or the contact."""
        query = {
            "app_id": app_id,
            "contact_id": contact_id,
            "only_active": only_active,
            "active_channel": active_channel,
            "page_size": page_size,
        }
        return self._calls.pages("/conversations", "conversations", query)

    def recent(
        self,
        app_id: str,
        *,
        only_active: bool | None = None,
        order: str = "",
        page_size: int | None = None,
    ) -> AsyncIterator[Json]:
        """List conversations with their last message: `{"conversation": …, "last_message": …}`.

        `order` is ASC or DESC.
        """
        query = {
            "app_id": app_id,
            "only_active": only_active,
            "order": order,
            "page_size": page_size,
        }
        return self._calls.pages("/conversations:recent", "conversations", query)

    async def create(self, conversation: Json) -> Json:
        """Create a conversation from at least `app_id` and `contact_id`, and return it."""
        return await self._calls.json("POST", "/conversations", conversation)

    async def get(self, conversation_id: str) -> Json:
        return await self._calls.json("GET", f"/conversations/{segment(conversation_id)}")

    async def update(
        self,
        conversation_id: str,
        changes: Json,
        *,
        mask: Sequence[str] = (),
        metadata_update_strategy: str = "",
    ) -> Json:
        """Change a conversation and return it.

        `mask` names the fields to change, by default all fields in `changes`.
        `metadata_update_strategy` is REPLACE or MERGE_PATCH.
        """
        query = {
            "update_mask": ",".join(mask),
            "metadata_update_strategy": metadata_update_strategy,
        }
        path = f"/conversations/{segment(conversation_id)}"
        return await self._calls.json("PATCH", path, changes, query=query)

    async def delete(self, conversation_id: str) -> None:
        await self._calls.json("DELETE", f"/conversations/{segment(conversation_id)}")

    async def stop(self, conversation_id: str) -> None:
        """Make the conversation inactive. The next message opens a new conversation."""
        await self._calls.json("POST", f"/conversations/{segment(conversation_id)}:stop")

    async def inject_message(self, conversation_id: str, message: Json) -> Json:
        """Add a message to the conversation's past. Nothing is sent.

        `message` has `accept_time` (up to 30 days ago), `channel_identity`, `contact_id`,
        `direction` and an `app_message` or a `contact_message`.
        """
        path = f"/conversations/{segment(conversation_id)}:inject-message"
        return await self._calls.json("POST", path, message)

    async def inject_event(self, conversation_id: str, event: Json) -> Json:
        """Add an event to the conversation's past. Return `event_id` and `accepted_time`.

        `event` has `app_event` and `accept_time`.
        """
        path = f"/conversations/{segment(conversation_id)}:inject-event"
        return await self._calls.json("POST", path, event)
