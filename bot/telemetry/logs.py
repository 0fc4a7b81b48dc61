"""Logs to standard output, one line each, as text for people or JSON for machines.

Modules log a fixed sentence with fields (`extra`). Neither the sentence nor the fields contain
message texts, phone numbers or secrets. Lines that are logged while a contact is handled have the
contact's pseudonym, even if an author's function logs the lines. During a turn, these lines also
have the number of the turn, and the flow and state in which the turn began.

This module formats the lines itself, for speed. Each message causes two lines. Formatting these
lines with a logging library took a third of the time of all other work for the message.
"""

import contextlib
import logging
import logging.config
import os
import re
import stat
import sys
import threading
import warnings
from collections import deque
from collections.abc import Callable, Mapping
from contextvars import ContextVar, Token
from functools import lru_cache
from typing import Any, Literal, TextIO

import msgspec

from bot.clock import as_datetime
from bot.i18n.printable import printable, printable_json, printable_lines
from bot.settings import Settings
from bot.telemetry.redaction import format_exception

logger = logging.getLogger(__name__)

_about: ContextVar[Mapping[str, object]] = ContextVar("about", default={})  # noqa: B039

_STANDARD = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}
"""The attributes that every record has. All other attributes are fields."""

_PLAIN = re.compile(r"[\w.:/+@~-]+").fullmatch


MAX_LINES = 10_000
"""Maximum number of lines that wait to be written. Further lines are dropped."""

GATHER_S = 0.02
"""Seconds for which the writing thread waits for more lines.

Waking the thread for each line would cost more than formatting the line.
"""

FLUSH_S = 1.0
"""Maximum time for which the ending process waits until all lines are written, in seconds."""

LIBRARIES = (
    *("asyncio", "dateparser", "httpcore", "httpx", "opentelemetry", "redis", "transitions"),
    *("tzlocal", "urllib3", "uvicorn.error", "watchfiles"),
)
"""Libraries whose lines below WARNING repeat the bot's own lines, or contain URLs and headers."""


def configure(settings: Settings) -> None:
    """Set up logging for a command. Call this function once, at the start of the command.

    BOT_LOG_LEVEL is the level of the loggers of the bot, of flows, and of modules that flows
    import. The loggers of `LIBRARIES` log nothing below WARNING.
    """
    # `logging` would collect these details for each record, but no line shows them. The
    # documentation of `logging` names these switches.
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"bot": {"()": LogFormatter, "form": settings.log}},
            "handlers": {
                "stdout": {
                    "()": _Stdout,
                    "stream": "ext://sys.stdout",
                    "formatter": "bot",
                }
            },
            "root": {"handlers": ["stdout"], "level": settings.log_level},
            "loggers": {name: {"level": _quiet(settings.log_level)} for name in LIBRARIES},
        }
    )
    warnings.showwarning = _logging_unawaited(warnings.showwarning)


def _logging_unawaited(show: Callable[..., None]) -> Callable[..., None]:
    """Return a replacement for `warnings.showwarning` that logs unawaited coroutines.

    An unawaited coroutine is a mistake in a flow. All other warnings are passed to `show`.
    """

    def log(
        message: Warning | str, category: type[Warning], file: str, line: int, *rest: Any
    ) -> None:
        if "was never awaited" in str(message):
            place = f"{file}:{line}"
            logger.warning(
                "A coroutine was never awaited",
                extra={"action": "unawaited", "place": place, "text": str(message).split("\n")[0]},
            )
        else:
            show(message, category, file, line, *rest)

    return log


def _quiet(level: str) -> str:
    return "ERROR" if level == "ERROR" else "WARNING"


class about:
    """Adds `fields` to all lines that this task logs inside the `with`."""

    __slots__ = ("_before", "_fields")

    def __init__(self, **fields: object) -> None:
        self._fields = fields

    def __enter__(self) -> None:
        self._before: Token[Mapping[str, object]] = _about.set({**_about.get(), **self._fields})

    def __exit__(self, *error: object) -> None:
        _about.reset(self._before)


