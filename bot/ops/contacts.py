"""Commands for contacts: list, show, export, forget, pause, resume, move.

A change is put into the contact's inbox as an operator's command. The command becomes a turn like
any other, so it cannot interfere with a turn that is running.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import typer

from bot.client import require_on
from bot.clock import SystemClock, new_ulid
from bot.contact.session import Session, address_in, decode
from bot.engine.secret_answers import masked
from bot.errors import FlowError, UnreadableSession
from bot.flow.load import Flows, load_flows
from bot.i18n.printable import echo, echo_json, printable
from bot.items import inbound
from bot.items.inbound import Item, OperatorCommand
from bot.ops import contact_state, transcript
from bot.ops.common import OperationError, iso, print_table, when
from bot.ops.contact_lookup import (
    NoContact,
    Unreadable,
    as_key,
    can_be_key,
    find_contact,
    sessions,
)
from bot.ops.stuck import left_behind, why_stuck
from bot.settings import Settings
from bot.store import Store
from bot.turn.durations import seconds

Format = Literal["text", "json", "chat"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Selects contacts. An empty field selects all contacts.

    `since_s` is the maximum time since the contact's last message. `stuck_s` is the minimum time
    for which the contact's work has waited for a worker or the API.
    """

    flow: str = ""
    state: str = ""
    since_s: float | None = None
    stuck_s: float | None = None

    def takes(self, held: Session, now: float) -> bool:
        return (
            (not self.flow or any(each.flow == self.flow for each in held.runs))
            and (not self.state or held.where.state == self.state)
            and (self.since_s is None or (held.last_heard or 0) >= now - self.since_s)
        )


class Row(msgspec.Struct, omit_defaults=True):
    """A contact in the list. `heard` is when the contact last wrote, in Unix seconds. `unreadable`
    is the error if the session can't be read.
    """

    contact: str
    channel: str
    flow: str = ""
    state: str = ""
    heard: float | None = None
    paused: bool = False
    consent: str = ""
    stuck: str = ""
    unreadable: str = ""


async def list_contacts(
    store: Store, wanted: Filter, *, as_json: bool, most: int | None = None
) -> None:
    """Print up to `most` selected contacts. The contact who wrote last is first."""
    flows = load_flows(Settings.from_env().flows) if wanted.stuck_s is not None else None
    rows = sorted(await rows_of(store, wanted, flows, SystemClock().now()), key=_by_heard)[:most]
    if as_json:
        for row in rows:
            echo_json(_json_row(row))
    elif rows:
        columns = ("contact", "channel", "flow", "state", "heard (UTC)", "remarks")
        print_table(columns, map(_cells, rows))
    else:
        echo("No contacts match.")


async def rows_of(store: Store, wanted: Filter, flows: Flows | None, now: float) -> list[Row]:
    """Return the selected contacts, in no particular order."""
    rows: list[Row] = []
    former = await left_behind(store) if wanted.stuck_s is not None else {}
    unreadable: list[Unreadable] = []
    async for key, held in sessions(store, unreadable):
        if not wanted.takes(held, now):
            continue
        row = _row(key, held)
        if wanted.stuck_s is not None:
            row.stuck = await why_stuck(store, key, held, flows, now - wanted.stuck_s)
            row.stuck = row.stuck or former.get(key, "")
            if not row.stuck:
                continue
        rows.append(row)
    if not (wanted.flow or wanted.state or wanted.since_s is not None):
        rows += map(_unreadable_row, unreadable)
    return rows


async def show(store: Store, name: str, *, as_json: bool = False) -> None:
    """Print the contact's state and transcript. With `as_json`, print one JSON object on a line."""
    found = await contact_state.read(store, name)
    lines = await transcript.read(store, found.contact)
    if as_json:
        said = {"transcript": transcript.objects(lines)}
        echo_json(contact_state.objects(found) | said)
        return
    echo(contact_state.as_text(found))
    echo(f"\n{transcript.as_text(lines)}" if lines else "\nNo turns are logged.")


async def export(store: Store, name: str, form: Format) -> str:
    """Return the contact's transcript and data in this format.

    The format `chat` is a file that pytest runs.
    """
    key, held = await find_contact(store, name)
    if form == "chat":
        from bot.testing.recording import chat_text

        return await chat_text(store, key)
    lines = await transcript.read(store, key)
    if held.data:
        at = lines[-1].at if lines else SystemClock().now()
        words = msgspec.json.encode(masked(held.data)).decode()
        lines.append(transcript.Line(at, "event", f"contact data {words}"))
    return transcript.as_json(lines) if form == "json" else transcript.as_text(lines)


