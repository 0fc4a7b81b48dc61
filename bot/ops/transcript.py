"""A contact's log as a conversation: messages with speaker and time, states entered, deliveries."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

from bot import callbacks
from bot.callbacks import Callback, ContactMessage
from bot.callbacks.contact_message import Reason
from bot.i18n.printable import printable, printable_json, printable_lines
from bot.items import inbound
from bot.items.inbound import Item
from bot.items.outbound import broadcast_of
from bot.items.turn_log import TurnLogEntry, oldest_first
from bot.ops.common import iso, when
from bot.store import BroadcastOutcome, Store

MARKS = {"contact": ">", "bot": "<", "agent": "<", "event": "-"}


class Line(msgspec.Struct, omit_defaults=True):
    """One message or event.

    - `who`: `agent` means a person who handles the contact; `by` is their name. `event` means that
      the line is not a message.
    - `states`: the states entered in the turn, as `flow/state`.
    - `delivery`: the latest reported status of a reply; "" if there is none. `UNSENT`: the reply
      waits in the outbox. `NOT SENT`: the reply was given up or dropped.
    - `reason`: the reason why a reply failed.
    """

    at: float
    who: Literal["contact", "bot", "agent", "event"]
    text: str
    choices: list[str] = []
    states: list[str] = []
    delivery: str = ""
    reason: str = ""
    id: str = ""
    by: str = ""


async def read(store: Store, contact: str) -> list[Line]:
    """Return the contact's logged turns as lines, oldest first."""
    records = oldest_first(await store.reader.log(contact))
    unsent = {entry.id for entry in await store.reader.outbox(contact)}
    lines = list(of_records(records))
    for line in lines:
        if line.id in unsent:
            line.delivery = "UNSENT"
    await _add_outcomes(store, contact, lines)
    return lines


async def _add_outcomes(store: Store, contact: str, lines: Sequence[Line]) -> None:
    """Set the delivery status in the lines of broadcasts' messages.

    The log does not have this status, because reports about broadcasts' messages run no turn.
    """
    silent = [line for line in lines if broadcast_of(line.id) and not line.delivery]
    for tag in {broadcast_of(line.id) for line in silent}:
        found = await store.outcomes.of(tag, contact)
        for line in silent:
            if broadcast_of(line.id) == tag:
                line.delivery = next(
                    (status for name, status in _OF_BROADCAST.items() if name in found.outcomes), ""
                )


_OF_BROADCAST: Mapping[BroadcastOutcome, str] = {"read": "READ", "delivered": "DELIVERED"}
"""The delivery status for each outcome of a broadcast, the most advanced outcome first."""


def of_records(records: Sequence[TurnLogEntry]) -> Iterator[Line]:
    """Yield the lines of these turns. The first of `records` is the oldest turn."""
    said: dict[str, Line] = {}
    labels: dict[str, str] = {}
    for each in records:
        item = inbound.decode(each.items[-1])
        callback = callbacks.decode(bytes(item.callback)) if item.callback else None
        # If a program sent a text, the line of the reply has the text.
        if not _reported(item, callback, said) and not item.say:
            yield from _earlier(each, labels)
            yield _cause(each, item, callback, labels)
        for reply in each.said:
            labels.update(_postbacks(reply.content))
            text, choices = words(reply.content)
            who, by = _speaker(reply.content)
            said[reply.id] = Line(each.at, who, text, choices, id=reply.id, by=by)
            yield said[reply.id]
        for id, why in each.dropped.items():
            if id in said:
                said[id].delivery, said[id].reason = "NOT SENT", why


def of_item(raw: bytes) -> str:
    """Return the text of a stored item, such as the contact's message.

    Raises:
        msgspec.DecodeError: the bytes are not an item.
        Malformed: the item's callback cannot be read.
    """
    item = inbound.decode(raw)
    callback = callbacks.decode(bytes(item.callback)) if item.callback else None
    return _cause(TurnLogEntry(0, item.at, msgspec.Raw(raw)), item, callback, {}).text


