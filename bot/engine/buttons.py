"""Handles taps on the bot's buttons: taps that count, double taps, and taps on earlier
questions.
"""

from bot.contact.session import Chain, Run, Tap
from bot.engine import changes, flows_off, migration, questions
from bot.engine.execution import Execution
from bot.flow import pages
from bot.flow.definition import Definition
from bot.flow.states import Ask
from bot.flow.switch import SWITCH
from bot.messages import Choice, reply
from bot.messages.channel_limits import keeps_choices
from bot.telemetry import metrics
from bot.turn.postback import Postback

DOUBLE_TAP_S = 60.0
"""Maximum time between two taps on the same button that count as a double tap, in seconds."""

_TAPPABLE = Choice("?", [reply("!")])


def can_tap(execution: Execution) -> bool:
    """Return whether choices can be tapped on the contact's channel."""
    return keeps_choices(_TAPPABLE, execution.turn.contact.channel)


def is_double_tap(execution: Execution, postback: Postback) -> bool:
    """Return whether the contact tapped the same button within `DOUBLE_TAP_S` before, with no other
    message in between.

    A double tap is counted in `bot_messages_unanswered_total`.
    """
    tapped = execution.session.tapped
    is_same = tapped is not None and (tapped.run, tapped.visit, tapped.key) == (
        postback.run,
        postback.visit,
        postback.key,
    )
    if tapped is None or not is_same or execution.effects.at - tapped.at > DOUBLE_TAP_S:
        return False
    metrics.unanswered.count("double_tap")
    return True


def is_open(run: Run, postback: Postback) -> bool:
    """Return whether the run still waits for an answer to the button's question."""
    return run.entered == postback.visit and run.asked_at > 0


async def take(execution: Execution, postback: Postback) -> str | None:
    """Handle a tap on a button whose run has not ended.

    If the tap answers a question, make this question the active question and return the option's
    key. Otherwise finish the handling of the tap and return None.
    """
    found = execution.stack.find(postback.run)
    assert found is not None, "the postback belongs to a run's question"
    chain, run = found
    state = (
        run.state if is_open(run, postback) else _earlier(execution.flows[run.flow], run, postback)
    )
    ask = await _ask(execution, run, state)
    turns_page = is_open(run, postback) and pages.page_of(postback.key) is not None
    if ask is None or not (turns_page or postback.key in ask.options):
        await _reask(execution)
    elif is_open(run, postback) and changes.must_reopen(run):
        _surface(execution, chain, run)
        await changes.ask_reopened(execution)
    elif is_open(run, postback):
        _surface(execution, chain, run)
        return _counted(execution, postback)
    elif ask.stale == "jump":
        _go_back_to(execution, chain, run, state, postback.visit)
        return _counted(execution, postback)
    elif ask.stale == "accept":
        changes.accepted(run, state)
        setattr(execution.model_of(run).data, state, postback.key)
        with execution.moving(chain):
            execution.keep_run(run)
        _counted(execution, postback)
        await questions.ask_again(execution)
    else:
        await _reask(execution)
    return None


async def quote(execution: Execution, run_id: int, visit: int) -> bool:
    """Make a quoted question the active question, if the run of the question has not ended.

    Return True if the message has been handled, False if the message must still be understood as an
    answer.
    """
    found = execution.stack.find(run_id)
    if found is None:
        return False
    chain, run = found
    if execution.is_held(chain):
        flows_off.refuse_held(execution, chain)
        execution.repeats = True
        return True
    if run.entered == visit and run.asked_at > 0:
        _surface(execution, chain, run)
        return False
    place = _place(run, visit)
    if place is None:
        return False
    state = run.trail[place].state
    ask = await _ask(execution, run, state)
    if ask is not None and ask.stale == "jump":
        _go_back_to(execution, chain, run, state, visit)
        run.asked_at = execution.effects.at
        return False
    execution.effects.say(execution.flows.words.quoted_earlier_question(execution.turn))
    await questions.ask_again(execution)
    return True


def _go_back_to(execution: Execution, chain: Chain, run: Run, state: str, visit: int) -> None:
    _surface(execution, chain, run)
    changes.give_change_up(execution, run)
    migration.leave_gone_state(run, execution.flows)
    execution.forget(run)
    execution.set_state(run, state)
    run.entered = visit
    if (place := _place(run, visit)) is not None:
        del run.trail[place:]


async def say_ended(execution: Execution) -> None:
    """Reply to a tap on a button whose run has ended."""
    execution.effects.say(execution.flows.words.earlier_question(execution.turn))
    if execution.session.chains:
        await questions.ask_again(execution)


def restarts(execution: Execution, postback: Postback) -> bool:
    """Return whether a tap on a button of an ended run starts the button's flow again."""
    if execution.session.chains or postback.is_bound or postback.flow not in execution.flows:
        return False
    definition = execution.flows[postback.flow]
    state = definition.states.get(definition.present_name(postback.state))
    return isinstance(state, Ask) and state.stale == "jump"


async def _reask(execution: Execution) -> None:
    execution.effects.say(execution.flows.words.earlier_question(execution.turn))
    await questions.ask_again(execution)


def _earlier(definition: Definition, run: Run, postback: Postback) -> str:
    """Return the current name of the state in which the button's question was asked."""
    place = _place(run, postback.visit)
    return definition.present_name(postback.state if place is None else run.trail[place].state)


def _place(run: Run, visit: int) -> int | None:
    """Return the index of the question of this visit in the run's trail; None if there is none.

    Entries of calls are skipped: a call that has returned has the same visit as the question after
    the call, if the question was entered in the same turn.
    """
    places = [n for n, each in enumerate(run.trail) if each.entered == visit and not each.called]
    return places[-1] if places else None


async def _ask(execution: Execution, run: Run, state: str) -> Ask | None:
    """Return the question with its current options; None if the options cannot be computed."""
    if run.version > execution.flows[run.flow].version:
        return None
    try:
        found = await execution.offered(run, state)
    except Exception:
        # An author's function may raise anything, because it gets data of another question.
        return None
    return found if isinstance(found, Ask) else None


def _surface(execution: Execution, chain: Chain, run: Run) -> None:
    """Make a run the active run, and end the runs above this run in its chain."""
    if chain is not execution.stack.active:
        execution.stack.raise_to_top(chain)
    if chain.runs[-1].flow == SWITCH and chain.runs[-1] is not run:
        chain.runs.pop()
    execution.stack.end_above(chain, run, "replaced")


def _counted(execution: Execution, postback: Postback) -> str:
    tap = Tap(postback.run, postback.visit, postback.key, execution.effects.at)
    execution.session.tapped = tap
    return postback.key
