"""Items that wait for a contact's turn: callbacks, timers, and requests of operators and programs.

Anything that can move a flow is stored as an `Item`. Each item is handled in one turn. The webhook
and the commands write items, and the worker reads them.
"""

from typing import Any, Literal

import msgspec

from bot.contact.address import Address
from bot.contact.session import Starter, Timer, Waiting
from bot.messages import Agent, Message, Template, TemplateReference, as_message


class StartFlow(msgspec.Struct, omit_defaults=True):
    """Start `flow` with `data` above the active flow. With `replace`, all other runs end first.

    `data` is in the stored form of the flow's `version`. The flow starts in `state`; "" means the
    flow's first state. `by` is the requester. `broadcast` is the tag of the broadcast that starts
    the flow, and `fallback` is the channel to try if the contact's channel fails.
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
    """An event of a program, a flow or the framework, other than a message.

    If a flow scheduled the event, `scheduled` is the event's name in the session. `run` is the run
    that the event is for; 0 means any run. `expires_s` is how many seconds the event waits for its
    flow. Events form a row if a handler of each event schedules the next event without a delay.
    `rounds` is the number of events before this event in its row.
    """

    name: str
    data: dict[str, Any] = {}
    scheduled: str = ""
    run: int = 0
    expires_s: float = 0.0
    rounds: int = 0

    @property
    def is_of_program(self) -> bool:
        """Whether a program has triggered the event."""
        return not self.scheduled and self.name != "failed"


class OperatorCommand(msgspec.Struct, omit_defaults=True):
    """An operator's command for the contact.

    `pause` hands the contact over to a person, for `reason`. `resume` lets the bot continue, in
    `state` if `state` is set. `move` puts the contact into `state` of `flow`, where the
    conversation continues. `merge` ends the flows of a contact that no longer exists, because Sinch
    has merged it into `into`. `cancel` ends `run`, which the canceled broadcast with the tag
    `broadcast` has started.
    """

    do: Literal["pause", "resume", "move", "merge", "cancel"]
    reason: str = ""
    flow: str = ""
    state: str = ""
    into: Address | None = None
    run: int = 0
    broadcast: str = ""


class MergedState(msgspec.Struct, omit_defaults=True):
    """The state of a merged contact that the remaining contact takes over.

    `merged_from` lists the merged contact's keys, the latest key last. `opted_out` lists the
    purposes that the merged contact opted out of.
    """

    has_stopped: bool = False
    language: str = ""
    zone: str = ""
    merged_from: list[str] = []
    waiting: list[Waiting] = []
    data: dict[str, Any] = {}
    data_version: int = 1
    opted_out: list[str] = []


class SayText(msgspec.Struct, omit_defaults=True):
    """Send a text or a template, whatever flow is active.

    `agent` is the person who writes the text. `purpose` is the message's purpose, or "".
    `broadcast` and `fallback` have the same meaning as in `StartFlow`.
    """

    text: str = ""
    template: TemplateReference | None = None
    template_channel: str = ""
    agent: Agent | None = None
    broadcast: str = ""
    fallback: str = ""
    purpose: str = ""

    def message(self) -> Message:
        """Return the message to send.

        A template is stored at `template_channel`; "" means at Sinch.

        Raises:
            MessageError: the text is empty.
        """
        if self.template is None:
            return as_message(self.text)
        if self.template_channel:
            return Template(channel_template={self.template_channel: self.template})
        return Template(self.template)


class Item(msgspec.Struct, omit_defaults=True):
    """One item to handle in one turn. Exactly one of the optional fields is set.

    `at` is the time of acceptance, in Unix seconds. `address` is the contact's address, unless the
    callback names the contact. `traceparent` is the trace of the program that requested the item.
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
    """Return the encoded item of a timer that is due at `due`, in Unix seconds."""
    id = f"timer:{timer.key}:{timer.entered}"
    return encode(Item(id=id, at=due, timer=timer))


def of_schedule(event: CustomEvent, due: float) -> bytes:
    """Return the encoded item of a scheduled event that is due at `due`, in Unix seconds."""
    return encode(Item(id=f"event:{event.scheduled}:{due}", at=due, event=event))


def decode(raw: bytes) -> Item:
    """Decode an item that this module wrote.

    Raises:
        msgspec.DecodeError: the item is damaged.
    """
    return _decoder.decode(raw)
