"""Logs to standard output: a line each, as text for people or JSON for machines.

Modules log a fixed sentence with fields beside it (`extra`); neither holds message texts, phone
numbers or secrets. Whatever is logged while a contact is worked on, by an author's functions too,
also has the contact, and during a turn its number, and the flow and state that it began in.
"""

import logging
import logging.config
import sys
from contextlib import AbstractContextManager

import structlog
from structlog.typing import EventDict, Processor

from bot.discretion import told
from bot.settings import Settings


def configure(settings: Settings) -> None:
    """Set up logging for a command; called once, at its start."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor]
    if settings.log == "json":
        last = [_tell_exception, structlog.processors.JSONRenderer()]
    else:
        last = [_tell_exception, structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())]
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "bot": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        *last,
                    ],
                }
            },
            "handlers": {
                "stdout": {
                    "class": "logging.StreamHandler",
                    "stream": "ext://sys.stdout",
                    "formatter": "bot",
                }
            },
            "root": {"handlers": ["stdout"], "level": "WARNING"},
            "loggers": {
                "bot": {"level": settings.log_level},
                "flows": {"level": settings.log_level},
                "uvicorn.error": {"level": "WARNING"},
            },
        }
    )


def about(**fields: object) -> AbstractContextManager[None]:
    """Put these fields into all that is logged inside, by this task."""
    return structlog.contextvars.bound_contextvars(**fields)


def _tell_exception(logger: object, name: str, event: EventDict) -> EventDict:
    """Put a traceback in the place of an exception; structlog's own would show local values."""
    fault = event.pop("exc_info", None)
    if isinstance(fault, tuple):
        fault = fault[1]
    if isinstance(fault, BaseException) and "exception" not in event:
        event["exception"] = told(fault)
    return event
