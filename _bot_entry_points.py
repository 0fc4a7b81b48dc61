"""Entry points for other programs: the command `bot`, its child processes and the pytest plugin.

A module called `bot` in somebody's project hides the package `bot`. This module has a name that no
project uses, so that it can report the file that hides the package.
"""

import sys
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from pathlib import Path
from typing import Any

FRAMEWORK = Path(__file__).with_name("bot") / "__init__.py"

CANNOT_START = 78
"""Exit status of a child process that would fail in the same way if it were started again."""


def main() -> None:
    """Run the command `bot`."""
    _refuse_if_hidden(status=1)
    from bot.__main__ import main

    main()


def serve() -> None:
    """Run a child process of `bot serve`, `bot web` or `bot worker`."""
    _refuse_if_hidden(status=CANNOT_START)
    from bot.serve import serve_child

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


def hiding_framework(folder: Path | None = None) -> Path | None:
    """Return the file or package in `folder` that hides the package `bot` from imports there.

    Without a folder: what `import bot` finds in this process instead of the package.
    """
    spec = find_spec("bot") if folder is None else PathFinder.find_spec("bot", [str(folder)])
    found = _file_of(spec)
    if found is None or found.samefile(FRAMEWORK):
        return None
    return found.parent if found.name == "__init__.py" else found


def hidden_by(path: Path) -> str:
    """Return the error for a project in which `path` hides the framework."""
    return (
        f"{path} hides the framework: `import bot` finds it first. Rename it, for example to"
        f" {'my_bot' if path.is_dir() else 'my_bot.py'}."
    )


def _file_of(spec: ModuleSpec | None) -> Path | None:
    """Return the module's file; None for a folder without `__init__.py`, which hides nothing."""
    return Path(spec.origin) if spec and spec.has_location and spec.origin else None


def _refuse_if_hidden(status: int) -> None:
    if hiding := hiding_framework():
        print(f"bot: {hidden_by(hiding)}", file=sys.stderr)  # noqa: T201
        raise SystemExit(status)
