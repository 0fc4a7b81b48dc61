"""Runs `bot` with settings that only code can change: `python -m tests.support.tuned JSON serve …`.

The JSON is an object of fields of `Settings`.
"""

import json
import sys
from dataclasses import replace
from typing import Any

from bot.__main__ import main
from bot.settings import Settings


def tune(fields: dict[str, Any]) -> None:
    """Let all settings that are read from now on have these fields."""
    read = Settings.from_env

    def tuned(*words: Any, **options: Any) -> Settings:
        return replace(read(*words, **options), **fields)

    Settings.from_env = tuned  # type: ignore[method-assign]


if __name__ == "__main__":
    tune(json.loads(sys.argv.pop(1)))
    main()
