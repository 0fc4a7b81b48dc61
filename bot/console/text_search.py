"""Finds contacts by text in their logs.

Only the logs of the `MAX_LOGS` contacts with the latest messages are searched.
"""

import asyncio
from collections.abc import Sequence

import msgspec

from bot.console.contact_snapshot import Row
from bot.ops import transcript
from bot.store import Store

MAX_LOGS = 500
"""Maximum number of logs that are searched. The contacts with the latest messages come first."""

AT_ONCE = 10
MAX_FOUND = 50


class Found(msgspec.Struct):
    """A contact, and the last text in the contact's log that contains the searched words.

    `at` is in Unix seconds.
    """

    contact: str
    channel: str
    identity: str
    at: float
    who: str
    text: str


async def find(store: Store, rows: Sequence[Row], words: str) -> dict[str, object]:
    """Return up to `MAX_FOUND` contacts whose logs contain `words`. Case is ignored.

    In the result, `rows` has the found contacts, and `searched` is the number of searched logs.
    When `MAX_FOUND` contacts are found, the remaining logs are not searched.
    """
    wanted = words.strip().casefold()
    searched = 0
    found: list[Found] = []
    latest = rows[:MAX_LOGS]
    for first in range(0, len(latest), AT_ONCE):
        part = latest[first : first + AT_ONCE]
        searched += len(part)
        logs = await asyncio.gather(*(transcript.read(store, row.contact) for row in part))
        for row, lines in zip(part, logs, strict=True):
            said = [line for line in lines if wanted in line.text.casefold()]
            if said:
                last = said[-1]
                found.append(
                    Found(row.contact, row.channel, row.identity, last.at, last.who, last.text)
                )
        if len(found) >= MAX_FOUND:
            break
    return {"searched": searched, "rows": found[:MAX_FOUND]}
