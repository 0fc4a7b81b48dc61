"""Errors for flow modules that cannot be imported, with the author's line and a hint."""

import ast
import contextlib
import importlib
import inspect
import pkgutil
import re
import sys
import traceback
from difflib import get_close_matches
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path
from traceback import walk_tb

from bot import parse
from bot.errors import FlowError, MessageError
from bot.flow.hooks import KINDS, Hooks
from bot.flow.places import names_in, short

_HOMES = ("bot", "bot.messages", "bot.flow.keywords", "bot.flow.hooks", "bot.parse")
_ARGUMENT = re.compile(
    r"(\w+)(?:\.__init__|\.(\w+))?\(\) got an unexpected keyword argument '(\w+)'"
)
_POSITIONAL = re.compile(r"(\w+)(?:\.__init__)?\(\) takes .*positional arguments? but")
_FIELD = re.compile(r"Unexpected keyword argument '(\w+)'")
_WITHOUT_OBJECT = re.compile(r"Hooks\.\w+\(\) missing \d required positional argument")
_ORDER = re.compile(r"Required field '(\w+)' cannot follow optional fields")
_ORDER_OF_DATACLASS = re.compile(r"non-default argument '(\w+)' follows default argument")
_CHARACTER = re.compile(r"invalid (?:character|non-printable character) .*\bU\+([0-9A-F]+)")
_BRACKETS = re.compile(r"closing parenthesis '(.)' does not match opening parenthesis '(.)'")
_PAIRS = {"(": ")", "[": "]", "{": "}"}
_LOOK_ALIKE = {
    'straight quotes (")': "\u201c\u201d\u201e\u201f\u00ab\u00bb",
    "straight quotes (')": "\u2018\u2019\u201a\u201b",
    "a hyphen (-)": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212",
    "a plain space": "\u00a0\u2007\u2009\u202f\u3000",
}
"""Maps the name of a plain character to the characters that word processors write instead."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_FORMATTED = re.compile(r"Invalid format specifier '.*%.*' for object of type 'str'")
_CIRCULAR = re.compile(r"cannot import name '(\w+)' from partially initialized module")
_NOT_OURS = re.compile(r"cannot import name '(\w+)' from 'bot(?:\.\w+)*'")


def import_error(name: str, error: BaseException) -> BaseException:
    """Return the error to raise for a module that cannot be imported.

    An error that is not an `Exception`, such as KeyboardInterrupt, is returned unchanged.
    """
    if isinstance(error, SystemExit):
        return FlowError(
            f"{_place(name, error)}: importing the module ends the process (SystemExit:"
            f' {error.code}). Call sys.exit() only under `if __name__ == "__main__":`.'
        )
    if not isinstance(error, Exception):
        return error
    if isinstance(error, SyntaxError) and (file := _not_utf8(name, error)):
        return FlowError(f"{file} is not encoded in UTF-8. Save it as UTF-8.")
    if isinstance(error, ModuleNotFoundError):
        if error.name in (name, name.partition(".")[0]):
            return FlowError(
                f"There is no package or folder {name!r} in {Path.cwd()}. Start the bot in the"
                f" folder that contains {name!r}, or set BOT_FLOWS to a package or folder of flows."
            )
        package = name.partition(".")[0]
        if error.name and error.name.partition(".")[0] == "bot":
            return FlowError(
                f"{_place(name, error)}: there is no module {error.name!r}{_homes_of(error)}."
            )
        if error.name and error.name.startswith(f"{package}."):
            return FlowError(f"{_place(name, error)}: {_no_module(error, error.name)}")
        if error.name and package in sys.modules and find_spec(f"{package}.{error.name}"):
            return FlowError(
                f"{_place(name, error)}: there is no module {error.name!r}. Import"
                f" {package}.{error.name} instead."
            )
        return FlowError(
            f"{_place(name, error)}: it imports {error.name!r}, which isn't installed."
            f"{_package(error.name or '')}"
        )
    is_ours = isinstance(error, FlowError | MessageError)
    said = error.msg if isinstance(error, SyntaxError) else str(error)
    if _ORDER.search(said):
        said = said.partition(". Either")[0]  # The rest advises to use options of msgspec.
    hint = way_out(error)
    if hint:
        said = said.rstrip(".")
    words = said if is_ours else f"{type(error).__name__}: {said}"
    words += hint
    return FlowError(f"{_place(name, error)}: {words}")


def _no_module(error: ModuleNotFoundError, missing: str) -> str:
    """Return the error for an import of a module that does not exist in the author's package.

    The error lists the modules of the package.
    """
    package = missing.rpartition(".")[0]
    home = getattr(sys.modules.get(package), "__path__", ())
    names = sorted(each.name for each in pkgutil.iter_modules(home))
    told = f"there is no module {missing!r}."
    line = traceback.extract_tb(error.__traceback__)[-1].line or ""
    for wanted in re.findall(r"\w+", line.partition(" import ")[2]):
        for folder, name in ((folder, name) for folder in home for name in names):
            file = Path(folder) / f"{name}.py"
            if file.is_file() and wanted in _defined_in(file):
                return (
                    f"{told} {wanted} is in {package}.{name}: from {package}.{name} import {wanted}"
                )
    near = get_close_matches(missing.rpartition(".")[2], names, 1, 0.6)
    meant = f" Did you mean {package}.{near[0]}?" if near else ""
    return f"{told}{meant} {package} has {', '.join(names) or 'no modules'}."


def _defined_in(file: Path) -> set[str]:
    """Return the names that a module assigns or defines; an empty set if the module's file cannot
    be parsed.
    """
    with contextlib.suppress(SyntaxError, UnicodeDecodeError, ValueError):
        return {name for node in ast.parse(file.read_bytes()).body for name in names_in(node)}
    return set()


def _not_utf8(name: str, error: SyntaxError) -> str:
    """Return the path of the module's file if the file can't be decoded as UTF-8, otherwise ""."""
    file = error.filename
    if not file or not Path(file).is_file():
        with contextlib.suppress(ImportError, ValueError):
            found = find_spec(name)
            file = found.origin if found else None
    if not file or not Path(file).is_file():
        return ""
    raw = Path(file).read_bytes()
    if b"coding" in b"".join(raw.splitlines()[:2]):
        return ""  # The file declares an encoding of its own.
    try:
        is_text = "\0" not in raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        is_text = False
    return "" if is_text else short(Path(file))


def way_out(error: Exception) -> str:
    """Return a hint for a wrong import or call of the framework; "" if there is no hint.

    The hint continues the error's text, so the hint begins with a full stop.
    """
    if isinstance(error, AttributeError) and error.obj is parse:
        return f". It has {', '.join(parse.__all__)}."
    is_ours = type(getattr(error, "obj", None)).__module__.partition(".")[0] == "bot"
    if isinstance(error, AttributeError) and is_ours and "object has no attribute" in str(error):
        is_hooks = isinstance(error.obj, Hooks)
        known = KINDS if is_hooks else [each for each in dir(error.obj) if each[0] != "_"]
        near = get_close_matches(error.name or "", known, 1, 0.6)
        return f". Did you mean {near[0]!r}?" if near else f". It has {', '.join(known)}."
    if isinstance(error, NameError) and error.name:
        return _of_name(error, error.name)
    if isinstance(error, TypeError):
        return _of_arguments(error)
    if isinstance(error, SyntaxError):
        return _of_syntax(error)
    if isinstance(error, ValueError) and _FORMATTED.search(str(error)):
        return (
            ". The value is a text, not a date. For example, the dates in the data of an event are"
            " texts. Convert the text first, by date.fromisoformat(…) or"
            " datetime.fromisoformat(…)."
        )
    circular = _CIRCULAR.search(str(error))
    if isinstance(error, ImportError) and circular:
        return (
            ". Two modules import each other: move the code that both need into a third module, or"
            f" import {circular[1]!r} inside the function that uses it."
        )
    missing = _NOT_OURS.match(str(error))
    if not missing:
        return ""
    name = missing[1]
    if home := _home_of(name):
        return f". It is in {home}: from {home} import {name}"
    near = get_close_matches(name, importlib.import_module("bot").__all__, 1, 0.6)
    return f". Did you mean {near[0]}?" if near else ""


def _of_name(error: NameError, name: str) -> str:
    """Return a hint for the use of a name that is not defined; "" if there is no hint."""
    frame, line = [*walk_tb(error.__traceback__)][-1]
    try:
        tree = ast.parse(Path(frame.f_code.co_filename).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return ""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.lineno <= line <= (node.end_lineno or 0):
            targets = [each.targets for each in node.body if isinstance(each, ast.Assign)]
            states = {each.id for one in targets for each in one if isinstance(each, ast.Name)}
            states |= {each.name for each in node.body if isinstance(each, _FUNCTIONS)}
            if name in states and node.name == frame.f_code.co_name:
                return f". It is defined below this line. Write a state's name as a text: {name!r}."
    if home := _home_of(name):
        return f". Import it: from {home} import {name}"
    near = get_close_matches(name, {**frame.f_globals, **frame.f_locals}, 1, 0.6)
    return f". Did you mean {near[0]!r}?" if near else ""


def _home_of(name: str) -> str:
    """Return the public module that defines this name, otherwise ""."""
    return next((each for each in _HOMES if hasattr(importlib.import_module(each), name)), "")


def _homes_of(error: ModuleNotFoundError) -> str:
    """Return a hint that says which public modules define the names of the failed import."""
    line = traceback.extract_tb(error.__traceback__)[-1].line or ""
    names = re.findall(r"\w+", line.partition(" import ")[2])
    homes = {name: _home_of(name) for name in names}
    return "".join(
        f"; {name} is in {home}: from {home} import {name}" for name, home in homes.items() if home
    )


def _package(name: str) -> str:
    """Return a hint for a missing package: how to install the package, and a known module with a
    similar name if there is one.
    """
    known = {*sys.stdlib_module_names, *packages_distributions()}
    near = get_close_matches(name.partition(".")[0], known, 1, 0.8)
    meant = f" Did you mean {near[0]!r}?" if near else ""
    return f"{meant} Install its package in the environment of the bot, or correct the name."


def _of_syntax(error: SyntaxError) -> str:
    """Return what to do about a syntax error; "" if the error's own text says what to do."""
    if "with value in async generator" in error.msg:
        return (
            ". A function with a `yield` returns no value. Send messages by turn.say(…), and remove"
            " the `yield`."
        )
    if found := _CHARACTER.search(error.msg):
        character = chr(int(found[1], 16))
        for plain, others in _LOOK_ALIKE.items():
            if character in others:
                return f". Write {plain} instead."
        return ". Remove this character, or put it into a text in quotes."
    if found := _BRACKETS.search(error.msg):
        pair = _PAIRS[found[2]]
        return f". Write '{pair}' instead of '{found[1]}', or correct the '{found[2]}'."
    if isinstance(error, TabError) or "unindent does not match" in error.msg:
        return (
            ". Indent with spaces only, and indent all lines of a block by the same number of"
            " spaces."
        )
    if "unexpected indent" in error.msg:
        return ". Indent the line like the other lines of its block."
    return ""


