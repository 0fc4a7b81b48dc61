"""Lists stored messages and events. The app's retention policies say how long they are stored."""

from collections.abc import Iterator

from bot.emulator.api_error import Json
from bot.emulator.channels import DAY_S
from bot.emulator.contacts import channel_identity
from bot.emulator.core import Core
from bot.emulator.incoming import received_content
from bot.emulator.state import Event, Message
from bot.emulator.timestamps import rfc3339


def is_kept(core: Core, entry: Message | Event) -> bool:
    """Return whether an entry, which is a message or an event, can still be listed.

    An entry of DISPATCH mode is stored for `dispatch_retention_policy.ttl_days` days; with 0 days
    it is not stored. Any other entry is stored for `retention_policy.ttl_days` days.
    """
    app = core.state.apps.get(entry.app_id)
    if app is None or (isinstance(entry, Message) and entry.removed):
        return False
    dispatched = entry.mode == "DISPATCH"
    policy = app["dispatch_retention_policy" if dispatched else "retention_policy"]
    if policy["retention_type"] != "MESSAGE_EXPIRE_POLICY":
        return True
    kept_s = float(policy["ttl_days"]) * DAY_S
    return core.now() < entry.accept_at + kept_s


def kept_messages(core: Core, source: str | None) -> Iterator[Message]:
    """Yield the stored messages of `source`: DISPATCH_SOURCE, or by default CONVERSATION_SOURCE."""
    mode = "DISPATCH" if source == "DISPATCH_SOURCE" else "CONVERSATION"
    for message in core.state.messages.values():
        if message.mode == mode and is_kept(core, message):
            yield message


def message_order(message: Message | Event) -> str:
    """Return a key that sorts messages and events by time."""
    return f"{message.accept_at:020.6f}{message.id}"


def message_json(message: Message, *, metadata: bool = True) -> Json:
    """Return a message in the JSON form of the API's lists, with or without `metadata`."""
    to_app = message.direction == "TO_APP"
    return {
        "id": message.id,
        "direction": message.direction,
        **(
            {"contact_message": received_content(message)}
            if to_app
            else {"app_message": message.app_message}
        ),
        "channel_identity": channel_identity(message.app_id, message.channel, message.identity),
        "conversation_id": message.conversation_id,
        "contact_id": message.contact_id,
        "metadata": message.metadata if metadata else "",
        "accept_time": rfc3339(message.accept_at),
        "sender_id": message.sender_id,
        "processing_mode": message.mode,
        "injected": message.injected,
        "message_status": None,
    }
