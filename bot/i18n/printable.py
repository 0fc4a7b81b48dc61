"""Text that is safe to show on a terminal or in a file.

Texts of contacts and other systems may contain control characters. A terminal obeys control
characters: they can set the terminal's title, write the clipboard, clear the screen, or overwrite a
line with a forged one. Bidirectional controls show a text in another order. This module writes all
these characters as escapes, such as `\\x1b`. Commands only print through `echo` and `echo_json`.
"""

import re
import sys
from typing import Any

import msgspec

_CONTROLS = (
    "\x00-\x09\x0b-\x1f\x7f-\x9f"  # C0, DEL and C1
    "\u2028\u2029"  # line and paragraph separators
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional controls
    "\ud800-\udfff"  # halves of surrogate pairs, which files cannot contain
)
_UNSAFE = re.compile(f"[\n{_CONTROLS}]")
_UNSAFE_IN_LINES = re.compile(f"[{_CONTROLS}]")
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def is_unsafe(character: str) -> bool:
    """Return whether a character is shown as an escape."""
    return _UNSAFE.match(character) is not None


def printable(text: str) -> str:
    """Return `text` as one line, with control characters as escapes."""
    return _UNSAFE.sub(_escape, text)


def printable_lines(text: str) -> str:
    """Return `text` with all control characters except line breaks as escapes."""
    return _UNSAFE_IN_LINES.sub(_escape, text)


def printable_json(json: bytes) -> str:
    """Return equivalent JSON without control characters except line breaks."""
    return _UNSAFE_IN_LINES.sub(lambda match: f"\\u{ord(match[0]):04x}", json.decode())


def echo(text: str = "", *, error: bool = False) -> None:
    """Print `text` to standard output or standard error."""
    stream = sys.stderr if error else sys.stdout
    stream.write(f"{printable_lines(text)}\n")
    stream.flush()


def echo_json(value: Any, *, indent: int = 0) -> None:
    """Print a value as JSON, on one line unless `indent` is given."""
    json = msgspec.json.encode(value)
    echo(printable_json(msgspec.json.format(json, indent=indent) if indent else json))


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    return _SHORT.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
