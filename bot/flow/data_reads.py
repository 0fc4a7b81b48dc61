"""Finds the fields that a flow needs in its start data, by reading the flow's code.

The search is for flows that declare no type for their data. Data of a declared type is checked when
the flow is started. Without a type, a missing field is noticed only when the code reads the field.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bot.flow.definition import Definition
from bot.flow.flow import Flow, declared_data
from bot.flow.places import short

TRANSLATE = ("_", "ngettext")
"""The functions that translate a text and fill in its values."""


class DataReads(NamedTuple):
    """The fields that a flow's code reads.

    - `needed`: the fields that the start data must have. The flow's code reads these fields, and no
      code in the package of flows sets them. Each field is mapped to the file and line of its first
      read.
    - `mentioned`: all names and texts in the package. Any of these may be the name of a field.
    """

    needed: dict[str, str]
    mentioned: frozenset[str]


def data_reads(definition: Definition) -> DataReads | None:
    """Return the fields that the flow's code reads.

    Return None if the flow is a state machine, declares a type of data, or has a class outside the
    package of flows.
    """
    if definition.is_state_machine or declared_data(definition.model) is not None:
        return None
    trees = dict(_trees(definition.module.partition(".")[0]))
    reads: dict[str, str] = {}
    for base in definition.model.__mro__:
        path, tree = trees.get(base.__module__, (None, None))
        if not issubclass(base, Flow) or base is Flow:
            continue
        if path is None or tree is None:
            return None
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and node.name == base.__name__:
                for read in _reads(node):
                    reads.setdefault(read.attr, f"{short(path)}:{read.lineno}")
    nodes = [node for _, tree in trees.values() for node in ast.walk(tree)]
    attributes = [node for node in nodes if isinstance(node, ast.Attribute)]
    stored = {each.attr for each in attributes if isinstance(each.ctx, ast.Store)}
    texts = {
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    # The values of a translated text set no field: _("It costs {price}.", price=data.price).
    values = {value for node in nodes for value in _values(node)}
    names = {
        node.arg
        for node in nodes
        if isinstance(node, ast.keyword | ast.arg) and node.arg and node not in values
    }
    mentioned = frozenset({*(each.attr for each in attributes), *texts, *names})
    given = {*definition.states, *stored, *texts, *names, "get"}
    called = {node.id for node in nodes if isinstance(node, ast.Name)} | {
        each.attr for each in attributes
    }
    # Such code may set any field.
    is_open = not called.isdisjoint(("setattr", "vars", "__dict__"))
    needed = {name: place for name, place in reads.items() if name not in given and not is_open}
    return DataReads(needed, mentioned)


def _values(node: ast.AST) -> list[ast.keyword]:
    """Return the keyword arguments of a call of `_` or `ngettext`; an empty list for other nodes.

    The arguments are the values of a translated text.
    """
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return []
    return node.keywords if node.func.id in TRANSLATE else []


def _trees(package: str) -> Iterator[tuple[str, tuple[Path, ast.Module]]]:
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name.partition(".")[0] == package and file and file.endswith(".py"):
            yield name, (Path(file), ast.parse(Path(file).read_bytes()))


def _reads(flow: ast.ClassDef) -> Iterator[ast.Attribute]:
    """Yield the reads of the flow's data: `self.data.x`, and `data.x` in lambdas.

    Reads in an attribute or method that mentions AttributeError are left out, because such code
    expects missing fields. Reads in `accept` are left out, because a parser gets no data.
    """
    for statement in flow.body:
        inner = [*ast.walk(statement)]
        if any(isinstance(each, ast.Name) and each.id == "AttributeError" for each in inner):
            continue
        parsers = [each for each in inner if isinstance(each, ast.keyword) and each.arg == "accept"]
        left_out = {node for each in parsers for node in ast.walk(each)}
        for node in inner:
            is_read = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
            if isinstance(node, ast.Attribute) and is_read and node not in left_out:
                is_in_lambda = isinstance(statement, ast.Assign)
                if ast.unparse(node.value) == ("data" if is_in_lambda else "self.data"):
                    yield node
