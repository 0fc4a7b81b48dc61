"""`bot replay`: runs logged turns on the present code and tells where replies or states differ.

Each turn is run by itself, on the session that the log says it found, so one difference doesn't
draw others after it. Nothing is changed: nothing is written to the store, nothing is sent, results
of `turn.once` come from the log, and connections to other hosts are refused.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import unified_diff
from typing import Any

import msgspec

from bot import callbacks, inbox
from bot.engine import Engine
from bot.errors import BotError
from bot.flow.load import load_flows
from bot.postback import Postback, Postbacks
from bot.record import Record, decode
from bot.session import Frame, Pause, Session
from bot.session import decode as decode_session
from bot.settings import Secret, Settings
from bot.store import Store
from bot.testing.chat_file import Entry, Standing, write_entries
from bot.testing.guard import no_connections
from bot.testing.replies import options_of, reply_of
from bot.turn import Turn


class NotReplayable(BotError):
    """The turn wants something that the log doesn't hold."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One turn that goes another way now; `lines` are `-` for the log and `+` for the present."""

    contact: str
    at: float
    lines: list[str]


@dataclass(slots=True)
class Report:
    """What a replay saw."""

    turns: int = 0
    contacts: int = 0
    differences: list[Difference] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    """Turns that couldn't be run, with the reason."""


async def replay(settings: Settings, since: float, contacts: Sequence[str] = ()) -> Report:
    """Run the logged turns since that instant (Unix seconds), of all contacts or of those named.

    Raises:
        FlowError: the flows can't be loaded.
        StoreError: the store is away.
    """
    postbacks = _LoggedPostbacks(settings.webhook_secrets)
    engine = Engine(load_flows(settings.flows), postbacks, settings.language)
    engine.services = _NoServices()
    report = Report()
    store = await Store.open(settings)
    try:
        async for contact in _named(store, contacts):
            await _replay_contact(engine, store, contact, since, report)
    finally:
        await store.close()
    return report


async def _named(store: Store, contacts: Sequence[str]) -> AsyncIterator[str]:
    if contacts:
        for contact in contacts:
            yield contact
        return
    async for contact in store.contacts():
        yield contact


async def _replay_contact(
    engine: Engine, store: Store, contact: str, since: float, report: Report
) -> None:
    raw = await store.session(contact)
    records = [decode(line) for line in reversed(await store.log(contact))]
    if raw is None or not records:
        return
    report.contacts += 1
    kept = decode_session(raw)
    if isinstance(engine.postbacks, _LoggedPostbacks):
        said = [content for record in records for content in record.said]
        engine.postbacks.ours = {text for each in said for _, text in options_of(each.content)}
    session = Session(kept.address, language=kept.language, zone=kept.zone)
    for number, record in enumerate(records):
        is_known = number > 0 or record.turn == 1 or _begins(record)
        before = records[number - 1].frames if number else []
        if is_known and record.at >= since:
            await _replay_turn(engine, session, before, record, contact, report)
        _follow(session, record)


async def _replay_turn(
    engine: Engine,
    session: Session,
    frames: list[Frame],
    record: Record,
    contact: str,
    report: Report,
) -> None:
    item = inbox.decode(bytes(record.item))
    callback = callbacks.decode(bytes(item.callback)) if item.callback else None
    found = msgspec.json.decode(msgspec.json.encode(session), type=Session)
    found.turn = record.turn - 1
    found.frames = msgspec.json.decode(msgspec.json.encode(frames), type=list[Frame])
    found.timers = [item.timer] if item.timer else []
    turn = Turn(found, item, callback, record.at, _LoggedJournal(record.once))
    report.turns += 1
    try:
        with no_connections():
            await engine.run(turn)
    except NotReplayable as fault:
        report.skipped.append(f"{contact} at {_time(record.at)}: {fault}")
        return
    except Exception as fault:
        # An author's functions may raise anything; that is the difference to tell.
        came = [f"! {type(fault).__name__}: {fault}"]
    else:
        came = _lines([r.content.to_json() for r in turn.replies], found.frames, session)
    logged = _lines([said.content for said in record.said], record.frames, session)
    if came != logged:
        diff = list(unified_diff(logged, came, lineterm="", n=1))[3:]
        report.differences.append(Difference(contact, record.at, diff))


def _follow(session: Session, record: Record) -> None:
    """Keep what a later turn finds beside its frames: whether a person has taken over."""
    if "handoff" in record.path:
        session.pause = Pause(since=record.at)
    elif record.path:
        session.pause = None


def _begins(record: Record) -> bool:
    return bool(record.frames) and all(
        frame.entered == record.turn and not frame.trail for frame in record.frames
    )


def _lines(said: Sequence[Mapping[str, Any]], frames: Sequence[Frame], on: Session) -> list[str]:
    """Replies and standing as a `.chat` file has them."""
    entries: list[Entry] = [
        reply_of(each, on.address.channel)
        for each in said
        if any(name.endswith("_message") for name in each)
    ]
    frame = frames[-1] if frames else None
    entries.append(Standing(f"{frame.flow}/{frame.state}" if frame else "no flow"))
    return write_entries(entries)


class _LoggedPostbacks(Postbacks):
    """Takes the buttons that the log holds for the bot's own, whatever secret signed them then."""

    def __init__(self, secrets: Sequence[Secret]) -> None:
        super().__init__(secrets)
        self.ours: set[str] = set()

    def read(self, contact: str, text: str) -> Postback | None:
        found = super().read(contact, text)
        return self.unsigned(text) if found is None and text in self.ours else found


class _LoggedJournal:
    """Gives what `Turn.once` gave then; what isn't in the log is not called."""

    def __init__(self, once: Mapping[str, msgspec.Raw]) -> None:
        self._once = once

    async def read(self, key: str) -> bytes | None:
        if key not in self._once:
            raise NotReplayable(f"it calls {key.partition(':')[2]}, which the log has no result of")
        return bytes(self._once[key])

    async def write(self, key: str, value: bytes) -> None:
        raise NotReplayable(f"{key} isn't in the log")


class _NoServices(dict[str, Any]):
    def __missing__(self, name: str) -> Any:
        raise NotReplayable(f"it wants the service {name!r}, which isn't opened here")


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def told(report: Report) -> list[str]:
    """The report for the terminal."""
    lines: list[str] = []
    for each in report.differences:
        lines += [f"{each.contact} at {_time(each.at)}", *(f"  {line}" for line in each.lines)]
    lines += [f"not run: {each}" for each in report.skipped]
    differ = len(report.differences)
    lines.append(
        f"{report.turns} turns of {report.contacts} contacts: {differ or 'none'}"
        f" {'differs' if differ == 1 else 'differ'}, {len(report.skipped)} not run"
    )
    return lines
