"""Finds uses of the machine's clock instead of the turn's time."""

import ast
from collections.abc import Iterator, Sequence

from bot.tooling.check.attributes import functions_of_data
from bot.tooling.check.findings import Finding, finding
from bot.tooling.check.sources import (
    FlowClass,
    Function,
    Source,
    dotted,
    last_name,
    own_nodes,
    turn_of,
)

_DATES = ("date.today", "datetime.date.today")
_TIMES = (
    *("datetime.now", "datetime.utcnow", "datetime.today"),
    *("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today"),
)


def in_turns(classes: Sequence[FlowClass]) -> Iterator[Finding]:
    """Yield a finding for each use of the machine's clock in a method of a flow, or in a function
    that a state calls with the flow's data.

    Arguments of `turn.schedule` are left out, because another check covers them.
    """
    for flow in classes:
        functions: list[tuple[str, Function | ast.Lambda]]
        functions = [(each.name, each) for each in flow.methods]
        functions += functions_of_data(flow)
        seen: set[ast.AST] = set()
        for name, function in functions:
            has_turn = isinstance(function, Function) and function in flow.node.body
            for node in own_nodes(function):
                read = _read(node)
                if not read or node in seen or _is_scheduled(flow.source, node):
                    continue
                seen.add(node)
                turn = (turn_of(function) if isinstance(function, Function) else "") or "turn"
                now = f"{turn}.now"
                if read in _DATES:
                    now = f"{now}.astimezone(ZoneInfo({turn}.zone)).date()"
                way_out = f"Write {now}."
                if not has_turn:
                    way_out = f"Store {now} in self.data in an earlier step, and read it here."
                yield finding(
                    flow.source,
                    node,
                    f"{flow.name}.{name}: {read}() is the time of the machine, in its zone. In"
                    " tests, and after a delay, the turn has another time, and the contact may"
                    f" have another zone. {way_out}",
                    "warning",
                )


def at_import(sources: Sequence[Source]) -> Iterator[Finding]:
    """Yield values that depend on the time at which a module is imported."""
    for source in sources:
        bodies = [source.tree.body, *(each.body for each in source.classes)]
        for statement in (each for body in bodies for each in body):
            if not isinstance(statement, ast.Assign | ast.AnnAssign):
                continue
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            for node in own_nodes(statement):
                if read := _read(node):
                    yield finding(
                        source,
                        node,
                        f"{last_name(targets[0])}: {read}() is called only once, when the module"
                        " is imported, so the value stays the same until the bot is restarted."
                        " Compute the value in a step, from turn.now, or in a function of the"
                        " question.",
                        "warning",
                    )
                    break


def _read(node: ast.AST) -> str:
    """Return the name of the called function if it reads the machine's clock; "" otherwise."""
    name = dotted(node.func) if isinstance(node, ast.Call) else ""
    return name if name in (*_DATES, *_TIMES) else ""


def _is_scheduled(source: Source, node: ast.AST) -> bool:
    parent: ast.AST | None = node
    while parent is not None and not isinstance(parent, ast.stmt):
        if isinstance(parent, ast.Call) and last_name(parent) == "schedule":
            return True
        parent = source.parents.get(parent)
    return False
