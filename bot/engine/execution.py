"""Moves the runs of one contact in one turn: enters states, executes steps, calls flows and
returns.

An execution changes only its session and its turn. The execution moves one chain until this chain
waits for an answer. This chain is the active chain, unless `moving` selects another chain. At the
end of the turn, `settle` asks the questions.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from bot.contact.session import Asked, Chain, Run, Starter, Timer
from bot.engine import author_errors, changes, handoff, migration, move_errors, question_calls
from bot.engine.stack import Stack
from bot.errors import FlowError
from bot.flow.definition import Definition, new_model
from bot.flow.flow import Flow, Handler, dump_data, dump_start, result_error
from bot.flow.load import Flows
from bot.flow.machine import has_entered, left_to_await
from bot.flow.places import place_of
from bot.flow.states import END, HANDOFF, Ask, Call, Option, State, Step
from bot.flow.switch import SWITCH
from bot.flow.values import plain
from bot.turn.effects import Move, TurnEffects
from bot.turn.postback import Postbacks
from bot.turn.turn import Turn

MAX_MOVES = 100
"""Maximum number of states that one turn may enter.

More states mean that steps form a loop without a question.
"""

OPENS = "opens"
"""Name of the timer for opening time, when agents are available again and a waiting run
continues.
"""

GAVE_UP = ("timed_out", "gave_up")
"""Triggers by which a run leaves a question without an answer."""


class Execution:
    """The runs of one contact, moved in one turn.

    `off` maps each flow that is switched off to the text for contacts.
    """

    def __init__(
        self,
        flows: Flows,
        postbacks: Postbacks,
        effects: TurnEffects,
        turn: Turn,
        off: Mapping[str, str],
    ) -> None:
        self.flows = flows
        self._definitions = flows.by_name
        self.postbacks = postbacks
        self.effects = effects
        self.turn = turn
        self.session = effects.session
        self.stack = Stack(effects)
        self.repeats = False
        self.leaves_for = ("", "")
        self.off = off
        self.told_off = False
        self.before: dict[int, tuple[Asked, dict[str, Any]]] = {}
        self.differing: set[int] = set()
        self.entering = 0
        """Id of the run whose question is entered although the question has an answer."""
        self._entered: set[int] = set()
        self._stayed: set[int] = set()
        self.unseen: set[int] = set()
        """Ids of the runs whose question or text the contact had not seen when writing this
        message.
        """
        self._called: dict[tuple[int, str], Mapping[str, Option]] = {}
        self._moves = 0
        self._was_closed = False
        self._models: dict[int, Any] = {}

    @property
    def chain(self) -> Chain:
        """The chain that moves: the active chain, unless `moving` has selected another chain."""
        if self.effects.chain is not None:
            return self.effects.chain
        if not self.session.chains:
            raise FlowError("No flow is active.")
        return self.session.chains[-1]

    @property
    def run(self) -> Run:
        """The run that moves: the last run of `chain`."""
        chains = self.session.chains
        chain = self.effects.chain or (chains[-1] if chains else self.chain)
        return chain.runs[-1]

    @property
    def definition(self) -> Definition:
        return self._definitions[self.run.flow]

    @property
    def state(self) -> State | None:
        """The declared state of the run, as `state_of` returns it."""
        return self.state_of(self.run)

    def state_of(self, run: Run) -> State | None:
        """Return the declared state of a run.

        Return None in a state machine, or if a release has removed the state.
        """
        return self._definitions[run.flow].states.get(run.state)

    @property
    def model(self) -> Any:
        """The run's flow instance for this turn."""
        return self.model_of(self.run)

    def is_gone(self, run: Run) -> bool:
        """Return whether this release can't continue a run, because the run's state is missing or
        the run's version is newer.
        """
        definition = self._definitions[run.flow]
        return run.version > definition.version or not definition.has(run.state)

    def is_held(self, chain: Chain) -> bool:
        """Return whether the chain waits for a flow that is switched off."""
        return bool(self.off) and any(run.flow in self.off for run in chain.runs)

    @property
    def waits_for_flow(self) -> bool:
        """Whether the active chain waits for a flow that is switched off."""
        return bool(self.off and self.session.chains) and self.is_held(self.chain)

    def model_of(self, run: Run) -> Any:
        model = self._models.get(run.id)
        if model is None:
            model = self._models[run.id] = new_model(
                self._definitions[run.flow], run.state, run.data
            )
        return model

    def forget(self, run: Run) -> None:
        """Drop the run's flow instance, because the run's data was replaced."""
        self._models.pop(run.id, None)

    def forget_all(self) -> None:
        """Drop all flow instances, because the session was replaced."""
        self.entering = 0
        self._models.clear()
        self._entered.clear()
        self._stayed.clear()
        self.before.clear()
        self.differing.clear()

    async def offered(self, run: Run, name: str, *, again: bool = False) -> State | None:
        """Return a state of the run's flow; a question is returned with its options.

        If a function computes the options, the function is called now. An async function is called
        only if its options from the time of asking are not stored, or if `again` is True.

        Raises:
            FlowError: the options contradict the declaration. The author's function may raise
                anything.
        """
        definition = self._definitions[run.flow]
        state = definition.states.get(name)
        if not isinstance(state, Ask) or state.offer is None:
            return state
        try:
            if not state.offer.is_call:
                return state.offering(self.model_of(run).data)
            known = None if again else self._known_options(run, name, state)
            if known is None:
                data, where = self.model_of(run).data, f"{run.flow}.{name}"
                known = await question_calls.options(self.effects, state, data, where)
                self._called[run.id, name] = known
            return state.with_offered(known)
        except FlowError as error:
            raise type(error)(f"{definition.at(name)}: {error}") from error

    def _known_options(self, run: Run, name: str, ask: Ask) -> Mapping[str, Option] | None:
        """Return the options that were offered when the question was asked, or that the question's
        function has returned in this turn.
        """
        if name == run.state and run.offered:
            known = {key: Option(*each) for key, each in run.offered.items()}
            if ask.offer and all(each.to in ask.offer.to for each in known.values()):
                return known  # Otherwise a release has changed the states that the options lead to.
        return self._called.get((run.id, name))

    @contextmanager
    def moving(self, chain: Chain) -> Iterator[None]:
        """Make `chain` the chain that moves inside the `with` block.

        The chain may be anywhere in the stack.
        """
        before = self.effects.chain
        self.effects.chain = chain
        try:
            yield
        finally:
            self.effects.chain = before

    def set_state(self, run: Run, state: str) -> None:
        """Set a run's state without a transition and without entering the state."""
        run.state, run.entered, run.asked_at = state, self.session.turn, 0.0
        run.listing, run.offered = None, {}
        if run.id in self._models:
            self._models[run.id].state = state

    def arguments(self, run: Run, call: Call) -> dict[str, Any]:
        """Return the data with which a call starts the called flow."""
        data = call.data(self.model_of(run).data) if call.data else {}
        return dump_start(self._definitions[call.flow].model, data)

    async def start(
        self,
        name: str,
        data: dict[str, Any] | None = None,
        by: Starter = "contact",
        state: str = "",
        *,
        begun: Callable[[int], None] = lambda run: None,
    ) -> None:
        """Start a flow on top of the stack, with data in its stored form.

        The flow starts in `state`; "" means the flow's first state. Before the run sends anything,
        `begun` is called with the run's number.
        """
        definition = self._definitions[name]
        chain = self.stack.start(definition, data or {}, by)
        chain.runs[0].state = state or definition.machine.initial
        begun(chain.runs[0].id)
        with self.moving(chain):
            self._count()  # A handler of `ended` may start a flow that replaces its own flow.
            await self.enter_again()
            await self.arrive()

    async def restart(self, chain: Chain, run: Run, reason: str) -> None:
        """Replace a run of a chain by a new run in its first state, with the same start data."""
        self.stack.end_from(chain, run, reason)
        new = self.stack.new_run(self._definitions[run.flow], run.start)
        new.is_called = run.is_called
        chain.runs.append(new)
        with self.moving(chain):
            await self.enter_again()
            await self.arrive()

    async def move(self, trigger: str) -> bool:
        """Fire a trigger and continue from the state that the trigger leads to.

        Return False if the trigger's conditions refuse.
        """
        run = self.run
        if isinstance(self.state_of(run), Ask):
            changes.left(self, run)
        if not await self.fire(trigger):
            self.keep()  # Changes that were made before the conditions ran are kept.
            return False
        await self.arrive()
        return True

    async def go_to(self, state: str) -> None:
        """Go to a state without a transition, and continue from there."""
        run, definition = self.run, self.definition
        migration.leave_gone_state(run, self.flows)
        run.state, run.version, run.graph = state, definition.version, definition.graph
        changes.give_change_up(self, run)
        self.forget(run)
        await self.enter_again()
        await self.arrive()

    async def fire(self, trigger: str) -> bool:
        """Fire a trigger, but do not enter the state that the trigger leads to.

        Return False if the trigger's conditions refuse.
        """
        run = self.run
        left, model = run.state, self.model_of(run)
        moved = self._definitions[run.flow].machine.fire(model, trigger, self.turn)
        for waiting in left_to_await(model):
            await waiting
        run.state = model.state
        if has_entered(model):
            self._entered.add(run.id)
        elif moved:
            self._stayed.add(run.id)
        if moved:
            run.gave_up = run.gave_up or trigger in GAVE_UP
            self.effects.moves.append(Move(run.flow, left, trigger, run.state))
        if run.state == HANDOFF:
            run.left = left
        return moved

    async def arrive(self) -> None:
        """Enter the current state, and continue until an answer or a person is needed."""
        chain = self.chain
        with self.moving(chain):
            while chain.runs:
                self._count()
                run = chain.runs[-1]
                if run.state == HANDOFF or self.is_held(chain):
                    break
                if run.resume and await changes.skip_answered(self, run):
                    continue
                run.entered, run.attempts, run.asked_at = self.session.turn, 0, 0.0
                run.listing, run.offered = None, {}
                self.effects.path.append(f"{run.flow}/{run.state}")
                state = self.state_of(run)
                if self.is_at_end(run):
                    if not await self._finish(chain):
                        return
                elif isinstance(state, Step):
                    await self.fire(f"to_{await self._step(state)}")
                elif isinstance(state, Call):
                    await self._call(chain, state)
                else:
                    break
            if chain.runs:
                self.keep_run(chain.runs[-1])

    def keep(self) -> None:
        """Copy the data from the flow's instance into the run."""
        self.keep_run(self.run)

    def keep_run(self, run: Run) -> None:
        """Copy the data from a run's flow instance into the run."""
        if run.id in self._models:
            run.data = dump_data(self._definitions[run.flow].model, self._models[run.id].data)
        changes.note_differences(self, run)

    def is_at_end(self, run: Run) -> bool:
        """Return whether the run has reached its end."""
        return run.state == END or self._definitions[run.flow].machine.is_final(run.state)

    async def enter_again(self) -> None:
        """Run the entry callbacks of a state machine's state."""
        if self.definition.is_state_machine:
            self._entered.add(self.run.id)
            self.definition.machine.enter(self.model, self.turn)
            for waiting in left_to_await(self.model):
                await waiting
            self.keep()

    def has_spoken(self, run: Run) -> bool:
        """Return whether to skip a state machine's entry callbacks at the end of this turn.

        The callbacks are skipped if they have run in this turn already. If a transition has stayed
        in the state, the callbacks run only if this turn repeats the active state.
        """
        return run.id in self._entered or (run.id in self._stayed and not self.repeats)

    def handler(self, run: Run, name: str) -> Handler | None:
        """Return the method that handles an event in the run's current state; None if no method
        does.
        """
        for handler in self._definitions[run.flow].handlers.values():
            if name in handler.events and (not handler.states or run.state in handler.states):
                return handler
        return None

    async def react(self, handler: Handler, name: str) -> str:
        """Call the run's handler of an event. Return the trigger to fire; "" if the run stays in
        its state.
        """
        run = self.run
        before = dict(run.data)
        target = await self.call(handler.function, self.model, handler.wants)
        self.keep()
        changes.keep_stored(self, run, before)
        if target is None:
            return ""
        return f"on_{name}_{self._declared(target, handler.to, handler.function.__name__)}"

    async def call(self, function: Callable[..., Any], owner: Any, wants: Sequence[str]) -> Any:
        """Call an author's method with the turn and the services that the method has parameters
        for.
        """
        services = {name: self.effects.services[name] for name in wants}
        result = function(owner, self.turn, **services)
        return await result if inspect.isawaitable(result) else result

    def hand_over(self, reason: str = "", *, at_any_hour: bool = False) -> None:
        """Hand the contact over to a person.

        `handoff_hours` do not count if `at_any_hour` is True, or at the second request in a turn.
        Otherwise nobody is called outside of these hours. Instead, one of two things happens:

        - If the contact has written in this turn, the contact gets the opening time, and the flow
          continues in the state before the hand-over. If that state is a step, the flow continues
          with its last question, because the step would hand over again.
        - If the contact has not written, the run waits until opening time.
        """
        hours = self.flows.words.handoff_hours
        if hours is None or at_any_hour or self._was_closed or hours.open_at(self.turn.now):
            self._hand_over(reason)
            return
        opens = hours.next_opening(self.turn.now)
        callback = self.effects.callback
        waits = bool(self.session.chains) and self.run.state == HANDOFF
        if waits and not (callback and callback.said):
            # The contact has not written, so it gets no reply. It is handed over at opening time.
            timer = Timer(OPENS, self.run.entered, self.run.id)
            self.effects.set_timer(timer, opens.timestamp())
            return
        self._was_closed = True
        self.flows.words.closed(self.turn, opens)
        if waits:
            self._leave_handoff()
            self.run.attempts, self.run.asked_at = 0, 0.0
            self.run.entered, self.run.listing, self.run.offered = self.session.turn, None, {}
        elif self.session.chains:
            self.repeats = True

    def _hand_over(self, reason: str) -> None:
        effects = self.effects
        effects.path.append(HANDOFF)
        if not effects.replies and effects.callback and effects.callback.said:
            self.flows.words.handed_over(self.turn)
        if not self.session.chains:
            handoff.begin(effects, reason)
            return
        # A held run may not have started. Then there is no question to continue with.
        left = self.run.state if self.waits_for_flow else self._leave_handoff()
        run = self.run
        self.chain.asked_at = self.chain.asked_at or effects.at
        known = plain(self.definition.without_secrets(run.data))
        handoff.begin(effects, reason, run.flow, left, known)

    def _leave_handoff(self) -> str:
        """Move the run from HANDOFF to the state in which the flow continues after the hand-over.

        Return the state that led to the hand-over.
        """
        run = self.run
        left = run.left or run.state
        run.left = ""
        if isinstance(self.definition.states.get(left), Step):
            run.state, run.entered = changes.last_question(run) or END, self.session.turn
            run.asked_at = 0.0
        else:
            run.state = left
        self.forget(run)
        return left

    async def _call(self, chain: Chain, state: Call) -> None:
        self.keep()
        run = chain.runs[-1]
        arguments = self.arguments(run, state)
        if changes.resume_call(self, chain, run, arguments):
            if self.is_held(chain):
                # The contact is informed now, and is asked when the flow is on again.
                self.run.asked_at = 0.0
            else:
                await self.enter_again()
            return
        called = self.stack.call(chain, self._definitions[state.flow], arguments)
        called.state = state.state or called.state
        called.entered = self.session.turn
        if not self.is_held(chain):
            await self.enter_again()

    async def _step(self, step: Step) -> str:
        run = self.run
        target = await self.call(step.function, self.model_of(run), step.wants)
        return self._declared(target, step.to, run.state)

    def _declared(self, target: Any, declared: tuple[str, ...], name: str) -> str:
        if target not in declared:
            raise FlowError(move_errors.undeclared(self.definition, name, target, declared))
        return str(target)

    async def _finish(self, chain: Chain) -> bool:
        """End the run that has reached its end, and continue its caller.

        Return whether the chain moves on: False if the chain has ended or waits.
        """
        self.keep()
        ended = chain.runs[-1]
        returned = self._returned() if len(chain.runs) > 1 and ended.flow != SWITCH else None
        chain.runs.pop()
        if ended.flow == SWITCH:
            is_sure = ended.data["sure"] == "yes"
            self.leaves_for = (ended.data["flow"], ended.data["word"]) if is_sure else ("", "")
            self.repeats = True
            return False
        self.effects.finished = plain(self._definitions[ended.flow].without_secrets(ended.data))
        self.stack.drop(ended.aside, "replaced")
        if chain.runs:
            return await self._return(chain.runs[-1], ended, returned)
        was_active = chain is self.stack.active
        self.stack.remove(chain)
        if was_active and (chain.by == "contact" or chain.asked_at):
            self.repeats = True
        return False

    async def _return(self, caller: Run, ended: Run, returned: Any) -> bool:
        state = self.state
        if not isinstance(state, Call):
            # A release has removed the caller's state.
            self.repeats = self.repeats or self.chain is self.stack.active
            return False
        changes.answered(self, caller, called=ended)
        trigger = changes.way_back(state, ended)
        if trigger == "returned":
            self._store_result(caller, ended, returned)
        moved = await self.fire(trigger)
        if self.effects.event == "message" and changes.must_reopen(caller):
            await changes.ask_reopened(self)
            return False
        return moved

    def _store_result(self, caller: Run, ended: Run, returned: Any) -> None:
        """Store the result of a called flow in its caller's data.

        Raises:
            FlowError: the result cannot be stored, or does not fit the type of the caller's field.
        """
        definition, called = self._definitions[caller.flow], self._definitions[ended.flow]
        wrong = ""
        try:
            setattr(self.model.data, caller.state, returned)
        except FlowError as error:
            wrong = str(error)
        wrong = wrong or result_error(definition.model, caller.state, returned)
        if wrong:
            is_own = getattr(called.model, "returns", Flow.returns) is not Flow.returns
            by = f"returns() of {called.name!r} ({place_of(called.model, 'returns')})"
            what = (
                by if is_own else f"the dict of answers of {called.name!r}, which has no returns(),"
            )
            raise FlowError(
                f"{definition.at(caller.state)}: {what} does not fit the field"
                f" {caller.state!r} of this flow's data: {wrong}"
            )

    def _returned(self) -> Any:
        model, secrets = self.model, self.definition.secrets
        answered: Any = Flow.returns(model) if isinstance(model, Flow) else dict(vars(model.data))
        if isinstance(answered, dict):
            answered = {name: value for name, value in answered.items() if name not in secrets}
        if getattr(type(model), "returns", Flow.returns) is Flow.returns:
            return answered
        try:
            return model.returns()
        except Exception as error:
            # An author's method may raise anything. The caller must not get stuck.
            what = "returns() failed; the calling flow gets the stored answers instead"
            author_errors.log_survived(self.effects, what, error, "returns_failed")
            return answered

    def _count(self) -> None:
        self._moves += 1
        if self._moves > MAX_MOVES:
            raise FlowError(
                move_errors.endless(self._definitions, self.effects, self.run.flow, MAX_MOVES)
            )
