"""The stored form of a committed reply in the outbox."""

from typing import Any, Literal

import msgspec

from bot.contact.address import Address

Kind = Literal["message", "event", "forward"]


class OutboundEntry(msgspec.Struct, omit_defaults=True):
    """A committed reply. `body` is the whole request.

    `flow` and `state` belong to the run that sent the reply.

    - A `forward` is for the person who handles the contact. All other entries are for the contact.
    - `channel` is the channel that the author requested; "" means the channel of the contact's last
      message.
    - An entry is `proactive` if the contact did nothing to cause the entry.
    - A `reminder` is not sent if the contact has answered meanwhile, or is in another state.
    - `despite_stop` is set for the reply to a STOP.
    - `outside` is what happens outside the channel's messaging window: a value of
      BOT_OUTSIDE_WINDOW, or an AppMessage to send instead. "" means the setting's value.
    - `epoch` is the epoch of the contact's shard at the commit. A new epoch begins when the shard's
      data moves to another server process. Such a move may lose the record that the reply was sent.
    - `expires_at` is the Unix second from which the reply is too old to be sent; 0 means no limit.
    - `turn` is the number of the contact's turn that has asked the question; 0 if the entry is no
      question.
    - A reply with a `purpose` is only sent if the contact's consent to that purpose allows it.
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
    expires_at: float = 0.0
    purpose: str = ""
    turn: int = 0


_decoder = msgspec.json.Decoder(OutboundEntry)
encode = msgspec.json.encode


def decode(raw: bytes) -> OutboundEntry:
    """Decode an entry that this module wrote.

    Raises:
        msgspec.DecodeError: the entry is damaged.
    """
    return _decoder.decode(raw)


def entry_id(turn_id: str, number: int, run: int = 0, broadcast: str = "", visit: int = 0) -> str:
    """Return the id of a turn's reply.

    The id has no space, because it is the first word of the metadata. The id contains three more
    values, as far as they are known: the run that gets reports about the reply, the tag of the
    reply's broadcast, and `visit`. `visit` is the turn in which the state of the reply's question
    was entered.
    """
    id = f"{turn_id}-{number}"
    if run and visit:
        return f"{id}-{run}-{broadcast}-{visit}"
    if broadcast:
        return f"{id}-{run}-{broadcast}"
    return f"{id}-{run}" if run else id


def run_of(metadata: str) -> int:
    """Return the run that sent the message with this metadata; 0 if the metadata names no run."""
    parts = metadata.partition(" ")[0].split("-")
    return int(parts[2]) if len(parts) in (3, 4, 5) and parts[2].isdecimal() else 0


def broadcast_of(metadata: str) -> str:
    """Return the tag of the broadcast of the message with this metadata; "" if there is none."""
    parts = metadata.partition(" ")[0].split("-")
    return parts[3] if len(parts) in (4, 5) else ""


def question_of(metadata: str) -> tuple[int, int]:
    """Return the run of the question with this metadata, and the turn in which the question's state
    was entered.

    Return (0, 0) if the message is not a question.
    """
    parts = metadata.partition(" ")[0].split("-")
    is_question = len(parts) == 5 and parts[2].isdecimal() and parts[4].isdecimal()
    return (int(parts[2]), int(parts[4])) if is_question else (0, 0)
