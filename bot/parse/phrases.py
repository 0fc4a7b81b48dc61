"""Maps phrases of authors to values. A phrase is found in every spelling that keyboards produce."""

from collections.abc import Iterator
from typing import Generic, TypeVar

from bot.parse.grammar.tokens import plain_letters
from bot.parse.normalize import MAX_ANSWER_CHARS, phrase

V = TypeVar("V")


class Phrases(Generic[V]):
    """Values by phrase. Case is ignored.

    Accents are ignored, except between two phrases that differ only by accents.
    """

    def __init__(self) -> None:
        self._exact: dict[str, V] = {}
        self._plain: dict[str, list[V]] = {}

    def add(self, text: str, value: V) -> V:
        """Return the value of the phrase `text`. If the phrase has no value yet, store `value`."""
        found = self._exact.setdefault(phrase(text), value)
        plain = self._plain.setdefault(_plain(text), [])
        if found is value and value not in plain:
            plain.append(value)
        return found

    def find(self, text: str) -> V | None:
        """Return the value of the phrase `text`; None if `text` is not a phrase."""
        said = phrase(text)
        found = self._exact.get(said)
        if found is not None or len(text) > MAX_ANSWER_CHARS:
            return found
        plain = self._plain.get(plain_letters(said), ())
        return plain[0] if len(plain) == 1 else None

    def __iter__(self) -> Iterator[str]:
        return iter(self._exact)


def _plain(text: str) -> str:
    return plain_letters(phrase(text)) if len(text) <= MAX_ANSWER_CHARS else ""
