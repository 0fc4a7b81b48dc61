"""Adds traces to a simulated bot."""

from dataclasses import replace

from bot.app.bot import Bot
from bot.telemetry.traces import Traces


def use(bot: Bot, traces: Traces) -> None:
    """Trace a bot that was made without traces."""
    for part in (bot.webhook, bot.worker._outbox, bot.runner, bot.runner.failure):
        part._runtime = replace(part._runtime, traces=traces)
