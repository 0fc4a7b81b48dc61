"""Asks questions, and asks them again.

If a question cannot be asked, the flow returns to the previous question.
"""

from contextlib import nullcontext

from bot.contact.session import Run, Timer
from bot.engine import author_errors, broadcasts, changes, flows_off, releases
from bot.engine.execution import Execution
from bot.flow import pages
from bot.flow.prompts import reprompt, shown_on, with_options, words_of
from bot.flow.states import HANDOFF, Ask, Call, NoOptions, Step
from bot.messages import Message
from bot.turn.holds import UNTIL_WRITTEN_TO


async def settle(execution: Execution) -> None:
    """End a turn.

    If the active question is new or active again, ask the question. If the flow is in the state
    HANDOFF, hand the contact over to a person.
    """
    while execution.session.chains and execution.session.pause is None:
        execution.effects.chain = None
        run = execution.run
        if run.flow not in execution.flows:
            return
        if execution.waits_for_flow:
            is_wanted = execution.repeats or run.asked_at == 0
            if is_wanted and execution.effects.event == "message":
                flows_off.refuse_held(execution, execution.chain)
            execution.repeats = False
            return
        if run.state == HANDOFF:
            execution.hand_over()
            if execution.session.pause is None and run.state != HANDOFF:
                continue  # No agent is available now, so the flow continues.
        elif execution.is_gone(run):
            is_wanted = execution.repeats or run.asked_at == 0
            if not is_wanted or execution.effects.event != "message":
                return
            execution.repeats = False
            await releases.follow_policy(execution)  # A keyword has led here.
            if execution.session.chains and execution.is_gone(execution.run):
                return
            continue
        elif isinstance(execution.state_of(run), Step | Call) or execution.is_at_end(run):
            await execution.arrive()  # A release has moved the run to a state that asks nothing.
            continue
        elif changes.must_reopen(run) and (run.asked_at == 0 or execution.repeats):
            await changes.ask_reopened(execution)
            continue
        elif run.asked_at == 0:
            if not await _ask(execution, with_timers=True):
                continue
        elif execution.repeats and run.id in execution.unseen and not execution.effects.replies:
            pass  # The question is sent only now, and nothing is sent after it.
        elif execution.repeats and not await _ask(execution, with_timers=False):
            continue
        execution.repeats = False
        return


async def ask_again(execution: Execution, hint: str = "") -> None:
    """Ask the active question again, and restart the question's timers.

    If `hint` is not empty, say the hint before the question.
    """
    if execution.waits_for_flow:
        flows_off.refuse_held(execution, execution.chain)
        return
    run, state = execution.run, execution.state
    if not hint or not isinstance(state, Ask):
        await _ask_or_go_back(execution)
        return
    try:
        ask = await execution.offered(run, run.state)
        assert isinstance(ask, Ask)
        data, contact = execution.model_of(run).data, execution.turn.contact.key
        question = words_of(ask.question, data)
        _list_options(execution, ask, run, question)
        messages = reprompt(question, ask, run, data, contact, execution.postbacks, hint)
        _note_shown(execution, ask, run, question)
    except Exception as error:
        await _cannot_put(execution, error)
        return
    execution.effects.say(*messages, visit=run.entered)
    _set_timers(execution, run, state)
    run.asked_at, run.held_until = execution.effects.at, execution.effects.held_until


async def turn_page(execution: Execution, page: int) -> None:
    """Ask the active question again, with another page of its options."""
    if listing := pages.listing_of(execution.run):
        listing.page = min(page, listing.last)
    await ask_again(execution)


async def _ask_or_go_back(execution: Execution) -> None:
    if execution.is_gone(execution.run):
        execution.repeats = True  # `settle` then follows `unknown_state`.
    elif changes.must_reopen(execution.run):
        await changes.ask_reopened(execution)
    elif not await _ask(execution, with_timers=True, again=False):
        await settle(execution)


