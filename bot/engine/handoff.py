"""Hand-over to a person and back, within a turn: the bot falls silent, and the person is told what
comes in meanwhile.

What is to be told is collected in the turn; `forwarding` takes it to the person once the turn is
committed.
"""

from typing import Any

from bot.contact.session import Pause
from bot.messages.app_events import agent_joined, agent_left
from bot.messages.app_message import Agent
from bot.turn.effects import HANDED_BACK, Forward, TurnEffects

FORWARDED = ("EVENT_INBOUND", "UNSUPPORTED")
"""Callbacks, besides messages, that the person is told of."""

WITHOUT_EVENTS = ("SMS", "MMS", "VIBERBM")
"""Channels that can't show who joins and leaves."""


def begin(
    effects: TurnEffects, reason: str, flow: str = "", state: str = "", data: Any = None
) -> None:
    """Fall silent, unless it is so already. `data` is what the flow knows so far."""
    if effects.session.pause is None:
        effects.session.pause = Pause(effects.at, reason=reason)
        effects.forwards.append(Forward("handoff", reason, flow, state, data or {}))


def hear(effects: TurnEffects) -> None:
    """Pass on what the contact does while a person has it."""
    callback = effects.callback
    if effects.session.pause is None or callback is None:
        return
    report = callback.message_delivery_report
    if callback.said:
        effects.forwards.append(Forward("message"))
    elif callback.trigger in FORWARDED or (report and report.status == "FAILED"):
        effects.forwards.append(Forward("event"))


def speak(effects: TurnEffects, agent: Agent) -> None:
    """Let the agent come into the conversation, and keep it for a while longer."""
    pause = effects.session.pause
    if pause is None:
        return
    pause.until = None
    if pause.agent != agent:
        _leave(effects, pause)
        pause.agent = agent
        if effects.session.address.channel not in WITHOUT_EVENTS:
            effects.send_event(agent_joined(agent))


def end(effects: TurnEffects, reason: str) -> None:
    """Let the bot go on."""
    pause = effects.session.pause
    if pause is not None:
        _leave(effects, pause)
        effects.session.pause = None
        effects.forwards.append(Forward("resume", reason))


def watch(effects: TurnEffects, longest_s: float) -> None:
    """Set the timer that ends the hand-over after `longest_s` without a word; 0 sets none."""
    pause = effects.session.pause
    if pause is not None and pause.until is None and longest_s:
        pause.until = effects.at + longest_s
        effects.set_timer(HANDED_BACK, pause.until)


def _leave(effects: TurnEffects, pause: Pause) -> None:
    if pause.agent is not None and effects.session.address.channel not in WITHOUT_EVENTS:
        effects.send_event(agent_left(pause.agent))
