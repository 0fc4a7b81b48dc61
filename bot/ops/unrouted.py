"""Callbacks that no turn could handle, because they name no contact or have an unknown format."""

import msgspec

from bot import callbacks
from bot.callbacks import Callback
from bot.callbacks.payloads import (
    BatchStatusUpdateNotification,
    ChannelEvent,
    ChannelEventNotification,
    DeliveryReport,
    DuplicatedIdentitiesNotification,
)
from bot.i18n.printable import echo, echo_json
from bot.ops.common import iso, print_table, when
from bot.store import Store
from bot.store.model import UnroutedCallback


async def list_kept(store: Store, count: int, *, as_json: bool) -> None:
    """Print the newest callbacks that no turn could handle.

    With `as_json`, print each whole callback as JSON on a line.
    """
    found = await store.reader.unrouted(count)
    if as_json:
        for each in found:
            echo_json(_whole(each))
    elif found:
        print_table(("taken (UTC)", "trigger", "about", "bytes"), map(_row, found))
    else:
        echo("No callbacks are stored.")


def _whole(callback: UnroutedCallback) -> dict[str, object]:
    told = {"at": iso(callback.at), "trigger": callback.why, "size": callback.size}
    if callback.size > len(callback.raw):
        return {**told, "beginning": callback.raw.decode(errors="replace")}
    return {**told, "callback": msgspec.Raw(callback.raw)}


def _row(callback: UnroutedCallback) -> tuple[str, ...]:
    is_whole = callback.size == len(callback.raw)
    about = _about(callbacks.decode(callback.raw)) if is_whole else ""
    return when(callback.at), callback.why, about, str(callback.size)


def _about(callback: Callback) -> str:
    """Describe a callback without personal data."""
    match callback.body:
        case ChannelEventNotification(channel_event=ChannelEvent() as event):
            return f"{event.channel} {event.event_type}"
        case BatchStatusUpdateNotification() as batch:
            return f"{batch.batch_id} {batch.batch_status}"
        case DuplicatedIdentitiesNotification() as found:
            return ", ".join(
                f"{each.channel} of contacts {' and '.join(each.contact_ids)}"
                for each in found.duplicated_identities
            )
        case DeliveryReport() as report:
            return f"{report.message_id} {report.status}"
        case None:
            return "with " + ", ".join(callbacks.read(callback.raw))
    return ""
