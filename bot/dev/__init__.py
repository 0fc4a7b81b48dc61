"""`bot dev`: the bot, a local Conversation API and a chat page in one process, on loopback."""

from bot.app.running_dev import Running, running_stack
from bot.dev.stack import run, stack

__all__ = ["Running", "run", "running_stack", "stack"]
