"""Handles global keywords: change an answer, go back, cancel, call a person."""

import logging

from bot.engine import changes, consent, flow_words, questions
from bot.engine.execution import Execution
from bot.errors import FlowError
from bot.flow.keywords import AGAIN, BACK, CANCEL
from bot.flow.states import HANDOFF

logger = logging.getLogger(__name__)


async def take(execution: Execution, text: str) -> bool:
    """Handle a global keyword. Return False if the message is not a keyword."""
    can_change = execution.session.chains and not execution.waits_for_flow
    if can_change and await _change(execution, text):
        return True
    words = execution.flows.words
    word = words.found(text)
    if word is None:
        return False
    said = len(execution.effects.replies)
    wants = await execution.call(word.function, words, word.wants)
    is_active = bool(execution.session.chains)
    if wants in (None, AGAIN):
        if is_active:
            await questions.ask_again(execution)
        elif len(execution.effects.replies) == said and not execution.effects.starts:
            method = f"{type(words).__name__}.{getattr(word.function, '__name__', '')}"
            logger.warning(
                "The method of a keyword said nothing, and there is no question to ask again, so"
                " the message is handled as if it were no keyword. Let the method say something",
                extra={"action": "keyword_silent", "method": method},
            )
            return False
    elif wants == BACK:
        if not is_active:
            return len(execution.effects.replies) > said
        if execution.waits_for_flow:
            await questions.ask_again(execution)
        else:
            await _back(execution)
    elif wants == CANCEL:
        if len(execution.effects.replies) == said:
            words.canceled(execution.turn)
        if is_active:
            execution.stack.end(execution.chain, "canceled")
            execution.repeats = True
        if execution.effects.cancel_asks:
            # By the rules of the FCC, such a word is a STOP if the contact may mean a STOP.
            execution.repeats = False
            consent.put_question(execution)
    elif wants == HANDOFF:
        execution.hand_over("asked for by the contact")
    elif wants in execution.flows:
        await flow_words.act(execution, wants)
    else:
        raise FlowError(
            f"{type(words).__name__}: the method of keyword {text!r} returned {wants!r}, which is"
            " not a flow. Return AGAIN, BACK, CANCEL, HANDOFF or one of"
            f" {', '.join(execution.flows.names) or 'the flows'}."
        )
    return True


async def _change(execution: Execution, text: str) -> bool:
    spoken = execution.flows.words.to_change(text)
    for run in reversed(execution.chain.runs) if spoken else ():
        way = changes.find_answer(execution.flows, run, spoken)
        if way:
            changes.change(execution, run, way)
            await changes.enter(execution)
            return True
    return False


async def _back(execution: Execution) -> None:
    if changes.back(execution):
        await changes.enter(execution)
    else:
        execution.effects.say(execution.flows.words.no_previous_question(execution.turn))
        await questions.ask_again(execution)
