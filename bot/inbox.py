"""What waits for a contact's turn: callbacks, timers, and what operators and authors put in.

Everything that can move a flow becomes an `Item` here, and each item becomes one turn. The webhook
and the commands write them, the worker reads them.
"""

from typing import Any, Literal

import msgspec

from bot.address import Address


class Timer(msgspec.Struct, frozen=True, omit_defaults=True):
    """A timer of the state that was entered in turn `entered`."""

    name: str
    entered: int


class Start(msgspec.Struct, omit_defaults=True):
    """Begin `flow` with `data`, whatever is under way."""

    flow: str
    data: dict[str, Any] = {}


class Happening(msgspec.Struct, omit_defaults=True):
    """Something other than a message: an author's own event, or one of the framework's."""

    name: str
    data: dict[str, Any] = {}


class Command(msgspec.Struct, omit_defaults=True):
    """What an operator wants done with the contact.

    `pause` silences the bot, for `reason`; `resume` lets it go on where it was; `move` puts the
    contact into `state` of `flow`, which then begins to talk.
    """

    do: Literal["pause", "resume", "move"]
    reason: str = ""
    flow: str = ""
    state: str = ""


class Item(msgspec.Struct, omit_defaults=True):
    """One thing to be handled in one turn: exactly one of the optional fields is set.

    `at` is when it was accepted, in Unix seconds. `address` says whom it concerns where no callback
    does.
    """

    id: str
    at: float = 0
    callback: msgspec.Raw = msgspec.Raw()
    timer: Timer | None = None
    start: Start | None = None
    event: Happening | None = None
    command: Command | None = None
    address: Address | None = None


_decoder = msgspec.json.Decoder(Item)
encode = msgspec.json.encode


def of_timer(timer: Timer, due: float) -> bytes:
    """The item that a timer becomes when it is due (Unix seconds)."""
    return encode(Item(id=f"timer:{timer.name}:{timer.entered}", at=due, timer=timer))


def decode(raw: bytes) -> Item:
    """Read an item; it was written by this module, so a fault is a `msgspec.DecodeError`."""
    return _decoder.decode(raw)
