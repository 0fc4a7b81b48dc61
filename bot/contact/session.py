"""The session: the state of one contact between turns, as JSON that `redis-cli` can show.

A session holds a stack of chains. A chain consists of runs of flows; each run has called the next
one. The last run of the last chain is the active run. A contact with an empty stack has no active
flow.
"""

from collections.abc import Collection
from typing import Any, Literal, NamedTuple, TypeVar, get_args

import msgspec

from bot.contact.address import Address
from bot.errors import FlowError, LaterSession, UnreadableSession
from bot.messages.app_message import Agent

SCHEMA = 2
"""Number of the stored format.

A release that changes the format raises the number, and still reads the earlier format.
"""

Starter = Literal["contact", "event", "program", "operator"]
"""Who or what started a chain. A contact starts a chain by a word, a message or a button."""


class Timer(msgspec.Struct, frozen=True, omit_defaults=True):
    """A timer of a state.

    `run` is the number of the run, and `entered` the number of the turn in which the run entered
    the state.
    """

    name: str
    entered: int
    run: int = 0

    @property
    def key(self) -> str:
        """The timer's name in the store. A contact has at most one timer of each name."""
        return f"{self.name}@{self.run}" if self.run else self.name


class Waiting(msgspec.Struct, omit_defaults=True):
    """An inbound item that waits in the session until Unix second `until`; 0 means without limit.

    `item` is the item in its stored form, `name` is the item's name in logs, and `at` is the time
    of the item's acceptance.
    """

    item: msgspec.Raw
    name: str
    at: float
    until: float = 0.0


class Asked(msgspec.Struct, omit_defaults=True):
    """An entry of a trail: a question that a run has passed, or a call that has returned.

    - `entered`: the turn in which the state was entered.
    - `is_left`: whether the question was left without an answer, by a time-out, too many attempts
      or an event.
    - `is_reopened`: whether the question must be asked again, because its answer no longer fits, or
      because another question must be asked before the contact can change the answer.
    - `undo`, `added`: the former values of the data fields that the answer changed, and the names
      of the data fields that the answer added. `undo` and `added` together restore the data.
    - `called`: the called run in its last state.
    """

    state: str
    entered: int = 0
    is_left: bool = False
    is_reopened: bool = False
    undo: dict[str, Any] = {}
    added: list[str] = []
    called: "Run | None" = None


class Listing(msgspec.Struct, omit_defaults=True):
    """The options of a question as they were shown in the turn with the number `visit`.

    `keys` are in the order of their numbers, in pages of `size` keys. `page` is the index of the
    page that was shown last.
    """

    visit: int
    keys: list[str] = []
    size: int = 0
    page: int = 0

    @property
    def last(self) -> int:
        """The number of the last page."""
        return (len(self.keys) - 1) // self.size if self.size else 0

    @property
    def on_page(self) -> list[str]:
        """The keys on the last page shown."""
        return self.keys[self.page * self.size : (self.page + 1) * self.size]


