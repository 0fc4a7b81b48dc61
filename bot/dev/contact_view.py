"""What the page shows of a contact: its session as the bot keeps it, with its turns."""

from typing import Any

import msgspec

from bot import callbacks
from bot.app import Bot
from bot.contact.address import Address
from bot.emulator import Phone, Platform
from bot.items.inbound import Item
from bot.items.inbound import decode as decode_item
from bot.items.turn_log import TurnLogEntry
from bot.items.turn_log import decode as decode_record

Json = dict[str, Any]


def key_of(platform: Platform, phone: Phone) -> str:
    """The key under which the bot keeps the contact with this phone."""
    contact = platform.contacts.find(phone.app_id, phone.channel, phone.identity)
    return str(contact["id"]) if contact else Address("", phone.channel, phone.identity).key


async def session(bot: Bot, platform: Platform, phone: Phone) -> Json:
    """The contact's session as it lies in the store (null where there is none), its timers, and
    its last turns, the newest first, without those that changed nothing, such as delivery reports.
    """
    key = key_of(platform, phone)
    raw = await bot.store.reader.session(key)
    turns = [_turn(decode_record(line)) for line in await bot.store.reader.log(key)]
    return {
        "contact": key,
        "now": bot.clock.now(),
        "session": msgspec.json.decode(raw) if raw else None,
        "timers": [
            {"name": timer.name, "due": timer.due} for timer in await bot.store.reader.timers(key)
        ],
        "unsent": len(await bot.store.reader.outbox(key)),
        "turns": [
            turn for turn in turns if turn["path"] or turn["said"] or turn["by"] == "message"
        ],
    }


def _turn(record: TurnLogEntry) -> Json:
    return {
        "turn": record.turn,
        "at": record.at,
        "by": _set_off_by(decode_item(record.item)),
        "path": record.path,
        "said": [next(iter(said.content), "") for said in record.said],
        "finished": record.finished,
    }


def _set_off_by(item: Item) -> str:
    """What set a turn off, in a word."""
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
