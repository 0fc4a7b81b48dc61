"""The modules of flows as syntax trees, and facts that can be read from the trees."""

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from traceback import walk_tb
from types import ModuleType
from typing import Any

from bot.flow.places import names_in, short

Function = ast.FunctionDef | ast.AsyncFunctionDef

CONSTANTS = {
    "END": "end",
    "HANDOFF": "handoff",
    "AGAIN": "again",
    "BACK": "back",
    "CANCEL": "cancel",
}
STATES = ("ask", "choose", "call")


class Unknown:
    """A value that can only be found out by running the code."""


UNKNOWN = Unknown()


@dataclass(frozen=True, slots=True)
class FlowClass:
    """A class that is a flow or a subclass of Keywords."""

    source: "Source"
    node: ast.ClassDef

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def methods(self) -> Iterator[Function]:
        return (each for each in self.node.body if isinstance(each, Function))


@dataclass(frozen=True)
class Source:
    """A module's text and tree. `file` is the module's path, as errors show it."""

    path: Path
    file: str
    text: str
    tree: ast.Module
    aliases: Mapping[str, str] = field(default_factory=dict)
    """For each imported name of the framework, the module's alias of the name.

    After `from bot import ask as question`, `aliases` is `{"ask": "question"}`, and `tree` has
    `ask` instead of `question`.
    """

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """The parent of each node."""
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    @cached_property
    def module(self) -> ModuleType | None:
        """The module; None if it could not be imported."""
        return next(
            (
                each
                for each in list(sys.modules.values())
                if getattr(each, "__file__", None) == str(self.path)
            ),
            None,
        )

    @property
    def classes(self) -> Iterator[ast.ClassDef]:
        return (each for each in self.tree.body if isinstance(each, ast.ClassDef))

    def value(self, node: ast.AST | None) -> Any:
        """Return the module's object that a name or attribute refers to; None if it is unknown."""
        if isinstance(node, ast.Attribute):
            return getattr(self.value(node.value), node.attr, None)
        if not isinstance(node, ast.Name):
            return None
        return getattr(self.module, self.aliases.get(node.id, node.id), None)

    def named_at(self, line: int, what: str) -> ast.AST | None:
        """Return the node that is marked for an error about the statement in `line`.

        `what` is the error's text. If this text quotes a value of the statement, the node is this
        value. Otherwise the node is the whole statement.
        """
        nodes = [each for each in ast.walk(self.tree) if getattr(each, "lineno", 0) == line]
        statement = next((each for each in nodes if isinstance(each, ast.stmt)), None)
        if statement is None:
            return None
        if isinstance(statement, ast.ClassDef):
            return statement
        values = sorted(
            (each for each in ast.walk(statement) if isinstance(each, ast.Constant)),
            key=lambda each: (each.lineno, each.col_offset),
        )
        # An error of Hours begins with its first argument, which may not be the wrong one.
        rest = what.partition("): ")[2] if what.startswith("Hours(") else ""
        given = [
            each
            for each in values
            if f"={each.value!r} " in what or f"names {each.value!r}, which is" in what
        ]
        if rest:
            given += [each for each in values if f"{each.value!r}" in rest]
        quoted = [
            each for each in values if isinstance(each.value, str) and f"{each.value!r}" in what
        ]
        return next(iter([*given, *quoted]), statement)


def sources(folder: Path) -> list[Source]:
    """Return the Python modules below a folder.

    Files that cannot be parsed are skipped, because loading the flows reports their errors.
    """
    found = []
    for path in sorted(folder.rglob("*.py")):
        try:
            text = path.read_text(encoding="utf-8")
            tree = ast.parse(text)
            found.append(Source(path, short(path), text, tree, _without_aliases(tree)))
        except (SyntaxError, UnicodeDecodeError, ValueError):
            continue
    return found