class Run(msgspec.Struct, omit_defaults=True):
    """One execution of a flow.

    - `entered`: the number of the turn in which `state` was entered. This number is called the
      visit. Timers and buttons contain this number.
    - `asked_at`: when the question was last sent; 0 if it has not been asked yet.
    - `attempts`: the number of answers to the question that were not understood.
    - `start`: the data that the run was started with.
    - `trail`: the passed questions and returned calls, oldest first.
    - `resume`, `changed`, `replaces`: set while an earlier answer is changed. `resume` is the state
      to return to. `changed` is the index in the trail at which the next answer is stored.
      `replaces` is True if the old answer to the current question is at this index.
    - `aside`: the called runs that the change of an earlier answer has interrupted.
    - `left`: the state that led to a pending hand-over.
    - `gave_up`: whether the last question was left by a time-out or too many attempts.
    - `unfit`: data that no longer fits the flow and that no question of the trail can ask for
      again.
    - `shown`, `shown_on`: the keys of the options as last sent, in the order of their numbers, and
      the channel on which they were sent.
    - `timed_at`: when the question's timers were last set.
    - `listing`: the pages of options that do not fit into one message.
    - `offered`: the options that an async function has returned: label, target and synonyms by key.
    - `held_until`: the Unix second at which a delayed question is sent, unless the contact writes
      before; 0 if the question was not delayed, or if the contact has written since.
    - `repeated_in`: the number of the turn in which the question was last repeated before the
      contact had seen it. Copies of earlier turns are not sent.
    """

    flow: str
    state: str
    id: int = 0
    is_called: bool = False
    version: int = 1
    entered: int = 0
    asked_at: float = 0.0
    attempts: int = 0
    graph: str = ""
    data: dict[str, Any] = {}
    start: dict[str, Any] = {}
    trail: list[Asked] = []
    resume: str = ""
    changed: int = 0
    replaces: bool = False
    aside: "list[Run]" = []
    left: str = ""
    gave_up: bool = False
    unfit: list[str] = []
    shown: list[str] = []
    shown_on: str = ""
    timed_at: float = 0.0
    listing: Listing | None = None
    offered: dict[str, tuple[str, str, tuple[str, ...]]] = {}
    held_until: float = 0.0
    repeated_in: int = 0


class Chain(msgspec.Struct, omit_defaults=True):
    """A chain of runs: each run has called the next one. The first run was not called.

    `asked_at` is when the chain first asked the contact a question; 0 means not yet.
    """

    runs: list[Run]
    by: Starter = "contact"
    asked_at: float = 0.0


class Where(NamedTuple):
    """The active flow and its state; both are empty if no flow is active."""

    flow: str = ""
    state: str = ""


class Pause(msgspec.Struct, omit_defaults=True):
    """A hand-over: the bot is silent while a person handles the contact. Times are Unix seconds.

    - `until`: when the bot continues; None means that no time is set.
    - `agent`: the person who handles the contact.
    - `error`, `place`: the type and the masked text of the exception that caused the hand-over, and
      the line that raised the exception; "" if no exception caused the hand-over.
    """

    since: float
    until: float | None = None
    reason: str = ""
    agent: Agent | None = None
    error: str = ""
    place: str = ""


class Tap(msgspec.Struct, frozen=True):
    """The last tap that was accepted: the button, and the time in Unix seconds."""

    run: int
    visit: int
    key: str
    at: float


Outcome = Literal["handled", "started", "waiting", "unhandled", "failed"]
"""The outcome of a program's event.

`handled`: a run has handled the event. `started`: the event has started a flow. `waiting`: the
event waits for its flow. `unhandled`: no flow handled the event. `failed`: the handler of the event
failed, and the event is not tried again.
"""

MAX_OUTCOMES = 20
"""Maximum number of programs' events whose outcomes a session stores."""


class BroadcastMark(msgspec.Struct, frozen=True, omit_defaults=True):
    """The last broadcast that the contact got: its tag and its time in Unix seconds.

    `answered` is True if the contact has written since. `turn` is the number of the turn in which
    the broadcast started a flow, `fallback` the second channel of the broadcast's messages.
    """

    tag: str
    at: float
    answered: bool = False
    turn: int = 0
    fallback: str = ""


Purpose = Literal["marketing", "notification"]
"""The purpose of an unprompted message."""


def require_purpose(purpose: str) -> str:
    """Return the purpose if it exists.

    Raises:
        FlowError: there is no such purpose.
    """
    if purpose not in get_args(Purpose):
        known = " and ".join(map(repr, get_args(Purpose)))
        raise FlowError(f"There is no purpose {purpose!r}. The purposes are {known}.")
    return purpose


class ConsentChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """A change of consent at Unix second `at`, to "in" or "out".

    - `purpose`: the purpose of the messages in question; "" means all messages.
    - `words`, `message_id`: the contact's text, and the id of the message with this text.
    - `asked`: whether the text answered the question whether to stop all messages.
    - `told`: the bot's last text before the contact's text.
    - `by`: who made the change. A contact has two keys: the contact's id in CONVERSATION mode, and
      the contact's identity in DISPATCH mode. "other key" means that the change was recorded under
      the other key.
    """

    at: float
    to: str
    by: Literal["contact", "platform", "program", "merge", "other key"]
    message_id: str = ""
    words: str = ""
    asked: bool = False
    told: str = ""
    purpose: str = ""


class Repeats(msgspec.Struct, omit_defaults=True):
    """Consecutive messages that look automatic, or that no flow and no keyword understood.

    `texts` has the checksums of the last different texts. `count` is the number of messages that
    look automatic or repeat one of these texts.
    """

    texts: list[int] = []
    count: int = 0


class Answers(msgspec.Struct, omit_defaults=True):
    """The number of replies, or of their SMS parts, since Unix second `since`.

    This number is compared with a limit of the settings. `is_reported` is True after the log has
    reported that the limit is reached.
    """

    since: float
    count: int = 0
    is_reported: bool = False


class Unhandled(msgspec.Struct, frozen=True):
    """An event of a program that no flow handled, and its time in Unix seconds."""

    event: str
    at: float
    reason: str


