"""Decides what a contact's message means to the active question, to another run, or to no run.

The page "How a conversation works" has the order in which a message is understood.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from bot import parse
from bot.callbacks import Callback
from bot.callbacks.events import kind_of
from bot.engine import (
    buttons,
    changes,
    consent,
    events,
    flow_words,
    flows_off,
    question_calls,
    questions,
    releases,
    spoken_words,
)
from bot.engine.execution import Execution
from bot.flow import pages
from bot.flow.option_names import OptionReader
from bot.flow.states import Ask
from bot.i18n.languages import _
from bot.items.inbound import Item
from bot.parse import Answer, NotUnderstood, Parts
from bot.telemetry.redaction import is_unmasked
from bot.turn.postback import Postback

logger = logging.getLogger(__name__)


async def hear(execution: Execution, read: Callable[[], Postback | None]) -> None:
    """Handle a message or a burst. The caller has checked that no person handles the contact.

    `read` returns the postback of the current message if the message is a tap on a button of the
    bot, otherwise None. In a burst, `read` is called once for each message, in
    order.
    """
    if execution.effects.members and await _hear_burst(execution, read):
        return
    await _hear(execution, read())


async def _hear_burst(execution: Execution, read: Callable[[], Postback | None]) -> bool:
    """Handle a burst as one answer to the active question: the option that the contact chose, or
    the values that the parser reads.

    Return False if nothing was handled. The caller then handles the burst as one text.
    """
    if execution.waits_for_flow:
        return False
    if (
        not execution.session.chains
        or execution.definition.is_state_machine
        or releases.lost_run(execution)
    ):
        return False
    run = execution.run
    if changes.must_reopen(run) or not run.asked_at or run.id in execution.unseen:
        return False
    reader = await _reader(execution, execution.turn.answer)
    if reader is None:
        return False
    ask = reader.ask
    turning: tuple[Item, Callback | None] | None = None
    for item, callback in execution.effects.members:
        with execution.effects.handling(item, callback):
            postback, answer = read(), execution.turn.answer
            key = postback.key if postback else reader.named(answer.text or answer.postback)
            if key is not None and pages.page_of(key) is None:
                await _hear(execution, postback)
                return True
            turning = turning or ((item, callback) if key is not None else None)
    if turning:
        with execution.effects.handling(*turning):
            await _hear(execution, read())
        return True
    if ask.accept is None or all(each.text_message for each in execution.turn.messages):
        return False
    parts = await _parts(execution, ask)
    if parts:
        await _answered(execution, parts[0] if len(parts) == 1 else Parts(parts), "answered")
    return bool(parts)


async def _parts(execution: Execution, ask: Ask) -> list[Any]:
    """Return the values that the question's parser reads from a burst: one value for all texts, and
    one value for each other message.
    """
    texts = [each.text for each in execution.turn.messages if each.text_message]
    found: list[Any] = []
    has_text = False
    for item, callback in execution.effects.members:
        with execution.effects.handling(item, callback):
            answer = execution.turn.answer
        is_text = answer.message.text_message is not None
        if is_text and has_text:
            continue
        if is_text:
            has_text = True
            answer = replace(answer, text="\n".join(texts))
        with contextlib.suppress(NotUnderstood):
            found.append(await _value(execution, ask, answer))
    return found


async def _hear(execution: Execution, postback: Postback | None) -> None:
    label = ""
    if postback is None:
        execution.session.tapped = None
    if postback is not None:
        is_taken, label = await _tapped(execution, postback)
        if is_taken:
            return
    elif execution.effects.quoted_question != (0, 0):
        if await buttons.quote(execution, *execution.effects.quoted_question):
            return
    else:
        _raise_chain_of_message(execution)
    answer = execution.turn.answer
    if label or not answer.text:
        answer = replace(answer, text=label or answer.postback)
    if not execution.session.chains:
        await begin(execution, answer.text)
    elif execution.waits_for_flow:
        await _hear_held(execution, answer.text)
    elif execution.definition.is_state_machine and execution.definition.has(execution.run.state):
        await _offer(execution, answer)
    else:
        await _take_answer(execution, answer)


async def _hear_held(execution: Execution, said: str) -> None:
    """Handle a message while the active chain waits for a flow that is switched off.

    Only words that lead out of the chain have an effect.
    """
    if await spoken_words.take(execution, said) or await _flow_word(execution, said):
        return
    if not consent.ask(execution):
        flows_off.refuse_held(execution, execution.chain)


async def _hear_unseen(execution: Execution, said: str) -> None:
    """Handle a message that the contact wrote before seeing the active state machine's text."""
    if not (await spoken_words.take(execution, said) or await _flow_word(execution, said)):
        consent.ask(execution)


