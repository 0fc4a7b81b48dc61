"""Finds lists of words with a missing comma, and texts without the f before the quotes."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from itertools import pairwise

from bot.tooling.check.attributes import functions_of_data
from bot.tooling.check.findings import Finding, finding
from bot.tooling.check.sources import (
    FlowClass,
    Function,
    Source,
    last_name,
    own_nodes,
    turn_of,
)

_LISTS = ("start_on", "start_on_events", "entry_points", "said")
"""Variables that list words or names."""

_ARGUMENTS = ("to", "states", "synonyms", "channel_priority_order")
"""Arguments that may list words or names."""

_FIELD = re.compile(r"\{\s*(\w+)(?P<path>(?:\.\w+|\[[^\]{}]*\])*)\s*(?:![rsa])?(?::[^{}]*)?\}")


def joined(sources: Sequence[Source]) -> Iterator[Finding]:
    """Yield words and names that Python joins because there is no comma between them."""
    for source in sources:
        for node in ast.walk(source.tree):
            for where, listed in _lists(node):
                elements = listed.elts if isinstance(listed, ast.Tuple | ast.List) else [listed]
                for each in elements:
                    if isinstance(each, ast.Constant) and isinstance(each.value, str):
                        yield from _joined(source, where, each)


def _lists(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield the lists of words in a statement or call, each with the name of its variable or
    argument.
    """
    if isinstance(node, ast.Assign):
        name = last_name(node.targets[0])
        if name in _LISTS:
            yield name, node.value
    elif isinstance(node, ast.Call):
        if last_name(node) in ("keyword", "on"):
            yield from ((f"@{last_name(node)}", each) for each in node.args)
        if last_name(node) == "Option" and len(node.args) > 2:
            yield "synonyms", node.args[2]
        yield from (
            (each.arg, each.value) for each in node.keywords if each.arg and each.arg in _ARGUMENTS
        )


def _joined(source: Source, where: str, node: ast.Constant) -> Iterator[Finding]:
    pieces = _pieces(source, node)
    for first, second in pairwise(pieces):
        # A space at the seam shows that one text is meant.
        if not (first[-1:].isspace() or second[:1].isspace()):
            yield finding(
                source,
                node,
                f"{where}: {first!r} and {second!r} have no comma between them, so they are one"
                f" text: {node.value!r}. Write a comma after {first!r}, or one text in one pair of"
                " quotes.",
            )
            return


def _pieces(source: Source, node: ast.Constant) -> list[str]:
    """Return the adjacent string literals of an expression, which Python joins to one text."""
    written = ast.get_source_segment(source.text, node) or ""
    tokens = tokenize.generate_tokens(io.StringIO(f"({written})").readline)
    return [str(ast.literal_eval(each.string)) for each in tokens if each.type == tokenize.STRING]


def unformatted(flows: Sequence[FlowClass]) -> Iterator[Finding]:
    """Yield texts, such as "Hello {name}", that have a variable's name in braces but no f before
    the quotes.
    """
    for flow in flows:
        for method in flow.methods:
            names = {"self": "self", turn_of(method): "turn"} | dict.fromkeys(_locals(method), "")
            yield from _unformatted(flow, method.name, method, names)
        for name, function in functions_of_data(flow):
            arguments = function.args.args
            if isinstance(function, ast.Lambda) and arguments:
                yield from _unformatted(flow, name, function, {arguments[0].arg: "data"})


def _locals(method: Function) -> Iterator[str]:
    for node in own_nodes(method):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _unformatted(
    flow: FlowClass, name: str, function: Function | ast.Lambda, names: dict[str, str]
) -> Iterator[Finding]:
    for node in own_nodes(function):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        if not _is_said(flow.source, node, function):
            continue
        for field in _FIELD.finditer(node.value):
            owner, path = field[1], field["path"]
            if owner not in names or (names[owner] and not path):
                continue
            yield finding(
                flow.source,
                node,
                f"{flow.name}.{name}: the contact reads {field[0]} as it is written, because the"
                " text has no f before its quotes. Write f before the quotes.",
            )
            break


def _is_said(source: Source, node: ast.Constant, function: Function | ast.Lambda) -> bool:
    """Return whether a text is sent unchanged: it is an argument of `say` or of a message, or the
    result of a question's function.
    """
    parent = source.parents.get(node)
    while isinstance(parent, ast.IfExp | ast.BinOp):
        parent = source.parents.get(parent)
    if isinstance(parent, ast.Lambda):
        return parent is function
    if isinstance(parent, ast.keyword):
        parent = source.parents.get(parent)
    return isinstance(parent, ast.Call) and (
        last_name(parent) == "say" or last_name(parent) in ("Text", "Choice", "Card", "Media")
    )
