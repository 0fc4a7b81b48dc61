"""A model of a contact, and a snapshot of its keys to compare with; see test_store_walk.py."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from bot.store import (
    Commit,
    Dead,
    DeadLetter,
    DueTimer,
    Hold,
    Outgoing,
    Overtake,
    Retry,
    Store,
    Unknown,
    Verdict,
    Work,
)


@dataclass
class Contact:
    """The model of one contact."""

    inbox: list[bytes] = field(default_factory=list)
    outbox: list[str] = field(default_factory=list)
    session: bytes | None = None
    timers: dict[str, DueTimer] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    token: str | None = None  # of the claim that leases the contact
    in_turn: bool = False
    fails: int = 0
    is_suspect: bool = False
    is_alone: bool = False
    tries: int = 0
    uncertain: set[str] = field(default_factory=set)  # replies with an unknown outcome
    marked: set[str] = field(default_factory=set)  # dead replies that are retried

    def claimed(self, work: Work, items: int) -> None:
        """Update the model after a claim of this many items, which returned `work`."""
        if self.token != work.token:
            self.lost()
        self.token, self.in_turn = work.token, bool(work.items)
        assert (work.session, work.fails) == (self.session, self.fails)
        assert work.is_suspect == self.is_suspect
        if work.items:
            assert work.items == self.inbox[:items]
            assert work.outgoing is None
        else:
            assert work.outgoing
            self.sending(work.outgoing)

    def lost(self) -> None:
        """Update the model after the process with the claim was lost."""
        self.fails += self.in_turn and self.is_alone
        self.is_suspect = self.is_suspect or self.in_turn
        self.token, self.in_turn, self.is_alone = None, False, False

    def given_back(self) -> None:
        self.token, self.in_turn, self.is_alone = None, False, False

    def sending(self, outgoing: Outgoing | None) -> None:
        """Update the model after a claim has returned this reply, or has ended (None)."""
        if outgoing is None:
            self.token = None
            return
        assert outgoing.id == self.outbox[0]
        assert outgoing.unknown == (outgoing.id in self.uncertain | self.marked)
        assert outgoing.tries == self.tries
        self.uncertain.add(outgoing.id)

    def committed(self, changes: Commit) -> list[bytes]:
        """Update the model after a commit. Return the handled items."""
        handled = self.inbox[: changes.handled]
        self.inbox[: changes.handled] = []
        self.session, self.in_turn, self.fails = changes.session, False, 0
        self.is_suspect = self.is_alone = False
        if changes.clear_outbox:
            self.outbox.clear()
            self.uncertain.clear()
            self.tries = 0
        self.outbox += [id for id, _ in changes.outbox]
        for name in changes.timers_cancelled:
            self.timers.pop(name, None)
        self.timers.update({timer.name: timer for timer in changes.timers_set})
        return handled

    def postponed(self) -> None:
        self.given_back()
        self.fails += 1
        self.is_suspect = False

    def settled(self, id: str, verdict: Verdict) -> list[bytes]:
        """Update the model after a verdict. Return the items that entered the inbox."""
        if isinstance(verdict, Overtake):
            self.outbox.remove(verdict.id)
            self.outbox.insert(0, verdict.id)
            self.uncertain.discard(id)
            self.tries = 0
            return []
        if isinstance(verdict, Retry | Unknown | Hold):
            self.tries += not isinstance(verdict, Hold)
            if not isinstance(verdict, Unknown):
                self.uncertain.discard(id)
            return []
        assert self.outbox.pop(0) == id
        self.uncertain.discard(id)
        self.tries = 0
        items = [verdict.item] if isinstance(verdict, Dead) and verdict.item else []
        self.inbox += items
        return items

    def fired(self, left: set[str]) -> list[bytes]:
        """Fire all timers except `left`. Return the items of the fired timers in order."""
        gone = [timer for name, timer in self.timers.items() if name not in left]
        items = [timer.item for timer in sorted(gone, key=lambda t: (t.due, t.name))]
        self.timers = {name: timer for name, timer in self.timers.items() if name in left}
        self.inbox += items
        return items

    def retried(self, letter: DeadLetter) -> None:
        self.inbox += letter.items
        if letter.reply:
            self.outbox.append(letter.reply.id)
            self.marked.add(letter.reply.id)


@dataclass
class Keys:
    """A contact's raw keys."""

    work: dict[bytes, bytes]
    inbox: list[bytes]
    outbox: list[bytes]
    session: bytes | None
    timers: dict[bytes, bytes]