def as_text(lines: Sequence[Line]) -> str:
    """Return the lines in a form for people, with times in UTC.

    `>` marks the contact, `<` the bot, `-` anything else.
    """
    shown = []
    for line in lines:
        text = printable_lines(line.text).replace("\n", "\n  ")
        text = f"{printable(line.by)}: {text}" if line.by else text
        choices = "".join(f" [{printable(choice)}]" for choice in line.choices)
        states = f"  = {' '.join(line.states)}" if line.states else ""
        delivery = ": ".join(filter(None, (line.delivery, line.reason)))
        delivery = f"  ({printable(delivery)})" if delivery else ""
        shown.append(f"{when(line.at)} {MARKS[line.who]} {text}{choices}{delivery}{states}")
    return "\n".join(shown)


def as_json(lines: Sequence[Line]) -> str:
    """Return the lines in a form for machines: a list of objects. `at` is RFC 3339."""
    return printable_json(msgspec.json.format(msgspec.json.encode(objects(lines)), indent=2))


def objects(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Return the lines as objects for JSON."""
    return [{**msgspec.to_builtins(line), "at": iso(line.at)} for line in lines]


def words(content: dict[str, Any]) -> tuple[str, list[str]]:
    """Return the text of an AppMessage or app event in JSON form, and the labels of the choices."""
    kind = next(iter(content.keys() & _TEXTS.keys()), "")
    if not kind:
        return f"({next(iter(content), 'nothing')})", []
    texts = [str(text) for text in _TEXTS[kind](content[kind]) if text]
    return "\n".join(texts) or f"({kind})", [label for label, _ in _choices(content)]


_TEXTS: dict[str, Any] = {
    "text_message": lambda body: (body.get("text"),),
    "choice_message": lambda body: ((body.get("text_message") or {}).get("text"),),
    "card_message": lambda body: (
        body.get("title"),
        body.get("description"),
        (body.get("media_message") or {}).get("url"),
    ),
    "carousel_message": lambda body: [card.get("title") for card in body.get("cards", ())],
    "location_message": lambda body: (body.get("title"), _place(body)),
    "media_message": lambda body: (body.get("url"),),
    "list_message": lambda body: (body.get("title"), body.get("description")),
    "template_message": lambda body: (),
    "agent_joined_event": lambda body: (f"{_name(body)} joined",),
    "agent_left_event": lambda body: (f"{_name(body)} left",),
    "contact_info_message": lambda body: ((body.get("name") or {}).get("full_name"),),
}


def _speaker(content: dict[str, Any]) -> tuple[Literal["bot", "agent", "event"], str]:
    """Return the kind of speaker of a reply, and the agent's name; "" if the name is unknown."""
    if content.keys() & {"agent_joined_event", "agent_left_event"}:
        return "event", ""
    agent = content.get("agent") or {}
    if agent.get("type") != "HUMAN":
        return "bot", ""
    return "agent", str(agent.get("display_name") or "")


def _reported(item: Item, callback: Callback | None, said: dict[str, Line]) -> bool:
    """If the item is a report on a reply, set the reply's delivery status. Return whether the item
    is a report.
    """
    if item.event and item.event.name == "failed" and item.id.startswith("failed:"):
        id, status = item.id.removeprefix("failed:"), "NOT SENT"
        reason = str(item.event.data.get("reason") or item.event.data.get("status") or "")
    elif callback and (
        report := callback.message_delivery_report or callback.event_delivery_report
    ):
        id, status = report.metadata.partition(" ")[0], report.status
        reason = _reason(report.reason) if report.reason else ""
    elif callback and callback.message_submit_notification:
        id, status, reason = "", "", ""
    else:
        return False
    line = said.get(id)
    if line and _PROGRESS.get(status, 0) >= _PROGRESS.get(line.delivery, 0):
        line.delivery, line.reason = status, reason
    return True


_PROGRESS = {"FAILED": 1, "DELIVERED": 2, "READ": 3}
"""The rank of each status. A report never lowers the rank, because reports arrive in any order.

NOT SENT is not listed, so its rank is 0. If an operator sends the reply again, any report replaces
NOT SENT.
"""


def _reason(reason: Reason) -> str:
    """Return Sinch's code with its sub-code and the channel's own code.

    Reports in the format of 2020 have only a text. In this case, return the text.
    """
    codes = [reason.code, reason.sub_code, reason.channel_code]
    told = " ".join(code for code in codes if code and not code.startswith("UNSPECIFIED"))
    return told or reason.description


def _earlier(each: TurnLogEntry, labels: dict[str, str]) -> Iterator[Line]:
    """Yield the lines of a burst's messages, except the last message."""
    for raw in each.items[:-1]:
        item = inbound.decode(raw)
        callback = callbacks.decode(bytes(item.callback)) if item.callback else None
        line = _cause(each, item, callback, labels)
        line.at, line.states = item.at, []
        yield line


def _cause(
    each: TurnLogEntry, item: Item, callback: Callback | None, labels: dict[str, str]
) -> Line:
    """Return the line for the item that caused the turn."""
    line = Line(each.at, "event", "", states=each.path, id=item.id)
    if callback and callback.message and callback.message.contact_message:
        line.who, line.text = "contact", _said(callback.message.contact_message, labels)
        if each.heard and item.id == inbound.decode(each.items[-1]).id:
            line.text = f"{line.text} ({each.heard})"
    elif callback:
        line.text = callback.trigger.lower()
    elif item.timer:
        line.text = f"timer {item.timer.name}"
    elif item.start:
        where = f" in {item.start.state}" if item.start.state else ""
        line.text = f"flow {item.start.flow} started{where}"
    elif item.event:
        line.text = f"event {item.event.name}"
    elif item.command and item.command.do == "cancel":
        line.text = "broadcast canceled"
    elif item.command:
        command = item.command
        to = f" to {command.flow}/{command.state}" if command.do == "move" else ""
        why = f": {command.reason}" if command.reason else ""
        line.text = f"operator: {command.do}{to}{why}"
    elif item.legacy:
        line.text = "another contact was merged into this one"
    return line


def _said(message: ContactMessage, labels: dict[str, str]) -> str:
    if tapped := message.choice_response_message:
        return f"[{labels.get(tapped.postback_data, tapped.postback_data)}]"
    if message.location_message:
        return f"location {_place(msgspec.to_builtins(message.location_message))}"
    if message.media_message:
        return f"media {message.media_message.url}"
    if card := message.media_card_message:
        return f"media {card.url} {card.caption}".rstrip()
    return message.text or f"({message.kind})"


def _name(body: dict[str, Any]) -> str:
    return str((body.get("agent") or {}).get("display_name") or "an agent")


def _place(body: dict[str, Any]) -> str:
    coordinates = body.get("coordinates") or {}
    return f"{coordinates.get('latitude')}, {coordinates.get('longitude')}"


def _postbacks(content: dict[str, Any]) -> dict[str, str]:
    return {postback: label for label, postback in _choices(content) if postback}


def _choices(content: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the label and the postback of each choice, in order."""
    for kind in ("choice_message", "card_message", "carousel_message"):
        body = content.get(kind) or {}
        for holder in (*body.get("cards", ()), body):
            for choice in holder.get("choices") or ():
                yield _label(choice), str(choice.get("postback_data") or "")
    for section in (content.get("list_message") or {}).get("sections", ()):
        for item in section.get("items", ()):
            if choice := item.get("choice"):
                yield str(choice.get("title")), str(choice.get("postback_data") or "")


def _label(choice: dict[str, Any]) -> str:
    body: dict[str, Any] = next(
        (value for key, value in choice.items() if key.endswith("_message")), {}
    )
    return str(body.get("text") or body.get("title") or "")
