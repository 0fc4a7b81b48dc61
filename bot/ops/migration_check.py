"""Finds the states in which the store's contacts wait, and how this release migrates the contacts.

The migration runs on copies of the stored sessions. Nothing is written.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest

import msgspec

from bot.contact.session import Run
from bot.engine.migration import answers_without_option, migrate, returned_state
from bot.engine.secret_answers import is_encrypted
from bot.errors import FlowError
from bot.flow.definition import Definition
from bot.flow.flow import fitting
from bot.flow.load import Flows
from bot.flow.states import Call
from bot.ops.contact_lookup import sessions
from bot.store import Store


@dataclass(frozen=True, slots=True)
class Place:
    """A state in which contacts wait.

    - `waits`: the state's name in `version` of the flow.
    - `state`: the state to which this release moves the contacts; "" if this release cannot.
    - `is_changed`: whether the flow has changed since contacts entered this state, although the
      flow's version is the same.
    - `unfit`: fields with stored answers that no longer fit. The bot asks for these answers again.
    - `fails`: whether a function in the flow's `migrate` has raised an error.
    - `way_out`: what to change in the flow so that the contacts can continue. If `fails` is True,
      `way_out` is the error of that function.
    """

    flow: str
    version: int
    waits: str
    contacts: int
    state: str = ""
    is_changed: bool = False
    way_out: str = ""
    unfit: tuple[str, ...] = ()
    fails: bool = False

    @property
    def outlook(self) -> str:
        """Describe in a few words what this release does with the contacts."""
        if not self.state:
            return "stranded"
        moves = "stay" if self.state == self.waits else f"continue in {self.state}"
        if self.unfit:
            return f"{moves}; questions asked again: {', '.join(self.unfit)}"
        return f"{moves}; the flow has changed" if self.is_changed else moves


async def places(store: Store, flows: Flows) -> list[Place]:
    """Return each state in which runs wait, including runs that wait for a called flow."""
    found: Counter[Place] = Counter()
    failed: dict[str, str] = {}
    async for key, session in sessions(store):
        for chain in session.chains:
            for run, called in zip_longest(chain.runs, chain.runs[1:]):
                is_caller = called is not None and called.flow in flows
                try:
                    found[place(flows, run, is_caller=is_caller)] += 1
                except FlowError as error:
                    one = failed.setdefault(str(error), key)
                    way_out = f"{error} This happens with contact {one}, for example."
                    found[
                        Place(run.flow, run.version, run.state, 1, way_out=way_out, fails=True)
                    ] += 1
    return sorted(
        (
            Place(each.flow, each.version, each.waits, contacts, *_rest(each))
            for each, contacts in found.items()
        ),
        key=lambda each: (each.flow, each.version, each.waits),
    )


async def unfit_data(store: Store, flows: Flows) -> list[str]:
    """Return errors in contact data that must be corrected before a deployment.

    There is one error for each field with stored values that do not fit the field's type, and for
    each error of a function of `migrate`. The functions get no secret values. If a function fails
    for data with secrets, the error is left out, because the function may need the secrets.
    """
    kind = flows.contact_data
    found: Counter[str] = Counter()
    failed: dict[str, str] = {}
    if kind is None:
        return []
    async for key, session in sessions(store):
        data = {name: value for name, value in session.data.items() if not is_encrypted(value)}
        try:
            found.update(kind.unfit(data, session.data_version) if data else ())
        except FlowError as error:
            if len(data) == len(session.data):
                failed.setdefault(str(error), key)
    return [
        *(f"{error} This happens with contact {key}, for example." for error, key in failed.items())
    ] + [
        f"{kind.where}.{name}: the values of {_contacts(count)} do not fit its type, so the"
        " default would be used instead. Raise the version, and convert the values in `migrate`."
        for name, count in sorted(found.items())
    ]


def stranded(found: Iterable[Place]) -> list[str]:
    """Return errors that must be corrected before a deployment.

    There is one error for each state in which contacts could not continue.
    """
    return [
        f"{place.flow}: {_contacts(place.contacts)} in {place.waits!r} of version {place.version},"
        f" {_why(place)}."
        f" {place.way_out}"
        for place in found
        if not place.state or place.is_changed
    ]


def place(flows: Flows, run: Run, *, is_caller: bool = False) -> Place:
    """Return the state in which a run waits, and the state to which this release moves the run.

    Raises:
        FlowError: a function of `migrate` is wrong.
    """
    where = (run.flow, run.version, run.state, 1)
    if run.flow not in flows:
        way_out = f"Keep a flow named {run.flow!r} until these contacts have finished."
        same = [each for each in flows if run.graph and each.graph == run.graph]
        for each in same[:1]:
            way_out = (
                f"{each.where} has the same states. If you have renamed the flow, write"
                f" name = {run.flow!r} there. Otherwise, keep a flow named"
                f" {run.flow!r} until these contacts have finished."
            )
        return Place(*where, way_out=way_out)
    definition = flows[run.flow]
    moved = msgspec.json.decode(msgspec.json.encode(run), type=Run)
    migrate(moved, flows)
    is_there = definition.has(moved.state)
    if is_caller and is_there and not definition.is_state_machine:
        is_there = isinstance(definition.states.get(moved.state), Call)
    if not is_there:
        return Place(*where, way_out=_returned(definition, run) or _line(definition, run))
    has_other_graph = run.graph not in ("", definition.graph)
    is_changed = run.version == definition.version and has_other_graph
    _, unfit = fitting(definition.model, moved.data)
    way_out = _raise(definition, run) if is_changed else ""
    gone = answers_without_option(definition, moved) if has_other_graph else []
    return Place(*where, moved.state, is_changed, way_out, (*unfit, *gone))


def _why(place: Place) -> str:
    if place.fails:
        return "which this release can't migrate"
    if place.state:
        return "whose states or transitions have changed"
    return "which this release doesn't have"


def _contacts(count: int) -> str:
    return f"{count} contact{'' if count == 1 else 's'}"


def _rest(place: Place) -> tuple[str, bool, str, tuple[str, ...], bool]:
    return place.state, place.is_changed, place.way_out, place.unfit, place.fails


def _raise(definition: Definition, run: Run) -> str:
    """Return the line to write in order to raise the flow's version."""
    return f"Raise the version: write `version = {run.version + 1}` in {definition.where}."


def _returned(definition: Definition, run: Run) -> str:
    """Return the error if a function of `migrate` returns a state that the flow lacks."""
    found = returned_state(run, definition)
    if found is None or definition.has(found[0]):
        return ""
    state, version = found
    states = ", ".join(definition.states or definition.machine.states)
    return (
        f"{definition.at('migrate')}: the function of version {version} returned {state!r} for this"
        f" state, but the flow has no state {state!r}; the states are {states}."
    )


def _line(definition: Definition, run: Run) -> str:
    """Return a line for `migrate` that would move the contacts to another state."""
    raised = ""
    if run.version >= definition.version:
        raised = f" `version = {run.version + 1}` and"
    states = ", ".join(definition.states or definition.machine.states)
    return (
        f"Add to {definition.where}{raised}"
        f' `migrate = {{{run.version}: {{"{run.state}": "…"}}}}`; the states are {states}.'
    )
