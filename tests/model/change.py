"""`back` and changes of earlier answers in the reference model."""

from collections.abc import Iterator
from copy import deepcopy

from tests.model.migration import leave_gone_state, present_name
from tests.model.stack import Chain, Change, Entry, Run, Unspecified, has_asked, snapshot
from tests.model.walk import Walk

Place = list[tuple[Run, int]]
"""The path to an answer: runs, each with the index of an entry in its trail. The first run is in
the chain. Each further run is the one that the entry before it has called.
"""


def find_answer(chain: Chain, name: str) -> tuple[int, Place] | None:
    """Return the index of a run in the chain, and the place in it of the latest answer `name`."""
    for number in range(len(chain.runs) - 1, -1, -1):
        for place in _places(chain.runs[number]):
            run, index = place[-1]
            if run.trail[index].state == name and run.trail[index].is_answered:
                if run.state == name:
                    raise Unspecified("a change of the active question")
                return number, place
        if name in chain.runs[number].data:
            raise Unspecified("a change of an answer that is not in the trail")
    return None


def _places(run: Run) -> Iterator[Place]:
    """Yield the places of a run's own questions, the latest first, then those in called runs."""
    order = range(len(run.trail) - 1, -1, -1)
    yield from ([(run, index)] for index in order if run.trail[index].called is None)
    for index in order:
        called = run.trail[index].called
        if called is not None:
            yield from ([(run, index), *place] for place in _places(called))


def begin_change(walk: Walk, chain: Chain, number: int, place: Place) -> None:
    """Ask for the answer at this place again."""
    if any(run.change for run in chain.runs):
        raise Unspecified("a change within a change")
    if any(map(walk.is_gone, chain.runs)):
        raise Unspecified("a change in a state that is gone")
    if any(owner.version > walk.flows[owner.flow].version for owner, _ in place):
        raise Unspecified("a change in a called flow of a newer release")
    run = chain.runs[number]
    above = chain.runs[number + 1 :]
    del chain.runs[number + 1 :]
    chain.leave = None
    resume = run.state
    for depth, (owner, index) in enumerate(place):
        entry: Entry = owner.trail[index]
        kept = owner.trail[index + 1 :]
        if len({each.state for each in kept}) < len(kept):
            raise Unspecified("a change within a loop")
        del owner.trail[index:]
        owner.change = Change(kept, resume, above, [deepcopy(entry)])
        owner.state = entry.state
        if depth:
            chain.runs.append(owner)
        resume, above = "", []
    owner, _ = place[-1]
    walk.enter(chain, owner, owner.state)


def back(walk: Walk, chain: Chain) -> bool:
    """Go to the question before the active one. Return False if there is none."""
    if any(run.change for run in chain.runs):
        raise Unspecified("back while an answer is changed")
    if any(run.has_jumped for run in chain.runs):
        raise Unspecified("back after a jump")
    for place in range(len(chain.runs) - 1, -1, -1):
        run = chain.runs[place]
        flow = walk.flows[run.flow]
        for index in range(len(run.trail) - 1, -1, -1):
            entry = run.trail[index]
            if present_name(run, flow, entry.state) not in flow.states:
                continue
            if entry.called and not has_asked(entry.called):
                continue
            if entry.is_changed:
                raise Unspecified("back to an answer that was changed")
            walk.end_runs(chain, place + 1, "replaced")
            del run.trail[index + 1 :]
            leave_gone_state(run, flow)
            _restore(walk, chain, run, len(run.trail) - 1)
            return True
    return False


def _restore(walk: Walk, chain: Chain, run: Run, index: int) -> None:
    entry = run.trail[index]
    del run.trail[index:]
    run.data = snapshot(entry.before)
    run.gave_up = False
    if entry.called is None:
        return walk.enter(chain, run, entry.state)
    run.state = entry.state
    called = entry.called
    if called.version > walk.flows[called.flow].version:
        raise Unspecified("back into a called flow of a newer release")
    leave_gone_state(called, walk.flows[called.flow])
    places = [i for i, e in enumerate(called.trail) if e.called is None or has_asked(e.called)]
    if not places:
        raise Unspecified("back into a called flow without its questions")
    chain.runs.append(called)
    last = places[-1]
    if called.trail[last].is_changed:
        raise Unspecified("back to an answer that was changed")
    return _restore(walk, chain, called, last)