class Session(msgspec.Struct, omit_defaults=True):
    """The stored state of one contact. Times are Unix seconds.

    - `turn` counts the turns. `runs_started` is the number of the last run. A new run's number is
      greater than the Unix second in which the run starts. So if the contact is deleted and
      returns, its old buttons belong to no run.
    - `timers` are the timers of questions.
    - `waiting` has events and time-outs that wait for the end of a hand-over, for START or for a
      flow.
    - `tapped` is the last tap that was accepted.
    - `unhandled` has the last unhandled events. `outcomes` has the outcomes of programs' events by
      their ids.
    - `scheduled` has the times of events that flows have scheduled.
    - `heard` has the time of the last inbound message on each channel.
    - `sms_sender` is the bot's number that the contact last wrote to by SMS, if the bot can reply
      from this number.
    - `sent` has checksums of the last texts sent by SMS or MMS, which a reaction may quote.
    - `caption` has the checksum and time of the last caption of an MMS.
    - `said` has the last sent messages by the ids of their outbox entries, for flows
      that handle the event `failed`.
    - `answers` counts the replies in an hour, and `sms_parts` the SMS parts of replies in a day.
    - `data` is the contact data that all flows share, in version `data_version` of its type.
    - `broadcast` is the last broadcast. It is deleted after some days.
    - `schema` is the number of the stored format. The number is always written.
    - `held_until` is the Unix second until which the last unsent reply waits for the messaging
      window or for the end of quiet hours; 0 if the contact has written since.
    - `window_until` is the Unix second until which unsent replies wait for the messaging window; 0
      if the contact has written since.
    - `stop_asked_at` is when the contact was asked whether to stop all messages; 0 if the contact
      has written since.
    - `consent` is "in", "out", or "" if the contact has never opted in or out. `purposes` has the
      consent to each purpose in the same form.
    - `log_until` is the time until which the log of turns is stored; 0 if no turn was logged.
    - `merged_into` names the contact into which Sinch has merged this contact, for some days.
      `merged_from` has the keys of contacts that were merged into this contact.
    """

    address: Address
    schema: int = 0
    turn: int = 0
    runs_started: int = 0
    chains: list[Chain] = []
    timers: list[Timer] = []
    waiting: list[Waiting] = []
    tapped: Tap | None = None
    unhandled: list[Unhandled] = []
    outcomes: dict[str, Outcome] = {}
    scheduled: dict[str, float] = {}
    heard: dict[str, int] = {}
    sms_sender: str = ""
    sent: list[int] = []
    caption: list[int] = []
    said: dict[str, msgspec.Raw] = {}
    language: str = ""
    zone: str = ""
    data: dict[str, Any] = {}
    data_version: int = 1
    broadcast: BroadcastMark | None = None
    consent: str = ""
    purposes: dict[str, str] = {}
    consent_log: list[ConsentChange] = []
    held_until: float = 0.0
    window_until: float = 0.0
    stop_asked_at: float = 0.0
    repeats: Repeats | None = None
    answers: Answers | None = None
    sms_parts: Answers | None = None
    pause: Pause | None = None
    apologized: bool = False
    log_until: int = 0
    merged_into: Address | None = None
    merged_from: list[str] = []

    def note_outcome(self, id: str, outcome: Outcome) -> None:
        """Store the outcome of a program's event. Delete the oldest outcomes beyond
        `MAX_OUTCOMES`.
        """
        kept = {each: known for each, known in self.outcomes.items() if each != id}
        self.outcomes = dict([*kept.items(), (id, outcome)][-MAX_OUTCOMES:])

    @property
    def is_blank(self) -> bool:
        """Whether nothing needs to be stored, because the contact never wrote and no flow was
        started.
        """
        return self.broadcast is None and self.is_blank_but_for_broadcast

    @property
    def is_blank_but_for_broadcast(self) -> bool:
        """Whether the last broadcast is the only thing that needs to be stored."""
        known = (
            *(self.heard, self.consent, self.purposes, self.language, self.zone),
            *(self.scheduled, self.waiting, self.data),
        )
        return not (self.chains or self.pause or self.merged_into or self.merged_from or any(known))

    @property
    def runs(self) -> list[Run]:
        """All runs. The active run is the last."""
        return [run for chain in self.chains for run in chain.runs]

    @property
    def run(self) -> Run | None:
        """The active run, or None."""
        return self.chains[-1].runs[-1] if self.chains else None

    @property
    def where(self) -> Where:
        """The flow and state of the contact, for logs and texts."""
        run = self.run
        return Where(run.flow, run.state) if run else Where()

    @property
    def last_heard(self) -> int | None:
        """When the contact last wrote on any channel, in Unix seconds."""
        return max(self.heard.values(), default=None)

    def consents_to(self, purpose: str, opt_in_purposes: Collection[str]) -> bool:
        """Return whether messages of this purpose may be sent that do not answer the contact.

        Messages of the `opt_in_purposes` need an opt-in.
        """
        known = self.purposes.get(purpose, "")
        return known == "in" if purpose in opt_in_purposes else known != "out"


_decoder = msgspec.json.Decoder(Session)


def encode(session: Session) -> bytes:
    """Return the stored form: a JSON object without the fields that have their default values."""
    session.schema = SCHEMA
    return msgspec.json.encode(session)


def decode(raw: bytes) -> Session:
    """Read the stored form.

    Raises:
        LaterSession: a later release has written the session in a later schema.
        UnreadableSession: the bytes are not a session.
    """
    try:
        session = _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        _refuse_later(_part(raw, _Numbered, _Numbered()).schema)
        raise UnreadableSession(f"The stored session can't be read: {error}.") from error
    _refuse_later(session.schema)
    return session


def address_in(raw: bytes) -> Address | None:
    """Return the address in an unreadable session; None if the address can't be read either."""
    return _part(raw, _Addressed, _Addressed()).address


class _Numbered(msgspec.Struct):
    schema: int = 0


class _Addressed(msgspec.Struct):
    address: Address | None = None


_Part = TypeVar("_Part")


def _part(raw: bytes, kind: type[_Part], default: _Part) -> _Part:
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return default


def _refuse_later(schema: int) -> None:
    if schema > SCHEMA:
        raise LaterSession(
            f"A stored session has schema {schema}; this release reads up to {SCHEMA}."
            " Run the release that wrote the session, or a later release."
        )
