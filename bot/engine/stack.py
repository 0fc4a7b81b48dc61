"""The stack of a contact: chains of runs. The last chain is the active one.

All code that starts, moves or ends runs uses this module. So each run that ends before END is
recorded in `effects.ended`.
"""

from typing import Any

from bot.contact.session import Chain, Run, Starter
from bot.errors import FlowError
from bot.flow.definition import Definition
from bot.turn.effects import Ended, TurnEffects

MAX_RUNS = 20
"""Maximum number of runs of one contact."""


class Stack:
    """The chains of one contact during one turn."""

    def __init__(self, effects: TurnEffects) -> None:
        self._effects = effects
        self._session = effects.session

    @property
    def chains(self) -> list[Chain]:
        return self._session.chains

    @property
    def active(self) -> Chain | None:
        chains = self._session.chains
        return chains[-1] if chains else None

    def find(self, run_id: int) -> tuple[Chain, Run] | None:
        """Return the run with this number, and the run's chain; None if the run has ended."""
        for chain in reversed(self.chains):
            for run in reversed(chain.runs):
                if run.id == run_id:
                    return chain, run
        return None

    def of_flow(self, flow: str) -> tuple[Chain, Run] | None:
        """Return the topmost run of a flow, and the run's chain; None if the flow has no run."""
        for chain in reversed(self.chains):
            for run in reversed(chain.runs):
                if run.flow == flow:
                    return chain, run
        return None

    def start(self, definition: Definition, data: dict[str, Any], by: Starter) -> Chain:
        """Put a new run of a flow on top of the stack."""
        self._make_room()
        chain = Chain([self.new_run(definition, data)], by=by)
        self.chains.append(chain)
        return chain

    def call(self, chain: Chain, definition: Definition, data: dict[str, Any]) -> Run:
        """Append a called run to a chain.

        Raises:
            FlowError: the stack has the maximum number of runs, and no other chain can end.
        """
        self.require_room(chain, definition.name)
        run = self.new_run(definition, data)
        run.is_called = True
        chain.runs.append(run)
        return run

    def require_room(self, chain: Chain, called: str) -> None:
        """Make room for one more run in a chain by ending other chains.

        Raises:
            FlowError: the stack has the maximum number of runs, and no other chain can end.
        """
        if not self._make_room(chain):
            caller = chain.runs[-1]
            raise FlowError(
                f"Flow {caller.flow!r}, state {caller.state!r}: calling {called!r} would make a"
                f" chain of {MAX_RUNS + 1} flows; the maximum is {MAX_RUNS}. Does a flow call"
                " itself?"
            )

    def new_run(self, definition: Definition, data: dict[str, Any]) -> Run:
        session = self._session
        session.runs_started = max(session.runs_started, int(self._effects.at)) + 1
        return Run(
            flow=definition.name,
            state=definition.machine.initial,
            id=session.runs_started,
            version=definition.version,
            graph=definition.graph,
            data=dict(data),
            start=dict(data),
        )

    def raise_to_top(self, chain: Chain) -> None:
        """Make a chain the active chain. The other chains keep their order."""
        if chain is not self.active:
            self.remove(chain)
            self.chains.append(chain)

    def end(self, chain: Chain, reason: str) -> None:
        """End all runs of a chain, the last run first."""
        self.remove(chain)
        self._ended(chain.runs, reason)

    def end_from(self, chain: Chain, run: Run, reason: str) -> None:
        """End a run of the chain, and all runs above this run in the chain."""
        self.end_above(chain, run, reason)
        self._ended([chain.runs.pop()], reason)

    def drop(self, runs: list[Run], reason: str) -> None:
        """Record the end of runs that are no longer in the stack."""
        self._ended(runs, reason)

    def end_above(self, chain: Chain, run: Run, reason: str) -> None:
        """End all runs above a run in its chain."""
        place = next(number for number, each in enumerate(chain.runs) if each is run)
        self._ended(chain.runs[place + 1 :], reason)
        del chain.runs[place + 1 :]

    def end_all(self, reason: str, but: Chain | None = None) -> None:
        """End all chains except `but`, from the top down."""
        for chain in [*reversed(self.chains)]:
            if chain is not but:
                self.end(chain, reason)

    def remove(self, chain: Chain) -> None:
        """Remove a chain from the stack without ending its runs."""
        self._session.chains = [each for each in self.chains if each is not chain]

    def _make_room(self, chain: Chain | None = None) -> bool:
        """End the lowest chains until there is room for one more run.

        Keep `chain` and the active chain.
        """
        while len(self._session.runs) >= MAX_RUNS:
            kept = (chain, self.active)
            lowest = next((each for each in self.chains if all(each is not k for k in kept)), None)
            if lowest is None:
                return False
            self.end(lowest, "dropped")
        return True

    def _ended(self, runs: list[Run], reason: str) -> None:
        for run in reversed(runs):
            self._ended(run.aside, reason)
            self._effects.ended.append(Ended(run, reason))
