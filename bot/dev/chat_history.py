"""The conversation on a phone: the bot's and the contact's messages, and their statuses."""

from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from bot.dev.failures import Failure
from bot.emulator import Phone, Platform, Shown
from bot.emulator.channel_display import offered
from bot.emulator.state import Message
from bot.messages.sms_parts import sms_parts

Json = dict[str, Any]


def thread(platform: Platform, phone: Phone, most: int, failures: Sequence[Failure] = ()) -> Json:
    """Return up to `most` of the phone's newest messages, oldest first.

    `from` is `app` or `contact`. A contact's message has the status `sent` until the webhook has
    responded, and then `taken` or `refused`.
    """
    texts = {
        (shown.message_id, choice.postback): choice.label
        for shown in phone.shown
        for choice in offered(shown.message, shown.message_id)
    }
    failed = {message: each for each in reversed(failures) for message in each.messages}
    messages = [_from_app(shown, phone.channel) for shown in phone.shown]
    shown_ids = {shown.message_id for shown in phone.shown}
    for message in _of(platform.state.messages.values(), phone):
        if message.direction == "TO_APP":
            messages.append(_from_contact(message, texts) | _failure(failed.get(message.id)))
        elif message.status == "FAILED" and message.id not in shown_ids:
            messages.append(_failed(message))
    messages.sort(key=lambda message: float(message["at"]))
    newest = messages[-most:]
    for each in newest:
        sent = platform.state.messages.get(each["id"])
        # The bot sends the reply's id as the first word of the message's metadata.
        each["reply"] = sent.metadata.partition(" ")[0] if sent and sent.app_message else ""
    _put_reactions(platform, phone, newest)
    return {
        "channel": phone.channel,
        "identity": phone.identity,
        "typing": phone.typing,
        "earlier": len(messages) - len(newest),
        "messages": newest,
    }


def forget(platform: Platform, phone: Phone) -> None:
    """Clear the phone: delete everything that it has sent and received."""
    state = platform.state
    state.shown.pop(phone.key, None)
    state.last_inbound.pop(phone.key, None)
    state.typing.discard(phone.key)
    for kept in (state.messages, state.events):
        for one in list(_of(kept.values(), phone)):
            del kept[one.id]
    platform.core.tell("phone", phone=phone.key, cleared=True)


def rewind(platform: Platform, phone: Phone, at: float, gone: Container[str]) -> None:
    """Delete the contact's messages and events after `at`, and the replies with the ids `gone`."""
    state = platform.state
    for message in list(_of(state.messages.values(), phone)):
        is_from_contact = message.direction == "TO_APP"
        reply = message.metadata.partition(" ")[0]
        if message.accept_at > at if is_from_contact else reply in gone:
            del state.messages[message.id]
            shown = state.shown.get(phone.key, [])
            shown[:] = [each for each in shown if each.message_id != message.id]
    for event in [each for each in _of(state.events.values(), phone) if each.accept_at > at]:
        del state.events[event.id]
    state.typing.discard(phone.key)
    platform.core.tell("phone", phone=phone.key, cleared=False)


def _failure(failure: Failure | None) -> Json:
    return {"failure": msgspec.to_builtins(failure)} if failure else {}


def _of(messages: Iterable[Any], phone: Phone) -> Iterator[Any]:
    whose = (phone.app_id, phone.channel, phone.identity)
    return (one for one in messages if (one.app_id, one.channel, one.identity) == whose)


def _from_app(shown: Shown, channel: str) -> Json:
    return {
        "id": shown.message_id,
        "from": "app",
        "at": shown.at,
        "kind": shown.kind,
        "native": shown.native,
        "text": shown.text,
        "choices": [
            {"kind": choice.kind, "label": choice.label, "postback": choice.postback}
            | {"body": choice.body}
            for choice in shown.choices
        ],
        "body": next(iter(shown.message.values())),
        "status": shown.status,
        "sender": shown.sender,
        "flash": shown.flash,
        "sms_parts": list(sms_parts(shown.text)) if channel == "SMS" else None,
    }


def _from_contact(message: Message, texts: dict[tuple[str, str], str]) -> Json:
    content = message.contact_message or {}
    kind = next((key for key in content if key.endswith("_message")), "")
    body = content.get(kind) or {}
    status = message.answer
    return {
        "id": message.id,
        "from": "contact",
        "at": message.accept_at,
        "kind": kind.removesuffix("_message"),
        "text": _text(kind, body, texts),
        "body": body,
        "status": "sent" if status is None else "taken" if status == 200 else "refused",
        "reason": "" if status in (None, 200) else f"the webhook answered {status or 'nothing'}",
    }


def _text(kind: str, body: Json, texts: dict[tuple[str, str], str]) -> str:
    if kind == "choice_response_message":
        postback = str(body.get("postback_data", ""))
        return texts.get((str(body.get("message_id")), postback)) or postback
    return str(body.get("text") or body.get("caption") or body.get("title") or "")


def _failed(message: Message) -> Json:
    content = message.app_message or {}
    kind = next((key for key in content if key.endswith("_message")), "")
    return {
        "id": message.id,
        "from": "app",
        "at": message.accept_at,
        "kind": "failed",
        "native": False,
        "text": kind.removesuffix("_message").replace("_", " "),
        "choices": [],
        "body": {},
        "status": "FAILED",
        "reason": message.reason,
    }


def _put_reactions(platform: Platform, phone: Phone, messages: list[Json]) -> None:
    """Add the contact's latest reaction to each message."""
    reactions: dict[str, str] = {}
    for event in _of(platform.state.events.values(), phone):
        reaction = (event.body.get("contact_message_event") or {}).get("reaction_event")
        if reaction:
            undone = reaction["action"] == "REACTION_ACTION_UNREACT"
            reactions[reaction["message_id"]] = "" if undone else reaction["emoji"]
    for message in messages:
        message["reaction"] = reactions.get(message["id"], "")
