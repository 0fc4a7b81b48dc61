"""The log of a contact's turns: the item, the replies, and the states entered.

Transcripts, exports and replays are made of it. The settings limit its length and age.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from bot.contact.session import Chain, Run, Session


class Said(msgspec.Struct, omit_defaults=True):
    """A reply: its entry's id, and the AppMessage or app event as JSON."""

    id: str
    content: dict[str, Any]


class LoggedData(msgspec.Struct, frozen=True):
    """The contact's data as `version` of its type has it, without secrets."""

    version: int
    values: dict[str, Any]


class TurnLogEntry(msgspec.Struct, omit_defaults=True):
    """One turn. `item` is the inbound item as it was accepted. `burst` are the further items of a
    burst, None if the turn waited for no more. `path` lists the states entered, as `flow/state`.
    `chains` is the stack afterwards. `finished` is the data of a flow that ended in this turn.
    `once` has the results of `Turn.once` by key. `contact_data` is the contact's data before the
    turn, if the turn has changed it. `heard` is what the contact said in a recording. `at` is in
    Unix seconds.
    """

    turn: int
    at: float
    item: msgspec.Raw
    burst: list[msgspec.Raw] | None = None
    said: list[Said] = []
    path: list[str] = []
    chains: list[Chain] = []
    finished: dict[str, Any] | None = None
    once: dict[str, msgspec.Raw] = {}
    contact_data: LoggedData | None = None
    heard: str = ""

    @property
    def items(self) -> list[bytes]:
        """All inbound items of the turn, in order."""
        return [bytes(each) for each in (self.item, *(self.burst or ()))]

    @property
    def begins(self) -> bool:
        """Whether all runs were started in this turn."""
        runs = self.runs
        return bool(runs) and all(run.entered == self.turn and not run.trail for run in runs)

    @property
    def runs(self) -> list[Run]:
        """All runs afterwards, the active one last."""
        return [run for chain in self.chains for run in chain.runs]


_decoder = msgspec.json.Decoder(TurnLogEntry)
encode = msgspec.json.encode

_ITEM = b'"item":'


def parts(record: TurnLogEntry, *, whole: bool) -> list[bytes]:
    """Return the encoded record, or its parts around the item, which the store inserts."""
    if whole:
        return [encode(record)]
    # Only numbers stand before the item, so nothing else looks like its key.
    encoded = encode(record)
    begin = encoded.index(_ITEM) + len(_ITEM)
    end = begin + len(bytes(record.item))
    return [encoded[:begin], encoded[end:]]


def decode(raw: bytes) -> TurnLogEntry:
    """Read a stored record."""
    return _decoder.decode(raw)


def oldest_first(log: Sequence[bytes]) -> list[TurnLogEntry]:
    """Decode a contact's log, which the store returns newest first."""
    return [decode(line) for line in reversed(log)]


def data_before(log: Sequence[TurnLogEntry], session: Session) -> tuple[dict[str, Any], int]:
    """Return the contact's data before the first of these turns, and its version. `session` is what
    came of them.
    """
    for each in log:
        if each.contact_data:
            return each.contact_data.values, each.contact_data.version
    return session.data, session.data_version
