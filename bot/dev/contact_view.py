"""The chat page's view of a contact: its stored session and its turns."""

from typing import Any

import msgspec

from bot import callbacks
from bot.app.bot import Bot
from bot.contact.address import Address
from bot.contact.session import Run
from bot.dev.failures import Failures
from bot.dev.snapshots import Snapshots
from bot.emulator import Phone, Platform
from bot.items.inbound import Item
from bot.items.inbound import decode as decode_item
from bot.items.turn_log import TurnLogEntry, oldest_first
from bot.ops import transcript

Json = dict[str, Any]


def key_of(platform: Platform, phone: Phone) -> str:
    """Return the key under which the bot stores the contact with this phone."""
    contact = platform.contacts.find(phone.app_id, phone.channel, phone.identity)
    return str(contact["id"]) if contact else Address("", phone.channel, phone.identity).key


async def session(
    bot: Bot, platform: Platform, phone: Phone, snapshots: Snapshots, failures: Failures
) -> Json:
    """Return the contact's session, timers, failed turns and last turns.

    If the contact has no session, `session` is null.

    The newest turn is first. Turns that changed nothing, such as delivery reports, are omitted.
    """
    key = key_of(platform, phone)
    raw = await bot.store.reader.session(key)
    records = oldest_first(await bot.store.reader.log(key))
    texts = {line.id: line.text for line in transcript.of_records(records) if line.id}
    before: dict[int, Run] = {}
    turns = []
    for record in records:
        after = {run.id: run for run in record.runs}
        turn = _turn(record, texts) | {"changes": _changes(before, after, record.finished)}
        if turn["path"] or turn["said"] or turn["by"] == "message":
            turns.append(turn | {"is_known": snapshots.knows(key, record.turn)})
        before = after
    return {
        "contact": key,
        "now": bot.clock.now(),
        "session": msgspec.json.decode(raw) if raw else None,
        "timers": [
            {"name": timer.name, "due": timer.due} for timer in await bot.store.reader.timers(key)
        ],
        "unsent": len(await bot.store.reader.outbox(key)),
        "turns": turns[::-1],
        "failures": msgspec.to_builtins(await failures.of(key)),
    }


def _turn(record: TurnLogEntry, texts: dict[str, str]) -> Json:
    items = [decode_item(raw) for raw in record.items]
    heard = [callbacks.decode(bytes(item.callback)) for item in items if item.callback]
    return {
        "turn": record.turn,
        "at": record.at,
        "by": _set_off_by(items[0]),
        "is_timer": items[0].timer is not None,
        "heard": [texts[item.id] for item in items if texts.get(item.id)],
        "messages": [each.message.id for each in heard if each.message],
        "path": record.path,
        "said": [next(iter(said.content), "") for said in record.said],
        "replies": [{"id": said.id, "text": texts.get(said.id, "")} for said in record.said],
        "finished": record.finished,
    }


def _changes(before: dict[int, Run], after: dict[int, Run], finished: Json | None) -> list[Json]:
    """Return the old and new values of the data that a turn has changed.

    A missing value is None.

    If the flow has ended, the new values are the flow's last values.
    """
    found = []
    for id in {**before, **after}:
        old, new = before.get(id), after.get(id)
        run = new or old
        assert run is not None, "each id is in `before` or `after`"
        was, now = old.data if old else {}, new.data if new else finished or {}
        for name in {**was, **now}:
            if was.get(name) != now.get(name) and (new or name in now):
                found.append(
                    {"flow": run.flow, "name": name, "was": was.get(name), "now": now.get(name)}
                )
    return found


def _set_off_by(item: Item) -> str:
    """Return a word for the cause of a turn, such as `message` or the name of a timer or event."""
    if item.timer:
        return item.timer.name
    if item.start:
        return f"start {item.start.flow}"
    if item.event:
        return item.event.name
    if item.command:
        return item.command.do
    if item.say:
        return "say"
    if item.legacy:
        return "legacy"
    trigger = callbacks.decode(bytes(item.callback)).trigger
    return "message" if trigger == "MESSAGE_INBOUND" else trigger
