"""A message that a test expects, and how an actual message differs from the expected message."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from bot.emulator import Shown
from bot.messages import Message
from bot.testing.bot_message import kind_of, labels_of, part_for

MAX_SHOWN_CHARS = 500
"""Maximum number of characters of a message in an error."""

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
"""The name of the class in `bot` for each type of AppMessage."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """A message that a test expects on `channel`.

    `expected` is a text or a pattern that the message contains, or the class of the message.
    """

    channel: str
    expected: str | re.Pattern[str] | type[Message]
    choices: Sequence[str] | None = None
    title: str | None = None
    text: str | None = None

    def errors(self, shown: Shown) -> list[str]:
        """Return how a message differs from the expectation, one line per difference."""
        errors = []
        if isinstance(self.expected, type):
            if class_of(shown, self.channel) != self.expected.__name__:
                errors.append(
                    f"it is a {class_of(shown, self.channel)}, not a {self.expected.__name__}"
                )
        elif isinstance(self.expected, re.Pattern):
            if not self.expected.search(shown.text):
                errors.append(f"its text doesn't match {self.expected.pattern!r}")
        elif self.expected not in shown.text:
            errors.append(f"its text doesn't contain {self.expected!r}")
        labels = labels_shown(shown, self.channel)
        if self.choices is not None and labels != list(self.choices):
            errors.append(f"its choices are {labels}, not {list(self.choices)}")
        for what, wanted in (("title", self.title), ("text", self.text)):
            if wanted is not None and wanted not in shown.text:
                errors.append(f"its {what} doesn't contain {wanted!r}")
        return errors

    def report(self, unseen: Sequence[Shown], earlier: Sequence[Shown]) -> str:
        """Return the expectation, and the unseen message that is most similar to the
        expectation.
        """
        lines = [f"expected {self}"]
        if not unseen:
            lines.append("but nothing more came" if earlier else "but nothing came")
        else:
            nearest = min(unseen, key=self._distance)
            lines.append(f"nearest: {_short(nearest.text)!r} ({class_of(nearest, self.channel)})")
            lines += [f"  - {error}" for error in self.errors(nearest)]
        if any(not self.errors(shown) for shown in earlier):
            lines.append(
                "The expected message came before the message that was seen last: expect it"
                " earlier."
            )
        return "\n".join(lines)

    def __str__(self) -> str:
        if isinstance(self.expected, type):
            words = f"a {self.expected.__name__}"
        elif isinstance(self.expected, re.Pattern):
            words = f"a match of {self.expected.pattern!r}"
        else:
            words = repr(self.expected)
        if self.choices is not None:
            words += f" with choices {list(self.choices)}"
        words += f" with title {self.title!r}" if self.title is not None else ""
        return words + (f" with text {self.text!r}" if self.text is not None else "")

    def _distance(self, shown: Shown) -> tuple[int, float]:
        wanted = self.expected if isinstance(self.expected, str) else self.title or self.text or ""
        return len(self.errors(shown)), -SequenceMatcher(None, wanted, shown.text).ratio()


def _short(text: str) -> str:
    return text if len(text) <= MAX_SHOWN_CHARS else f"{text[:MAX_SHOWN_CHARS]}…"


def class_of(shown: Shown, channel: str) -> str:
    """Return the name of the class of `bot` that the author used for a message, such as `Card`.

    The channel may show the message in another form.
    """
    return KINDS.get(kind_of(part_for(shown.app_message, channel)), shown.kind)


def labels_shown(shown: Shown, channel: str) -> list[str]:
    """Return the labels of a message's options, whether they are buttons or text."""
    if shown.choices:
        return [choice.label for choice in shown.choices]
    return labels_of(part_for(shown.app_message, channel))
