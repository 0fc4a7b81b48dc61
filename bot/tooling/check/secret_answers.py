"""Finds secret answers that a step says, or copies to data that is not secret."""

import ast
from collections.abc import Iterator, Sequence

from bot.flow.places import names_in
from bot.tooling.check.findings import Finding, finding
from bot.tooling.check.sources import (
    FlowClass,
    dotted,
    keyword,
    last_name,
    own_nodes,
    turn_of,
)


def secret_answers(flows: Sequence[FlowClass]) -> Iterator[Finding]:
    """Yield secret answers that are said or copied as a whole. A part, such as the last four
    digits, is not reported.
    """
    for flow in flows:
        secrets = _secrets(flow)
        if not secrets:
            continue
        for method in flow.methods:
            place = f"{flow.name}.{method.name}"
            for node in own_nodes(method):
                match node:
                    case ast.Assign([ast.Attribute() as target], value):
                        of_contact = f"{turn_of(method)}.contact.data"
                        is_data = dotted(target.value) in ("self.data", of_contact)
                        name = _secret(value, secrets)
                        if name and is_data and dotted(target) not in secrets:
                            yield finding(
                                flow.source,
                                node,
                                f"{place}: {name} is a secret answer, and {dotted(target)} is not"
                                " secret, so the answer is stored and shown readably. Read the"
                                " answer where it is needed.",
                                "warning",
                            )
                    case ast.Call(args=args) if dotted(node.func) == f"{turn_of(method)}.say":
                        for name in (each for arg in args for each in _said(arg, secrets)):
                            yield finding(
                                flow.source,
                                node,
                                f"{place} says the secret answer {name}, so transcripts show it."
                                " Say a part of it, such as its last two characters, or nothing.",
                                "warning",
                            )


def _secrets(flow: FlowClass) -> set[str]:
    """Return the expressions that read a flow's secret answers, such as `self.data.pin`."""
    found: set[str] = set()
    for node in flow.node.body:
        made = node.value if isinstance(node, ast.Assign) else None
        if isinstance(made, ast.Call) and last_name(made) in ("ask", "choose"):
            is_secret = keyword(made, "secret")
            if isinstance(is_secret, ast.Constant) and is_secret.value is True:
                found |= {f"self.data.{name}" for name in names_in(node)}
    return found


def _secret(node: ast.expr, secrets: set[str]) -> str:
    """Return the secret answer that an expression reads; "" if it reads no secret answer."""
    if isinstance(node, ast.Call) and dotted(node.func) == "str" and node.args:
        node = node.args[0]
    return dotted(node) if dotted(node) in secrets else ""


def _said(node: ast.expr, secrets: set[str]) -> Iterator[str]:
    """Yield the secret answers that a text for the contact contains as a whole."""
    parts = [node]
    if isinstance(node, ast.JoinedStr):
        parts = [each.value for each in node.values if isinstance(each, ast.FormattedValue)]
    elif isinstance(node, ast.Call) and dotted(node.func) in ("_", "Text"):
        parts = [*node.args, *(each.value for each in node.keywords)]
    for each in parts:
        if isinstance(each, ast.JoinedStr) and each is not node:
            yield from _said(each, secrets)
        elif name := _secret(each, secrets):
            yield name