def _of_arguments(error: TypeError) -> str:
    """Return a hint for a call of one of the framework's functions with wrong arguments."""
    if str(error).startswith("ask() missing") and "'accept'" in str(error):
        return ". Give the question a parser: accept=parse.text() accepts any text."
    if _WITHOUT_OBJECT.match(str(error)):
        return ". Hooks is a class, but a hook needs an object: write hooks = Hooks()."
    if found := _ORDER.search(str(error)) or _ORDER_OF_DATACLASS.search(str(error)):
        is_struct = found.re is _ORDER
        given = f". Give {found[1]!r} a default, such as {found[1]}: str = ''"
        if is_struct:
            return f"{given}, because all fields of ContactData need a default."
        return f"{given}, or put {found[1]!r} before the fields that have a default."
    if found := _POSITIONAL.match(str(error)):
        made = getattr(importlib.import_module(_home_of(found[1]) or "bot"), found[1], None)
        named = inspect.signature(made).parameters.values() if callable(made) else ()
        by_name = [each.name for each in named if each.kind == each.KEYWORD_ONLY]
        return (
            f". Write the other values by name: {found[1]}(…, {by_name[0]}=…)." if by_name else ""
        )
    if found := _FIELD.fullmatch(str(error)):
        return _of_field(error, found[1])
    found = _ARGUMENT.match(str(error))
    home = _home_of(found[1]) if found else ""
    if not found or not home:
        return ""
    called = getattr(importlib.import_module(home), found[1])
    if found[2]:
        called = getattr(called, found[2])
    taken = [each for each in inspect.signature(called).parameters if each != "self"]
    near = get_close_matches(found[3], taken, 1, 0.6)
    return f". Did you mean {near[0]!r}?" if near else f". It takes {', '.join(taken)}."


