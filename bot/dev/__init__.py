"""`bot dev`: the bot, a local Conversation API and a chat page in one process, on loopback."""

from bot.dev.stack import Running, run, running_stack, stack

__all__ = ["Running", "run", "running_stack", "stack"]
