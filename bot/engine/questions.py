"""Putting questions: when they are asked, asked again and repeated, and what happens if one cannot
be put.
"""

from bot.contact.session import Timer
from bot.engine import changes, problems
from bot.engine.execution import Walk
from bot.flow.prompts import put, reprompt, shown_keys
from bot.flow.states import HANDOFF, Ask, Call, NoOptions, Step


async def settle(walk: Walk) -> None:
    """End a turn: ask the active question if it has not been put yet, or repeat it if it is
    active again; or let a person take over, if the flow waits for one.
    """
    while walk.session.chains and walk.session.pause is None:
        walk.effects.chain = None
        run = walk.run
        if run.flow not in walk.flows:
            return
        if run.state == HANDOFF:
            walk.hand_over()
        elif not walk.definition.has(run.state):
            return
        elif isinstance(walk.state, Step | Call) or walk.is_at_end():
            await walk.arrive()  # A release has moved the run to where nothing is asked.
            continue
        elif run.unfit and (run.asked_at == 0 or walk.repeats):
            await changes.ask_unfit(walk)
            continue
        elif run.asked_at == 0:
            if not await _ask(walk, with_timers=True):
                continue
        elif walk.repeats and not await _ask(walk, with_timers=False):
            continue
        walk.repeats = False
        return


async def ask_again(walk: Walk, hint: str = "") -> None:
    """Ask the active question again, with a hint before it if one is given; its timers start
    again.
    """
    run, state = walk.run, walk.state
    if not hint or not isinstance(state, Ask):
        await _ask_or_go_back(walk)
        return
    try:
        ask = walk.offered(run, run.state)
        assert isinstance(ask, Ask)
        data, contact = walk.model.data, walk.turn.contact.key
        messages = reprompt(ask, run, data, contact, walk.postbacks, hint)
        _note_shown(walk, ask)
    except Exception as error:
        await _cannot_put(walk, error)
        return
    walk.effects.say(*messages)
    _set_timers(walk, state)
    run.asked_at = walk.effects.at


async def _ask_or_go_back(walk: Walk) -> None:
    if walk.run.unfit:
        await changes.ask_unfit(walk)
    elif not await _ask(walk, with_timers=True):
        await settle(walk)


async def _ask(walk: Walk, *, with_timers: bool) -> bool:
    """Put the active question; False if it cannot be put, and the run has moved."""
    run = walk.run
    state = walk.state
    if isinstance(state, Ask):
        try:
            ask = walk.offered(run, run.state)
            assert isinstance(ask, Ask)
            message = put(ask, run, walk.model.data, walk.turn.contact.key, walk.postbacks)
            _note_shown(walk, ask)
        except Exception as error:
            # An author's function may raise anything; the contact must have a way on.
            await _cannot_put(walk, error)
            return False
        walk.effects.say(message)
        if with_timers:
            _set_timers(walk, state)
    elif walk.definition.is_raw and run.entered != walk.session.turn:
        await walk.enter_again()
    run.asked_at, run.gave_up = walk.effects.at, False
    walk.chain.asked = True
    return True


def _note_shown(walk: Walk, ask: Ask) -> None:
    """Remember what the numbers of the question stand for that is sent now."""
    run, channel = walk.run, walk.session.address.channel
    run.shown, run.shown_on = shown_keys(ask, walk.model.data, channel), channel


async def _cannot_put(walk: Walk, error: Exception) -> None:
    """Go back to the last question of the chain, or hand the contact over."""
    run = walk.run
    before = walk.effects.problem
    problems.survive(walk.effects, "A question can't be put", error, "question_failed")
    if isinstance(error, NoOptions):
        walk.effects.problem = before  # Options may run out; that is no fault of the flow.
    changes.end_change(run)
    if changes.back(walk):
        await walk.arrive()
    else:
        walk.hand_over(f"the question {run.flow}/{run.state} can't be put")


def _set_timers(walk: Walk, state: Ask) -> None:
    run, at = walk.run, walk.effects.at
    for number, (after_s, _) in enumerate(state.remind):
        walk.effects.set_timer(Timer(f"remind:{number}", run.entered, run.id), at + after_s)
    if state.timeout:
        timer = Timer("timeout", run.entered, run.id)
        walk.effects.set_timer(timer, at + state.timeout.after_s)
