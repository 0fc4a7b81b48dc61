"""Finds a module called `bot` in somebody's project, which hides the package `bot`.

This module stays outside the package, because it must be found where the package is not.
"""

from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from pathlib import Path

FRAMEWORK = Path(__file__).with_name("bot") / "__init__.py"

CANNOT_START = 78
"""Exit status of a child process that would fail in the same way if it were started again."""


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
