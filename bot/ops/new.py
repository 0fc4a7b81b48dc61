"""`bot new`: creates a project that runs and passes its tests immediately."""

import json
import re
import shlex
import sys
from collections.abc import Iterator
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template
from typing import Any

from bot.i18n.printable import echo
from bot.ops.common import OperationError

PACKAGE = "conversation-bot"

TAKEN = ("bot", PACKAGE)
"""Names of the framework's package and distribution. A project with such a name would hide the
framework.
"""

TEMPLATE = ".template"
"""The suffix of files whose `$variables` are filled in. The new file has no such suffix."""

HIDDEN = "dot-"
"""Prefix of a template's file name that stands for a dot: `dot-gitignore` becomes `.gitignore`.

In the folder of the templates, tools would obey a real `.gitignore`.
"""


def make(folder: Path, source: Path | None) -> None:
    """Write the project into `folder`, which may exist if it is empty.

    The project depends on the checkout at `source`; without `source`, on this release of `bot`. If
    `bot` was not installed from a registry, the project depends on the source from which `bot` was
    installed.

    Raises:
        OperationError: the folder is not empty or cannot be written, its name cannot be the name of
            a package, or there is no checkout at `source`.
    """
    requirement, pinned = _requirement(source)
    filled = {
        "name": _project_name(folder),
        "requirement": requirement,
        "pinned": pinned,
        "python": ".".join(map(str, sys.version_info[:2])),
    }
    try:
        if folder.exists() and any(folder.iterdir()):
            raise OperationError(f"{folder} isn't empty; name a folder that doesn't exist yet.")
        for path, content in _files(resources.files("bot") / "templates" / "project"):
            _write(folder / path, content, filled)
    except OSError as error:
        raise OperationError(f"{folder} can't be written: {error.strerror}.") from error
    if " @ file:" in requirement:
        echo(
            "The project depends on a copy of the framework on this machine. Before you"
            " deploy the project, name a release or a git URL in its"
            " pyproject.toml and run `make lock`.\n"
        )
    is_here = folder.resolve() == Path.cwd()
    echo(
        f"{folder.resolve().name if is_here else folder} is ready. What to do next:\n"
        + ("" if is_here else f"  cd {shlex.quote(str(folder))}\n")
        + '  make run     # talk to the bot in the browser: write "table"\n'
        "  make test    # check the flows and play their tests\n"
        "A changed flows/table.py is loaded again at once."
    )


def _project_name(folder: Path) -> str:
    name = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")
    if not name:
        raise OperationError(f"{str(folder)!r} can't be a package's name; use letters and digits.")
    if name in TAKEN:
        raise OperationError(
            f"A project can't be called {name!r}: that is the framework's own name. Choose another,"
            " such as my-bot."
        )
    return name


def _requirement(source: Path | None) -> tuple[str, str]:
    """Return the project's requirement of `bot`, and the exact version to install now.

    For a release from a registry, the requirement allows newer patch releases. For a checkout or a
    URL, the requirement and the version are the address of the checkout or the URL.
    """
    if source is not None:
        if not (source / "pyproject.toml").is_file():
            raise OperationError(f"--from: there is no checkout of {PACKAGE} at {source}.")
        return (f"{PACKAGE} @ {source.resolve().as_uri()}",) * 2
    installed = metadata.distribution(PACKAGE)
    if origin := installed.read_text("direct_url.json"):
        return (f"{PACKAGE} @ {_address(json.loads(origin))}",) * 2
    version = installed.version
    major, minor, *_ = version.split(".")
    return f"{PACKAGE}>={version},<{major}.{int(minor) + 1}", f"{PACKAGE}=={version}"


def _address(origin: dict[str, Any]) -> str:
    """Return a package's source in pip's form, from `origin` in the form of PEP 610."""
    if vcs := origin.get("vcs_info"):
        return f"{vcs['vcs']}+{origin['url']}@{vcs['commit_id']}"
    return str(origin["url"])


def _files(folder: Traversable, path: Path = Path()) -> Iterator[tuple[Path, bytes]]:
    for entry in folder.iterdir():
        name = entry.name
        if name == "__pycache__":
            continue
        if name.startswith(HIDDEN):
            name = f".{name.removeprefix(HIDDEN)}"
        if entry.is_dir():
            yield from _files(entry, path / name)
        else:
            yield path / name, entry.read_bytes()


def _write(path: Path, content: bytes, filled: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.name.endswith(TEMPLATE):
        path = path.with_name(path.name.removesuffix(TEMPLATE))
        content = Template(content.decode()).substitute(filled).encode()
    path.write_bytes(content)
