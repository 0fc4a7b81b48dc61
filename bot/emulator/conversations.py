"""Conversations of contacts with apps.

An app never has more than one active conversation with a contact. A message creates a conversation
if none is active. Conversation metadata and correlation ids are also stored here, in both
processing modes.
"""

import json

from bot.emulator.api_error import Json, not_found
from bot.emulator.callbacks import Callbacks
from bot.emulator.core import Core
from bot.emulator.state import phone_key
from bot.emulator.timestamps import rfc3339

_NEVER = rfc3339(0)
"""The `last_received` of a conversation in which the contact has not written."""


class Conversations:
    def __init__(self, core: Core, callbacks: Callbacks) -> None:
        self._core = core
        self._callbacks = callbacks
        self._active: dict[tuple[str, str], str] = {
            (one["app_id"], one["contact_id"]): one["id"]
            for one in core.state.conversations.values()
            if one["active"]
        }

    def get(self, conversation_id: str) -> Json:
        """Return a conversation.

        Raises:
            ApiError: the id is unknown (404).
        """
        conversation = self._core.state.conversations.get(conversation_id)
        if conversation is None:
            raise not_found("Conversation")
        return conversation

    def active(self, app_id: str, contact_id: str) -> Json | None:
        conversation_id = self._active.get((app_id, contact_id))
        found = self._core.state.conversations.get(conversation_id or "")
        return found if found and found["active"] and found["contact_id"] == contact_id else None

    def open(self, app_id: str, contact_id: str, channel: str) -> Json:
        """Return the active conversation, or a new one on this channel."""
        given = {"app_id": app_id, "contact_id": contact_id, "active_channel": channel}
        return self.active(app_id, contact_id) or self.add({**given, "active": True})

    def receive(self, app_id: str, contact_id: str, channel: str) -> Json:
        """Return the active conversation, switched to the channel on which the contact has written.

        If no conversation is active, create one.
        """
        received = rfc3339(self._core.now())
        given = {"app_id": app_id, "contact_id": contact_id, "last_received": received}
        conversation = self.active(app_id, contact_id)
        if conversation is None:
            return self.add({**given, "active": True, "active_channel": channel})
        conversation |= {"last_received": received, "active_channel": channel}
        return conversation

    def add(self, given: Json) -> Json:
        """Create a conversation with these fields. If it is active, notify the webhooks."""
        conversation = {
            "id": self._core.id(),
            "app_id": given["app_id"],
            "contact_id": given["contact_id"],
            "active": bool(given.get("active")),
            "active_channel": given.get("active_channel") or "CHANNEL_UNSPECIFIED",
            "last_received": given.get("last_received") or _NEVER,
            "metadata": given.get("metadata") or "",
            "metadata_json": given.get("metadata_json") or {},
            "correlation_id": given.get("correlation_id") or "",
        }
        self._core.state.conversations[conversation["id"]] = conversation
        if conversation["active"]:
            self._index(conversation)
            self._tell("CONVERSATION_START", conversation)
        return conversation

    def stop(self, conversation: Json) -> None:
        """End the conversation. The contact's next message creates a new conversation."""
        if conversation["active"]:
            conversation["active"] = False
            key = conversation["app_id"], conversation["contact_id"]
            if self._active.get(key) == conversation["id"]:
                del self._active[key]
            self._tell("CONVERSATION_STOP", conversation)

    def resume(self, conversation: Json) -> None:
        """Make the conversation active again. If another conversation is active, stop it."""
        if conversation["active"]:
            return
        if other := self.active(conversation["app_id"], conversation["contact_id"]):
            self.stop(other)
        conversation["active"] = True
        self._index(conversation)
        self._tell("CONVERSATION_START", conversation)

    def settle(self, contact_id: str) -> None:
        """Stop older active conversations of a merged contact.

        With each app, only the newest conversation of the contact stays active.
        """
        for conversation in list(self._core.state.conversations.values()):
            if conversation["contact_id"] != contact_id or not conversation["active"]:
                continue
            other = self.active(conversation["app_id"], contact_id)
            if other and other["id"] < conversation["id"]:
                self.stop(other)
            elif other and other is not conversation:
                self.stop(conversation)
                continue
            self._index(conversation)

    def remove(self, conversation: Json) -> None:
        """Delete the conversation with its messages and events."""
        state = self._core.state
        key = conversation["app_id"], conversation["contact_id"]
        if self._active.get(key) == conversation["id"]:
            del self._active[key]
        del state.conversations[conversation["id"]]
        for message in state.messages.values():
            if message.conversation_id == conversation["id"]:
                message.removed = True
        for event in list(state.events.values()):
            if event.conversation_id == conversation["id"]:
                del state.events[event.id]
        self._tell("CONVERSATION_DELETE", conversation)

    def remember(self, kept: Json, request: Json) -> None:
        """Store a send request's conversation metadata and correlation id.

        The request's values replace the stored values. If the request demands a merge, the
        request's metadata is merged into the stored metadata instead.
        """
        given = request.get("conversation_metadata")
        if given is not None:
            merge = request.get("conversation_metadata_update_strategy") == "MERGE_PATCH"
            present = kept.get("metadata_json") or {}
            kept["metadata_json"] = merge_patch(present, given) if merge else given
        if request.get("correlation_id"):
            kept["correlation_id"] = request["correlation_id"]

    def kept_on(self, app_id: str, channel: str, identity: str) -> Json:
        """Return the object that stores an identity's data in DISPATCH mode.

        If the retention is 0 days, return an object that is not stored.
        """
        policy = self._core.state.apps[app_id].get("dispatch_retention_policy") or {}
        if not policy.get("ttl_days"):
            return {}
        key = phone_key(app_id, channel, identity)
        return self._core.state.identity_metadata.setdefault(key, {})

    def metadata_text(self, app_id: str, kept: Json) -> str:
        """Return the `message_metadata` of inbound callbacks; "" if the app does not report
        metadata.
        """
        report = self._core.state.apps[app_id].get("conversation_metadata_report_view")
        metadata = kept.get("metadata_json")
        if report != "FULL" or not metadata:
            return ""
        return json.dumps(metadata, ensure_ascii=False, separators=(",", ":"))

    def _index(self, conversation: Json) -> None:
        self._active[conversation["app_id"], conversation["contact_id"]] = conversation["id"]

    def _tell(self, trigger: str, conversation: Json) -> None:
        self._callbacks.send(
            trigger,
            {"conversation": conversation},
            app_id=conversation["app_id"],
            message_metadata=self.metadata_text(conversation["app_id"], conversation),
            correlation_id=conversation["correlation_id"],
        )


def merge_patch(present: Json, patch: Json) -> Json:
    """Return `present` changed by a patch of RFC 7396.

    Nulls delete fields, objects are merged, and all other values replace fields.
    """
    merged = dict(present)
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            inner = merged.get(key)
            merged[key] = merge_patch(inner if isinstance(inner, dict) else {}, value)
        else:
            merged[key] = value
    return merged
