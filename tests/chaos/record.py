"""The platform's record in the checker's words: what it had accepted, and what it was sent."""

import json

from bot.emulator import Platform
from tests.chaos.checker import Record, Said, Taken
from tests.serving.stack import text_of


def record_of(platform: Platform) -> Record:
    """All that was accepted and taken so far."""
    return Record(_said(platform), _taken(platform))


def _said(platform: Platform) -> list[Said]:
    found: dict[str, Said] = {}
    for each in platform.record.callbacks:
        if each.status != 200 or each.trigger != "MESSAGE_INBOUND":
            continue
        message = json.loads(each.body)["message"]
        if message["id"] not in found:
            found[message["id"]] = Said(
                id=message["id"],
                identity=message["channel_identity"]["identity"],
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


def _taken(platform: Platform) -> list[Taken]:
    return [
        Taken(
            identity=message.identity,
            entry=message.metadata.split(" ")[0],
            text=text_of(message.app_message or {}),
            at=message.accept_at,
        )
        for message in platform.state.messages.values()
        if message.direction == "TO_CONTACT"
    ]