@dataclass
class Snapshot:
    """The raw keys of a store with one shard."""

    contacts: dict[str, Keys]
    live: dict[str, list[bytes]]  # entries of the ready stream, by contact
    pending: set[Any]
    delivered: bytes  # the last entry that was read
    timers: dict[bytes, float]
    dead: int


async def snapshot(store: Store, contacts: list[str]) -> Snapshot:
    names, run = store.connection.keys, store.connection.command
    ready, timers, dead = names.in_shard(0, "ready", "timers", "dead")
    own = await asyncio.gather(*(_keys(store, contact) for contact in contacts))
    entries = await run("XRANGE", ready, "-", "+")
    pending = await store.connection.client.xpending_range(ready, "workers", "-", "+", 100)
    [group] = await store.connection.client.xinfo_groups(ready)
    scores = await run("ZRANGE", timers, 0, -1, "WITHSCORES")
    live: dict[str, list[bytes]] = defaultdict(list)
    for entry, fields in entries:
        live[fields[b"c"].decode()].append(entry)
    return Snapshot(
        contacts=dict(zip(contacts, own, strict=True)),
        live=dict(live),
        pending={row["message_id"] for row in pending},
        delivered=group["last-delivered-id"],
        timers=dict(zip(scores[::2], map(float, scores[1::2]), strict=True)),
        dead=await run("XLEN", dead),
    )


async def _keys(store: Store, contact: str) -> Keys:
    run = store.connection.command
    work, inbox, outbox, session, timers = store.connection.keys.of(
        contact, ("work", "inbox", "outbox", "session", "timers")
    )
    found: Any = await asyncio.gather(
        run("HGETALL", work),
        run("LRANGE", inbox, 0, -1),
        run("LRANGE", outbox, 0, -1),
        run("GET", session),
        run("HGETALL", timers),
    )
    found[0] = {field: value for field, value in found[0].items() if value}
    for list_, head, length in ((1, b"item", b"items"), (2, b"reply", b"replies")):
        assert int(found[0].get(length, 0)) == len(found[list_])
        found[list_] = [each for each in (found[0].get(head), *found[list_]) if each]
    return Keys(*found)


def check_invariant(snapshot: Snapshot) -> None:
    """Check the invariants of scripts/prelude.lua."""
    order = {entry: _order(entry) for entries in snapshot.live.values() for entry in entries}
    assert snapshot.pending <= set(order)
    for contact, keys in snapshot.contacts.items():
        work = keys.work
        ready, wait, pause = (work.get(field) for field in (b"ready", b"wait", b"pause"))
        assert snapshot.live.get(contact, []) == ([ready] if ready else [])
        if ready:
            assert ready in snapshot.pending or order[ready] > _order(snapshot.delivered)
        is_runnable = (keys.inbox and not wait) or (keys.outbox and not pause)
        assert bool(ready) == bool(is_runnable or b"token" in work)

        assert keys.inbox or not wait
        assert keys.outbox or not pause
        standing = [float(at) for at in (wait, pause) if at]
        assert snapshot.timers.get(contact.encode()) == (min(standing) if standing else None)

        assert ready in snapshot.pending or b"token" not in work
        assert (b"token" in work and keys.inbox and not wait) or b"turn" not in work
        assert b"turn" in work or b"alone" not in work
        assert keys.inbox or not {b"fails", b"suspect", b"blamed"} & set(work)
        assert keys.outbox or not {b"sending", b"tries"} & set(work)
        assert pause or b"held" not in work
        assert ready or wait or pause or not work

        named = {b"%s\n%s" % (contact.encode(), name) for name in keys.timers}
        assert named == {m for m in snapshot.timers if m.startswith(contact.encode() + b"\n")}


def _order(entry: bytes) -> tuple[int, ...]:
    return tuple(map(int, entry.split(b"-")))
