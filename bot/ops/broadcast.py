"""`bot broadcast`: starts a flow for each contact in a list, or sends a template to each contact.

Each row is put into its contact's inbox once. Under the broadcast's name, the store records which
rows the command has begun to send and which rows were accepted. So the command can be run again
after an interruption.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

from bot.client import Client, Contact
from bot.clock import Clock, SystemClock, new_ulid
from bot.contact.address import Address
from bot.conversation_api.recipients import Recipients
from bot.errors import (
    BotError,
    ContactError,
    FlowError,
    FlowSwitchedOff,
    MessageError,
    OptedOut,
    SendError,
    StoreFull,
)
from bot.flow.load import Flows, load_flows
from bot.i18n.printable import echo, echo_json
from bot.items.inbound import SayText
from bot.messages import TemplateReference
from bot.messages.channel_limits import check
from bot.ops import purposes
from bot.ops.common import OperationError, open_api, open_store, when
from bot.ops.csv_columns import column_warnings
from bot.ops.csv_rows import Data, Row, RowError, invalid_rows, listed, read_valid
from bot.ops.progress import progress
from bot.settings import Settings
from bot.store import Store
from bot.store.outcomes import Outcomes

AT_ONCE = 50
LOOKED_UP_AT_ONCE = 500
FULL_PAUSE_S = 1.0
MAX_NAME = 100

Due = Literal["new", "again", ""]
"""Whether to send a row.