async def begin(execution: Execution, said: str) -> None:
    """Handle a message if no flow is active: a keyword, a word that starts a flow, or the
    fallback.
    """
    turn, flows = execution.turn, execution.flows
    started = flows.started_by(said)
    if started is None and await spoken_words.take(execution, said):
        return
    if started is None and consent.ask(execution):
        return
    if started is None and turn.text:
        meant = await _recognized(
            execution, {each.name: each.summary or ", ".join(each.start_on) for each in flows}
        )
        started = flows[meant] if meant else None
    started = started or flows.started_by_event(kind_of(turn.message))
    execution.effects.understood = started is not None
    started = started or flows.fallback
    if started is not None:
        await _start(execution, started.name)
    else:
        flows.words.no_match(turn, flows.starts)


async def _start(execution: Execution, flow: str) -> None:
    """Start a flow because of a message, or reply that the flow is switched off."""
    if flow in execution.off:
        flows_off.refuse(execution, flow)
    else:
        await execution.start(flow)


async def _tapped(execution: Execution, postback: Postback) -> tuple[bool, str]:
    """Handle a tap on a button. Return True and "" if the tap has been handled.

    Return False and the button's label if the label must be handled as a typed text instead.
    """
    found = execution.stack.find(postback.run)
    can_tap = buttons.can_tap(execution)
    if can_tap and buttons.is_double_tap(execution, postback):
        return True, ""
    execution.session.tapped = None
    is_open = found is not None and buttons.is_open(found[1], postback)
    turns_page = pages.page_of(postback.key) is not None
    if not can_tap and (turns_page or not is_open):
        label = _label(execution, postback)
        if label:
            # On channels without buttons, the platform compares texts with all labels that were
            # offered.
            return False, label
    if found is not None and execution.is_held(found[0]):
        flows_off.refuse_held(execution, found[0])
        execution.repeats = True
    elif found is not None:
        key = await buttons.take(execution, postback)
        if key is not None:
            await _chosen(execution, key)
    elif buttons.restarts(execution, postback):
        await _start(execution, postback.flow)
    else:
        await buttons.say_ended(execution)
        if not execution.session.chains:
            await _start_fallback(execution)
    return True, ""


async def _start_fallback(execution: Execution) -> None:
    fallback = execution.flows.fallback
    if fallback is not None:
        await _start(execution, fallback.name)
    else:
        execution.flows.words.no_match(execution.turn, execution.flows.starts)


def _label(execution: Execution, postback: Postback) -> str:
    """Return the label of a button's option as it was shown; "" if the label is no longer known."""
    if entry := pages.label_of(postback.key):
        return entry
    definition = execution.flows.get(postback.flow)
    state = definition.states.get(definition.present_name(postback.state)) if definition else None
    option = state.options.get(postback.key) if isinstance(state, Ask) else None
    return str(_(option.label)) if option else ""


def _raise_chain_of_message(execution: Execution) -> None:
    """Find the chain whose question the message can answer, and move this chain to the top.

    If the contact wrote the message before the active chain asked its first question, the message
    answers the question of the next chain below. A chain that the contact has started stays on top.
    """
    for chain in reversed(execution.session.chains):
        is_seen = chain.by == "contact" or (
            0 < chain.asked_at <= execution.effects.written_at
            and chain.runs[-1].id not in execution.unseen
        )
        if is_seen:
            execution.stack.raise_to_top(chain)
        if is_seen or not chain.asked_at:
            return


async def _take_answer(execution: Execution, answer: Answer) -> None:
    """Handle a message in a flow of questions: accept the answer, or ask again."""
    run = execution.run
    is_lost = releases.lost_run(execution) is not None
    # A release may have moved the contact to a question that the contact has not seen yet, or the
    # question may have waited for this message.
    is_seen = run.asked_at > 0 and run.id not in execution.unseen
    is_answer = is_seen and not is_lost and not changes.must_reopen(run)
    reader = await _reader(execution, answer) if is_answer else None
    key = reader.named(answer.text) if reader else None
    if key is not None:
        await _chosen(execution, key)
        return
    if reader and reader.ask.accept is None:
        # A parser may read a number. Without a parser, a number selects a choice.
        answer = replace(answer, text=reader.own_choice(answer.text) or answer.text)
    if await spoken_words.take(execution, answer.text):
        return
    meant = reader.meant(answer.text) if reader else None
    if meant is not None:
        await _chosen(execution, meant)
    elif await _flow_word(execution, answer.text):
        return
    elif is_lost:
        await releases.follow_policy(execution)
    elif changes.must_reopen(execution.run):
        await changes.ask_reopened(execution)
    elif reader and (near := reader.near(answer.text)):
        await _chosen(execution, near)
    elif reader:
        await _parse(execution, reader.ask, answer)
    elif isinstance(execution.state, Ask):
        # A question that the contact has not seen is asked at the end of the turn.
        if not consent.ask(execution) and is_seen:
            await questions.ask_again(execution)
    else:
        await execution.arrive()  # A release has moved the run to a state that asks nothing.


