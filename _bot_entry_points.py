"""Entry points for other programs: the command `bot`, its child processes and the pytest plugin.

A module called `bot` in somebody's project hides the package `bot`. This module has a name that no
project uses, so that it can report the file that hides the package.
"""

import sys
from typing import Any

from _bot_hidden import CANNOT_START, hidden_by, hiding_framework


def main() -> None:
    """Run the command `bot`."""
    _refuse_if_hidden(status=1)
    from bot.__main__ import main

    main()


def serve() -> None:
    """Run a child process of `bot serve`, `bot web` or `bot worker`."""
    _refuse_if_hidden(status=CANNOT_START)
    from bot.processes.serve import serve_child

    try:
        serve_child(sys.argv[1:])
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def __getattr__(name: str) -> Any:
    """Return the pytest plugin, which only pytest loads."""
    if name != "pytest_plugin":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if hiding := hiding_framework():
        import pytest

        raise pytest.UsageError(hidden_by(hiding))
    from bot.testing import plugin

    return plugin


def _refuse_if_hidden(status: int) -> None:
    if hiding := hiding_framework():
        print(f"bot: {hidden_by(hiding)}", file=sys.stderr)  # noqa: T201
        raise SystemExit(status)
