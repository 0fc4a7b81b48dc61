"""Words that count at any time: changing an answer, going back, canceling, asking for a person."""

from bot.engine import changes, consent, flow_words, questions
from bot.engine.execution import Walk
from bot.errors import FlowError
from bot.flow.keywords import AGAIN, BACK, CANCEL
from bot.flow.states import HANDOFF


async def take(walk: Walk, text: str) -> bool:
    """Take a word that counts at any time; False if the message is none."""
    if walk.session.chains and await _change(walk, text):
        return True
    words = walk.flows.words
    word = words.found(text)
    if word is None:
        return False
    said = len(walk.effects.replies)
    wants = await walk.call(word.function, words, word.wants)
    is_active = bool(walk.session.chains)
    if wants in (None, AGAIN):
        if is_active:
            await questions.ask_again(walk)
    elif wants == BACK:
        if not is_active:
            return len(walk.effects.replies) > said
        await _back(walk)
    elif wants == CANCEL:
        if is_active:
            walk.stack.end(walk.chain, "canceled")
            walk.repeats = True
        if walk.effects.cancel_asks:
            # The FCC counts such a word as a revocation if it may be meant so.
            walk.repeats = False
            consent.put_question(walk)
    elif wants == HANDOFF:
        walk.hand_over("asked for by the contact")
    elif wants in walk.flows:
        await flow_words.act(walk, wants)
    else:
        raise FlowError(
            f"{type(words).__name__}: the method of the word {text!r} returned {wants!r}, which is"
            f" no flow. Return AGAIN, BACK, CANCEL, HANDOFF or one of"
            f" {', '.join(walk.flows.names) or 'the flows'}."
        )
    return True


async def _change(walk: Walk, text: str) -> bool:
    spoken = walk.flows.words.to_change(text)
    for run in reversed(walk.chain.runs) if spoken else ():
        way = changes.find_answer(walk.flows, run, spoken)
        if way:
            changes.change(walk, run, way)
            await changes.enter(walk)
            return True
    return False


async def _back(walk: Walk) -> None:
    if changes.back(walk):
        await changes.enter(walk)
    else:
        walk.effects.say(walk.flows.words.no_previous_question(walk.turn))
        await questions.ask_again(walk)
