"""The engine: applies one inbound item to a contact's session and flows.

This module decides which part of the engine handles an item. The engine changes only objects in
memory. Only the functions of flows have other effects, such as calls of services.
"""

import contextlib
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from gettext import GNUTranslations
from typing import Any

from bot.callbacks import Callback, ContactMessage
from bot.callbacks.files import Downloader
from bot.callbacks.payloads import ContactNotification
from bot.contact.session import Session
from bot.engine import (
    broadcasts,
    consent,
    endings,
    events,
    flows_off,
    handoff,
    held_questions,
    interpret,
    machines,
    merging,
    questions,
    recordings,
    releases,
    waiting,
)
from bot.engine.burst import Burst, Meaning, first_stop, gather, meaning_of
from bot.engine.execution import OPENS, Execution
from bot.flow.load import Flows
from bot.flow.option_names import claims
from bot.flow.states import Ask, Bursts
from bot.flow.stop_phrases import Rule
from bot.i18n.languages import speaking
from bot.items.inbound import Item, OperatorCommand, SayText, StartFlow
from bot.messages import Agent
from bot.telemetry import metrics
from bot.turn.effects import BROADCAST_OVER, HANDED_BACK, HELD, WAITING, TurnEffects
from bot.turn.holds import DEFAULT_RULES, HoldRules
from bot.turn.postback import Postback, Postbacks
from bot.turn.reactions import with_reaction
from bot.turn.turn import Turn

logger = logging.getLogger(__name__)


Around = Callable[[TurnEffects, Callable[[TurnEffects], Awaitable[None]]], Awaitable[None]]


CANCELED = {"action": "broadcast_canceled"}
NOT_OPTED_IN = {"action": "not_opted_in"}
FLOW_OFF = {"action": "flow_off"}


