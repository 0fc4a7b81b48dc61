"""A simulated conversation as text, and what a message is called in it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bot.emulator import Shown

KINDS = {
    "text": "Text",
    "media": "Media",
    "choice": "Choice",
    "card": "Card",
    "carousel": "Carousel",
    "location": "Location",
    "list": "ListMessage",
    "template": "Template",
    "contact_info": "ContactInfo",
}
"""The class of `bot` that makes each kind of AppMessage."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `>` what the contact did, `<` what it was shown, `=` where the flow went."""

    who: Literal[">", "<", "="]
    text: str
    choices: tuple[str, ...] = ()


def kind_of(shown: Shown) -> str:
    """The class of `bot` that a message was made with, whatever the channel made of it."""
    for name, kind in KINDS.items():
        if shown.app_message.get(f"{name}_message") is not None:
            return kind
    return shown.kind


def labels_of(shown: Shown) -> list[str]:
    """The labels of a message's options, whether they can be tapped or are shown as text."""
    if shown.choices:
        return [choice.label for choice in shown.choices]
    return list(_labels(shown.app_message))


def _labels(app_message: dict[str, Any]) -> Sequence[str]:
    found: list[str] = []
    for kind in ("choice_message", "card_message", "carousel_message"):
        body = app_message.get(kind) or {}
        holders = [*body.get("cards", []), body]
        for choice in (choice for holder in holders for choice in holder.get("choices") or []):
            name = next(key for key in choice if key.endswith("_message"))
            found.append(choice[name].get("text") or choice[name].get("title") or "")
    for section in (app_message.get("list_message") or {}).get("sections", []):
        found += [item["choice"]["title"] for item in section["items"] if "choice" in item]
    return found


def transcript_text(lines: Sequence[Line]) -> str:
    """The conversation, a line each; further lines of a text are indented."""
    shown = []
    for line in lines:
        text = line.text.replace("\n", "\n  ")
        offered = " ".join(f"[{choice}]" for choice in line.choices)
        shown.append(f"{line.who} {text}" + (f"\n  {offered}" if offered else ""))
    return "\n".join(shown)


def describe(
    expected: str | re.Pattern[str] | type[Any],
    choices: Sequence[str] | None,
    title: str | None,
    text: str | None,
) -> str:
    """An expectation in words."""
    if isinstance(expected, type):
        words = f"a {expected.__name__}"
    else:
        words = repr(expected.pattern if isinstance(expected, re.Pattern) else expected)
    if choices is not None:
        words += f" with choices {list(choices)}"
    words += f" with title {title!r}" if title is not None else ""
    return words + (f" with text {text!r}" if text is not None else "")
