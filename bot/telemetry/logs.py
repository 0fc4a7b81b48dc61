"""Logs to standard output: a line each, as text for people or JSON for machines.

Modules log a fixed sentence with fields beside it (`extra`); neither holds message texts, phone
numbers or secrets. Whatever is logged while a contact is worked on, by an author's functions too,
also has the contact, and during a turn its number, and the flow and state that it began in.

The lines are made here and not by a library: every message has two, and a chain of processors
took a third as long as all the rest of the message did.
"""

import logging
import logging.config
import re
import sys
from collections.abc import Mapping
from contextvars import ContextVar, Token
from functools import lru_cache
from typing import Any, TextIO

import msgspec

from bot.clock import as_datetime
from bot.i18n.printable import printable, printable_json, printable_lines
from bot.settings import Settings
from bot.telemetry.redaction import format_exception

_about: ContextVar[Mapping[str, object]] = ContextVar("about", default={})  # noqa: B039

_STANDARD = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}
"""What every record has; the rest are fields."""

_PLAIN = re.compile(r"[\w.:/+@~-]+").fullmatch


LIBRARIES = (
    *("asyncio", "dateparser", "httpcore", "httpx", "opentelemetry", "redis", "transitions"),
    *("tzlocal", "urllib3", "uvicorn.error", "watchfiles"),
)
"""Libraries whose lines below WARNING say what the bot's own say, or hold URLs and headers."""


def configure(settings: Settings) -> None:
    """Set up logging for a command; called once, at its start.

    BOT_LOG_LEVEL is the level of everything but `LIBRARIES`: of the bot, of flows and of whatever
    modules they import.
    """
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"bot": {"()": _Json if settings.log == "json" else _Text}},
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


def _quiet(level: str) -> str:
    return "ERROR" if level == "ERROR" else "WARNING"


class about:
    """Put these fields into all that is logged inside its `with`, by this task."""

    __slots__ = ("_before", "_fields")

    def __init__(self, **fields: object) -> None:
        self._fields = fields

    def __enter__(self) -> None:
        self._before: Token[Mapping[str, object]] = _about.set({**_about.get(), **self._fields})

    def __exit__(self, *error: object) -> None:
        _about.reset(self._before)


class _Stdout(logging.StreamHandler[TextIO]):
    """Standard output; where nobody reads it any more, the process goes on without."""

    def handleError(self, record: logging.LogRecord) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)


class _Json(logging.Formatter):
    """An object a line: timestamp, level, logger, event, and the fields."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "timestamp": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **_fields(record),
        }
        return printable_json(msgspec.json.encode(line, enc_hook=repr))


class _Text(logging.Formatter):
    """Time, level, event, then each field as `name=value`; a traceback on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
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
    """The fields of the moment and the record's own, which come first where both have one."""
    fields = dict(_about.get())
    for name, value in vars(record).items():
        if name not in _STANDARD:
            fields[name] = value
    if record.exc_info and record.exc_info[1] is not None and "exception" not in fields:
        # Never as `logging` prints it: a fault's own words may repeat what somebody wrote.
        fields["exception"] = format_exception(record.exc_info[1])
    return fields


def _word(value: object) -> str:
    """A value that can't be mistaken for the next field, nor for a line of its own."""
    text = value if isinstance(value, str) else repr(value)
    return text if text.isalnum() or _PLAIN(text) else printable_json(msgspec.json.encode(text))
