"""Finds the file and line of a flow's class or attribute, for errors."""

import ast
import contextlib
import inspect
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any


def short(path: Path) -> str:
    """Return the path, relative to the current folder if the path is inside the current folder."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def source_of(flow: type[Any]) -> str:
    """Return the file of a flow, relative to the current folder if possible."""
    return short(Path(inspect.getsourcefile(flow) or "?"))


def place_of(flow: type[Any], attribute: str = "") -> str:
    """Return file and line of a class or of its attribute, e.g. `flows/pizza.py:9`.

    If the source cannot be read, return the file alone.
    """
    holder = next((base for base in flow.__mro__ if attribute in vars(base)), flow)
    file = inspect.getsourcefile(holder) or "?"
    found = _class(file, holder.__qualname__)
    if found is None:
        return short(Path(file))
    return f"{short(Path(file))}:{line_of(found, attribute)}"


def place_of_function(function: Any) -> str:
    """Return file and line of a function, e.g. `flows/pizza.py:9`.

    For an object that is not a function, return the file of the object's class.
    """
    plain = inspect.unwrap(getattr(function, "func", function))
    code = getattr(getattr(plain, "__func__", plain), "__code__", None)
    if code is None:
        return source_of(type(function))
    return f"{short(Path(code.co_filename))}:{code.co_firstlineno}"


def line_of(node: ast.ClassDef, attribute: str = "") -> int:
    """Return the line of a class's attribute.

    If the class has no such attribute, return the line of the class.
    """
    lines = [each.lineno for each in node.body if attribute and attribute in names_in(each)]
    return lines[-1] if lines else node.lineno


def line_of_variable(module: ModuleType, name: str) -> int | str:
    """Return the line in which a module assigns a variable.

    Return "" if the module's source cannot be read or has no such line.
    """
    with contextlib.suppress(OSError, TypeError, SyntaxError):
        for node in ast.parse(inspect.getsource(module)).body:
            if name in names_in(node):
                return node.lineno
    return ""


def names_in(node: ast.stmt) -> list[str]:
    """Return the names that a statement in a class body assigns or defines."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.AnnAssign):
        return [node.target.id] if isinstance(node.target, ast.Name) else []
    targets = node.targets if isinstance(node, ast.Assign) else []
    return [each.id for each in targets if isinstance(each, ast.Name)]


def _class(file: str, qualname: str) -> ast.ClassDef | None:
    path = Path(file)
    try:
        nodes = _classes(file, path.stat().st_mtime_ns)
    except (OSError, SyntaxError, ValueError):
        return None
    return nodes.get(qualname.replace("<locals>.", ""))


@lru_cache(maxsize=64)
def _classes(file: str, _mtime_ns: int) -> dict[str, ast.ClassDef]:
    """Return the classes of a file by qualified name.

    If two classes have the same name, the last class is returned.
    """
    found: dict[str, ast.ClassDef] = {}

    def visit(node: ast.AST, within: str) -> None:
        for child in ast.iter_child_nodes(node):
            inner = within
            if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                inner = f"{within}{child.name}."
                if isinstance(child, ast.ClassDef):
                    found[inner[:-1]] = child
            visit(child, inner)

    visit(ast.parse(Path(file).read_bytes()), "")
    return found
