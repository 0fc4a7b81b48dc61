"""`bot dev`: the bot, a local Conversation API and a chat page in one process, on loopback."""

from bot.dev.stack import run, stack
from bot.ops.running_dev import Running, running_stack

__all__ = ["Running", "run", "running_stack", "stack"]
