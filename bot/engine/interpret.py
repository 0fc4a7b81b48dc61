"""Listening: what a contact's message means to the flow under way, or that it starts one.

An answer is understood in this order: an option by its own words or number, a button of an earlier
question, a word that counts at any time, an option in other words, another flow's word, the
parsers, the author's recogniser, a handler of its kind. So a state claims a word by having it as
an option.
"""

import asyncio
import logging
from collections.abc import Mapping

from msgspec.structs import replace

from bot import parse
from bot.callbacks.events import kind_of
from bot.engine.execution import Walk
from bot.flow.definition import Definition
from bot.flow.keywords import BACK, CANCEL
from bot.flow.prompts import choice_made, choice_meant, numbered, reprompt
from bot.flow.states import HANDOFF, Ask, Stale
from bot.flow.switch import SWITCH
from bot.i18n.languages import _
from bot.messages import Choice, reply
from bot.messages.channel_limits import keeps_choices
from bot.parse import Answer, NotUnderstood
from bot.turn.postback import Postback

logger = logging.getLogger(__name__)

_TAPPABLE = Choice("?", [reply("!")])


async def begin(walk: Walk, postback: Postback | None) -> None:
    """Nothing is under way: a word starts a flow or says something, or the fallback starts."""
    turn, flows = walk.turn, walk.flows
    said = turn.text or turn.postback
    started = flows.started_by(said) or _asked_by(walk, postback)
    if started is None and await _word(walk, said):
        return
    if started is None and turn.text:
        meant = await _recognized(walk, {each.name: _starts(each) for each in flows})
        started = flows[meant] if meant else None
    started = started or flows.started_by_event(kind_of(turn.message)) or flows.fallback
    if started is not None:
        await walk.start(started.name)
    else:
        flows.words.no_match(turn, flows.starts)


def _asked_by(walk: Walk, postback: Postback | None) -> Definition | None:
    """The flow of a button that outlived it, when that question's buttons jump back to it."""
    if postback is None or postback.flow not in walk.flows:
        return None
    state = walk.flows[postback.flow].states.get(postback.state)
    jumps = isinstance(state, Ask) and state.stale == "jump"
    return walk.flows[postback.flow] if jumps else None


async def take_answer(walk: Walk, ask: Ask, postback: Postback | None) -> None:
    """A flow of asks is under way: understand the answer, or ask again."""
    answer = walk.turn.answer
    if postback is None and not answer.text:
        answer = replace(answer, text=answer.postback)
    data = walk.model.data
    key = choice_made(ask, walk.frame, data, answer, postback) or _typed(walk, ask, postback)
    if postback is None and key is None and ask.accept is None:
        # A parser may read a number; where there is none, it is that of a choice to tap.
        answer = replace(answer, text=numbered(ask, data, answer) or answer.text)
    if key is not None:
        await _chosen(walk, ask, key)
    elif postback is not None:
        await _stale(walk, ask, postback)
    elif await _word(walk, answer.text):
        return
    elif (meant := choice_meant(ask, data, answer)) is not None:
        await _chosen(walk, ask, meant)
    elif not await _interrupted(walk, answer.text):
        await _parse(walk, ask, answer)


def _typed(walk: Walk, ask: Ask, postback: Postback | None) -> str | None:
    """The option that a typed label names, though the platform took it for an earlier question's
    choice: where nobody can tap, it compares texts with all labels that were offered.
    """
    channel = walk.turn.contact.channel
    if postback is None or keeps_choices(_TAPPABLE, channel) or postback.flow not in walk.flows:
        return None
    earlier = walk.state_of(postback.flow, postback.state)
    option = earlier.options.get(postback.key) if isinstance(earlier, Ask) else None
    if option is None:
        return None
    answer = replace(walk.turn.answer, text=_(option.label))
    return choice_made(ask, walk.frame, walk.model.data, answer, None)


async def _chosen(walk: Walk, ask: Ask, key: str) -> None:
    walk.remember(key)
    await walk.move(ask.trigger(key))


