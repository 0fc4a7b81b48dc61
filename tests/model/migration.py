"""Migration of runs to the current versions of their flows in the reference model."""

from tests.model.flow_data import END, FlowData, Flows, Json
from tests.model.stack import Entry, Run


def migrate(run: Run, flows: Flows) -> None:
    """Migrate a run, and the runs that it stores, to the current version of its flow.

    `run` itself is not migrated if its state does not exist in this version.
    """
    for entry in run.trail:
        if entry.called:
            migrate(entry.called, flows)
    for each in run.change.aside if run.change else []:
        migrate(each, flows)
    flow = flows[run.flow]
    state = _names(flow, run.version).get(run.state, run.state)
    if run.version < flow.version and (state in flow.states or state == END):
        run.state = state
        leave_gone_state(run, flow)


def leave_gone_state(run: Run, flow: FlowData) -> None:
    """Migrate everything that a run stores, even if its state no longer exists."""
    if run.version >= flow.version:
        return
    names = _names(flow, run.version)
    run.version = flow.version
    run.data = _renamed(run.data, names)
    run.trail = _entries(run.trail, names, flow)
    if run.change:
        run.change.resume = names.get(run.change.resume, run.change.resume)
        run.change.kept = _entries(run.change.kept, names, flow)
        run.change.asked = _entries(run.change.asked, names, flow)


def present_name(run: Run, flow: FlowData, state: str) -> str:
    """Return today's name of a state of the run's version."""
    return _names(flow, run.version).get(state, state)


def _names(flow: FlowData, version: int) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in range(version, flow.version):
        found |= flow.migrate.get(each, {})
    return found


def _entries(entries: list[Entry], names: dict[str, str], flow: FlowData) -> list[Entry]:
    """Return the entries with today's names, without entries of removed states."""
    for entry in entries:
        entry.state = names.get(entry.state, entry.state)
        entry.before = _renamed(entry.before, names)
    return [each for each in entries if each.state in flow.states]


def _renamed(data: Json, names: dict[str, str]) -> Json:
    return {names.get(name, name): value for name, value in data.items()}
