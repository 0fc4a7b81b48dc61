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

_HOMES = ("bot", "bot.messages", "bot.flow.words", "bot.hooks", "bot.parse")
_NOT_OURS = re.compile(r"cannot import name '(\w+)' from 'bot(?:\.\w+)*'")


def import_fault(name: str, fault: BaseException) -> BaseException:
    """What is said of a module that can't be imported: an author's code may fail in any way."""
    if not isinstance(fault, Exception):
        return fault
    if isinstance(fault, ModuleNotFoundError):
        if fault.name in (name, name.partition(".")[0]):
            return FlowError(
                f"There is no package or folder {name!r} of flows here."
                " Run the command where it is, or set BOT_FLOWS."
            )
        package = name.partition(".")[0]
        if fault.name and package in sys.modules and find_spec(f"{package}.{fault.name}"):
            return FlowError(
                f"{_place(name, fault)}: there is no {fault.name!r} to import; it is"
                f" {package}.{fault.name}."
            )
        return FlowError(f"{name}: it imports {fault.name!r}, which isn't installed.")
    words = str(fault) if isinstance(fault, FlowError) else f"{type(fault).__name__}: {fault}"
    words += _where_it_is(fault)
    return FlowError(f"{_place(name, fault)}: {words}")


def _where_it_is(fault: Exception) -> str:
    """The way out where a name of the framework's isn't where it was looked for."""
    if isinstance(fault, AttributeError) and fault.obj is parse:
        return f". It has {', '.join(parse.__all__)}."
    missing = _NOT_OURS.match(str(fault))
    if not missing:
        return ""
    name = missing[1]
    for home in _HOMES:
        if hasattr(importlib.import_module(home), name):
            return f". It is in {home}: from {home} import {name}"
    near = get_close_matches(name, importlib.import_module("bot").__all__, 1, 0.6)
    return f". Did you mean {near[0]}?" if near else ""


def _place(name: str, fault: Exception) -> str:
    """File and line of the author's at which importing a module failed."""
    if isinstance(fault, SyntaxError) and fault.filename:
        return f"{short(Path(fault.filename))}, line {fault.lineno}"
    lines = [
        f"{short(Path(frame.f_code.co_filename))}, line {line}"
        for frame, line in walk_tb(fault.__traceback__)
        if frame.f_globals.get("__name__", "").partition(".")[0] == name.partition(".")[0]
    ]
    return lines[-1] if lines else name
