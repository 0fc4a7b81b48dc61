"""Counts how contacts have gone through the flows, from the logs of turns.

A log has only a contact's last turns (BOT_LOG_TURNS, BOT_LOG_AGE), and the number of logs is
limited. So the counts are a sample of recent turns, not of all turns.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import msgspec

from bot.contact.session import Chain
from bot.flow.load import Flows
from bot.flow.states import Ask
from bot.items.turn_log import as_json
from bot.store import Store

MAX_LOGS = 500
"""Maximum number of logs that are read. The contacts with the latest messages come first."""

AT_ONCE = 10
"""Number of logs that are decoded before other tasks may run."""


class _Turn(msgspec.Struct):
    """The fields of a log record that are needed to count."""

    at: float
    path: list[str] = []
    chains: list[Chain] = []
    finished: dict[str, Any] | None = None


class _Way(msgspec.Struct):
    """A contact's position in a flow: the state, the time at which the contact came to this state,
    and the options chosen so far.
    """

    state: str
    since: float
    chosen: list[tuple[str, str]]


_decoder = msgspec.json.Decoder(_Turn)


class TransitionCounts:
    """The counts, by flow and state.

    - `came`: contacts who came to the state.
    - `took`: contacts who left the state by a transition, by the target of the transition.
    - `stay`: contacts who were still in the state at the end of their log.
    - `left`: contacts who left the flow from the state in another way: they canceled the flow,
      another flow replaced it, or an operator moved them.
    - `completed`: contacts who reached the end of the flow.
    - `chosen`: for each option, how many contacts who chose it completed the flow, and how many
      left.
    """

    def __init__(self, flows: Flows) -> None:
        self._edges = {
            (flow.name, edge.state, edge.to) for flow in flows for edge in flow.machine.edges
        }
        self._options = {
            (flow.name, name, key): str(option.label)
            for flow in flows
            for name, ask in flow.states.items()
            if isinstance(ask, Ask)
            for key, option in ask.options.items()
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
        self.began: Counter[str] = Counter()
        self.completed: Counter[str] = Counter()
        self.chosen: dict[tuple[str, str, str], Counter[str]] = {}
        self.lengths: defaultdict[tuple[str, str], list[float]] = defaultdict(list)

    def add(self, turns: Sequence[_Turn]) -> None:
        """Count the turns of one contact. `turns` has the oldest turn first."""
        if not turns:
            return
        self.contacts += 1
        self.since = min(turns[0].at, self.since or turns[0].at)
        ways: dict[str, _Way] = {}
        for turn in turns:
            data = {run.flow: run.data for chain in turn.chains for run in chain.runs}
            self._follow(turn, ways, data)
            for flow in ways.keys() - data.keys():
                self._leave(flow, ways.pop(flow))
        self.stay.update((flow, way.state) for flow, way in ways.items())

    def told(self) -> dict[str, object]:
        """Return the counts as JSON. `flows` has for each flow:

        - `began`, `completed`: the number of contacts who began the flow, and who completed it.
        - `states`: for each state, the numbers `came`, `left` and `stay`, and the median time that
          contacts were in the state.
        - `moves`: the number of contacts who took each transition.
        - `options`: the counts of each option that was chosen.
        """
        flows: dict[str, dict[str, list[object]]] = {}
        for (flow, state), came in sorted(self.came.items()):
            lengths = self.lengths[flow, state]
            counted = {
                "left": self.left[flow, state],
                "stay": self.stay[flow, state],
                "median_s": round(median(lengths)) if lengths else None,
            }
            empty: dict[str, list[object]] = {"states": [], "moves": [], "options": []}
            states = flows.setdefault(flow, empty)["states"]
            states.append({"state": state, "came": came, **counted})
        for (flow, source, target), count in sorted(self.took.items()):
            flows[flow]["moves"].append({"source": source, "target": target, "took": count})
        for (flow, state, key), counts in self.chosen.items():
            label = self._options[flow, state, key]
            flows[flow]["options"].append({"state": state, "option": key, "label": label, **counts})
        totals = {
            flow: {**told, "began": self.began[flow], "completed": self.completed[flow]}
            for flow, told in flows.items()
        }
        return {"contacts": self.contacts, "since": self.since, "flows": totals}

    def _follow(
        self, turn: _Turn, ways: dict[str, _Way], data: Mapping[str, Mapping[str, Any]]
    ) -> None:
        for step in turn.path:
            flow, _, state = step.partition("/")
            if not state:
                continue  # The contact was handed over to a person, so the flow stays in its state.
            way = ways.pop(flow, None)
            if way is not None and (flow, way.state, state) in self._edges:
                self.took[flow, way.state, state] += 1
                self.lengths[flow, way.state].append(max(0.0, turn.at - way.since))
                self._choose(flow, way, data.get(flow, turn.finished or {}))
            elif way is not None:
                self._leave(flow, way)
                way = None
            if way is None:
                self.began[flow] += 1
                way = _Way(state, turn.at, [])
            self.came[flow, state] += 1
            if (flow, state) not in self._ends:
                ways[flow] = _Way(state, turn.at, way.chosen)
                continue
            self.completed[flow] += 1
            for name, key in way.chosen:
                self.chosen[flow, name, key]["completed"] += 1

    def _choose(self, flow: str, way: _Way, data: Mapping[str, Any]) -> None:
        """Count the option that was chosen in the state that the contact leaves."""
        key = data.get(way.state)
        if isinstance(key, str) and (flow, way.state, key) in self._options:
            counts = self.chosen.setdefault(
                (flow, way.state, key), Counter(took=0, completed=0, left=0)
            )
            counts["took"] += 1
            way.chosen.append((way.state, key))

    def _leave(self, flow: str, way: _Way) -> None:
        self.left[flow, way.state] += 1
        for name, key in way.chosen:
            self.chosen[flow, name, key]["left"] += 1


async def count(
    store: Store, flows: Flows, contacts: Sequence[str], since: float = 0.0
) -> TransitionCounts:
    """Count the turns since a time (Unix seconds) in the logs of the first `MAX_LOGS` contacts.

    Contacts who came to a state before that time are not counted in the state.
    """
    walks = TransitionCounts(flows)
    for first in range(0, min(len(contacts), MAX_LOGS), AT_ONCE):
        keys = contacts[first : min(first + AT_ONCE, MAX_LOGS)]
        for lines in await asyncio.gather(*map(store.reader.log, keys)):
            turns = [_decoder.decode(as_json(line)) for line in reversed(lines)]
            walks.add([turn for turn in turns if turn.at >= since])
    return walks