class _Stdout(logging.StreamHandler[TextIO]):
    """Writes to standard output.

    A thread writes to a pipe, a terminal or a socket, because a reader that stops reading would
    otherwise block the bot forever. Lines beyond `MAX_LINES` are dropped and counted.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._lines: deque[str] = deque()
        self._dropped = 0
        self._may_block = _may_block(stream)
        self._wake = threading.Condition()
        self._is_writing = False
        self._hurry = threading.Event()
        self._thread: threading.Thread | None = None

    def emit(self, record: logging.LogRecord) -> None:
        if not self._may_block:
            super().emit(record)
            return
        try:
            line = self.format(record)
        except Exception:  # as the standard handlers do
            self.handleError(record)
            return
        if len(self._lines) >= MAX_LINES:
            self._dropped += 1
            return
        self._lines.append(line)
        if not self._is_writing:
            self._begin_to_write()

    def _begin_to_write(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._write_all, name="log", daemon=True)
            self._thread.start()
        with self._wake:
            self._is_writing = True
            self._wake.notify_all()

    def _write_all(self) -> None:
        while True:
            self._hurry.wait(GATHER_S)
            lines = [self._lines.popleft() for _ in range(len(self._lines))]
            if dropped := self._dropped:
                self._dropped -= dropped
                lines.append(f"{dropped} log lines were dropped, because the output was not read")
            if lines:
                with contextlib.suppress(OSError, ValueError):  # Nobody reads the output any more.
                    self._write("\n".join(lines) + "\n")
                continue
            with self._wake:
                # In this order, because `emit` adds a line before it checks `_is_writing`.
                self._is_writing = False
                if self._lines:
                    self._is_writing = True
                    continue
                self._wake.notify_all()
                self._wake.wait()

    def _write(self, text: str) -> None:
        # This bypasses the stream's buffer. A blocked thread holds the buffer's lock, and Python
        # aborts if it cannot get that lock when it exits.
        left = text.encode(self.stream.encoding or "utf-8", "backslashreplace")
        while left:
            left = left[os.write(self.stream.fileno(), left) :]

    def flush(self) -> None:
        """Wait up to `FLUSH_S` until all lines are written."""
        if not self._may_block:
            super().flush()
        elif self._thread is not None and threading.current_thread() is not self._thread:
            self._hurry.set()
            with self._wake:
                self._wake.wait_for(lambda: not self._is_writing, FLUSH_S)
            self._hurry.clear()

    def handleError(self, record: logging.LogRecord) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)


def _may_block(stream: TextIO) -> bool:
    """Return whether a write may block until a reader reads."""
    try:
        mode = os.fstat(stream.fileno()).st_mode
    except (OSError, ValueError):  # The stream of a test is not a file.
        return False
    return not stat.S_ISREG(mode)


class LogFormatter(logging.Formatter):
    """Formats log records as `bot serve` does.

    With `form="text"`, a record is a line: time, level, event, and each field as `name=value`; a
    traceback follows on separate lines. With `form="json"`, a record is one JSON object: timestamp,
    level, logger, event, and the fields. Both have the pseudonym of the contact that the bot is
    handling, and during a turn the turn's number, flow and state. The text of an exception is
    omitted, because it may come from a contact.

    A handler must format records when they are logged, as the handlers of `logging` do. A
    `QueueHandler` without this formatter loses the contact.
    """

    def __init__(self, form: Literal["text", "json"] = "text") -> None:
        super().__init__()
        self._line = _json_line if form == "json" else _text_line

    def format(self, record: logging.LogRecord) -> str:
        return self._line(record)


def _json_line(record: logging.LogRecord) -> str:
    line = {
        "timestamp": _time(record),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": record.getMessage(),
        **_fields(record),
    }
    return printable_json(msgspec.json.encode(line, enc_hook=repr))


def _text_line(record: logging.LogRecord) -> str:
    fields = _fields(record)
    traceback = fields.pop("exception", None)
    told = " ".join([f"{name}={_word(value)}" for name, value in fields.items()])
    event = printable(record.getMessage())
    line = f"{_time(record)} {record.levelname.lower():<8} {event:<30} {told}"
    return line.rstrip() + (f"\n{printable_lines(traceback)}" if traceback else "")


def _time(record: logging.LogRecord) -> str:
    second, micros = divmod(round(record.created * 1e6), 1_000_000)
    return f"{_second(second)}.{micros:06d}Z"


@lru_cache(maxsize=1)
def _second(at: int) -> str:
    return f"{as_datetime(at):%Y-%m-%dT%H:%M:%S}"


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    """Return the fields of the context and of the record. The record's fields take precedence."""
    fields = dict(_about.get())
    for name, value in vars(record).items():
        if name not in _STANDARD:
            fields[name] = value
    if record.exc_info and record.exc_info[1] is not None and "exception" not in fields:
        # `logging` would print the error's text, which may repeat a contact's text.
        fields["exception"] = format_exception(record.exc_info[1])
    return fields


def _word(value: object) -> str:
    """Return the value as text that cannot be mistaken for another field or line."""
    text = value if isinstance(value, str) else repr(value)
    return text if text.isalnum() or _PLAIN(text) else printable_json(msgspec.json.encode(text))
