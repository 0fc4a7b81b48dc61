"""Where the store's contacts wait, and whether this release still has those places."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from bot.contact.session import Frame
from bot.engine.engine import migrated
from bot.flow.definition import Definition
from bot.flow.load import Flows
from bot.ops.common import sessions
from bot.store import Store


@dataclass(frozen=True, slots=True)
class Place:
    """Where contacts wait, in `waits` of a flow's `version`; `state` is where this release finds
    them, empty where it doesn't.

    `is_changed` tells that the flow's states or transitions are others than when they came here,
    although its version is the same. `way_out` says what to write so that they aren't stranded.
    """

    flow: str
    version: int
    waits: str
    contacts: int
    state: str = ""
    is_changed: bool = False
    way_out: str = ""

    @property
    def outlook(self) -> str:
        """What this release does with them, in a few words."""
        if not self.state:
            return "stranded"
        if self.state != self.waits:
            return f"go on in {self.state}"
        return "stay; the flow has changed" if self.is_changed else "stay"


async def places(store: Store, flows: Flows) -> list[Place]:
    """All places where flows are under way, those of flows that wait for another one included."""
    waiting: Counter[tuple[str, int, str]] = Counter()
    graphs: dict[tuple[str, int, str], set[str]] = {}
    async for _, session in sessions(store):
        for frame in session.frames:
            key = (frame.flow, frame.version, frame.state)
            waiting[key] += 1
            graphs.setdefault(key, set()).add(frame.graph)
    return [
        place(flows, Frame(flow, state, version), contacts, graphs[flow, version, state])
        for (flow, version, state), contacts in sorted(waiting.items())
    ]


def stranded(found: Iterable[Place]) -> list[str]:
    """What to mend before this release goes out: a line for each place that it doesn't have."""
    return [
        f"{place.flow}: {place.contacts} contact{'' if place.contacts == 1 else 's'} in"
        f" {place.waits!r} of version {place.version}, which this release doesn't have."
        f" {place.way_out}"
        for place in found
        if not place.state
    ]


def place(flows: Flows, frame: Frame, contacts: int, graphs: set[str]) -> Place:
    """Where contacts in this frame wait; `graphs` are those of their flow when they came there."""
    where = (frame.flow, frame.version, frame.state, contacts)
    if frame.flow not in flows:
        return Place(*where, way_out=f"Keep a flow named {frame.flow!r} until they are through.")
    definition = flows[frame.flow]
    state = migrated(frame, definition)
    if not definition.has(state):
        return Place(*where, way_out=_line(definition, frame))
    is_same_version = frame.version == definition.version
    return Place(*where, state, is_same_version and graphs != {definition.graph})


def _line(definition: Definition, frame: Frame) -> str:
    """The line of `migrate` that brings them on."""
    raised = ""
    if frame.version >= definition.version:
        raised = f" `version = {frame.version + 1}` and"
    states = ", ".join(definition.states or definition.machine.states)
    return (
        f"Add to {definition.where}{raised}"
        f' `migrate = {{{frame.version}: {{"{frame.state}": "…"}}}}`; the states are {states}.'
    )
