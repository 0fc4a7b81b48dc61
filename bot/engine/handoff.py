"""Hand-over to a person and back: the bot is silent, and the person gets the contact's messages.

A turn collects the forwards, and `forwarding` delivers them after the commit.
"""

from typing import Any

from bot.contact.session import Pause
from bot.messages.app_events import agent_joined, agent_left
from bot.messages.app_message import Agent
from bot.turn.effects import HANDED_BACK, Forward, TurnEffects

FORWARDED = ("EVENT_INBOUND", "UNSUPPORTED")
"""The callbacks that are forwarded to the person, besides messages."""

WITHOUT_EVENTS = ("SMS", "MMS", "VIBERBM")
"""Channels that cannot show that somebody joins or leaves."""


def begin(
    effects: TurnEffects, reason: str, flow: str = "", state: str = "", data: Any = None
) -> None:
    """Hand the contact over, unless a person handles it already.

    `data` is the flow's current data.
    """
    if effects.session.pause is None:
        effects.session.pause = Pause(effects.at, reason=reason)
        effects.forwards.append(Forward("handoff", reason, flow, state, data or {}))


def hear(effects: TurnEffects) -> None:
    """Forward the contact's message or event to the person who handles the contact."""
    callback = effects.callback
    if effects.session.pause is None or callback is None:
        return
    report = callback.message_delivery_report
    if callback.said:
        effects.forwards.append(Forward("message"))
    elif callback.trigger in FORWARDED or (report and report.status == "FAILED"):
        effects.forwards.append(Forward("event"))


def speak(effects: TurnEffects, agent: Agent) -> None:
    """Record that an agent writes: postpone the end of the hand-over, and announce a new agent."""
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
    """End the hand-over, so that the bot continues."""
    pause = effects.session.pause
    if pause is not None:
        _leave(effects, pause)
        effects.session.pause = None
        effects.forwards.append(Forward("resume", reason))


def watch(effects: TurnEffects, longest_s: float) -> None:
    """Set the timer that ends the hand-over after `longest_s` seconds without a message of an
    agent.

    If `longest_s` is 0, set no timer.
    """
    pause = effects.session.pause
    if pause is not None and pause.until is None and longest_s:
        pause.until = effects.at + longest_s
        effects.set_timer(HANDED_BACK, pause.until)


def _leave(effects: TurnEffects, pause: Pause) -> None:
    if pause.agent is not None and effects.session.address.channel not in WITHOUT_EVENTS:
        effects.send_event(agent_left(pause.agent))
