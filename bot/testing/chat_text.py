"""Converts texts to lines of `.chat` files, and back. Characters with a special meaning get a
backslash.
"""

import re
from collections.abc import Sequence

from bot.i18n.printable import is_unsafe

_INDENT = "  "
_ESCAPED = re.compile(r"\\(?:u([0-9a-f]{4})|U([0-9a-f]{8})|(.))", re.DOTALL)
_PART = re.compile(r"((?:[^\\|]|\\.)*)(\||$)", re.DOTALL)


def text_lines(mark: str, text: str) -> list[str]:
    """Return the lines of `text`, with `mark` before the first line.

    The other lines are indented. Empty lines at the end of `text` are written as `\\n`.
    """
    parts = text.split("\n")
    breaks = 0
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
        breaks += 1
    written = [_line(part) for part in parts]
    written[-1] += r"\n" * breaks
    first, *rest = written
    return [(mark + first).rstrip(" "), *((_INDENT + line if line else "") for line in rest)]


def read_text(first: str, rest: Sequence[str]) -> str:
    """Return the text that `text_lines` wrote as these lines. The caller has removed the mark."""
    return "\n".join(map(unescape, [first, *rest]))


def escape(text: str, special: str = "") -> str:
    """Return `text` on one line, with a backslash before each character that is in `special`."""
    return "".join(_escaped(character, special) for character in text)


def unescape(text: str) -> str:
    return _ESCAPED.sub(_meant, text)


def argument(text: str) -> str:
    """Escape `text`, so that it can be one part of a line whose parts are separated by `|`."""
    written = escape(text, "|")
    inner = written.strip(" ")
    before = len(written) - len(written.lstrip(" ")) if inner else 0
    return r"\u0020" * before + inner + r"\u0020" * (len(written) - before - len(inner))


def arguments(text: str) -> list[str]:
    """Split a line at `|`. Return the parts as they were before `argument` escaped them."""
    found = []
    for match in _PART.finditer(text):
        found.append(unescape(match[1].strip(" ")))
        if not match[2]:
            break
    return found


def _line(part: str) -> str:
    written = escape(part)
    if written[:1] in ("[", "("):
        written = "\\" + written
    return written[:-1] + r"\u0020" if written.endswith(" ") else written


def _escaped(character: str, special: str) -> str:
    if character == "\n":
        return r"\n"
    if character == "\\" or character in special:
        return "\\" + character
    if is_unsafe(character):
        return f"\\u{ord(character):04x}"
    return character


def _meant(match: re.Match[str]) -> str:
    short, long, other = match.groups()
    if short or long:
        return chr(int(short or long, 16))
    return "\n" if other == "n" else str(other)
