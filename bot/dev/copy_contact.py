"""`bot chat --from`: continues a copy of a contact's conversation on this machine.

The bot's store is only read. The copy is in a separate store, in a folder that is deleted at the
end. An emulated phone replaces the contact's phone. Nothing that the user writes to the copy
reaches the contact, Sinch or the bot's store.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from bot.app.running_dev import Running, dev_namespace
from bot.clock import SystemClock, new_ulid
from bot.contact import session as sessions
from bot.contact.address import Address
from bot.contact.session import Session
from bot.dev.stack import emulator_file, stack
from bot.emulator import Platform
from bot.emulator.storage import save
from bot.engine.secret_answers import AnswerCipher, is_encrypted
from bot.flow.load import Flows, load_flows
from bot.ops import transcript
from bot.ops.common import OperationError
from bot.ops.contact_lookup import find_contact
from bot.ops.migration_check import place
from bot.ops.wait_notice import store_notice
from bot.settings import Settings
from bot.store import Commit, DueTimer, Store

LINES = 6
"""Number of lines of the earlier conversation that are shown."""


@dataclass(slots=True)
class ContactCopy:
    """A copy of a contact: its session, its timers, and the last lines of its conversation.

    `remarks` list the differences from the original.
    """

    contact: str
    session: Session
    timers: list[DueTimer]
    lines: list[transcript.Line]
    remarks: list[str]


async def take(settings: Settings, name: str) -> ContactCopy:
    """Return a copy of the contact from the settings' store.

    `name` has the forms that `bot contacts` accepts.

    Raises:
        OperationError: there is no such contact, or the flows do not have the contact's state.
        ConfigError: the store has no bot data.
    """
    flows = load_flows(settings.flows)
    waiting = store_notice(settings)
    async with await Store.open(settings, read_only=True, waiting=waiting) as store:
        key, session = await find_contact(store, name)
        timers, lines = await asyncio.gather(store.reader.timers(key), transcript.read(store, key))
    _require_places(key, session, flows)
    fork = ContactCopy(key, session, timers, lines[-LINES:], [])
    _leave_secrets(fork, flows, settings)
    if session.pause is not None:
        session.pause = None
        fork.remarks.append("A person handles this contact. In this copy, the bot answers instead.")
    return fork


@contextlib.asynccontextmanager
async def copied(
    settings: Settings, fork: ContactCopy, channel: str, identity: str
) -> AsyncIterator[tuple[Running, Settings]]:
    """Run a bot in which the contact's conversation continues on an emulated phone.

    The phone has this `channel` and `identity`. Yield the bot's URLs and settings.

    Raises:
        ConfigError: the emulator does not have this channel.
        FlowError: a flow has errors.
    """
    with tempfile.TemporaryDirectory(prefix="bot-") as home:
        here = replace(settings, redis_url="", home=home, handoff_url="", traces=False)
        async with await Store.open(replace(here, namespace=dev_namespace(here))) as store:
            cipher, flows = AnswerCipher(settings.secret_keys), load_flows(settings.flows)
            # Secrets are encrypted for one contact, so the copy needs them encrypted again.
            cipher.open(fork.session, flows)
            fork.session.address = await _contact(here, fork, channel, identity)
            cipher.close(fork.session, flows)
            await _plant(store, fork)
            async with stack(here, 0, 0) as where:
                yield where, here


def _require_places(key: str, session: Session, flows: Flows) -> None:
    for run in session.runs:
        found = place(flows, run)
        if not found.state:
            raise OperationError(
                f"{key} is in a state that the loaded flows don't have: {run.flow}/{run.state} of"
                f" version {run.version}. {found.way_out}"
            )


def _leave_secrets(fork: ContactCopy, flows: Flows, settings: Settings) -> None:
    """Delete secret answers that the settings' keys cannot decrypt.

    The question of the first deleted answer is asked again. Runs that were called or started after
    this question are removed.
    """
    session = fork.session
    if _can_open(session, flows, settings):
        return
    if sealed := [name for name, value in session.data.items() if is_encrypted(value)]:
        session.data = {name: each for name, each in session.data.items() if name not in sealed}
        fork.remarks.append(
            f"Secret data of the contact was not copied: {', '.join(sealed)}. Set BOT_SECRET_KEY to"
            " copy secret data."
        )
    for chain, run in [(each, run) for each in session.chains for run in each.runs]:
        sealed = [name for name in flows[run.flow].secrets if is_encrypted(run.data.get(name))]
        if sealed:
            first = sealed[0]
            run.data = {name: each for name, each in run.data.items() if name not in sealed}
            run.state, run.attempts, run.resume = first, 0, ""
            states = [each.state for each in run.trail]
            del run.trail[states.index(first) if first in states else len(states) :]
            del chain.runs[chain.runs.index(run) + 1 :]
            del session.chains[session.chains.index(chain) + 1 :]
            session.timers, fork.timers = [], []
            fork.remarks.append(
                f"The answer to {first} is secret and was not copied; answer the question again, or"
                " set BOT_SECRET_KEY."
            )
            return


def _can_open(session: Session, flows: Flows, settings: Settings) -> bool:
    if not settings.secret_keys:
        return False
    copy = sessions.decode(sessions.encode(session))
    before = [list(run.unfit) for run in copy.runs]
    AnswerCipher(settings.secret_keys).open(copy, flows)
    return [run.unfit for run in copy.runs] == before


async def _contact(settings: Settings, fork: ContactCopy, channel: str, identity: str) -> Address:
    """Create the phone's contact in the emulator, and return its address.

    The emulator gets the time at which the original contact last wrote.
    """
    platform = Platform(SystemClock())
    try:
        phone = platform.phone(channel, identity)
        contact = platform.contacts.find_or_create(phone.app_id, [(channel, phone.identity)])
        if (at := fork.session.last_heard) is not None:
            platform.state.last_inbound[phone.key] = at
        await asyncio.to_thread(save, platform.state, emulator_file(settings))
    finally:
        await platform.aclose()
    return Address(contact["id"], channel, phone.identity)


async def _plant(store: Store, fork: ContactCopy) -> None:
    """Store the session and its timers by a commit, as a turn does."""
    now = SystemClock().now()
    key = fork.session.address.key
    await store.queue.accept(key, b"null", "fork", now)
    (ready,) = await store.queue.ready("fork", 1, None)
    work = await store.queue.claim(ready, new_ulid(now), now)
    assert work is not None, "no other process uses the new store"
    commit = Commit(session=sessions.encode(fork.session), timers_set=fork.timers)
    await store.queue.commit(work, commit, now)
