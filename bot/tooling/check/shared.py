"""Finds changes that are not stored: changes of defaults, and of values that all contacts share."""

import ast
from collections.abc import Iterator, Sequence

from bot.tooling.check.findings import Finding, finding
from bot.tooling.check.sources import FlowClass, Function, Source, dotted, last_name, own_nodes

_CHANGES = (
    *("append", "appendleft", "extend", "insert", "pop", "popleft", "remove", "clear", "sort"),
    *("add", "discard", "update", "setdefault", "popitem"),
)
"""Methods that change a list, dict or set."""

_MADE = ("list", "dict", "set", "defaultdict", "deque", "Counter", "OrderedDict")


def changes(classes: Sequence[FlowClass]) -> Iterator[Finding]:
    """Yield changes that methods of flows make to a module's variables or to class attributes.

    A variable with "cache" in its name is left out, because a cache may differ by process.
    """
    flows = {each.name for each in classes}
    for flow in classes:
        shared = _shared(flow.source)
        for method in flow.methods:
            for node, name in _changed(method, shared, flows):
                if "cache" in name.lower():
                    continue
                yield finding(
                    flow.source,
                    node,
                    f"{flow.name}.{method.name} changes {name}, which all contacts share. The"
                    " change is lost in other processes and at the next start. Store the data of a"
                    " contact in self.data or turn.contact.data.",
                    "warning",
                )


def defaults(classes: Sequence[FlowClass]) -> Iterator[Finding]:
    """Yield changes of a default that `self.data.get` returns.

    An example is `self.data.get("items", []).append("milk")`.
    """
    for flow in classes:
        for method in flow.methods:
            for node in own_nodes(method):
                match node:
                    case ast.Expr(
                        ast.Call(
                            ast.Attribute(
                                ast.Call(
                                    ast.Attribute(owner, "get"),
                                    [ast.Constant(str(name)), ast.List() | ast.Dict() | ast.Set()],
                                ),
                                change,
                            )
                        )
                    ) if change in _CHANGES and dotted(owner) == "self.data":
                        yield finding(
                            flow.source,
                            node,
                            f"{flow.name}.{method.name} changes the default of self.data.get, which"
                            f" is not stored. Store it first, such as self.data.{name} = […].",
                            "warning",
                        )


def _shared(source: Source) -> set[str]:
    """Return the names of the module's variables that hold a list, dict or set."""
    found: set[str] = set()
    for node in source.tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            value = node.value
            is_made = isinstance(value, ast.Call) and last_name(value) in _MADE
            if is_made or isinstance(value, ast.List | ast.Dict | ast.Set):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                found |= {each.id for each in targets if isinstance(each, ast.Name)}
    return found


def _changed(method: Function, shared: set[str], flows: set[str]) -> Iterator[tuple[ast.AST, str]]:
    """Yield the nodes that change a shared value, each with the value's name."""
    nodes = [*own_nodes(method)]
    declared = {name for each in nodes if isinstance(each, ast.Global) for name in each.names}
    own = {
        each.id for each in nodes if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    }
    own |= {each.arg for each in ast.walk(method.args) if isinstance(each, ast.arg)}
    shared = shared - (own - declared)

    def is_class(node: ast.expr) -> bool:
        return dotted(node) in flows or dotted(node) == "self.__class__" or _is_type_of_self(node)

    for node in nodes:
        match node:
            case ast.Name(name, ast.Store()) if name in declared:
                yield node, name
            case ast.Attribute(owner, name, ast.Store() | ast.Del()) if is_class(owner):
                yield node, f"{ast.unparse(owner)}.{name}"
            case ast.Subscript(ast.Name(name), _, ast.Store() | ast.Del()) if name in shared:
                yield node, name
            case ast.Call(ast.Attribute(ast.Name(name), change)):
                if name in shared and change in _CHANGES:
                    yield node, name
            case ast.Call(ast.Attribute(ast.Attribute(owner, name), change)):
                if is_class(owner) and change in _CHANGES:
                    yield node, f"{ast.unparse(owner)}.{name}"


def _is_type_of_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node) == "type(self)"
