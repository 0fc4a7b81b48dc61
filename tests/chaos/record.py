"""Converts the platform's record of accepted and sent messages for the checker."""

import json
import re
from collections.abc import Callable

from bot.emulator import Platform
from tests.chaos.checker import Record, Said, Taken
from tests.support.bot_stack import text_of

PAIRED = "4680"
"""Prefix of the numbers of contacts that are merged. They are judged separately."""


FATAL = "4690"
"""Prefix of the numbers of contacts whose message ends processes."""


METADATA = re.compile(rb'"message_metadata":"([^" ]+)')

STOPPING = "4685"
"""Prefix of the numbers of contacts that say STOP."""


def is_single(identity: str) -> bool:
    return not identity.startswith((PAIRED, FATAL, STOPPING))


def record_of(platform: Platform, of: Callable[[str], bool] = is_single) -> Record:
    """Return everything accepted so far for identities that satisfy `of`."""
    return Record(_said(platform, of), taken_by(platform, of), _sent_to_ids(platform))


def _said(platform: Platform, of: Callable[[str], bool]) -> list[Said]:
    found: dict[str, Said] = {}
    for each in platform.record.callbacks:
        if each.status != 200 or each.trigger != "MESSAGE_INBOUND":
            continue
        message = json.loads(each.body)["message"]
        if message["id"] not in found and of(message["channel_identity"]["identity"]):
            found[message["id"]] = Said(
                id=message["id"],
                identity=message["channel_identity"]["identity"],
                has_id=bool(message["contact_id"]),
                channel=message["channel_identity"]["channel"],
                text=_words(message["contact_message"]),
                said_at=platform.state.messages[message["id"]].accept_at,
                accepted_at=each.at,
            )
    return list(found.values())


def _words(contact_message: dict[str, dict[str, str]]) -> str:
    if "choice_response_message" in contact_message:
        return contact_message["choice_response_message"]["postback_data"].split("/")[4]
    return contact_message["text_message"]["text"]


def taken_by(platform: Platform, of: Callable[[str], bool]) -> list[Taken]:
    """Return the messages accepted for identities that satisfy `of`, in order."""
    return [
        Taken(
            identity=message.identity,
            entry=message.metadata.split(" ")[0],
            text=text_of(message.app_message or {}),
            at=message.accept_at,
        )
        for message in platform.state.messages.values()
        if message.direction == "TO_CONTACT" and of(message.identity)
    ]


def _sent_to_ids(platform: Platform) -> set[str]:
    """Return the outbox's ids of replies that the bot tried to send to a contact's id."""
    found = set()
    for each in platform.record.requests:
        if b'"recipient":{"contact_id"' in each.body and (entry := METADATA.search(each.body)):
            found.add(entry[1].decode())
    return found