async def _reader(execution: Execution, answer: Answer) -> OptionReader | None:
    """Return the reader of an answer to the active question; None if the question's options cannot
    be computed.
    """
    run = execution.run
    try:
        ask = await execution.offered(run, run.state)
        if not isinstance(ask, Ask):
            return None
        data = execution.model_of(run).data
        reader = OptionReader(ask, run, data, answer.channel, answer.locale)
        if ask.accept is None:
            # An error of the question's message must occur here.
            reader.own_choice(answer.text or answer.postback)
    except Exception:
        # An author's function may raise anything. Keywords must still work.
        return None
    return reader


async def _chosen(execution: Execution, key: str) -> None:
    page = pages.page_of(key)
    if page is not None:
        await questions.turn_page(execution, page)
        return
    run = execution.run
    ask = await execution.offered(run, run.state)
    assert isinstance(ask, Ask), "an option was chosen in a state that isn't an Ask"
    await _answered(execution, key, ask.trigger(key))


async def _answered(execution: Execution, value: object, trigger: str) -> None:
    run = execution.run
    changes.answered(execution, run)
    setattr(execution.model_of(run).data, run.state, value)
    await execution.move(trigger)
    flow, _word_said = execution.leaves_for
    if flow:
        execution.leaves_for = ("", "")
        await flow_words.act(execution, flow)


async def _flow_word(execution: Execution, text: str) -> bool:
    """Handle a word that starts a flow. Return False if the message is no start word."""
    definition = execution.flows.started_by(text) if text else None
    return definition is not None and await flow_words.say(execution, definition, text)


async def _parse(execution: Execution, ask: Ask, answer: Answer) -> None:
    hint = ""
    if ask.accept is not None:
        try:
            value = await _value(execution, ask, answer)
        except NotUnderstood as error:
            hint = error.hint
        else:
            # Otherwise a parser that accepts any text would take "please stop texting me" as an
            # answer.
            if not (
                isinstance(value, str)
                and execution.effects.wish == "ask"
                and consent.ask(execution)
            ):
                await _answered(execution, value, "answered")
            return
    if consent.ask(execution):
        return
    meant = await _meant(execution, ask)
    if meant is not None:
        await _chosen(execution, meant)
    elif not await events.to_active_run(execution, kind_of(answer.message)):
        await _not_understood(execution, ask, hint)


async def _value(execution: Execution, ask: Ask, answer: Answer) -> Any:
    """Return the value that the question's parser reads from an answer."""
    run, effects = execution.run, execution.effects
    seeing = replace(answer, data=execution.model_of(run).data, services=effects.services)
    return await question_calls.value(effects, ask, seeing, f"{run.flow}.{run.state}")


async def _meant(execution: Execution, ask: Ask) -> str | None:
    """Return the option that the author's recognizer finds in the message; None if the recognizer
    finds no option.
    """
    if not (ask.options and execution.turn.text):
        return None
    labels = {key: _(option.label) for key, option in ask.options.items()}
    return await _recognized(execution, labels)


async def _recognized(execution: Execution, meanings: Mapping[str, str]) -> str | None:
    if execution.flows.hooks.recognizer is None:
        return None
    recognize, timeout_s = execution.flows.hooks.recognizer
    try:
        async with asyncio.timeout(timeout_s):
            meant = await recognize(execution.turn, meanings)
    except Exception as error:
        # The recognizer is an external service. If it fails, the bot continues without it.
        logger.warning(
            "The recognizer failed: %s", type(error).__name__, extra={"action": "recognizer"}
        )
        return None
    if isinstance(meant, str) and meant in meanings:
        return meant
    if meant is not None:
        # What the recognizer returned may repeat what the contact wrote.
        logger.warning(
            "The recognizer returned %s, which is none of its candidates: %s",
            repr(meant) if is_unmasked() else f"a value of type {type(meant).__name__}",
            ", ".join(meanings),
            extra={"action": "recognizer"},
        )
    return None


async def _not_understood(execution: Execution, ask: Ask, hint: str) -> None:
    run = execution.run
    run.attempts += 1
    execution.effects.understood = False
    if ask.attempts and run.attempts >= ask.attempts:
        await execution.move("gave_up")
        return
    await execution.fire("reasked")
    await questions.ask_again(
        execution, hint or execution.flows.words.not_understood(execution.turn)
    )


async def _offer(execution: Execution, answer: Answer) -> None:
    """In a state machine, fire the first trigger that the message can mean and that no condition
    refuses.
    """
    if execution.run.id in execution.unseen:
        await _hear_unseen(execution, answer.text)
        return
    definition = execution.definition
    known = definition.machine.triggers(execution.run.state)
    spoken = {parse.phrase(each): each for each in definition.said}
    for said in (answer.postback, answer.text):
        trigger = spoken.get(parse.phrase(said)) if said else None
        if trigger in known and await execution.move(trigger):
            return
    kind = kind_of(answer.message)
    if kind not in ("text", "choice") and kind in known and await execution.move(kind):
        return
    if await spoken_words.take(execution, answer.text) or await _flow_word(execution, answer.text):
        return
    if consent.ask(execution):
        return
    if "message" not in known or not await execution.move("message"):
        execution.effects.understood = False
        execution.turn.say(execution.flows.words.not_understood(execution.turn))
