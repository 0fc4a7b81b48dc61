"""Runs `bot` with settings that have no variable: `python -m tests.support.tuned JSON serve …`.

The JSON is an object of fields of `Settings`. `clock_file` is the file of a `MachineClock`.
"""

import json
import mmap
import struct
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


def set_clock(file: str) -> None:
    """Let the machine's clock be ahead by the seconds in a file. The file may change."""
    real = time.time
    with open(file, "rb") as opened:
        mapped = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)

    def ahead() -> float:
        return real() + float(struct.unpack("d", mapped)[0])

    time.time = ahead
    StoreClock.__init__.__defaults__ = (ahead, time.monotonic)


if __name__ == "__main__":
    given = json.loads(sys.argv.pop(1))
    if "clock_file" in given:
        set_clock(given.pop("clock_file"))
    tune(given)
    main()
