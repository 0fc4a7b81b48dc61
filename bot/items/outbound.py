"""The stored form of a committed reply, as the outbox keeps it until it has left."""

from typing import Any, Literal

import msgspec

from bot.contact.address import Address

Kind = Literal["message", "event", "forward"]


class OutboundEntry(msgspec.Struct, omit_defaults=True):
    """A committed reply. `body` is the whole request; `flow` and `state` say where it was said.

    A `forward` goes to the person who has taken the contact over, the others to the contact.
    `channel` is the one that the author asked for, empty for the one last heard from. An entry is
    `proactive` if nothing that the contact did set it off. A `reminder` isn't sent to a contact who
    has answered meanwhile, or is elsewhere. `despite_stop` answers a STOP. `outside` is what
    becomes of a message outside the channel's window: a word that the settings know too, or an
    AppMessage to send in its place; if empty, the settings say. `epoch` is the store's in which
    it was committed: in a later one it may have been sent without a trace. It isn't sent more than
    `max_age_s` after `since`, when what it is about happened; 0 is no limit.
    """

    body: msgspec.Raw
    address: Address
    at: float
    kind: Kind = "message"
    flow: str = ""
    state: str = ""
    channel: str = ""
    proactive: bool = False
    reminder: bool = False
    despite_stop: bool = False
    outside: str | dict[str, Any] = ""
    epoch: int = 0
    since: float = 0.0
    max_age_s: float = 0.0


_decoder = msgspec.json.Decoder(OutboundEntry)
encode = msgspec.json.encode


def decode(raw: bytes) -> OutboundEntry:
    """Read an entry; it was written by this module, so a fault is a `msgspec.DecodeError`."""
    return _decoder.decode(raw)


def entry_id(turn_id: str, number: int, run: int = 0, broadcast: str = "") -> str:
    """Return the id of a turn's reply: no blank in it, since it is the first word of the metadata.

    It names the run that said the reply, if reports about it are for that run, and the tag of the
    broadcast that it belongs to.
    """
    id = f"{turn_id}-{number}"
    if broadcast:
        return f"{id}-{run}-{broadcast}"
    return f"{id}-{run}" if run else id


def run_of(metadata: str) -> int:
    """Return the run that a message with this metadata came from; 0 if it names none."""
    parts = metadata.partition(" ")[0].split("-")
    return int(parts[2]) if len(parts) in (3, 4) and parts[2].isdecimal() else 0


def broadcast_of(metadata: str) -> str:
    """Return the tag of the broadcast that a message with this metadata belongs to, if any."""
    parts = metadata.partition(" ")[0].split("-")
    return parts[3] if len(parts) == 4 else ""
