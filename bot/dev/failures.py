"""Failed turns: the error, the line that raised it, and the messages that started the turn."""

from collections.abc import Callable
from contextlib import suppress

import msgspec

from bot import callbacks
from bot.callbacks import NOT_READ
from bot.emulator import Platform
from bot.errors import Malformed
from bot.items import inbound
from bot.items.inbound import Item
from bot.ops import transcript
from bot.outbox import dead_letter
from bot.store import Store
from bot.telemetry.redaction import summarize_error

MAX_FAILURES = 20
"""Maximum number of failures that are returned for a contact. Failures of the oldest dead letters
are left out.
"""


class Failure(msgspec.Struct):
    """A failed turn.

    `messages` are the ids of the contact's messages in the turn, and `heard` are their texts.
    `error` has the error's type and text, and `place` the line that raised it. `letter` is the id
    of the dead letter; "" while the turn is retried.
    """

    at: float
    messages: list[str]
    error: str
    place: str = ""
    tries: int = 1
    letter: str = ""
    heard: list[str] = []


class Failures:
    """The failed turns of contacts.

    `tell` is called with the error and the contact of each failure.
    """

    def __init__(self, store: Store, platform: Platform, tell: Callable[..., None]) -> None:
        self._store = store
        self._platform = platform
        self._tell = tell
        self._tried: dict[tuple[str, str], Failure] = {}
        """The failures since the start of the process, by contact and item id."""

    def note(self, contact: str, item: Item, error: BaseException) -> None:
        """Record that a turn of the contact has failed."""
        text, place = summarize_error(error)
        known = self._tried.get((contact, item.id))
        raw = [inbound.encode(item)]
        self._tried[contact, item.id] = Failure(
            self._platform.core.now(),
            list(_messages(raw)),
            text,
            place,
            known.tries + 1 if known else 1,
            heard=_heard(raw),
        )
        self._tell("fault", text="\n".join(filter(None, (self._title(contact), text, place))))
        self._tell("failure", contact=contact)

    async def of(self, contact: str) -> list[Failure]:
        """Return the contact's failed turns that are retried or given up.

        Turns that are retried are first. Turns that were given up follow, newest first.
        """
        found = []
        for raw in await self._store.reader.inbox(contact):
            with suppress(*NOT_READ):
                if failure := self._tried.get((contact, inbound.decode(raw).id)):
                    found.append(failure)
        async for letter in self._store.admin.dead_letters_of(contact):
            if len(found) == MAX_FAILURES:
                break
            report = dead_letter.decode(letter.letter)
            if report.kind == "turn":
                error = report.error or report.reason
                found.append(
                    Failure(
                        letter.at,
                        _messages(letter.items),
                        error,
                        report.place,
                        report.tries,
                        letter.id,
                        _heard(letter.items),
                    )
                )
        return found

    def _title(self, contact: str) -> str:
        known = self._platform.state.contacts.get(contact)
        phones = known["channel_identities"] if known else []
        names = [f"{one['channel']} {one['identity']}" for one in phones] or [contact]
        return f"A turn of {', '.join(names)} failed"


def _heard(items: list[bytes]) -> list[str]:
    """For each readable item, return the contact's text, or a word for another cause of the
    turn.
    """
    found = []
    for raw in items:
        with suppress(*NOT_READ, Malformed):
            found.append(transcript.of_item(raw))
    return found


def _messages(items: list[bytes]) -> list[str]:
    """Return the ids of the contact's messages among these items."""
    found = []
    for raw in items:
        with suppress(*NOT_READ, Malformed):
            item = inbound.decode(raw)
            callback = callbacks.decode(bytes(item.callback)) if item.callback else None
            if callback and callback.message:
                found.append(callback.message.id)
    return found
