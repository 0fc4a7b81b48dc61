"""The engine: what one inbound item does to a contact's session and flows.

It decides; `flow.walk` carries out. It computes in memory and touches nothing outside but what a
flow's own functions touch.
"""

import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from gettext import GNUTranslations
from typing import Any

from bot.callbacks.payloads import ContactNotification
from bot.contact.session import Frame, Session
from bot.engine import consent, handoff, merging
from bot.engine.execution import Walk
from bot.engine.interpret import begin, offer, take_answer
from bot.flow.definition import Definition
from bot.flow.load import Flows
from bot.flow.states import Ask, Bursts
from bot.i18n.languages import _, speaking
from bot.items.inbound import Item, OperatorCommand, SayText, StartFlow
from bot.messages import Agent, as_message
from bot.turn.effects import HANDED_BACK, TurnEffects
from bot.turn.postback import Postback, Postbacks
from bot.turn.turn import Turn

logger = logging.getLogger(__name__)


Around = Callable[[TurnEffects, Callable[[TurnEffects], Awaitable[None]]], Awaitable[None]]


class Engine:
    """Runs turns; holds nothing of any contact.

    A person keeps a contact for `handoff_s` seconds without a word at most; 0 is no limit.
    `around`, where it is set, is called with the turn and what runs it: a simulation prepares and
    watches turns there.
    """

    def __init__(
        self, flows: Flows, postbacks: Postbacks, language: str = "en", handoff_s: float = 0.0
    ) -> None:
        self.flows = flows
        self.postbacks = postbacks
        self.around: Around | None = None
        self.language = language
        self.handoff_s = handoff_s
        self.services: Mapping[str, Any] = {}

    async def run(self, effects: TurnEffects) -> None:
        """Handle the turn's item: change its session, and collect what is said.

        Raises:
            FlowError: the flow did something it may not. An author's functions may raise anything.
        """
        # Awaited here, so that this frame is on the stack of a turn: the watchdog looks for it.
        await (self.around(effects, self._run) if self.around else self._run(effects))

    async def _run(self, effects: TurnEffects) -> None:
        effects.session.turn += 1
        effects.services = self.services
        effects.outside_windows = self.flows.outside_windows

        turn = Turn(effects)

        async def handle() -> None:
            await self._handle(Walk(self.flows, self.postbacks, effects, turn))

        try:
            with self.speaking(effects):
                await self.flows.hooks.run(turn, handle)
        except BaseException:
            effects.drop_calls()
            raise
        handoff.watch(effects, self.handoff_s)
        effects.close()

    def speaking(self, effects: TurnEffects) -> contextlib.AbstractContextManager[None]:
        """Within this context, texts are translated into the contact's language."""
        effects.default_language = self.language
        flows = self.flows
        if not any(flows.languages):  # Then there is nothing to look up.
            return contextlib.nullcontext()

        def find() -> GNUTranslations | None:
            frame = effects.session.frame
            module = flows[frame.flow].module if frame and frame.flow in flows else ""
            return flows.languages.find(effects.language, module)

        return speaking(find, self.language)

    def bursts(self, session: Session) -> Bursts | None:
        """What becomes of messages that come close together, in the state the contact is in."""
        frame = session.frame
        if frame is None or session.pause is not None or frame.flow not in self.flows:
            return None
        definition = self.flows[frame.flow]
        state = definition.states.get(frame.state)
        return (state.bursts if isinstance(state, Ask) else None) or definition.bursts

    async def _handle(self, walk: Walk) -> None:
        effects = walk.effects
        item, merged_into = effects.item, effects.session.merged_into
        if item.event and not self._is_due(effects.session, item):
            return
        if merged_into and not (item.command and item.command.do == "merge"):
            merging.pass_on(effects, merged_into)
        elif item.timer:
            await self._timer(walk)
        elif item.start:
            await self._start(walk, item.start)
        elif item.event:
            await self._event(walk, item.event.name)
        elif item.command:
            await self._command(walk, item.command)
        elif item.say:
            self._say(effects, item.say)
        elif item.legacy:
            merging.inherit(effects, item.legacy)
        elif effects.callback and effects.callback.said:
            await self._message(walk)
        elif effects.callback:
            handoff.hear(effects)
            consent.notified(effects)
            _learn_language(effects)
            await self._event(walk, effects.event)
            if effects.callback.trigger == "CONTACT_DELETE":
                merging.give_up(effects)

    async def _message(self, walk: Walk) -> None:
        session, effects = walk.session, walk.effects
        channel = effects.session.address.channel
        # A callback that is sent again may come after a later message.
        session.heard[channel] = max(session.heard.get(channel, 0), int(effects.written_at))
        handoff.hear(effects)
        if consent.heard(effects, walk.turn, self.flows.words) or session.pause is not None:
            return
        postback = self._postback(effects)
        at_home = self._at_home(walk)
        if not session.frames:
            await begin(walk, postback)
        elif not at_home:
            await self._lost(walk)
        elif walk.definition.machine.is_final(walk.frame.state):
            await walk.arrive()  # A release has moved the contact to the flow's end.
        elif walk.definition.is_raw:
            await offer(walk)
        elif isinstance(walk.state, Ask):
            await take_answer(walk, walk.state, postback)
        else:
            await walk.arrive()  # A release has moved the contact to where nothing is asked.

    def _postback(self, effects: TurnEffects) -> Postback | None:
        tapped = effects.postback
        return self.postbacks.read(effects.session.address.key, tapped) if tapped else None

    async def _timer(self, walk: Walk) -> None:
        timer = walk.effects.item.timer
        session = walk.session
        if timer not in session.timers:
            return
        if timer == HANDED_BACK and session.pause is not None:
            # Compared with what the timer was set to, since clocks differ. Another time says that
            # the agent has spoken meanwhile.
            if session.pause.until == walk.effects.item.at:
                await self._resume(walk, "timeout")
            return
        session.timers.remove(timer)
        if session.pause is not None or not self._at_home(walk):
            return
        ask = walk.state
        if not isinstance(ask, Ask):
            return
        if timer.name == "timeout" and ask.timeout:
            await walk.move("timed_out")
        elif timer.name.startswith("remind:"):
            number = int(timer.name.partition(":")[2])
            if number < len(ask.remind):
                walk.effects.say(_(as_message(ask.remind[number][1])))

    async def _event(self, walk: Walk, name: str) -> None:
        session = walk.session
        if session.pause is not None or session.consent == consent.OUT:
            return
        if self._at_home(walk):
            if await walk.handle(name):
                return
            if walk.definition.is_raw and name in walk.definition.machine.triggers(
                walk.frame.state
            ):
                await walk.move(name)
                return
        # Another "failed" would follow where what is begun then can't be sent either.
        is_own = walk.effects.item.event is not None and name != "failed"
        may_start = is_own or not session.frames
        started = self.flows.started_by_event(name) if may_start else None
        if started is not None:
            await walk.start(started.name, dict(walk.turn.event_data))

    def _is_due(self, session: Session, item: Item) -> bool:
        """Whether an event may happen: a scheduled one may have been moved or given up since it
        came due.
        """
        name = item.event.scheduled if item.event else ""
        if not name:
            return True
        if session.scheduled.get(name) != item.at:
            return False
        del session.scheduled[name]
        return True

    async def _command(self, walk: Walk, command: OperatorCommand) -> None:
        """Do what an operator wants; where it is so already, nothing."""
        session = walk.session
        if command.do == "merge":
            merging.part(walk.effects, command.into)
        elif command.do == "move":
            await walk.move_to(command.flow, command.state)
        elif command.do == "resume" and session.pause is not None:
            await self._resume(walk, command.reason, command.state)
        elif command.do == "pause" and session.pause is None:
            self._at_home(walk)
            walk.hand_over(reason=command.reason)

    async def _resume(self, walk: Walk, reason: str, state: str = "") -> None:
        """Go on after a person had the contact: in this state, or where it was."""
        handoff.end(walk.effects, reason)
        if walk.session.consent == consent.OUT or not self._at_home(walk):
            return
        if state:
            await walk.move_to(walk.frame.flow, state)
        else:
            await walk.arrive()

    async def _start(self, walk: Walk, start: StartFlow) -> None:
        if walk.session.consent == consent.OUT:
            logger.info("Not started, since the contact said STOP", extra={"action": "opted_out"})
            return
        walk.session.frames.clear()
        await walk.start(start.flow, start.data)

    def _say(self, effects: TurnEffects, say: SayText) -> None:
        agent = say.agent
        if effects.session.pause is not None:
            agent = agent or Agent(type="HUMAN")
            handoff.speak(effects, agent)
        message = say.message()
        effects.say(message.by(agent) if agent else message)

    def _at_home(self, walk: Walk) -> bool:
        """Whether a flow is under way in a state that exists, after a release's migrations."""
        frames = walk.session.frames
        while frames and frames[-1].flow not in self.flows:
            logger.warning(
                "A flow under way no longer exists; it is given up",
                extra={"action": "flow_gone", "flow": frames[-1].flow},
            )
            frames.pop()
        if not frames:
            return False
        frame, definition = walk.frame, walk.definition
        if frame.version != definition.version:
            frame.state = migrated(frame, definition)
            if definition.has(frame.state):
                frame.version, frame.graph = definition.version, definition.graph
        return definition.has(frame.state)

    async def _lost(self, walk: Walk) -> None:
        """A message finds the contact in a state that a release has removed: the flow's policy."""
        frame, definition = walk.frame, walk.definition
        logger.warning(
            "The contact's state no longer exists",
            extra={"action": "state_gone", "flow": frame.flow, "state": frame.state},
        )
        if definition.unknown_state == "restart":
            await walk.start(frame.flow)
        elif definition.unknown_state == "handoff":
            walk.hand_over(frame.state, f"unknown state {frame.state}")
        else:
            self.flows.words.no_match(walk.turn, self.flows.starts)


def _learn_language(effects: TurnEffects) -> None:
    """Take the language that a callback about the contact tells, where none is known yet."""
    body = effects.callback.body if effects.callback else None
    if isinstance(body, ContactNotification) and body.contact and not effects.session.language:
        effects.session.language = body.contact.language_tag


def migrated(frame: Frame, definition: Definition) -> str:
    """The frame's state in today's version, through the moves of each version between."""
    state = frame.state
    for version in range(frame.version, definition.version):
        state = definition.migrate.get(version, {}).get(state, state)
    return state
