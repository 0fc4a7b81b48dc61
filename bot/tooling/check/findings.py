"""A finding of `bot check`, in a form for people and as JSON."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Any, Literal

from bot.tooling.check.sources import Source, mark_of

_ERROR = re.compile(r"(?P<file>[^\s:]+\.(?:py|po))(?::(?P<line>\d+))?: (?P<what>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Finding:
    """A mistake and its place.

    `column` starts at 1, and `width` is the number of marked characters.

    A warning may be about intended code, so warnings do not make the command fail.
    """

    what: str
    file: str = ""
    line: int = 0
    column: int = 0
    width: int = 0
    source: str = ""
    severity: Literal["error", "warning"] = "error"

    def lines(self) -> Iterator[str]:
        """Yield the finding, the line of the source, and a mark below it."""
        place = f"{self.file}:{self.line}: " if self.line else f"{self.file}: " if self.file else ""
        kind = "warning: " if self.severity == "warning" else ""
        yield f"{place}{kind}{self.what}"
        if self.source:
            yield f"    {self.source.strip()}"
            indent = len(self.source) - len(self.source.lstrip())
            width = min(self.width, len(self.source.rstrip()) - self.column + 1)
            yield " " * (4 + self.column - 1 - indent) + "^" * max(width, 1)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def finding(
    source: Source, node: Any, what: str, severity: Literal["error", "warning"] = "error"
) -> Finding:
    """Return a finding about a node of a source, with the node's position."""
    column, width = mark_of(source, node)
    line = source.lines[node.lineno - 1]
    return Finding(what, source.file, node.lineno, column, width, line, severity)


def of_error(
    text: str, sources: Sequence[Source], severity: Literal["error", "warning"] = "error"
) -> Finding:
    """Return a finding for an error that occurred while loading.

    The finding is about the line that the error names.
    """
    found = _ERROR.fullmatch(text)
    if not found:
        return Finding(text, severity=severity)
    file, what = found["file"], found["what"]
    source = next((each for each in sources if each.file == file), None)
    number = int(found["line"] or 0)
    if source is None or not 0 < number <= len(source.lines):
        return Finding(what, file, number, severity=severity)
    node = source.named_at(number, what)
    if node is None:
        line = source.lines[number - 1]
        column = len(line) - len(line.lstrip()) + 1
        return Finding(what, file, number, column, len(line.strip()), line, severity)
    return finding(source, node, what, severity)


def meant(name: str, known: Sequence[str], cutoff: float = 0.6) -> str:
    """Return "Did you mean …?" with the most similar name; "" if no name is similar."""
    near = get_close_matches(name, known, n=1, cutoff=cutoff)
    return f" Did you mean {near[0]!r}?" if near else ""


def count(found: Sequence[Finding]) -> str:
    """Return the numbers of errors and warnings as a sentence."""
    errors = [each for each in found if each.severity == "error"]
    warnings = len(found) - len(errors)
    files = {each.file for each in found if each.file}
    parts = [f"{len(errors)} error{'' if len(errors) == 1 else 's'}"]
    if warnings:
        parts.append(f"{warnings} warning{'' if warnings == 1 else 's'}")
    told = " and ".join(parts)
    where = f" in {len(files)} file{'' if len(files) == 1 else 's'}" if files else ""
    return f"{told}{where}."


__all__ = ["Finding", "count", "finding", "meant", "of_error"]