async def _ask(execution: Execution, *, with_timers: bool, again: bool = True) -> bool:
    """Ask the active question. Return False if the question cannot be asked and the run has moved.

    With `again`, an async function that returns the question's options is called again.
    """
    run = execution.run
    state = execution.state_of(run)
    if isinstance(state, Ask):
        try:
            ask = await execution.offered(run, run.state, again=again)
            assert isinstance(ask, Ask)
            question = words_of(ask.question, execution.model_of(run).data)
            _list_options(execution, ask, run, question)
            contact = execution.turn.contact.key
            message = with_options(question, ask, run, contact, execution.postbacks)
            _note_shown(execution, ask, run, question)
        except Exception as error:
            # An author's function may raise anything. The contact must not get stuck.
            await _cannot_put(execution, error)
            return False
        is_unseen = run.held_until > execution.effects.at or run.id in execution.unseen
        with broadcasts.repeating(execution) if is_unseen else nullcontext():
            execution.effects.say(message, visit=run.entered)
        if run.asked_at == 0:
            run.held_until = execution.effects.held_until
        elif is_unseen and execution.effects.held_until <= run.held_until:
            # The repetition does not wait for longer than the earlier copy, and so replaces it.
            run.held_until = execution.effects.held_until
            run.repeated_in = execution.session.turn
        if with_timers:
            _set_timers(execution, run, state)
    elif execution.definition.is_state_machine:
        if not execution.has_spoken(run):
            await execution.enter_again()
        if run.asked_at == 0 and execution.effects.has_spoken(run):
            run.held_until = execution.effects.held_until
    run.asked_at, run.gave_up = execution.effects.at, False
    chain = execution.chain
    chain.asked_at = chain.asked_at or execution.effects.at
    return True


def _list_options(execution: Execution, ask: Ask, run: Run, question: Message) -> None:
    """If one message cannot show all options, divide the options into pages."""
    if ask.offer and ask.offer.is_call:
        run.offered = {
            key: (each.label, each.to, each.synonyms) for key, each in ask.options.items()
        }
    if not pages.may_have(ask):
        run.listing = None
        return
    run.listing = pages.listed(ask, run, question, execution.session.address.channel)


def _note_shown(execution: Execution, ask: Ask, run: Run, question: Message) -> None:
    """Record the options that the question's numbers refer to."""
    channel = execution.session.address.channel
    run.shown = shown_on(channel, question, ask, run)
    run.shown_on = channel


async def _cannot_put(execution: Execution, error: Exception) -> None:
    """Handle a question that can't be asked: go back to the previous question, or hand over if
    there is no previous question.
    """
    run = execution.run
    before = execution.effects.problem
    author_errors.log_survived(
        execution.effects, "A question can't be asked", error, "question_failed"
    )
    if isinstance(error, NoOptions):
        execution.effects.problem = before  # It is not an error in the flow if options run out.
    changes.close_question(run)
    changes.give_change_up(execution, run)
    if changes.back(execution):
        await execution.arrive()
    else:
        reason = f"the question {run.flow}/{run.state} can't be asked"
        execution.hand_over(reason, at_any_hour=True)
        if pause := execution.session.pause:
            pause.error, pause.place = author_errors.summary(execution.effects, error)


def restart_timers(execution: Execution, run: Run) -> None:
    """Let the timers of a question count from now, because the question is sent now."""
    state = execution.flows[run.flow].states.get(run.state)
    if isinstance(state, Ask):
        _set_timers(execution, run, state)


def _set_timers(execution: Execution, run: Run, state: Ask) -> None:
    """Let the timers of a question count from now.

    If the question waits for the end of quiet hours, the timers count from the end of the quiet
    hours.
    """
    at = execution.effects.at
    if run.held_until != UNTIL_WRITTEN_TO:
        at = max(at, run.held_until)
    if state.remind or state.timeout:
        run.timed_at = at
    for number, (after_s, _) in enumerate(state.remind):
        execution.effects.set_timer(Timer(f"remind:{number}", run.entered, run.id), at + after_s)
    if state.timeout:
        timer = Timer("timeout", run.entered, run.id)
        execution.effects.set_timer(timer, at + state.timeout.after_s)