`new`: the command has not tried the row yet. `again`: an earlier run of the command was interrupted
while it sent the row. "": do not send the row.
"""


class Part(NamedTuple):
    """The broadcast to which a request belongs. If there is no broadcast, both fields are "".

    `tag` is a digest of the broadcast's name. `fallback` is the row's fallback channel.
    """

    tag: str = ""
    fallback: str = ""


NO_PART = Part()


class Payload(Protocol):
    """What a broadcast sends to each contact.

    By default, the broadcast's name begins with the payload's `str()`.
    """

    def checked_with(self, flows: Flows) -> Callable[[Data], str]:
        """Return a function that checks a row's data. The function returns the error, or "" if the
        data is valid.

        Raises:
            FlowError: the payload is wrong for every row, such as a start in an unknown state.
        """

    def require_purpose(self, settings: Settings, flows: Flows) -> None:
        """Raise `OperationError` if the payload needs a purpose and has none."""

    async def put(
        self, bot_client: Client, contact: Contact, data: Data, id: str, part: Part = NO_PART
    ) -> bool:
        """Put the payload into the contact's inbox. Return False if an earlier call has put it
        there.
        """


@dataclass(frozen=True, slots=True)
class FlowStart:
    """The start of a flow. A row's data becomes the flow's data, converted to the declared
    types.
    """

    flow: str
    replace: bool = False
    state: str = ""

    def __str__(self) -> str:
        return self.flow

    def checked_with(self, flows: Flows) -> Callable[[Data], str]:
        flows[self.flow].require_start(self.state)

        def error_in(data: Data) -> str:
            try:
                flows.start_of(self.flow, data, self.state, is_text=True)
            except FlowError as error:
                return str(error).rstrip(".")
            return ""

        return error_in

    def require_purpose(self, settings: Settings, flows: Flows) -> None:
        """Do nothing, because a flow declares its own purpose."""

    async def put(
        self, bot_client: Client, contact: Contact, data: Data, id: str, part: Part = NO_PART
    ) -> bool:
        start = bot_client.flows.start_of(self.flow, data, self.state, is_text=True)
        start.replace = self.replace
        start.broadcast, start.fallback = part
        return await bot_client.put_start(contact, start, id)


@dataclass(frozen=True, slots=True)
class SentTemplate:
    """A template. A row's data becomes the template's parameters."""

    template_id: str
    version: str = ""
    language: str = ""
    channel: str = ""
    purpose: str = ""

    def __str__(self) -> str:
        return self.template_id

    def checked_with(self, flows: Flows) -> Callable[[Data], str]:
        def error_in(data: Data) -> str:
            say = SayText(template=self._template(data), template_channel=self.channel)
            return "; ".join(check(say.message()))

        return error_in

    def require_purpose(self, settings: Settings, flows: Flows) -> None:
        purposes.require(self.purpose, settings, flows)

    async def put(
        self, bot_client: Client, contact: Contact, data: Data, id: str, part: Part = NO_PART
    ) -> bool:
        template = self._template(data)
        say = SayText(template=template, template_channel=self.channel)
        say.broadcast, say.fallback = part
        return await purposes.put(bot_client, contact, say, self.purpose, id)

    def _template(self, data: Data) -> TemplateReference:
        return TemplateReference(self.template_id, self.version, self.language, data)


@dataclass(slots=True)
class Summary:
    """The numbers of rows by outcome, and the errors of the rows that were not sent."""

    accepted: int = 0
    before: int = 0
    opted_out: int = 0
    canceled: int = 0
    failed: list[RowError] = field(default_factory=list)
    invalid: list[RowError] = field(default_factory=list)

    def __str__(self) -> str:
        told = {
            "accepted": self.accepted,
            "sent before": self.before,
            "opted out": self.opted_out,
            "failed": len(self.failed),
            **({"canceled": self.canceled} if self.canceled else {}),
            **({"invalid": len(self.invalid)} if self.invalid else {}),
        }
        return ", ".join(f"{number} {what}" for what, number in told.items())


class Broadcast:
    """One run of a broadcast. Runs with the same `name` continue the same broadcast."""

    def __init__(
        self,
        name: str,
        what: Payload,
        bot_client: Client,
        recipients: Recipients,
        settings: Settings,
        clock: Clock,
    ) -> None:
        if not (name.isprintable() and 0 < len(name) <= MAX_NAME):
            raise OperationError(f"--name takes up to {MAX_NAME} printable characters.")
        self._name = name
        self._tag = Outcomes.tag(name)
        self._what = what
        self._mailbox = bot_client
        self._store = bot_client.store
        self._recipients = recipients
        self._settings = settings
        self._clock = clock
        self.summary = Summary()

    async def run(self, rows: Sequence[Row], rate: float) -> None:
        """Send all rows that were not sent before, at most `rate` per second; 0 means no limit.

        Raises:
            BotError: the store is unavailable, or the flow is switched off. Run the broadcast
                again.
            OperationError: the broadcast was canceled before.
        """
        await require_not_canceled(self._store, self._name)
        if any(row.fallback for row in rows):
            await self._recipients.require_ids()
        slots = asyncio.Semaphore(AT_ONCE)
        following = self._clock.now()
        await self._store.outcomes.begin(self._name, len(rows), following)
        try:
            with progress("Sending", "rows", len(rows)) as advance:
                async with asyncio.TaskGroup() as sending:
                    for number, row in enumerate(rows):
                        if await self._is_canceled():
                            self.summary.canceled += len(rows) - number
                            break
                        due = await self._due(row)
                        if not due:
                            advance(len(self.summary.failed))
                            continue
                        now = self._clock.now()
                        if rate and following > now:
                            await self._clock.sleep(following - now)
                        following = max(following, now) + (1 / rate if rate else 0.0)
                        await slots.acquire()
                        sending.create_task(self._send(row, due, slots, advance))
        except* BotError as errors:
            raise errors.exceptions[0] from None
        await self._store.outcomes.end(self._name, self._clock.now())

    async def _is_canceled(self) -> bool:
        return await self._store.outcomes.canceled_at(self._tag) is not None

    async def _due(self, row: Row) -> Due:
        """Return whether to send the row. If the row is new, record that the sending of the row
        begins.
        """
        begun_at = await self._store.admin.row_begun_at(self._name, row.key)
        if begun_at is None:
            await self._store.admin.note_row(self._name, row.key, self._clock.now())
            return "new"
        if begun_at == 0.0:
            self.summary.before += 1
            return ""
        if self._clock.now() - begun_at < self._settings.dedupe_s:
            return "again"  # The contact's inbox still knows whether it has received the row.
        self.summary.failed.append(
            RowError(
                row.line,
                f"an earlier run was interrupted here on {when(begun_at)} UTC; it is unknown"
                " whether this row was sent",
            )
        )
        return ""

    async def _send(
        self, row: Row, due: Due, slots: asyncio.Semaphore, advance: Callable[[int], None]
    ) -> None:
        summary, is_other = self.summary, False
        try:
            contact = await self._recipients.find(row.address, row.fallback)
            is_other = due == "new" and await self._is_sent(contact, row)
            if not is_other and await self._put(contact, row):
                summary.accepted += 1
            else:
                summary.before += 1
                is_other = due == "new"
        except OptedOut:
            summary.opted_out += 1
            await self._leave_out(row)
        except _Canceled:
            summary.canceled += 1
            await self._store.admin.drop_row(self._name, row.key)
        except FlowSwitchedOff:
            await self._store.admin.drop_row(self._name, row.key)
            raise
        except (ContactError, MessageError, SendError) as error:
            summary.failed.append(RowError(row.line, str(error)))
            await self._leave_out(row)
        else:
            if is_other:
                await self._store.admin.note_same_contact(self._name, row.key)
            else:
                await self._store.admin.note_row(self._name, row.key, 0.0)
        finally:
            slots.release()
            advance(len(summary.failed))

    async def _is_sent(self, contact: Address, row: Row) -> bool:
        """Return whether a message of this broadcast was sent to the contact because of another
        row.

        Several rows may have identities of the same contact. The contact's inbox drops duplicates
        only for some time, so the broadcast's outcomes are checked, too.
        """
        if contact.key == row.key:
            return False
        known = await self._store.outcomes.of(self._tag, contact.key)
        return bool(known.outcomes & {"sent", "delivered", "read"})

    async def _leave_out(self, row: Row) -> None:
        await self._store.admin.drop_row(self._name, row.key)
        await self._store.outcomes.leave_out_row(self._name)

    async def _put(self, contact: Address, row: Row) -> bool:
        """Put a row into the contact's inbox. Return False if the row was put there before.

        If too many contacts wait for a worker, wait and try again.

        Raises:
            _Canceled: the broadcast was canceled during the wait.
        """
        while True:
            try:
                part = Part(self._tag, row.fallback.channel if row.fallback else "")
                return await self._what.put(
                    self._mailbox, contact, row.data, f"{self._name}:{contact.key}", part
                )
            except StoreFull:
                await self._clock.sleep(FULL_PAUSE_S)
                if await self._is_canceled():
                    raise _Canceled from None


class _Canceled(Exception):
    """The broadcast was canceled before this row was accepted."""


async def require_not_canceled(store: Store, name: str) -> None:
    """Raise `OperationError` if the broadcast with this name was canceled."""
    at = await store.outcomes.canceled_at(Outcomes.tag(name))
    if at is not None:
        raise OperationError(
            f"The broadcast {name!r} was canceled on {when(at)} UTC, so nothing more is sent under"
            " this name. If this is another broadcast, give it its own --name."
        )


async def sent_before(store: Store, name: str, rows: Sequence[Row]) -> int:
    """Return how many of the rows an earlier run of the broadcast has sent."""
    count = 0
    for first in range(0, len(rows), LOOKED_UP_AT_ONCE):
        some = rows[first : first + LOOKED_UP_AT_ONCE]
        begun = await asyncio.gather(*(store.admin.row_begun_at(name, row.key) for row in some))
        count += begun.count(0.0)
    return count


async def broadcast(
    settings: Settings,
    what: Payload,
    path: Path,
    name: str,
    rate: float | None,
    *,
    dry_run: bool,
    skip_invalid: bool,
    as_json: bool,
) -> None:
    """Check the file, then send each of the file's rows once.

    Raises:
        OperationError: the file cannot be used, some rows were not sent, or all rows were sent
            before. The error lists the lines of rows with errors.
    """
    flows = load_flows(settings.flows)
    what.require_purpose(settings, flows)
    rows, invalid = read_valid(path, what.checked_with(flows))
    name = name or f"{what}/{path.name}"
    if invalid and not (rows and skip_invalid):
        if as_json:
            echo_json({"name": name, "invalid": _objects(invalid)})
        raise invalid_rows(path, invalid, has_others=bool(rows))
    if invalid:
        echo(f"{path} has rows that can't be used. They are skipped.{listed(invalid)}", error=True)
    # A flow that starts in a later state may not read the data of earlier states.
    is_whole_flow = isinstance(what, FlowStart) and not what.state
    for warning in column_warnings(flows[str(what)], rows) if is_whole_flow else ():
        echo(f"{path}: warning: {warning}", error=True)
    if dry_run:
        async with open_store(settings) as store:
            await require_not_canceled(store, name)
            before = await sent_before(store, name, rows)
        _print_dry_run(name, len(rows) - before, before, invalid, as_json=as_json)
        return
    settings.require("project_id", "app_id", "key_id", "key_secret")
    clock = SystemClock()
    async with open_store(settings) as store, open_api(settings, clock) as api:
        bot_client = Client(store, flows, clock, new_ulid)
        recipients = Recipients(store, api, settings, clock)
        one = Broadcast(name, what, bot_client, recipients, settings, clock)
        one.summary.invalid = invalid
        await require_not_canceled(store, name)
        try:
            await one.run(rows, settings.send_rate / 2 if rate is None else rate)
        except (asyncio.CancelledError, BotError):
            echo(f"{name}: interrupted. Run the command again to continue.", error=True)
            raise
        finally:
            _print_summary(name, one.summary, as_json=as_json)
        if one.summary.canceled:
            await require_not_canceled(store, name)
    require_sent(name, one.summary)


def require_sent(name: str, summary: Summary) -> None:
    """Raise `OperationError` if a row has failed, or if all rows were sent before."""
    if summary.failed:
        failed = "".join(f"\n  {each}" for each in summary.failed)
        raise OperationError(
            f"Some rows were not sent. Run the command again to send them.{failed}"
        )
    if summary.before and not summary.accepted:
        raise OperationError(f"Nothing was sent. {sent_before_hint(name, summary.before)}")


def sent_before_hint(name: str, count: int) -> str:
    """Return why the rows that were sent before are skipped, and how to send them again."""
    rows = "1 row is" if count == 1 else f"{count} rows are"
    return (
        f"{rows} skipped, because the broadcast {name!r} has written to the same contacts before."
        " If this is another broadcast, give it its own --name."
    )


def _print_dry_run(
    name: str, to_send: int, before: int, invalid: Sequence[RowError], *, as_json: bool
) -> None:
    if as_json:
        found = {"name": name, "to_send": to_send, "sent_before": before}
        echo_json({**found, "invalid": _objects(invalid)})
    else:
        also = f", {len(invalid)} invalid" if invalid else ""
        echo(f"{name}: {to_send} to send, {before} sent before{also}.")
    if before:
        echo(sent_before_hint(name, before), error=True)


def _print_summary(name: str, summary: Summary, *, as_json: bool) -> None:
    if as_json:
        numbers = {"accepted": summary.accepted, "sent_before": summary.before}
        errors = {"failed": _objects(summary.failed), "invalid": _objects(summary.invalid)}
        skipped = {"opted_out": summary.opted_out, "canceled": summary.canceled}
        echo_json({"name": name, **numbers, **skipped, **errors})
        return
    echo(f"{name}: {summary}.")
    if summary.before and summary.accepted:
        echo(sent_before_hint(name, summary.before))


def _objects(errors: Sequence[RowError]) -> list[dict[str, Any]]:
    return [each._asdict() for each in errors]
