"""How contacts have gone through the flows: counted from the logs of turns, which are bounded.

A log holds a contact's last turns only (BOT_LOG_TURNS, BOT_LOG_AGE), and only so many logs are
read: the counts are a sample of what was walked lately, not of all there ever was.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from bot.contact.session import Chain
from bot.flow.load import Flows
from bot.store import Store

MAX_LOGS = 500
"""Logs read at most: those of the contacts last heard from."""

AT_ONCE = 10
"""Logs decoded in one go, between which others may work."""


class _Turn(msgspec.Struct):
    """What of a record is needed here."""

    at: float
    path: list[str] = []
    chains: list[Chain] = []


_decoder = msgspec.json.Decoder(_Turn)


class TransitionCounts:
    """What was counted, by flow and state.

    Of those who `came` to a state, some took a transition (`took`, by where it led), some were
    there when the log ended (`stay`), and the others left the flow otherwise: they cancelled it,
    another began in its place, or an operator moved them (`left`).
    """

    def __init__(self, flows: Flows) -> None:
        self._edges = {
            (flow.name, edge.state, edge.to) for flow in flows for edge in flow.machine.edges
        }
        self._ends = {
            (flow.name, state)
            for flow in flows
            for state in flow.machine.states
            if flow.machine.is_final(state) or not flow.machine.triggers(state)
        }
        self.contacts = 0
        self.since: float | None = None
        self.came: Counter[tuple[str, str]] = Counter()
        self.took: Counter[tuple[str, str, str]] = Counter()
        self.left: Counter[tuple[str, str]] = Counter()
        self.stay: Counter[tuple[str, str]] = Counter()

    def add(self, turns: Sequence[_Turn]) -> None:
        """Count one contact's turns, given oldest first."""
        if not turns:
            return
        self.contacts += 1
        self.since = min(turns[0].at, self.since or turns[0].at)
        last: dict[str, str] = {}
        for turn in turns:
            self._follow(turn.path, last)
            active = {run.flow for chain in turn.chains for run in chain.runs}
            for flow in last.keys() - active:
                self.left[flow, last.pop(flow)] += 1
        self.stay.update(last.items())

    def told(self) -> dict[str, object]:
        """As JSON: `flows` has for each flow its `states` (came, left, stay) and its `moves`."""
        flows: dict[str, dict[str, list[object]]] = {}
        for (flow, state), came in sorted(self.came.items()):
            counted = {"left": self.left[flow, state], "stay": self.stay[flow, state]}
            states = flows.setdefault(flow, {"states": [], "moves": []})["states"]
            states.append({"state": state, "came": came, **counted})
        for (flow, source, target), count in sorted(self.took.items()):
            flows[flow]["moves"].append({"source": source, "target": target, "took": count})
        return {"contacts": self.contacts, "since": self.since, "flows": flows}

    def _follow(self, path: Iterable[str], last: dict[str, str]) -> None:
        for step in path:
            flow, _, state = step.partition("/")
            if not state:
                continue  # handed over to a person: the flow stays where it was
            before = last.pop(flow, None)
            if before is not None:
                if (flow, before, state) in self._edges:
                    self.took[flow, before, state] += 1
                else:
                    self.left[flow, before] += 1
            self.came[flow, state] += 1
            if (flow, state) not in self._ends:
                last[flow] = state


async def count(store: Store, flows: Flows, contacts: Sequence[str]) -> TransitionCounts:
    """Count the logs of these contacts, the first `MAX_LOGS` of them."""
    walks = TransitionCounts(flows)
    for first in range(0, min(len(contacts), MAX_LOGS), AT_ONCE):
        keys = contacts[first : min(first + AT_ONCE, MAX_LOGS)]
        for lines in await asyncio.gather(*map(store.reader.log, keys)):
            walks.add([_decoder.decode(line) for line in reversed(lines)])
    return walks
