"""How the reference model takes runs to the present versions of their flows."""

from tests.model.flow_data import END, FlowData, Flows, Json
from tests.model.stack import Entry, Run


def migrate(run: Run, flows: Flows) -> None:
    """Take a run, and those that it keeps, to the present version of its flow; not if its state
    would not exist.
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
    """Take what a run remembers to the present version, whatever its state."""
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
    """Return what a state of the run's version is called now."""
    return _names(flow, run.version).get(state, state)


def _names(flow: FlowData, version: int) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in range(version, flow.version):
        found |= flow.migrate.get(each, {})
    return found


def _entries(entries: list[Entry], names: dict[str, str], flow: FlowData) -> list[Entry]:
    """Return the entries with their present names, without those of states that are gone."""
    for entry in entries:
        entry.state = names.get(entry.state, entry.state)
        entry.leads_to = names.get(entry.leads_to, entry.leads_to)
        entry.before = _renamed(entry.before, names)
    return [each for each in entries if each.state in flow.states]


def _renamed(data: Json, names: dict[str, str]) -> Json:
    return {names.get(name, name): value for name, value in data.items()}
