"""Walking a flow within one turn: entering states, running steps, calling flows and coming back.

A walk changes only the session and the turn it was given. It ends where an answer is awaited, a
person takes over, or nothing is left under way.
"""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from bot.contact.session import Frame, Timer
from bot.engine import handoff
from bot.errors import FlowError
from bot.flow.definition import Definition, new_model
from bot.flow.flow import Flow, dump_data
from bot.flow.load import Flows
from bot.flow.machine import left_to_await
from bot.flow.prompts import put
from bot.flow.states import END, HANDOFF, Ask, Call, State, Step
from bot.flow.switch import SWITCH
from bot.turn.effects import Move, TurnEffects
from bot.turn.postback import Postbacks
from bot.turn.turn import Turn

_CONSTANTS = {END: "END", HANDOFF: "HANDOFF"}

MAX_MOVES = 100
"""States one turn may enter: more is a loop of steps that never asks anything."""

MAX_FRAMES = 20
"""Flows that may be under way in one another."""

MAX_TRAIL = 20
"""Asks that *back* can go back over."""


class Walk:
    """The flows of one contact, moved in one turn."""

    def __init__(
        self, flows: Flows, postbacks: Postbacks, effects: TurnEffects, turn: Turn
    ) -> None:
        self.flows = flows
        self.postbacks = postbacks
        self.effects = effects
        self.turn = turn
        self.session = effects.session
        self._moves = 0
        self._model: Any = None

    @property
    def frame(self) -> Frame:
        try:
            return self.session.frames[-1]
        except IndexError:
            raise FlowError("No flow is under way.") from None

    @property
    def definition(self) -> Definition:
        return self.flows[self.frame.flow]

    @property
    def state(self) -> State | None:
        """The present state, or None in a raw module's flow."""
        return self.state_of(self.frame.flow, self.frame.state)

    def state_of(self, flow: str, name: str) -> State | None:
        """A flow's state; an ask of the flow that talks has the options that it offers now.

        Raises:
            FlowError: these aren't as they are declared.
        """
        definition = self.flows[flow]
        state = definition.states.get(name)
        if not isinstance(state, Ask) or state.offer is None or flow != self.frame.flow:
            return state
        try:
            return state.offering(self.model.data)
        except FlowError as error:
            raise FlowError(f"{definition.where}.{name}: {error}") from error

    @property
    def model(self) -> Any:
        """The flow's instance for this turn."""
        if self._model is None:
            self._model = new_model(self.definition, self.frame.state, self.frame.data)
        return self._model

    async def start(self, name: str, data: dict[str, Any] | None = None) -> None:
        """Begin a flow above those under way; one of the same name is given up."""
        definition = self.flows[name]
        self.keep()
        frames = self.session.frames
        frames[:] = [frame for frame in frames if frame.flow != name]
        self._push(definition, data or {})
        if definition.is_raw:
            definition.machine.enter(self.model, self.turn)
            await self._await_left()
        await self.arrive()

    async def move(self, trigger: str) -> bool:
        """Fire a trigger and go on from where it leads; False when its conditions refuse."""
        if not await self.fire(trigger):
            self.keep()  # What was prepared before the conditions stays.
            return False
        await self.arrive()
        return True

    async def move_to(self, flow: str, state: str) -> None:
        """Go to a state that no transition needs to lead to, and on from there.

        Flows above the named one are given up; where it isn't under way, it is begun there.

        Raises:
            FlowError: there is no such flow, or it has no such state.
        """
        definition = self.flows[flow]
        if not definition.has(state):
            raise FlowError(
                f"Flow {flow!r} has no state {state!r}; it has"
                f" {', '.join(definition.machine.states)}."
            )
        self.keep()
        frames = self.session.frames
        while frames and frames[-1].flow != flow:
            frames.pop()
        if not frames:
            self._push(definition, {})
        self._model = None
        frame = self.frame
        frame.state, frame.version, frame.graph = state, definition.version, definition.graph
        await self.arrive()

    async def fire(self, trigger: str) -> bool:
        """Fire a trigger, without entering what it leads to."""
        left = self.frame.state
        moved = self.definition.machine.fire(self.model, trigger, self.turn)
        await self._await_left()
        self.frame.state = self.model.state
        if moved:
            self.effects.moves.append(Move(self.frame.flow, left, trigger, self.frame.state))
        if self.frame.state == HANDOFF:
            self.hand_over(left)
        return moved

    async def arrive(self, *, to_change: bool = False) -> None:
        """Enter the present state, and run on until an answer is awaited.

        With `to_change` an answer given earlier is asked for anew, so it isn't passed over.
        """
        while self.session.frames and self.session.pause is None:
            self._count()
            frame, state = self.frame, self.state
            if frame.resume and isinstance(state, Ask) and not to_change:
                self._go_on_after_change(frame)
                state = self.state
            frame.entered, frame.attempts = self.session.turn, 0
            self.effects.path.append(f"{frame.flow}/{frame.state}")
            if frame.state == END or self._is_final():
                await self._finish()
            elif isinstance(state, Step):
                await self.fire(f"to_{await self._run(state)}")
            elif isinstance(state, Call):
                self.keep()
                arguments = state.data(self.model.data) if state.data else {}
                self._push(self.flows[state.flow], arguments)
            else:
                if isinstance(state, Ask):
                    self.ask(state)
                break
        self.keep()

    def ask(self, state: Ask) -> None:
        """Put the question of the present state, and set its timers."""
        self.effects.say(
            put(
                state, self.frame, self.model.data, self.effects.session.address.key, self.postbacks
            )
        )
        self.wait(state)

    def wait(self, state: Ask) -> None:
        """Set the timers of the present state anew."""
        at, entered = self.effects.at, self.frame.entered
        for number, (after_s, _) in enumerate(state.remind):
            self.effects.set_timer(Timer(f"remind:{number}", entered), at + after_s)
        if state.timeout:
            self.effects.set_timer(Timer("timeout", entered), at + state.timeout.after_s)

    def back(self) -> bool:
        """Go back to the question before; False where there is none."""
        frame = self.frame
        earlier = [name for name in frame.trail if name != frame.state]
        if not earlier or earlier[-1] not in self.definition.states:
            return False
        frame.trail, frame.resume = earlier[:-1], ""
        self.go_to(earlier[-1])
        return True

    def change(self, state: str) -> bool:
        """Go back to one answer alone; False where it hasn't been given yet.

        Once it is given anew, the flow goes on where it was, unless the new answer leads elsewhere.
        """
        frame = self.frame
        if state not in frame.trail:
            return False
        if state != frame.state:
            frame.resume = frame.state
        self.go_to(state)
        return True

    def go_to(self, state: str) -> None:
        """Be in another state of the flow, whatever transitions there are."""
        self.frame.state = self.model.state = state

    def hand_over(self, left: str = "", reason: str = "") -> None:
        """Fall silent: a person takes over.

        Afterwards the flow goes on in the state that was `left` for this, the present one by
        default. A step would only lead here again: then it goes on with the last question.
        """
        effects = self.effects
        effects.path.append(HANDOFF)
        if not effects.replies and effects.callback and effects.callback.said:
            self.flows.words.handed_over(self.turn)
        if not self.session.frames:
            handoff.begin(effects, reason)
            return
        self.keep()
        frame, definition = self.frame, self.definition
        left = left or frame.state
        is_step = isinstance(definition.states.get(left), Step)
        frame.state = next(reversed(frame.trail), END) if is_step else left
        known = definition.without_secrets(frame.data)
        handoff.begin(effects, reason, frame.flow, left, known)

    def remember(self, value: Any) -> None:
        """Keep the answer to the present state, and the state in the trail."""
        frame = self.frame
        setattr(self.model.data, frame.state, value)
        frame.trail = [*[name for name in frame.trail if name != frame.state], frame.state]
        del frame.trail[:-MAX_TRAIL]

    def keep(self) -> None:
        """Write what the flow's instance holds into the frame."""
        if self._model is not None and self.session.frames:
            self.frame.data = dump_data(self._model.data)

    async def handle(self, name: str) -> bool:
        """Let the flow under way handle an event; False when it doesn't."""
        for handler in self.definition.handlers.values():
            if name not in handler.events:
                continue
            if handler.states and self.frame.state not in handler.states:
                continue
            target = await self.run(handler.function, self.model, handler.wants)
            if target is not None:
                self._declared(target, handler.to, name)
                await self.move(f"on_{name}_{target}")
            self.keep()
            return True
        return False

    async def run(self, function: Callable[..., Any], owner: Any, wants: Sequence[str]) -> Any:
        """Call an author's method with the turn and the services that it names."""
        services = {name: self.effects.services[name] for name in wants}
        result = function(owner, self.turn, **services)
        return await result if inspect.isawaitable(result) else result

    async def _run(self, step: Step) -> str:
        target = await self.run(step.function, self.model, step.wants)
        return self._declared(target, step.to, self.frame.state)

    def _go_on_after_change(self, frame: Frame) -> None:
        """An answer was changed: pass over the questions that are answered already."""
        if frame.state in frame.trail:
            self.go_to(frame.resume)
        frame.resume = ""

    def _declared(self, target: Any, declared: tuple[str, ...], name: str) -> str:
        if target not in declared:
            known = ", ".join(_CONSTANTS.get(each, repr(each)) for each in declared) or "nothing"
            returned = "nothing" if target is None else repr(target)
            raise FlowError(
                f"{self.definition.where}.{name} returned {returned}; its `to` declares {known}."
                " Add it there, or return one of those."
            )
        return str(target)

    async def _finish(self) -> None:
        """End the flow that talks, and go on with the one below."""
        returned = self._returned()
        ended = self.session.frames.pop()
        self._model = None
        if ended.flow == SWITCH:
            if ended.data["sure"] == "yes":
                self._push(self.flows[ended.data["flow"]], {})
            return
        self.effects.finished = self.flows[ended.flow].without_secrets(ended.data)
        if not self.session.frames:
            return
        state = self.state
        if isinstance(state, Call):
            setattr(self.model.data, self.frame.state, returned)
            await self.fire("returned")

    def _returned(self) -> Any:
        self.keep()
        if isinstance(self.model, Flow) and type(self.model).returns is not Flow.returns:
            return self.model.returns()
        return self.definition.without_secrets(self.frame.data)

    def _is_final(self) -> bool:
        return self.definition.machine.is_final(self.frame.state)

    def _calls(self, frame: Frame) -> bool:
        """Whether a flow waits for one that it has called."""
        if frame.flow not in self.flows:
            return False
        return isinstance(self.flows[frame.flow].states.get(frame.state), Call)

    def _push(self, definition: Definition, data: dict[str, Any]) -> None:
        if len(self.session.frames) >= MAX_FRAMES:
            raise FlowError(
                f"Flow {definition.name!r}: {MAX_FRAMES} flows are under way in one another"
                " already. Does one call itself?"
            )
        self._model = None
        # The same flow, interrupted earlier, won't be gone back to: it is begun anew here.
        frames = self.session.frames
        frames[:] = [each for each in frames if each.flow != definition.name or self._calls(each)]
        frames.append(
            Frame(
                flow=definition.name,
                state=definition.machine.initial,
                version=definition.version,
                graph=definition.graph,
                data=data,
            )
        )

    def _count(self) -> None:
        self._moves += 1
        if self._moves > MAX_MOVES:
            raise FlowError(
                f"Flow {self.frame.flow!r} entered {MAX_MOVES} states in one turn, the last"
                f" {self.frame.state!r}: its steps go round in circles without asking anything."
            )

    async def _await_left(self) -> None:
        for waiting in left_to_await(self.model):
            await waiting
