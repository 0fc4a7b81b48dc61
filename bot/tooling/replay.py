"""`bot replay`: runs logged turns with the current code, and reports different replies and states.

Each turn begins with the flows and data in its log entry, so one difference does not cause others.
All other state, such as a hand-over, comes from the turns replayed before. Nothing is written to
the store or sent. Results of `turn.once` come from the log, and connections to other hosts are
refused.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import unified_diff
from typing import Any

import msgspec

from bot import callbacks
from bot.clock import as_datetime
from bot.contact.session import Pause, Run, Session
from bot.contact.session import decode as decode_session
from bot.engine import releases
from bot.engine.engine import Engine
from bot.engine.machines import Limits
from bot.engine.secret_answers import AnswerCipher, is_secret_state
from bot.errors import BotError
from bot.flow.load import Flows, load_flows
from bot.items import inbound
from bot.items.turn_log import TurnLogEntry, data_before, oldest_first
from bot.ops.common import open_store
from bot.settings import Secret, Settings
from bot.store import Store
from bot.testing.bot_message import options_of, reply_of
from bot.testing.chat_file import Entry, Standing, write_entries
from bot.testing.network_guard import no_connections
from bot.testing.state_label import in_words
from bot.turn.effects import HANDED_BACK, TurnEffects
from bot.turn.postback import Postback, Postbacks


class NotReplayable(BotError):
    """The turn needs data that the log does not have."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A turn whose result now differs from the log.

    `lines` begin with `-` for the log and `+` for the current code.
    """

    contact: str
    at: float
    lines: list[str]


@dataclass(slots=True)
class Report:
    """The result of a replay."""

    turns: int = 0
    contacts: int = 0
    differences: list[Difference] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    """Turns that could not be run, with the reason."""


async def replay(settings: Settings, since: float, contacts: Sequence[str] = ()) -> Report:
    """Run the logged turns since `since` (Unix seconds), of all contacts or of the named contacts.

    Raises:
        FlowError: the flows cannot be loaded.
        StoreError: the store is unavailable.
    """
    replayer = _Replayer(settings, load_flows(settings.flows))
    async with open_store(settings) as store:
        async for contact in _named(store, contacts):
            raw = await store.reader.session(contact)
            records = oldest_first(await store.reader.log(contact))
            if raw is not None and records:
                await replayer.contact(contact, decode_session(raw), records, since)
    return replayer.report


async def _named(store: Store, contacts: Sequence[str]) -> AsyncIterator[str]:
    if contacts:
        for contact in contacts:
            yield contact
        return
    async for contact in store.reader.contacts():
        yield contact


class _Replayer:
    """Executes logged turns with the current flows in its own engine, and collects differences."""

    def __init__(self, settings: Settings, flows: Flows) -> None:
        self.report = Report()
        self._flows = flows
        self._max_replies = settings.max_replies
        self._seals = AnswerCipher(settings.secret_keys)
        self._postbacks = _LoggedPostbacks(settings.webhook_secrets)
        self._engine = Engine(
            flows,
            self._postbacks,
            settings.language,
            settings.handoff_s,
            settings.stop_words,
            Limits(settings.max_answers, settings.max_sms_parts),
            settings.zone,
            settings.opt_in_purposes,
        )
        self._engine.services = _NoServices()

    async def contact(
        self, name: str, kept: Session, records: Sequence[TurnLogEntry], since: float
    ) -> None:
        """Run one contact's logged turns, oldest first."""
        self.report.contacts += 1
        said = [content for record in records for content in record.said]
        self._postbacks.ours = {
            option.postback for each in said for option in options_of(each.content)
        }
        session = Session(kept.address, language=kept.language, zone=kept.zone)
        after: Session | None = None
        for number, record in enumerate(records):
            if after is None:
                session.consent = _consent_before(record.at, kept)
            session.data, session.data_version = data_before(records[number:], kept)
            is_known = number > 0 or record.turn == 1 or record.begins
            session.chains = records[number - 1].chains if number else []
            after = await self._turn(session, record, name, since) if is_known else None
            if after is None:
                _follow(session, record)
            else:
                session = after

    async def _turn(
        self, session: Session, record: TurnLogEntry, name: str, since: float
    ) -> Session | None:
        """Run a turn, and report a difference if the turn is not older than `since`.

        Return the session after the turn; None if the turn's effects differ from the log.
        """
        is_wanted = record.at >= since
        self.report.turns += is_wanted
        after = None
        said = [content.content for content in record.said]
        logged = _lines(said, record.runs, session)
        try:
            logged = _lines(said, self._in_present_names(session, record), session)
            came, after = await self._run(session, record)
        except NotReplayable as error:
            if is_wanted:
                self.report.skipped.append(f"{name} at {_time(record.at)}: {error}")
            return None
        except Exception as error:
            # An author's functions may raise anything. An exception is a difference to report.
            came = [f"! {type(error).__name__}: {error}"]
        if came == logged:
            return after
        if is_wanted:
            diff = list(unified_diff(logged, came, lineterm="", n=1))[3:]
            self.report.differences.append(Difference(name, record.at, diff))
        return None

    def _in_present_names(self, session: Session, record: TurnLogEntry) -> list[Run]:
        """Return the runs after the logged turn, migrated to the current flows."""
        after = Session(session.address, chains=record.chains)
        return releases.in_present_names(after, self._flows).runs

    async def _run(self, session: Session, record: TurnLogEntry) -> tuple[list[str], Session]:
        """Run a turn. Return its replies and state as lines, and the session after the turn."""
        item = inbound.decode(bytes(record.item))
        callback = callbacks.decode(bytes(item.callback)) if item.callback else None
        found = msgspec.json.decode(msgspec.json.encode(session), type=Session)
        found.turn = record.turn - 1
        # A new run must not get the number of a run in the log.
        found.runs_started = max([found.runs_started, *(run.id for run in found.runs)])
        found.timers = [item.timer] if item.timer else []
        if item.event and item.event.scheduled:
            found.scheduled[item.event.scheduled] = item.at
        if item.timer == HANDED_BACK and found.pause:
            found.pause.until = item.at
        if callback and callback.message and is_secret_state(found, self._flows):
            raise NotReplayable("the contact's answer is secret, so it isn't in the log")
        self._seals.open(found, self._flows)
        burst = self._engine.burst(found, item, callback, record.items)
        if burst.size < len(record.items):
            raise NotReplayable("the flow no longer combines the messages that this turn combined")
        journal = _LoggedJournal(record.once)
        effects = TurnEffects(
            *(found, burst.item, burst.callback, record.at, journal), max_replies=self._max_replies
        )
        effects.members, effects.others = burst.members, burst.others
        with no_connections():
            await self._engine.run(effects)
        said = [reply.content.to_json() for reply in effects.replies]
        return _lines(said, found.runs, session), found


