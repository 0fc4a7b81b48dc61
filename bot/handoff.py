"""Hand-over to a person and back, within a turn: the bot falls silent, and the person is told what
comes in meanwhile.

What is to be told is collected in the turn; `forwarding` takes it to the person once the turn is
committed.
"""

from typing import Any

from bot.messages.app_message import Agent
from bot.messages.sending import agent_joined, agent_left
from bot.session import Pause
from bot.turn import HANDED_BACK, Forward, Turn

FORWARDED = ("EVENT_INBOUND", "UNSUPPORTED")
"""Callbacks, besides messages, that the person is told of."""

WITHOUT_EVENTS = ("SMS", "MMS", "VIBERBM")
"""Channels that can't show who joins and leaves."""


def begin(turn: Turn, reason: str, flow: str = "", state: str = "", data: Any = None) -> None:
    """Fall silent, unless it is so already. `data` is what the flow knows so far."""
    if turn.session.pause is None:
        turn.session.pause = Pause(turn.at, reason=reason)
        turn.forwards.append(Forward("handoff", reason, flow, state, data or {}))


def hear(turn: Turn) -> None:
    """Pass on what the contact does while a person has it."""
    callback = turn.callback
    if turn.session.pause is None or callback is None:
        return
    report = callback.message_delivery_report
    if callback.said:
        turn.forwards.append(Forward("message"))
    elif callback.trigger in FORWARDED or (report and report.status == "FAILED"):
        turn.forwards.append(Forward("event"))


def speak(turn: Turn, agent: Agent) -> None:
    """Let the agent come into the conversation, and keep it for a while longer."""
    pause = turn.session.pause
    if pause is None:
        return
    pause.until = None
    if pause.agent != agent:
        _leave(turn, pause)
        pause.agent = agent
        if turn.contact.channel not in WITHOUT_EVENTS:
            turn.signal(agent_joined(agent))


def end(turn: Turn, reason: str) -> None:
    """Let the bot go on."""
    pause = turn.session.pause
    if pause is not None:
        _leave(turn, pause)
        turn.session.pause = None
        turn.forwards.append(Forward("resume", reason))


def watch(turn: Turn, longest_s: float) -> None:
    """Set the timer that ends the hand-over after `longest_s` without a word; 0 sets none."""
    pause = turn.session.pause
    if pause is not None and pause.until is None and longest_s:
        pause.until = turn.at + longest_s
        turn.set_timer(HANDED_BACK, pause.until)


def _leave(turn: Turn, pause: Pause) -> None:
    if pause.agent is not None and turn.contact.channel not in WITHOUT_EVENTS:
        turn.signal(agent_left(pause.agent))