def _without_aliases(tree: ast.Module) -> dict[str, str]:
    """In a module's tree, replace the module's aliases of the framework's names by these names.

    Return the replaced aliases, e.g. `{"ask": "question"}` for `from bot import ask as question`.
    An alias that the module also assigns is not replaced.
    """
    imports = [each for each in tree.body if isinstance(each, ast.ImportFrom)]
    aliases = {
        name.asname: name.name
        for each in imports
        if (each.module or "").partition(".")[0] == "bot"
        for name in each.names
        if name.asname
    }
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)] if aliases else []
    used = {each.id for each in names}
    assigned = {each.id for each in names if not isinstance(each.ctx, ast.Load)}
    renamed = {
        alias: name
        for alias, name in aliases.items()
        if alias not in assigned and (name not in used or name == alias)
    }
    for node in names:
        node.id = renamed.get(node.id, node.id)
    return {name: alias for alias, name in renamed.items()}


def subclasses(found: Sequence[Source], base: str) -> list[FlowClass]:
    """Return the subclasses, direct or indirect, of the classes with the name `base`."""
    names, classes = {base}, [(source, each) for source in found for each in source.classes]
    while True:
        new = {each.name for _, each in classes if names & set(base_names(each))} - names
        if not new:
            break
        names |= new
    return [FlowClass(source, each) for source, each in classes if each.name in names - {base}]


def base_names(node: ast.ClassDef) -> list[str]:
    return [last_name(each) for each in node.bases]