class Engine:
    """Executes turns. An engine stores nothing about any contact.

    A hand-over ends `handoff_s` seconds after the agent's last message; 0 means no limit. `limits`
    bound the replies to one contact. Messages of the `opt_in_purposes` need an opt-in. If `around`
    is set, the engine calls `around` with the turn's effects and a function that executes the turn.
    Simulations set `around` to prepare and observe turns.
    """

    def __init__(
        self,
        flows: Flows,
        postbacks: Postbacks,
        language: str = "en",
        handoff_s: float = 0.0,
        stop_words: Rule = "default",
        limits: machines.Limits = machines.DEFAULT_LIMITS,
        zone: str = "",
        opt_in_purposes: Collection[str] = (),
        hold_rules: HoldRules = DEFAULT_RULES,
    ) -> None:
        self.flows = flows
        self.postbacks = postbacks
        self.around: Around | None = None
        self.language = language
        self.zone = zone
        self.handoff_s = handoff_s
        self.stop_words = stop_words
        self.limits = limits
        self.opt_in_purposes = opt_in_purposes
        self.hold_rules = hold_rules
        self.off: Mapping[str, str] = {}
        """The flows that are switched off, each with its text for contacts.

        "" means the framework's text.
        """
        self.is_canceled: Callable[[str], Awaitable[bool]] = _never
        """Returns whether the broadcast with this tag was canceled."""
        self.unsent: held_questions.Unsent = _all_are_sent
        self.services: Mapping[str, Any] = {}
        self.downloader: Downloader | None = None

    async def run(self, effects: TurnEffects) -> None:
        """Handle the turn's item: change the contact's session and collect the replies.

        Raises:
            FlowError: the flow did something that is not allowed. An author's functions may raise
                anything.
        """
        # Awaited here, so that this frame is on the stack of every turn. The watchdog looks for it.
        await (self.around(effects, self._run) if self.around else self._run(effects))

    async def _run(self, effects: TurnEffects) -> None:
        effects.session.turn += 1
        effects.services = self.services
        effects.downloader = self.downloader
        effects.contact_data_type = self.flows.contact_data
        if effects.session.data and self.flows.contact_data:
            self.flows.contact_data.adopt(effects.session)
        turn = Turn(effects)
        if self.flows.hooks.transcriber is not None:
            await recordings.transcribe(turn, effects, self.flows)
        effects.cancel_asks = self.stop_words == "us"
        effects.wish = self._wish(effects.session, effects.text or effects.postback)
        effects.outside_windows = self.flows.outside_windows
        effects.hold_rules = self.hold_rules
        effects.max_ages = self.flows.max_ages
        effects.purposes = self.flows.purposes
        effects.opt_in_purposes = self.opt_in_purposes
        effects.start_of = self.flows.start_of

        execution = Execution(self.flows, self.postbacks, effects, turn, self.off)

        try:
            with self.speaking(effects):
                await self.flows.hooks.run(turn, partial(self._handle, execution))
                if effects.starts:  # A hook may start a flow.
                    await self._settle(execution)
            effects.store_contact_data()
        except BaseException:
            effects.drop_calls()
            raise
        consent.change_purposes(effects)
        machines.note_answers(effects, self.limits)
        handoff.watch(effects, self.handoff_s)
        broadcasts.watch(effects)
        effects.close()

    def speaking(self, effects: TurnEffects) -> contextlib.AbstractContextManager[None]:
        """Return a context in which texts are translated into the contact's language."""
        effects.default_language, effects.default_zone = self.language, self.zone
        return self._speaking(lambda: effects.language, lambda: effects.where.flow)

    def _speaking(
        self, language: Callable[[], str], flow: Callable[[], str]
    ) -> contextlib.AbstractContextManager[None]:
        flows = self.flows
        if not any(flows.languages):  # No translations are loaded in this case.
            return contextlib.nullcontext()

        def find() -> GNUTranslations | None:
            module = flows[flow()].module if flow() in flows else ""
            return flows.languages.find(language(), module)

        return speaking(find, self.language)

    def burst(
        self, session: Session, item: Item, callback: Callback | None, items: list[bytes]
    ) -> Burst:
        """Return the burst that begins with `item`. `item` is the first of `items`."""
        if not self.flows.have_bursts:
            return Burst(1, item, callback)
        session = releases.in_present_names(session, self.flows)

        def means(message: ContactMessage) -> Meaning:
            wish = self._wish(session, message.text)
            return meaning_of(session, self.flows, message, wish, self.off)

        bursts = self._bursts(session)
        if bursts is None:
            return Burst(1, item, callback)
        first = with_reaction(callback, session) if callback else None
        with self._speaking(lambda: session.language or self.language, lambda: session.where.flow):
            return gather(
                *(bursts, item, first, items, means), lambda each: with_reaction(each, session)
            )

    def _bursts(self, session: Session) -> Bursts | None:
        """Return the option `bursts` that applies in the contact's current state; None if no burst
        is gathered.
        """
        run = session.run
        if run is None or session.pause is not None or run.flow not in self.flows:
            return None
        definition = self.flows[run.flow]
        if run.version > definition.version:
            return None
        state = definition.states.get(run.state)
        return (state.bursts if isinstance(state, Ask) else None) or definition.bursts

    def is_left_to_newer(self, session: Session, item: Item, now: float) -> bool:
        """Return whether the item is left to a worker of a newer release."""
        return releases.is_left_to_newer(session, self.flows, item, now)

    def stop_among(self, session: Session, items: list[bytes]) -> Burst | None:
        """Return a burst that ends with the first STOP of these items; None if there is no STOP."""
        return first_stop(items, lambda item: self.is_stop(session, item))

    def is_stop(self, session: Session, item: Item) -> bool:
        """Return whether the item is a STOP of this contact.

        A STOP takes effect even if its turn fails.
        """
        return consent.is_stop(item, session, self._wish)

    def _wish(self, session: Session, text: str) -> consent.Wish:
        """Return what a text says about consent.

        With the rule `us`, a word such as CANCEL means STOP, unless it is an option of the active
        question.
        """
        if not text:
            return ""
        found = consent.wish(session, text, self.stop_words, self.language)
        if found != consent.OUT or self.stop_words == "default":
            return found
        without = consent.wish(session, text, "default", self.language)
        return without if without != consent.OUT and self._claims(session, text) else found

    def _claims(self, session: Session, text: str) -> bool:
        """Return whether a text is an option of the active question."""
        session = releases.in_present_names(session, self.flows)
        run = session.run
        definition = self.flows.get(run.flow) if run else None
        state = definition.states.get(run.state) if run and definition else None
        if run is None or not isinstance(state, Ask) or not run.asked_at:
            return False
        return claims(state, run, text, session.language or self.language)

    async def _handle(self, execution: Execution) -> None:
        effects = execution.effects
        item, session = effects.item, execution.session
        if item.event and not _is_due(session, item):
            return
        if session.merged_into and not (item.command and item.command.do == "merge"):
            merging.pass_on(effects, session.merged_into)
            return
        was_out = session.consent == consent.OUT and effects.followed != consent.OUT
        releases.adopt(execution)
        if effects.followed == consent.OUT:
            consent.opt_out(effects)
        await self._take(execution, item)
        if effects.others:
            await self._take_others(execution)
        if session.consent == consent.OUT and (item.legacy or not was_out):
            starts = self.flows.started_by_event
            waiting.keep_for_start(execution, lambda name: starts(name) is not None)
        elif session.waiting and item.timer != WAITING:
            await waiting.run_all(execution, lambda each: self._take_again(execution, each))
        if session.waiting:
            waiting.drop_expired(execution)
        await self._settle(execution)
        if self.off:
            flows_off.watch(execution)

    async def _settle(self, execution: Execution) -> None:
        """Notify flows whose runs ended, start the requested flows, and ask the active question."""
        effects = execution.effects
        while True:
            if effects.ended:
                await endings.tell(execution)
            if effects.starts:
                await self._start_requested(execution)
            await questions.settle(execution)
            if effects.ended:
                await endings.tell(execution)
            if not effects.starts:
                return

    async def _take(self, execution: Execution, item: Item) -> None:
        effects = execution.effects
        if item.timer:
            await self._timer(execution, item)
        elif item.start:
            await self._start(execution, item, item.start)
        elif item.event:
            await events.of_program(execution, item, item.event)
        elif item.command:
            await self._command(execution, item, item.command)
        elif item.say:
            if item.say.broadcast and await self.is_canceled(item.say.broadcast):
                logger.info("Message not sent, because the broadcast was canceled", extra=CANCELED)
                return
            if item.say.broadcast and execution.session.consent != consent.OUT:
                broadcasts.begin(effects, item.say.broadcast, item.say.fallback, 0)
            self._say(effects, item.say)
        elif item.legacy:
            merging.inherit(execution, item.legacy)
        elif effects.callback and effects.callback.said:
            await self._message(execution)
        elif effects.callback:
            handoff.hear(effects)
            consent.notified(effects)
            if execution.session.broadcast and execution.session.consent == consent.OUT:
                broadcasts.note_answer(effects)
            _learn_language(effects)
            await events.of_platform(execution, effects.event)
            if effects.callback.trigger == "CONTACT_DELETE":
                merging.give_up(effects)

    async def _take_others(self, execution: Execution) -> None:
        """Handle the items between the messages of a burst.

        Reminders are skipped, because the burst is the answer. If an item fails in the last try of
        the turn, the messages must not be affected.
        """
        effects = execution.effects

        async def handle(item: Item) -> None:
            await self._take(execution, item)

        for item, callback in effects.others:
            is_reminder = item.timer is not None and item.timer.name.startswith("remind:")
            if is_reminder or (item.event and not _is_due(execution.session, item)):
                continue
            with effects.handling(item, callback):
                if effects.is_last_try:
                    await waiting.handle_apart(execution, item, effects.event, handle)
                else:
                    await handle(item)

    async def _take_again(self, execution: Execution, item: Item) -> None:
        """Handle an item that has waited in the session."""
        with execution.effects.handling(item):
            if item.timer:
                await self._timer(execution, item, has_waited=True)
            else:
                await self._take(execution, item)

    async def _message(self, execution: Execution) -> None:
        session, effects = execution.session, execution.effects
        channel = effects.session.address.channel
        # A repeated callback may arrive after a later message.
        session.heard[channel] = max(session.heard.get(channel, 0), int(effects.written_at))
        if session.held_until:
            await held_questions.release(execution, self.unsent)
        handoff.hear(effects)
        if consent.take(execution):
            if session.consent == consent.OUT and not effects.replies:
                metrics.unanswered.count("opted_out")
        elif session.pause is not None:
            metrics.unanswered.count("handoff")
        elif reason := machines.silent_because(effects, self.limits):
            machines.leave(execution, reason)
        else:
            await interpret.hear(execution, lambda: self._postback(effects))
            machines.note(execution, self.limits)
        if session.broadcast is not None:
            broadcasts.note_answer(effects)

    def _postback(self, effects: TurnEffects) -> Postback | None:
        tapped = effects.postback
        return self.postbacks.read(effects.session.address.key, tapped) if tapped else None

    async def _timer(self, execution: Execution, item: Item, *, has_waited: bool = False) -> None:
        timer, session = item.timer, execution.session
        assert timer is not None, "the item has a timer"
        if timer == HANDED_BACK and session.pause is not None:
            # If the pause ends at another time now, the agent has written since. The time is not
            # compared with the current time, because clocks differ.
            if session.pause.until == item.at:
                await self._resume(execution, "timeout")
            return
        if timer == BROADCAST_OVER:
            session.broadcast = None
            return
        if timer == HELD:
            return  # Waiting items are handled afterwards.
        found = execution.stack.find(timer.run)
        if found is None or found[1].entered != timer.entered or timer not in session.timers:
            return
        chain, run = found
        if item.at <= run.timed_at:
            return  # The question was asked again after the timer was due, and has a new timer.
        is_held = execution.is_held(chain)
        if timer.name == OPENS and not is_held:
            session.timers.remove(timer)
        elif timer.name.startswith("remind:"):
            session.timers.remove(timer)
            if session.pause is None and not is_held:
                events.remind(execution, run, int(timer.name.partition(":")[2]))
        elif session.pause is not None or is_held:
            waiting.hold(execution, item)
        else:
            session.timers.remove(timer)
            if await events.time_out(execution, chain, run) and has_waited:
                waiting.say_time_is_over(execution)

    async def _command(self, execution: Execution, item: Item, command: OperatorCommand) -> None:
        """Execute an operator's command.

        If the contact is in the requested state already, nothing happens.
        """
        session = execution.session
        if command.do == "cancel":
            broadcasts.cancel(execution, command)
        elif command.do == "merge":
            merging.part(execution.effects, command.into)
        elif command.do == "move" and session.consent == consent.OUT:
            logger.info(
                "Contact not moved to a state, because the contact said STOP",
                extra={"action": "opted_out"},
            )
        elif command.do == "move" and session.pause is not None:
            waiting.hold(execution, item)
        elif command.do == "move":
            if not await self._move(execution, command.flow, command.state):
                logger.warning(
                    "Contact not moved to a state, because the flow is switched off", extra=FLOW_OFF
                )
        elif command.do == "resume" and session.pause is not None:
            await self._resume(execution, command.reason, command.state)
        elif command.do == "pause" and session.pause is None:
            execution.hand_over(command.reason, at_any_hour=True)

    async def _resume(self, execution: Execution, reason: str, state: str = "") -> None:
        """Continue the flow after a hand-over.

        If `state` is not empty, go to this state. Otherwise repeat the active question.
        """
        handoff.end(execution.effects, reason)
        if execution.session.consent == consent.OUT or not execution.session.chains:
            return
        execution.repeats = True
        for run in execution.session.runs:
            run.attempts = 0
        if state:
            await self._move(execution, execution.run.flow, state)

    async def _move(self, execution: Execution, flow: str, state: str) -> bool:
        """Move the contact to a state of a flow. If the flow has no run, start the flow.

        Return False if the flow is switched off, or if the chain of the flow's run waits for
        another flow that is switched off.
        """
        definition = self.flows[flow]
        definition.require(state)
        found = execution.stack.of_flow(flow)
        if flow in execution.off or (found and execution.is_held(found[0])):
            return False
        if found is None:
            chain = execution.stack.start(definition, {}, "operator")
        else:
            chain, run = found
            execution.stack.raise_to_top(chain)
            execution.stack.end_above(chain, run, "replaced")
        await execution.go_to(state)
        return True

    async def _start(self, execution: Execution, item: Item, start: StartFlow) -> None:
        def refuse(reason: str) -> None:
            if start.broadcast:
                execution.effects.outcomes.append((start.broadcast, "failed", reason))
            waiting.note_unhandled(execution, waiting.name_of(item), reason)

        if execution.session.consent == consent.OUT:
            logger.info(
                "Flow not started, because the contact said STOP", extra={"action": "opted_out"}
            )
        elif start.broadcast and await self.is_canceled(start.broadcast):
            logger.info("Flow not started, because the broadcast was canceled", extra=CANCELED)
        elif not consent.may_start(execution, start.flow):
            logger.info(
                "Flow not started, because the contact has not opted in", extra=NOT_OPTED_IN
            )
        elif start.flow in execution.off:
            refuse("flow_off")
        elif execution.session.pause is not None:
            waiting.hold(execution, item)
        else:
            if start.replace:
                execution.stack.end_all("replaced")
            state, data = releases.adopted_start(start, execution.flows)
            if events.has_same_key(execution.flows[start.flow], data, execution.session):
                refuse("same_key")
                return

            def begun(run: int) -> None:
                if start.broadcast:
                    broadcasts.begin(execution.effects, start.broadcast, start.fallback, run)

            await execution.start(start.flow, data, start.by, state, begun=begun)

    async def _start_requested(self, execution: Execution) -> None:
        """Start the flows that were requested with `turn.contact.start`."""
        effects = execution.effects
        while effects.starts:
            start = effects.starts.pop(0)
            effects.started += 1
            id = f"start:{effects.item.id}:{effects.started}"
            await self._start(execution, Item(id, at=effects.at, start=start), start)
            await endings.tell(execution)

    def _say(self, effects: TurnEffects, say: SayText) -> None:
        agent = say.agent
        if effects.session.pause is not None:
            agent = agent or Agent(type="HUMAN")
            handoff.speak(effects, agent)
        message = say.message()
        effects.say(message.by(agent) if agent else message, purpose=say.purpose)


async def _never(tag: str) -> bool:
    return False


async def _all_are_sent(session: Session) -> Mapping[tuple[int, int], held_questions.Fate]:
    return {(run.id, visit): "sent" for run in session.runs for visit in (run.entered, 0)}


def _is_due(session: Session, item: Item) -> bool:
    """Return whether to handle the item.

    Return False for a scheduled event that was rescheduled or canceled after the item was stored.
    """
    name = item.event.scheduled if item.event else ""
    if not name:
        return True
    if session.scheduled.get(name) != item.at:
        return False
    del session.scheduled[name]
    return True


def _learn_language(effects: TurnEffects) -> None:
    """Store the language from a callback about the contact, unless the session has a language
    already.
    """
    body = effects.callback.body if effects.callback else None
    if isinstance(body, ContactNotification) and body.contact and not effects.session.language:
        effects.session.language = body.contact.language_tag
