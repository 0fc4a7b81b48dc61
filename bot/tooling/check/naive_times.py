"""Recognizes expressions that make a date and time without a time zone."""

import ast
import re

from bot.tooling.check.sources import Function, dotted, keyword, last_name, literal, own_nodes

_HAS_OFFSET = re.compile(r"(Z|[+-]\d\d:?\d\d(:?\d\d)?)$", re.IGNORECASE)


def is_naive(node: ast.expr, function: Function) -> bool:
    """Return whether an expression in a function certainly has no time zone.

    If the expression is a name that the function assigns once, the assigned value is checked.
    """
    if isinstance(node, ast.BinOp):
        left, right = (is_naive(each, function) for each in (node.left, node.right))
        # The difference of two times is not a time.
        return left and not right if isinstance(node.op, ast.Sub) else left or right
    if isinstance(node, ast.Name):
        made = _assigned(node.id, function)
        return made is not None and is_naive(made, function)
    if not isinstance(node, ast.Call):
        return False
    name = dotted(node.func)
    if isinstance(node.func, ast.Attribute) and node.func.attr == "replace":
        zone = keyword(node, "tzinfo")
        if zone is not None:
            return literal(zone) is None
        return is_naive(node.func.value, function)
    owner, _, method = name.rpartition(".")
    if method == "datetime":
        return _has_no_zone(node, 7)
    if owner.rpartition(".")[2] != "datetime":
        return False
    match method:
        case "now":
            return not node.args and keyword(node, "tz") is None
        case "utcnow" | "today":
            return True
        case "fromtimestamp":
            return len(node.args) == 1 and keyword(node, "tz") is None
        case "combine":
            has_zone = len(node.args) > 2 or keyword(node, "tzinfo") is not None
            return not has_zone and len(node.args) == 2 and _is_naive_time(node.args[1])
        case "fromisoformat":
            text = literal(node.args[0]) if node.args else None
            return isinstance(text, str) and not _HAS_OFFSET.search(text)
        case "strptime":
            form = literal(node.args[1]) if len(node.args) == 2 else None
            return isinstance(form, str) and "%z" not in form
    return False


def _has_no_zone(call: ast.Call, place: int) -> bool:
    is_readable = all(each.arg for each in call.keywords) and not any(
        isinstance(each, ast.Starred) for each in call.args
    )
    return is_readable and len(call.args) <= place and keyword(call, "tzinfo") is None


def _is_naive_time(node: ast.expr) -> bool:
    if not isinstance(node, ast.Call):
        return dotted(node) in ("time.min", "time.max", "datetime.time.min", "datetime.time.max")
    # Without arguments, this is a time of day or a method of a datetime. Neither has a zone.
    return last_name(node) == "time" and _has_no_zone(node, 4)


def _assigned(name: str, function: Function) -> ast.expr | None:
    """Return the only value that a function assigns to a name; None if the function assigns no
    value or several values.
    """
    stores = [
        each
        for each in own_nodes(function)
        if isinstance(each, ast.Name) and each.id == name and isinstance(each.ctx, ast.Store)
    ]
    made = [
        each.value
        for each in own_nodes(function)
        if isinstance(each, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == name for target in each.targets)
    ]
    return made[0] if len(stores) == len(made) == 1 else None
