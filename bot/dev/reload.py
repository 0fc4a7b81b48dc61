"""Reloads flows when their files change, and reports reloads and errors to the chat page."""

import asyncio
import importlib
import logging
import sys
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path

from watchfiles import awatch

from bot.app.bot import Bot
from bot.errors import FlowError
from bot.flow.load import load_flows, load_package

logger = logging.getLogger(__name__)

Tell = Callable[..., None]
"""A function that reports a change to the page, with the kind and the fields of the change."""


class Reloader:
    """Reloads a bot's flows.

    `fault` is the error in the current files; "" if they have no error. While the files have an
    error, the bot uses the last flows without errors.
    """

    def __init__(self, bot: Bot, where: str, tell: Tell) -> None:
        self.fault = ""
        self._bot = bot
        self._where = where
        self._tell = tell

    async def watch(self) -> None:
        """Reload the flows whenever a file of their package changes, forever."""
        package = load_package(self._where)
        async for _ in awatch(*package.__path__):
            self.reload(package.__name__)

    def reload(self, package: str) -> None:
        """Load all flows again.

        If a flow has an error, report it. The bot then keeps its current flows.
        """
        for name in [name for name in sys.modules if _is_within(name, package)]:
            del sys.modules[name]
        importlib.invalidate_caches()
        try:
            self._bot.use(load_flows(self._where))
        except FlowError as exc:
            self.fault = str(exc)
            logger.error(
                "Your last change has an error; the previous version is still running: %s",
                exc,
                extra={"action": "reload"},
            )
        else:
            self.fault = ""
            logger.info("Flows reloaded", extra={"action": "reload", "flows": len(self._bot.flows)})
        self._tell("flows", fault=self.fault)


class Faults(logging.Handler):
    """A log handler that reports errors to the chat page, with the author's line that raised the
    error.

    Two kinds of errors are left out: `Reloader` reports errors in flow files, and `Failures`
    reports failed turns.
    """

    def __init__(self, where: str, tell: Tell) -> None:
        super().__init__(logging.ERROR)
        self._loop = asyncio.get_running_loop()
        self._folder = Path(next(iter(load_package(where).__path__))).resolve()
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        if getattr(record, "action", "") not in ("reload", "turn_failed"):
            # A flow may log from its own thread.
            self._loop.call_soon_threadsafe(partial(self._tell, "fault", text=self._text(record)))

    def _text(self, record: logging.LogRecord) -> str:
        """Return the log message, the exception, and the author's line that raised the
        exception.
        """
        lines = [record.getMessage()]
        fault = record.exc_info[1] if record.exc_info else None
        if fault is not None:
            lines.append(f"{type(fault).__name__}: {fault}")
            lines += [
                f"{path.relative_to(self._folder.parent)}, line {frame.lineno}: {frame.line}"
                for frame in traceback.extract_tb(fault.__traceback__)
                if (path := Path(frame.filename)).is_relative_to(self._folder)
            ][-1:]
        return "\n".join(lines)


def _is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")
