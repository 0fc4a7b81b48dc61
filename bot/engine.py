"""The engine: what one inbound item does to a contact's session and flows.

It decides; `flow.walk` carries out. It computes in memory and touches nothing outside but what a
flow's own functions touch.
"""

import logging
from collections.abc import Awaitable, Callable

from bot import consent, parse
from bot.errors import FlowError
from bot.flow import phrases
from bot.flow.asking import choice_made, put, put_again
from bot.flow.definition import Definition
from bot.flow.load import Flows
from bot.flow.states import Ask
from bot.flow.walk import Walk
from bot.parse import Answer, NotUnderstood
from bot.postback import Postback, Postbacks
from bot.session import Frame
from bot.turn import Turn

logger = logging.getLogger(__name__)

RAW_KINDS = {
    "text_message": "text",
    "choice_response_message": "choice",
    "media_message": "media",
    "media_card_message": "media",
    "location_message": "location",
    "product_response_message": "product",
}
"""Triggers that a raw module's flow is offered for each kind of message, before `message`."""


Around = Callable[[Turn, Callable[[Turn], Awaitable[None]]], Awaitable[None]]


class Engine:
    """Runs turns; holds nothing of any contact.

    `around`, where it is set, is called with the turn and what runs it: a simulation prepares and
    watches turns there.
    """

    def __init__(self, flows: Flows, postbacks: Postbacks) -> None:
        self.flows = flows
        self.postbacks = postbacks
        self.around: Around | None = None

    async def run(self, turn: Turn) -> None:
        """Handle the turn's item: change its session, and collect what is said.

        Raises:
            FlowError: the flow did something it may not. An author's functions may raise anything.
        """
        await (self.around(turn, self._run) if self.around else self._run(turn))

    async def _run(self, turn: Turn) -> None:
        turn.session.turn += 1
        walk = Walk(self.flows, self.postbacks, turn)
        item = turn.item
        if item.timer:
            await self._timer(walk)
        elif item.start:
            turn.session.frames.clear()
            await walk.start(item.start.flow, item.start.data)
        elif item.event:
            await self._event(walk, item.event.name)
        elif turn.callback and turn.callback.trigger == "MESSAGE_INBOUND":
            await self._message(walk)
        elif turn.callback:
            consent.notified(turn)
            await self._event(walk, turn.callback.trigger.lower())
        turn.close()

    async def _message(self, walk: Walk) -> None:
        session, turn = walk.session, walk.turn
        session.heard[turn.contact.channel] = int(turn.at)
        if consent.heard(turn) or session.consent == consent.OUT or session.pause is not None:
            return
        postback = self._postback(turn)
        at_home = self._at_home(walk)
        if not session.frames:
            await self._begin(walk, postback)
        elif not at_home:
            await self._lost(walk)
        elif walk.definition.is_raw:
            await self._raw(walk, turn.answer)
        else:
            await self._answer(walk, turn.answer, postback)

    def _postback(self, turn: Turn) -> Postback | None:
        answer = turn.answer
        return self.postbacks.read(turn.contact.key, answer.postback) if answer.postback else None

    async def _begin(self, walk: Walk, postback: Postback | None) -> None:
        """Nothing is under way: a word starts a flow, or the fallback does."""
        turn = walk.turn
        answer = turn.answer
        started = self.flows.started_by(answer.text or answer.postback)
        chosen = started or self._asked_by(postback) or self.flows.fallback
        if chosen is not None:
            await walk.start(chosen.name)
            return
        words = ", ".join(self.flows.words)
        hint = phrases.SAY_ONE_OF.format(words=words) if words else ""
        turn.say(f"{phrases.NOTHING_FITS} {hint}".strip())

    def _asked_by(self, postback: Postback | None) -> Definition | None:
        """The flow of a button that outlived it, when that flow starts over from its buttons."""
        if postback is None or postback.flow not in self.flows:
            return None
        state = self.flows[postback.flow].states.get(postback.state)
        jumps = isinstance(state, Ask) and state.stale == "jump"
        return self.flows[postback.flow] if jumps else None

    async def _answer(self, walk: Walk, answer: Answer, postback: Postback | None) -> None:
        """A flow of asks is under way: understand the answer, or ask again."""
        ask = walk.state
        if not isinstance(ask, Ask):
            raise FlowError(
                f"Flow {walk.frame.flow!r} waits in {walk.frame.state!r}, which asks nothing."
            )
        key = choice_made(ask, walk.frame, answer, postback)
        if key is not None:
            walk.remember(key)
            await walk.move(key)
        elif postback is not None:
            await self._stale(walk, ask, postback)
        elif word := self._other_flow(walk, answer):
            await walk.start(word.name)
        else:
            await self._parse(walk, ask, answer)

    async def _parse(self, walk: Walk, ask: Ask, answer: Answer) -> None:
        if ask.accept is None:
            await self._not_understood(walk, ask, "")
            return
        try:
            value = await parse.apply(ask.accept, answer)
        except NotUnderstood as fault:
            await self._not_understood(walk, ask, fault.hint)
        else:
            walk.remember(value)
            await walk.move("answered")

    def _other_flow(self, walk: Walk, answer: Answer) -> Definition | None:
        word = self.flows.started_by(answer.text) if answer.text else None
        return word if word and walk.definition.interrupt != "ignore" else None

    async def _not_understood(self, walk: Walk, ask: Ask, hint: str) -> None:
        frame = walk.frame
        frame.attempts += 1
        if ask.attempts and frame.attempts >= ask.attempts:
            await walk.move("gave_up")
            return
        await walk.fire("reasked")
        self._ask_again(walk, ask, hint)

    def _ask_again(self, walk: Walk, ask: Ask, hint: str) -> None:
        contact = walk.turn.contact.key
        walk.turn.say(put_again(ask, walk.frame, walk.model.data, contact, self.postbacks, hint))
        walk.wait(ask)

    async def _stale(self, walk: Walk, ask: Ask, postback: Postback) -> None:
        """A button of an earlier question: do what that question's `stale` says."""
        frame = walk.frame
        asked = walk.definition.states.get(postback.state)
        ours = postback.flow == frame.flow and isinstance(asked, Ask)
        known = ours and isinstance(asked, Ask) and postback.key in asked.options
        if known and isinstance(asked, Ask) and asked.stale == "jump":
            self._return_to(walk, frame, postback.state)
            walk.remember(postback.key)
            await walk.move(postback.key)
        elif known and isinstance(asked, Ask) and asked.stale == "accept":
            setattr(walk.model.data, postback.state, postback.key)
            walk.ask(ask)
            walk.keep()
        else:
            walk.turn.say(phrases.EARLIER_QUESTION)
            walk.turn.say(put(ask, frame, walk.model.data, walk.turn.contact.key, self.postbacks))
            walk.wait(ask)

    def _return_to(self, walk: Walk, frame: Frame, state: str) -> None:
        frame.state = state
        walk.model.state = state

    async def _raw(self, walk: Walk, answer: Answer) -> None:
        """A raw module's flow is under way: offer it the triggers that the message can mean."""
        offered = [answer.postback, parse.fold(answer.text), RAW_KINDS.get(answer.message.kind, "")]
        known = walk.definition.machine.triggers(walk.frame.state)
        for trigger in [*offered, "message"]:
            if trigger and trigger in known and await walk.move(trigger):
                return
        word = self._other_flow(walk, answer)
        if word is not None:
            await walk.start(word.name)
        else:
            walk.turn.say(phrases.NOT_UNDERSTOOD)

    async def _timer(self, walk: Walk) -> None:
        timer = walk.turn.item.timer
        session = walk.session
        if timer not in session.timers:
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
                walk.turn.say(ask.remind[number][1])

    async def _event(self, walk: Walk, name: str) -> None:
        if walk.session.frames and walk.session.pause is None and self._at_home(walk):
            handled = await walk.handle(name)
            if not handled and walk.definition.is_raw:
                handled = name in walk.definition.machine.triggers(walk.frame.state)
                if handled:
                    await walk.move(name)
            if handled:
                return
        logger.debug(
            "No flow handles the event", extra={"action": "event_unhandled", "event": name}
        )

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
            walk.turn.say(phrases.NOTHING_FITS)


def migrated(frame: Frame, definition: Definition) -> str:
    """The frame's state in today's version, through the moves of each version between."""
    state = frame.state
    for version in range(frame.version, definition.version):
        state = definition.migrate.get(version, {}).get(state, state)
    return state


__all__ = ["Engine", "migrated"]
