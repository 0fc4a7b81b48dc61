"""The log of a contact's turns: the item, the replies, and the states entered.

Transcripts, exports and replays are made from the log. Settings limit the log's length and age.
Entries are JSON, compressed with a dictionary of their common parts.
"""

import zlib
from collections.abc import Sequence
from typing import Any

import msgspec

from bot.contact.session import Chain, Run, Session


class Said(msgspec.Struct, omit_defaults=True):
    """A reply in the log: its entry's id, and the AppMessage or app event as JSON."""

    id: str
    content: dict[str, Any]


class LoggedData(msgspec.Struct, frozen=True):
    """The contact's data without secrets. `version` is the version of the data's type."""

    version: int
    values: dict[str, Any]


class TurnLogEntry(msgspec.Struct, omit_defaults=True):
    """One turn. `item` is the inbound item as it was accepted. `at` is in Unix seconds.

    - `burst`: the other items of a burst; None if the turn handled no burst.
    - `path`: the states entered, as `flow/state`.
    - `chains`: the stack after the turn.
    - `finished`: the data of a flow that ended in this turn.
    - `once`: the results of `Turn.once` by key.
    - `contact_data`: the contact's data before the turn, if the turn has changed it.
    - `heard`: the transcript of a recording.
    - `dropped`: why unsent replies were deleted, by the ids of their entries.
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
    dropped: dict[str, str] = {}

    @property
    def items(self) -> list[bytes]:
        """All inbound items of the turn, in order."""
        return [bytes(each) for each in (self.item, *(self.burst or ()))]

    @property
    def begins(self) -> bool:
        """Whether the conversation begins in this turn, so all runs of the stack are new."""
        runs = self.runs
        return bool(runs) and all(run.entered == self.turn and not run.trail for run in runs)

    @property
    def runs(self) -> list[Run]:
        """All runs of the stack at the end of the turn, the active run last."""
        return [run for chain in self.chains for run in chain.runs]


_decoder = msgspec.json.Decoder(TurnLogEntry)
_encode_json = msgspec.json.encode

_DICTIONARY = (
    b'"callback":{"app_id": "01", "accepted_time": "20-01-01T00:00:00.000Z", "event_time": '
    b'"20-01-01T00:00:00.000Z", "project_id": "", "message": {"id": "01", "direction": "TO_APP", '
    b'"contact_message": {"text_message": {"text": ""}}, "channel_identity": {"channel": "SMS", '
    b'"identity": "", "app_id": ""}, "conversation_id": "01", "contact_id": "01", "metadata": "", '
    b'"accept_time": "20-01-01T00:00:00.000Z", "sender_id": "", "processing_mode": "CONVERSATION"}'
    b', "message_metadata": "", "correlation_id": ""}}'
    b'"once":{"finished":{"burst":[{"runs":[{"flow":"","state":"","id":,"entered":,"asked_at":1,'
    b'"graph":"","data":{"trail":[{"state":"","entered":,"added":[""]}],"shown":["yes","no"],'
    b'"shown_on":"SMS"}],"asked_at":1}]}"path":["","/end"],"chains":[{"runs":[{"flow":"'
    b'"said":[{"id":"01","content":{"card_message":{"media_message":{"url":"https://'
    b'"choice_message":{"text_message":{"text":""},"choices":[{"text_message":{"text":""},'
    b'"postback_data":"v2/"location_message":{"title":"","coordinates":{"latitude":,"longitude":'
    b'"timer":{"name":"","event":{"name":""},"address":{"contact_id":"","channel":"","identity":""'
    b'"choice_response_message":{"message_id":"","postback_data":"v2/"event":{"id":""'
    b'"message_delivery_report":{"message_id":"","conversation_id":"","status":"DELIVERED",'
    b'"channel_identity":{"channel":"WHATSAPP","identity":"","app_id":""},"contact_id":"",'
    b'"metadata":"","processing_mode":"CONVERSATION"},"message_metadata":"","correlation_id":""}}'
    b'{"turn":1,"at":17.25,"item":{"id":"MESSAGE_DELIVERY:01:READ:RCS"id":"MESSAGE_INBOUND:01",'
    b'"at":17.25,"callback":{"app_id":"01","accepted_time":"20-01-01T00:00:00.000Z","event_time":'
    b'"20-01-01T00:00:00.000Z","project_id":"","message":{"id":"01","direction":"TO_APP",'
    b'"contact_message":{"text_message":{"text":""},"reply_to":null},"channel_identity":{"channel":'
    b'"SMS","identity":"","app_id":""},"conversation_id":"01","contact_id":"01","metadata":"",'
    b'"accept_time":"20-01-01T00:00:00.000Z","sender_id":"","processing_mode":"CONVERSATION",'
    b'"injected":false},"message_metadata":"","correlation_id":""}}'
)
"""The compression dictionary: common parts of entries.

The dictionary contains a callback with spaces between the fields and a callback without spaces,
because the API's documentation does not say how the API writes JSON.

Entries are too short to compress well without the dictionary. Stored entries cannot be read with
another dictionary.
"""

_compressor = zlib.compressobj(1, zlib.DEFLATED, 12, 5, zlib.Z_DEFAULT_STRATEGY, _DICTIONARY)
_decompressor = zlib.decompressobj(12, _DICTIONARY)


def encode(record: TurnLogEntry) -> bytes:
    """Return the stored form of a record: its JSON, compressed to about a quarter of its size."""
    compressor = _compressor.copy()
    return compressor.compress(_encode_json(record)) + compressor.flush()


def decode(raw: bytes) -> TurnLogEntry:
    """Read a stored record."""
    return _decoder.decode(as_json(raw))


def as_json(raw: bytes) -> bytes:
    """Return the JSON of a stored record."""
    return _decompressor.copy().decompress(raw)


def oldest_first(log: Sequence[bytes]) -> list[TurnLogEntry]:
    """Return the turns of a contact's log, oldest first. `log` is the stored log, newest turn
    first.
    """
    return [decode(line) for line in reversed(log)]


def data_before(log: Sequence[TurnLogEntry], session: Session) -> tuple[dict[str, Any], int]:
    """Return the contact's data before the log's first turn, and the data's version.

    `session` is the contact's session after the log's last turn.
    """
    for each in log:
        if each.contact_data:
            return each.contact_data.values, each.contact_data.version
    return session.data, session.data_version
