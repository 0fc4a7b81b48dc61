"""What is said of a module of flows that can't be imported: the author's line, and the way out."""

import importlib
import re
import sys
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from traceback import walk_tb

from bot import parse
from bot.errors import FlowError
from bot.flow.flow import short

_HOMES = ("bot", "bot.messages", "bot.flow.keywords", "bot.flow.hooks", "bot.parse")
_NOT_OURS = re.compile(r"cannot import name '(\w+)' from 'bot(?:\.\w+)*'")


def import_error(name: str, error: BaseException) -> BaseException:
    """What is said of a module that can't be imported: an author's code may fail in any way."""
    if not isinstance(error, Exception):
        return error
    if isinstance(error, ModuleNotFoundError):
        if error.name in (name, name.partition(".")[0]):
            return FlowError(
                f"There is no package or folder {name!r} of flows here."
                " Run the command where it is, or set BOT_FLOWS."
            )
        package = name.partition(".")[0]
        if error.name and package in sys.modules and find_spec(f"{package}.{error.name}"):
            return FlowError(
                f"{_place(name, error)}: there is no {error.name!r} to import; it is"
                f" {package}.{error.name}."
            )
        return FlowError(f"{name}: it imports {error.name!r}, which isn't installed.")
    words = str(error) if isinstance(error, FlowError) else f"{type(error).__name__}: {error}"
    words += _where_it_is(error)
    return FlowError(f"{_place(name, error)}: {words}")


def _where_it_is(error: Exception) -> str:
    """The way out where a name of the framework's isn't where it was looked for."""
    if isinstance(error, AttributeError) and error.obj is parse:
        return f". It has {', '.join(parse.__all__)}."
    missing = _NOT_OURS.match(str(error))
    if not missing:
        return ""
    name = missing[1]
    for home in _HOMES:
        if hasattr(importlib.import_module(home), name):
            return f". It is in {home}: from {home} import {name}"
    near = get_close_matches(name, importlib.import_module("bot").__all__, 1, 0.6)
    return f". Did you mean {near[0]}?" if near else ""


def _place(name: str, error: Exception) -> str:
    """File and line of the author's at which importing a module failed."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{short(Path(error.filename))}, line {error.lineno}"
    lines = [
        f"{short(Path(frame.f_code.co_filename))}, line {line}"
        for frame, line in walk_tb(error.__traceback__)
        if frame.f_globals.get("__name__", "").partition(".")[0] == name.partition(".")[0]
    ]
    return lines[-1] if lines else name