async def _word(walk: Walk, text: str) -> bool:
    """Take a word that counts at any time; False where the message is none."""
    words, under_way = walk.flows.words, bool(walk.session.frames)
    changed = words.to_change(text, walk.definition.names) if under_way else None
    if changed and walk.change(changed):
        await walk.arrive(to_change=True)
        return True
    word = words.found(text)
    if word is None:
        return False
    what = await walk.run(word.function, words, word.wants)
    if what in walk.flows:
        await walk.start(what)
    elif what == HANDOFF:
        walk.hand_over(reason="asked for by the contact")
    elif what == CANCEL:
        walk.session.frames.clear()
    elif under_way and what == BACK and not walk.back():
        walk.turn.say(words.no_previous_question(walk.turn))
        await walk.arrive()
    elif under_way:
        await walk.arrive()
    return True


async def _interrupted(walk: Walk, text: str) -> bool:
    """Start another flow whose word this is, as far as the present one lets it."""
    word = walk.flows.started_by(text) if text else None
    policy = walk.definition.interrupt
    if word is None or policy == "ignore":
        return False
    if policy == "ask" and word.name != walk.frame.flow:
        await walk.start(SWITCH, {"flow": word.name, "word": text})
    else:
        await walk.start(word.name)
    return True


async def _parse(walk: Walk, ask: Ask, answer: Answer) -> None:
    hint = ""
    if ask.accept is not None:
        try:
            value = await parse.apply(ask.accept, answer)
        except NotUnderstood as error:
            hint = error.hint
        else:
            walk.remember(value)
            await walk.move("answered")
            return
    meant = await _meant(walk, ask)
    if meant is not None:
        await _chosen(walk, ask, meant)
    elif not await walk.handle(kind_of(answer.message)):
        await _not_understood(walk, ask, hint)


async def _meant(walk: Walk, ask: Ask) -> str | None:
    """The option that the author's recogniser finds in free text."""
    if not (ask.options and walk.turn.text):
        return None
    labels = {key: _(option.label) for key, option in ask.options.items()}
    return await _recognized(walk, labels)


async def _recognized(walk: Walk, meanings: Mapping[str, str]) -> str | None:
    if walk.flows.hooks.recognizer is None:
        return None
    recognize, timeout_s = walk.flows.hooks.recognizer
    try:
        async with asyncio.timeout(timeout_s):
            meant = await recognize(walk.turn, meanings)
    except Exception as error:
        # The recogniser is somebody's service: without it the bot goes on as if it had none.
        logger.warning(
            "The recogniser failed: %s", type(error).__name__, extra={"action": "recogniser"}
        )
        return None
    return meant if meant in meanings else None


async def _not_understood(walk: Walk, ask: Ask, hint: str) -> None:
    frame, turn = walk.frame, walk.turn
    frame.attempts += 1
    if ask.attempts and frame.attempts >= ask.attempts:
        await walk.move("gave_up")
        return
    await walk.fire("reasked")
    hint = hint or walk.flows.words.not_understood(turn)
    data, contact = walk.model.data, turn.contact.key
    turn.say(reprompt(ask, frame, data, contact, walk.postbacks, hint))
    walk.wait(ask)


async def _stale(walk: Walk, ask: Ask, postback: Postback) -> None:
    """A button of an earlier question: do what that question's `stale` says."""
    is_here = postback.flow == walk.frame.flow
    asked = walk.state_of(postback.flow, postback.state) if is_here else None
    policy: Stale = "reask"
    if isinstance(asked, Ask) and postback.key in asked.options:
        policy = asked.stale
        if policy == "jump":
            walk.go_to(postback.state)
            await _chosen(walk, asked, postback.key)
            return
    if policy == "accept":
        setattr(walk.model.data, postback.state, postback.key)
    else:
        walk.turn.say(walk.flows.words.earlier_question(walk.turn))
    walk.ask(ask)
    walk.keep()


async def offer(walk: Walk) -> None:
    """A raw module's flow is under way: offer it the triggers that the message can mean."""
    answer = walk.turn.answer
    known = walk.definition.machine.triggers(walk.frame.state)
    for trigger in (answer.postback, parse.fold(answer.text), kind_of(answer.message)):
        if trigger and trigger in known and await walk.move(trigger):
            return
    said = answer.text or answer.postback
    if await _word(walk, said) or await _interrupted(walk, said):
        return
    if "message" not in known or not await walk.move("message"):
        walk.turn.say(walk.flows.words.not_understood(walk.turn))


def _starts(definition: Definition) -> str:
    """What a flow is about, for a recogniser: its documentation, or its words."""
    about = (definition.model.__doc__ or "").strip().partition("\n")[0]
    return about or ", ".join(definition.start_on)
