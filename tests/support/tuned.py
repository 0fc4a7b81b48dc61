"""Runs `bot` with settings that no variable can change: `python -m tests.support.tuned JSON serve
…`.

The JSON is an object of fields of `Settings`; `clock_ahead_s` sets the machine's clock.
"""

import json
import sys
import time
from dataclasses import replace
from typing import Any

from bot.__main__ import main
from bot.settings import Settings
from bot.worker.store_clock import StoreClock


def tune(fields: dict[str, Any]) -> None:
    """Set these fields in all settings that are read from now on."""
    read = Settings.from_env

    def tuned(*words: Any, **options: Any) -> Settings:
        return replace(read(*words, **options), **fields)

    Settings.from_env = tuned  # type: ignore[method-assign]


def set_clock(ahead_s: float) -> None:
    """Set the machine's clock ahead."""
    real = time.time

    def ahead() -> float:
        return real() + ahead_s

    time.time = ahead
    StoreClock.__init__.__defaults__ = (ahead, time.monotonic)


if __name__ == "__main__":
    given = json.loads(sys.argv.pop(1))
    set_clock(given.pop("clock_ahead_s", 0.0))
    tune(given)
    main()