async def forget(store: Store, name: str, *, is_sure: bool) -> None:
    """Delete all stored data about the contact, and about the contacts that Sinch has merged with
    it.

    This also works if no turn of the contact has succeeded, or if the contact's session can't be
    read.

    Raises:
        OperationError: the contact is unknown, or several contacts have this identity.
    """
    unknown: NoContact | None = None
    unread: list[Unreadable] = []
    try:
        selves = await selves_of(store, (await find_contact(store, name))[0], unread)
    except Unreadable as error:
        selves, unread = {error.key: None}, [error]
    except NoContact as error:
        if not can_be_key(as_key(name)):
            raise
        selves, unknown = {as_key(name): None}, error
    keys = ", ".join(selves)
    if not is_sure:
        typer.confirm(printable(f"Delete everything that is stored about {keys}?"), abort=True)
    identities = [held.address.identity for held in selves.values() if held]
    identities += [each.address.identity for each in unread if each.address]
    forgotten = [await store.admin.forget(key, identities) for key in selves]
    if unknown is not None and not any(forgotten):
        raise unknown
    for key in selves:
        echo(f"{key} was deleted here. Delete Sinch's own data about the contact at Sinch.")
    if any([await store.reader.consent(each) for each in _identities(selves)]):
        echo("A digest of the identity remains, with the time of its last STOP or START.")


def _identities(selves: Mapping[str, Session | None]) -> Iterator[str]:
    """Yield the identities in these sessions in the form CHANNEL:identity."""
    for key, held in selves.items():
        if held is None or not held.address.contact_id:
            yield key
        elif held.address.identity:
            yield held.address.identity_key


async def selves_of(
    store: Store, key: str, unreadable: list[Unreadable] | None = None
) -> dict[str, Session | None]:
    """Return the sessions of the contact, of the contacts merged into it, and of the contact that
    it was merged into.

    The keys are the contacts' keys. If a session can't be read, the value is None, and the contact
    is added to `unreadable`.
    """
    selves: dict[str, Session | None] = {}
    names = [key]
    for name in names:
        if name not in selves:
            raw = await store.reader.session(name)
            try:
                held = decode(raw) if raw else None
            except UnreadableSession as error:
                held = None
                if unreadable is not None:
                    unreadable.append(Unreadable(name, address_in(raw or b""), error))
            selves[name] = held
            names += held.merged_from if held else []
            names += [held.merged_into.key] if held and held.merged_into else []
    return selves


async def pause(store: Store, names: Sequence[str], reason: str) -> None:
    """Hand these contacts over to a person, so that the bot is silent."""
    await _tell(store, names, OperatorCommand("pause", reason=reason))


async def resume(store: Store, names: Sequence[str]) -> None:
    """Hand these contacts back to the bot."""
    await _tell(store, names, OperatorCommand("resume"))


async def move(store: Store, names: Sequence[str], target: str) -> None:
    """Move these contacts to another state, given as FLOW/STATE. FLOW alone means the flow's first
    state.

    Raises:
        OperationError: there is no such contact, flow or state.
        FlowSwitchedOff: the flow is switched off.
    """
    flow, _, state = target.partition("/")
    try:
        definition = load_flows(Settings.from_env().flows)[flow]
    except FlowError as error:
        raise OperationError(str(error)) from error
    state = state or definition.machine.initial
    if not definition.has(state):
        known = ", ".join(definition.machine.states)
        raise OperationError(f"Flow {flow!r} has no state {state!r}; it has {known}.")
    await require_on(store, flow)
    await _tell(store, names, OperatorCommand("move", flow=flow, state=state))


async def _tell(store: Store, names: Sequence[str], command: OperatorCommand) -> None:
    keys = [(await find_contact(store, name))[0] for name in names]
    now = SystemClock().now()
    for key in keys:
        item = Item(id=f"command:{new_ulid(now)}", at=now, command=command)
        await store.queue.accept(key, inbound.encode(item), item.id, now)
        echo(f"{key}: {command.do} is queued. A worker will do it.")


def duration(text: str, option: str) -> float:
    """Convert the value of an option, such as `90s` or `24h`, to seconds."""
    try:
        return seconds(text)
    except FlowError as error:
        raise OperationError(f"{option}: {error}") from error


def _row(key: str, held: Session) -> Row:
    return Row(
        contact=key,
        channel=held.address.channel,
        **held.where._asdict(),
        heard=held.last_heard,
        paused=held.pause is not None,
        consent=held.consent,
    )


def _unreadable_row(found: Unreadable) -> Row:
    channel = found.address.channel if found.address else found.key.partition(":")[0]
    return Row(
        contact=found.key,
        channel=channel if found.address or ":" in found.key else "",
        unreadable=str(found.error),
    )


def _cells(row: Row) -> tuple[str, ...]:
    consent = f"opted {row.consent}" if row.consent else ""
    told = ", ".join(
        filter(None, ("paused" if row.paused else "", consent, row.stuck, row.unreadable))
    )
    return row.contact, row.channel, row.flow, row.state, when(row.heard), told


def _json_row(row: Row) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(row)
    if row.heard is not None:
        found["heard"] = iso(row.heard)
    return found


def _by_heard(row: Row) -> tuple[float, str]:
    return -(row.heard or 0.0), row.contact
