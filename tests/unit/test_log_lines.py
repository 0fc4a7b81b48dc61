"""The format of log lines."""

import ast
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

import bot
from bot import LogFormatter
from bot.telemetry.logs import about

BOT = Path(bot.__file__).parent
OWN_NAMES = frozenset({"timestamp", "level", "logger", "event"})
"""The fields that each line of the JSON log has."""


@pytest.fixture
def record() -> logging.LogRecord:
    record = logging.LogRecord("bot.worker.worker", logging.INFO, "", 0, "Sent %s", ("it",), None)
    record.created = 1_767_225_600.25
    vars(record).update(action="sent", tries=2, reason="no room\nleft")
    return record


def test_json_has_an_object_a_line(record: logging.LogRecord) -> None:
    with about(contact="ab12", action="work"), about(turn=3):
        line = LogFormatter("json").format(record)

    assert "\n" not in line
    assert json.loads(line) == {
        "timestamp": "2026-01-01T00:00:00.250000Z",
        "level": "info",
        "logger": "bot.worker.worker",
        "event": "Sent it",
        "contact": "ab12",
        "turn": 3,
        "action": "sent",
        "tries": 2,
        "reason": "no room\nleft",
    }


def test_nobody_reading_is_no_trouble(capfd: pytest.CaptureFixture[str]) -> None:
    """The process goes on, and doesn't fill standard error with a traceback for each line."""
    code = (
        "import logging, os; from bot.telemetry import logs; from bot.settings import Settings;"
        "logs.configure(Settings()); logging.getLogger('bot').warning('lost');"
        "os._exit(7)"
    )
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([sys.executable, "-c", code], stdout=write, check=False)
    os.close(write)

    assert done.returncode == 7
    assert capfd.readouterr().err == ""


def test_text_keeps_to_its_line_whatever_a_value_holds(record: logging.LogRecord) -> None:
    line = LogFormatter().format(record)

    assert line.split() == [
        "2026-01-01T00:00:00.250000Z",
        "info",
        *("Sent", "it"),
        *("action=sent", "tries=2"),
        *('reason="no', 'room\\nleft"'),
    ]


def test_fields_are_told_only_inside(record: logging.LogRecord) -> None:
    with about(contact="ab12"):
        pass

    assert "ab12" not in LogFormatter().format(record)


def test_what_is_not_json_is_told_by_its_repr(record: logging.LogRecord) -> None:
    vars(record).update(kind=ValueError)

    assert json.loads(LogFormatter("json").format(record))["kind"] == "<class 'ValueError'>"


@pytest.mark.parametrize("form", [LogFormatter("json"), LogFormatter()])
def test_an_exception_is_told_discreetly(
    record: logging.LogRecord, form: logging.Formatter
) -> None:
    number = "+46 70 000 00 01"
    try:
        raise ValueError(f"call {number}")
    except ValueError:
        record.exc_info = sys.exc_info()

    line = form.format(record)

    assert "ValueError: call ***" in line
    assert "000" not in line.replace("250000Z", "")


def test_a_traceback_that_was_made_already_is_kept(record: logging.LogRecord) -> None:
    vars(record).update(exception="made already")
    record.exc_info = (ValueError, ValueError("x"), None)

    assert LogFormatter().format(record).endswith("\nmade already")


def test_a_coroutine_that_nobody_awaits_is_a_line_of_the_log() -> None:
    code = (
        "from bot.telemetry import logs; from bot.settings import Settings\n"
        "import warnings\n"
        "logs.configure(Settings(log='json'))\n"
        "async def fetch(): ...\n"
        "fetch()\n"
        "warnings.warn('something else', RuntimeWarning)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    line = json.loads(done.stdout)
    assert line["event"] == "A coroutine was never awaited"
    assert line["text"] == "coroutine 'fetch' was never awaited"
    assert line["place"] == "<string>:5"
    assert "something else" in done.stderr


def test_no_field_of_a_log_line_takes_the_place_of_the_line_s_own() -> None:
    named = [
        f"{path.name}: {key.value}"
        for path in BOT.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for each in (call.keywords if isinstance(call, ast.Call) else ())
        if each.arg == "extra" and isinstance(each.value, ast.Dict)
        for key in each.value.keys
        if isinstance(key, ast.Constant) and key.value in OWN_NAMES
    ]

    assert named == []