def last_name(node: ast.AST | None) -> str:
    """Return the last part of a dotted name; "" for any other expression."""
    if isinstance(node, ast.Call):
        return last_name(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def dotted(node: ast.AST | None) -> str:
    """Return a dotted name such as `time.sleep`; "" for any other expression."""
    if isinstance(node, ast.Attribute):
        head = dotted(node.value)
        return f"{head}.{node.attr}" if head else ""
    return node.id if isinstance(node, ast.Name) else ""


def decorator(function: Function, name: str) -> ast.Call | None:
    """Return a function's decorator with this name, if it has parentheses, such as `@step(…)`."""
    for each in function.decorator_list:
        if isinstance(each, ast.Call) and last_name(each) == name:
            return each
    return None


def is_state(node: ast.stmt) -> bool:
    """Return whether a statement of a class body defines a state or a handler of events."""
    if isinstance(node, Function):
        return any(decorator(node, name) for name in ("step", "on"))
    value = getattr(node, "value", None)
    return isinstance(value, ast.Call) and last_name(value) in STATES


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((each.value for each in call.keywords if each.arg == name), None)


def argument(call: ast.Call, place: int, name: str) -> ast.expr | None:
    return call.args[place] if len(call.args) > place else keyword(call, name)


def texts(node: ast.expr | None) -> list[tuple[ast.expr, str]] | None:
    """Return the texts that an expression lists, with their nodes; None if any text is unknown."""
    if node is None:
        return []
    found = []
    for each in node.elts if isinstance(node, ast.Tuple | ast.List) else [node]:
        value = literal(each)
        if not isinstance(value, str):
            return None
        found.append((each, value))
    return found


def literal(node: ast.AST | None) -> Any:
    """Return the value of a literal text, of None, or of a constant of the framework; `UNKNOWN` for
    any other expression.
    """
    if isinstance(node, ast.Constant):
        return node.value
    name = last_name(node) if isinstance(node, ast.Name | ast.Attribute) else ""
    return CONSTANTS.get(name, UNKNOWN)


def own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a function, without the nodes of functions and classes inside it."""
    waiting = [*ast.iter_child_nodes(function)]
    while waiting:
        node = waiting.pop(0)
        yield node
        if not isinstance(node, Function | ast.Lambda | ast.ClassDef):
            waiting = [*ast.iter_child_nodes(node), *waiting]


def is_awaited_later(method: Function, name: str) -> bool:
    """Return whether a method awaits a variable, or passes it to code that may await it."""
    for node in own_nodes(method):
        holds = any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(node))
        if isinstance(node, ast.Await | ast.Return | ast.List | ast.Tuple) and holds:
            return True
        if isinstance(node, ast.Call) and last_name(node) not in ("say", "_", "str"):
            given = [*node.args, *(each.value for each in node.keywords)]
            if any(isinstance(each, ast.Name) and each.id == name for each in given):
                return True
    return False


def results(function: Function | ast.Lambda) -> list[tuple[ast.AST, ast.expr | None]]:
    """Return a pair (node, expression) for each result of a function.

    A finding about the result is reported at the node.
    """
    if isinstance(function, ast.Lambda):
        return branches(function.body)
    returns = [node for node in own_nodes(function) if isinstance(node, ast.Return)]
    return [pair for node in returns for pair in branches(node.value, node)]


def branches(
    value: ast.expr | None, node: ast.AST | None = None
) -> list[tuple[ast.AST, ast.expr | None]]:
    """Return a pair (node, value) for each possible value of an expression.

    `a if x else b` has the values of `a` and of `b`. Any other expression has one value, which is
    the expression itself. A finding about a value is reported at its node: the expression of the
    value, or `node` if `value` is None.
    """
    if isinstance(value, ast.IfExp):
        return [*branches(value.body), *branches(value.orelse)]
    return [(value or node or ast.Pass(), value)]


def is_generator(function: Function | ast.Lambda) -> bool:
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in own_nodes(function))


def function_of(
    sources: Sequence[Source], function: Any
) -> tuple[Source, Function | ast.Lambda] | None:
    """Return the source of a function and its definition there; None if they are not known."""
    code = getattr(inspect.unwrap(getattr(function, "__func__", function)), "__code__", None)
    if code is None:
        return None
    source = next((each for each in sources if str(each.path) == code.co_filename), None)
    found = [
        node
        for node in (ast.walk(source.tree) if source else ())
        if isinstance(node, Function | ast.Lambda)
        and min([node.lineno, *_decorator_lines(node)]) == code.co_firstlineno
        and code.co_name == ("<lambda>" if isinstance(node, ast.Lambda) else node.name)
    ]
    return (source, found[0]) if source and len(found) == 1 else None


def _decorator_lines(function: Function | ast.Lambda) -> list[int]:
    return [each.lineno for each in getattr(function, "decorator_list", ())]


def turn_of(function: Function) -> str:
    """Return the name of a method's second parameter, which is the turn."""
    arguments = function.args.posonlyargs + function.args.args
    return arguments[1].arg if len(arguments) > 1 else ""


def mark_of(source: Source, node: Any) -> tuple[int, int]:
    """Return the column (from 1) and the width of the mark for a node."""
    line = source.lines[node.lineno - 1]
    start = len(line.encode()[: node.col_offset].decode(errors="replace"))
    names = names_in(node) if isinstance(node, ast.stmt) else []
    if names and (at := line.find(names[0], start)) >= 0:
        return at + 1, len(names[0])
    if node.end_lineno != node.lineno:
        return start + 1, len(line) - start
    end = len(line.encode()[: node.end_col_offset].decode(errors="replace"))
    return start + 1, end - start


def is_async(value: object) -> bool:
    return inspect.iscoroutinefunction(value)


def author_line(error: BaseException, folder: Path | None) -> str:
    """Return the author's line that raised an error, such as `flows/pizza.py:12`.

    This is the innermost line of the traceback in a file below `folder`; "" if there is no such
    line.
    """
    found = ""
    for frame, line in walk_tb(error.__traceback__):
        path = Path(frame.f_code.co_filename)
        if folder is not None and path.is_relative_to(folder):
            found = f"{short(path)}:{line}"
    return found


def state_at(read: Sequence[Source], place: str) -> str:
    """Return the class and the state that a file and line are in, such as `Pizza.size`; "" if the
    line is in no state or handler.
    """
    file, _, line = place.rpartition(":")
    number = int(line) if line.isdigit() else 0
    for source in read:
        for node in source.classes if source.file == file else ():
            for each in node.body:
                is_there = each.lineno <= number <= (each.end_lineno or 0)
                if is_there and is_state(each) and names_in(each):
                    return f"{node.name}.{names_in(each)[0]}"
    return ""
