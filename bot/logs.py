"""Logs to standard output: a line each, as text for people or JSON for machines.

Modules log a fixed sentence with fields beside it (`extra`); neither holds message texts, phone
numbers or secrets. Whatever is logged while a contact is worked on, by an author's functions too,
also has the contact, and during a turn its number, and the flow and state that it began in.
"""

import logging
import logging.config
import sys
from contextlib import AbstractContextManager
from hashlib import blake2b

import structlog

from bot.settings import Secret, Settings


def configure(settings: Settings) -> None:
    """Set up logging for a command; called once, at its start."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if settings.log == "json":
        last = [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()]
    else:
        last = [structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())]
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


def pseudonym(contact: str, key: Secret) -> str:
    """A contact's key as logs may hold it: an id as it is, an identity as a hash keyed by `key`.

    The same contact has the same pseudonym as long as the key stays.
    """
    if ":" not in contact:
        return contact
    return blake2b(contact.encode(), key=key.reveal().encode()[:64], digest_size=8).hexdigest()
