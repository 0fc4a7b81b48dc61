"""Finds texts marked for translation that cannot be translated, or cannot be filled with values."""

import ast
import contextlib
from collections.abc import Iterator, Sequence
from string import Formatter

from bot.i18n.date_forms import unknown_forms
from bot.tooling.check.findings import Finding, finding
from bot.tooling.check.sources import Source, last_name

_MARKS = {"_": 1, "ngettext": 2}
"""The functions that mark texts, and how many of their first arguments are texts."""


def translations(sources: Sequence[Source]) -> Iterator[Finding]:
    """Yield calls of `_` and `ngettext` whose text is not a literal, lacks values, or has an
    unknown format.
    """
    for source in sources:
        yield from _of_gettext(source)
        marks = _imported(source)
        for node in ast.walk(source.tree) if marks else ():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                if node.func.id in marks:
                    yield from _forms(source, node.args[: marks[node.func.id]])
                if node.func.id == "_" in marks and node.args:
                    yield from _text(source, node)
            elif "_" in marks and isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
                yield from _joined(source, node)


def _of_gettext(source: Source) -> Iterator[Finding]:
    """Yield an import of `_` from Python's gettext in a module that imports the framework."""
    imports = [each for each in source.tree.body if isinstance(each, ast.ImportFrom)]
    if not any((each.module or "").partition(".")[0] == "bot" for each in imports):
        return
    for statement in imports:
        for each in statement.names:
            bound = each.asname or each.name
            is_marking = statement.module == "gettext" and each.name in ("gettext", "ngettext")
            if is_marking and bound in _MARKS:
                yield finding(
                    source,
                    each,
                    f"{bound} is Python's own {each.name}, which does not know the contact's"
                    f" language and the catalogs of the flows. Write `from bot import {bound}`.",
                )


def _imported(source: Source) -> dict[str, int]:
    """Return which functions of `_MARKS` a module imports, each with the number of texts that the
    function takes.
    """
    names = {
        each.name
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "bot"
        for each in node.names
    }
    return {name: count for name, count in _MARKS.items() if name in names}


def _forms(source: Source, texts: Sequence[ast.expr]) -> Iterator[Finding]:
    for text in texts:
        if isinstance(text, ast.Constant) and isinstance(text.value, str):
            with contextlib.suppress(ValueError):  # filling the text reports wrong braces
                for error in unknown_forms(text.value):
                    yield finding(source, text, error)


def _text(source: Source, call: ast.Call) -> Iterator[Finding]:
    text, parent = call.args[0], source.parents.get(call)
    is_filled_before = isinstance(text, ast.JoinedStr | ast.BinOp) or (
        isinstance(text, ast.Call) and last_name(text) == "format"
    )
    if is_filled_before:
        yield finding(
            source,
            text,
            "the text in _() is computed at run time, so no catalog can have this text. Pass the"
            ' values to _() as arguments: _("Hello {name}", name=name).',
        )
    if isinstance(parent, ast.Attribute) and parent.attr == "format":
        yield finding(
            source,
            call,
            'give the values to _() itself: _("We have {n} left.", n=3). Then dates and numbers'
            " are written as in the contact's language.",
            "warning",
        )
        return
    if isinstance(text, ast.Constant) and isinstance(text.value, str):
        given = {each.arg for each in call.keywords}
        if None in given or not given:
            return
        try:
            named = {name for _, name, _, _ in Formatter().parse(text.value) if name}
        except ValueError:
            return
        needed = {name.partition(".")[0].partition("[")[0] for name in named}
        for name in sorted(needed - given):
            yield finding(
                source, text, f"{{{name}}} in the text has no value. Give it: _(…, {name}=…)."
            )


def _joined(source: Source, node: ast.BinOp) -> Iterator[Finding]:
    """Yield sentences that are composed of several translated parts."""
    if isinstance(source.parents.get(node), ast.BinOp):
        return
    parts = [
        each
        for each in ast.walk(node)
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id == "_"
    ]
    if len(parts) > 1:
        yield finding(
            source,
            node,
            "one sentence is composed of several _(). The order of words differs between"
            ' languages, so write one text: _("You need {n} of them.", n=…).',
            "warning",
        )