def _follow(session: Session, record: TurnLogEntry) -> None:
    """From a logged turn that was not run, infer whether a person handles the contact."""
    command = inbound.decode(bytes(record.item)).command
    if "handoff" in record.path or (command and command.do == "pause"):
        session.pause = Pause(since=record.at)
    elif record.path or (command and command.do == "resume"):
        session.pause, session.waiting = None, []


def _consent_before(at: float, kept: Session) -> str:
    """Return the contact's consent before a time; "" if no change was recorded before that time."""
    changes = [each.to for each in kept.consent_log if not each.purpose and each.at < at]
    return changes[-1] if changes else ""


def _lines(said: Sequence[Mapping[str, Any]], runs: Sequence[Run], on: Session) -> list[str]:
    """Return replies and state as lines of a `.chat` file."""
    entries: list[Entry] = [
        reply_of(each, on.address.channel)
        for each in said
        if any(name.endswith("_message") for name in each)
    ]
    entries.append(Standing(in_words(runs[-1] if runs else None)))
    return write_entries(entries)


class _LoggedPostbacks(Postbacks):
    """Accepts the buttons in the log as the bot's own, regardless of their signatures."""

    def __init__(self, secrets: Sequence[Secret]) -> None:
        super().__init__(secrets)
        self.ours: set[str] = set()

    def read(self, contact: str, text: str) -> Postback | None:
        found = super().read(contact, text)
        return self.unsigned(text) if found is None and text in self.ours else found


class _LoggedJournal:
    """Returns the logged results of `Turn.once`.

    A function without a logged result is not called.
    """

    def __init__(self, once: Mapping[str, msgspec.Raw]) -> None:
        self._once = once

    async def read(self, key: str) -> bytes | None:
        if key not in self._once:
            raise NotReplayable(f"it calls {key.partition(':')[2]}, whose result isn't in the log")
        return bytes(self._once[key])

    async def write(self, key: str, value: bytes) -> None:
        raise NotReplayable(f"{key} isn't in the log")


class _NoServices(dict[str, Any]):
    def __missing__(self, name: str) -> Any:
        raise NotReplayable(f"it needs the service {name!r}, which isn't opened here")


def _time(at: float) -> str:
    return as_datetime(at).strftime("%Y-%m-%d %H:%M:%SZ")


def told(report: Report) -> list[str]:
    """Return the lines of the report for the terminal."""
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
