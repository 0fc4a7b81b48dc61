"""What waits for a contact's turn: callbacks, timers, and what operators and authors put in.

Everything that can move a flow becomes an `Item` here, and each item becomes one turn. The webhook
and the commands write them, the worker reads them.
"""

from typing import Any, Literal

import msgspec

from bot.contact.address import Address
from bot.contact.session import Starter, Timer, Waiting
from bot.messages import Agent, Message, Template, TemplateReference, as_message


class StartFlow(msgspec.Struct, omit_defaults=True):
    """Start `flow` with `data` above what is active; `replace` ends all other runs first.

    `data` is in the stored form of version `version` of the flow, which begins in `state`, or in
    its first state if that is empty. `by` is who wants it. `broadcast` is the tag of the broadcast
    that it is a part of, `fallback` the channel to try second.
    """

    flow: str
    data: dict[str, Any] = {}
    state: str = ""
    version: int = 1
    replace: bool = False
    by: Starter = "program"
    broadcast: str = ""
    fallback: str = ""


class CustomEvent(msgspec.Struct, omit_defaults=True):
    """Something other than a message: an author's own event, or one of the framework's.

    `scheduled` is the name in the session of one that a flow scheduled. `run` is the run that it
    is for, 0 for any. `expires_s` is how long it waits for its flow.
    """

    name: str
    data: dict[str, Any] = {}
    scheduled: str = ""
    run: int = 0
    expires_s: float = 0.0


class OperatorCommand(msgspec.Struct, omit_defaults=True):
    """What an operator wants done with the contact.

    `pause` silences the bot, for `reason`; `resume` lets it go on where it was, or in `state`;
    `move` puts the contact into `state` of `flow`, which then begins to talk; `merge` ends what
    is active for a contact that no longer exists because Sinch has merged it into `into`.
    """

    do: Literal["pause", "resume", "move", "merge"]
    reason: str = ""
    flow: str = ""
    state: str = ""
    into: Address | None = None


class MergedState(msgspec.Struct, omit_defaults=True):
    """What a merged contact leaves to the one it became: a STOP, its language and zone, and the
    data that flows keep of it. `merged_from` has the keys that it had, the last one at the end.
    """

    has_stopped: bool = False
    language: str = ""
    zone: str = ""
    merged_from: list[str] = []
    waiting: list[Waiting] = []
    data: dict[str, Any] = {}
    data_version: int = 1


class SayText(msgspec.Struct, omit_defaults=True):
    """Say a text or send a template, whatever flow is active; `agent` is the person who says it.

    `broadcast` and `fallback` are as for the start of a flow.
    """

    text: str = ""
    template: TemplateReference | None = None
    template_channel: str = ""
    agent: Agent | None = None
    broadcast: str = ""
    fallback: str = ""

    def message(self) -> Message:
        """What is said; a template is kept by `template_channel`, or where that is empty, by Sinch.

        Raises:
            MessageError: the text is empty.
        """
        if self.template is None:
            return as_message(self.text)
        if self.template_channel:
            return Template(channel_template={self.template_channel: self.template})
        return Template(self.template)


class Item(msgspec.Struct, omit_defaults=True):
    """One thing to be handled in one turn: exactly one of the optional fields is set.

    `at` is when it was accepted, in Unix seconds. `address` says whom it concerns where no callback
    does. `traceparent` is the trace of the program that asked for it.
    """

    id: str
    at: float = 0
    callback: msgspec.Raw = msgspec.Raw()
    timer: Timer | None = None
    start: StartFlow | None = None
    event: CustomEvent | None = None
    command: OperatorCommand | None = None
    say: SayText | None = None
    legacy: MergedState | None = None
    address: Address | None = None
    traceparent: str = ""


_decoder = msgspec.json.Decoder(Item)
encode = msgspec.json.encode


def of_timer(timer: Timer, due: float) -> bytes:
    """The item that a timer becomes when it is due (Unix seconds)."""
    id = f"timer:{timer.key}:{timer.entered}"
    return encode(Item(id=id, at=due, timer=timer))


def of_schedule(event: CustomEvent, due: float) -> bytes:
    """The item that a scheduled event becomes when it is due (Unix seconds)."""
    return encode(Item(id=f"event:{event.scheduled}:{due}", at=due, event=event))


def decode(raw: bytes) -> Item:
    """Read an item; it was written by this module, so a fault is a `msgspec.DecodeError`."""
    return _decoder.decode(raw)