def _of_field(error: TypeError, name: str) -> str:
    """Return what to write instead of the keyword argument `name`, which a class of the framework
    does not take. The error does not name the class, so the class is read from the failing line.
    """
    frame, line = [*walk_tb(error.__traceback__)][-1]
    try:
        tree = ast.parse(Path(frame.f_code.co_filename).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return ""
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and call.lineno <= line <= (call.end_lineno or 0)):
            continue
        function = call.func
        made = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
        kind = {**frame.f_globals, **frame.f_locals}.get(made)
        if isinstance(kind, type) and any(each.arg == name for each in call.keywords):
            taken = [*inspect.signature(kind).parameters]
            near = get_close_matches(name, taken, 1, 0.6)
            meant = f"Did you mean {near[0]!r}?" if near else f"It has {', '.join(taken)}."
            return f". {made} has no {name!r}. {meant}"
    return ""


def _place(name: str, error: BaseException) -> str:
    """Return the author's file and line at which the import of a module failed."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{short(Path(error.filename))}:{error.lineno}"
    lines = [
        f"{short(Path(frame.f_code.co_filename))}:{line}"
        for frame, line in walk_tb(error.__traceback__)
        if frame.f_globals.get("__name__", "").partition(".")[0] == name.partition(".")[0]
    ]
    return lines[-1] if lines else name
