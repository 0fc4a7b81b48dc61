"""Computes the value of number words, such as "two hundred and five" or "einundzwanzig"."""

from collections.abc import Mapping, Sequence

Part = tuple[str, int]
"""The meaning of a word in a number: ("number", 5), ("scale", 100) or ("and", 0)."""

MAX_COMPOUND = 60
"""Maximum number of letters of a compound. All number words below a million are shorter."""

_OPEN = 10**18


def value_of(
    parts: Sequence[Part],
    *,
    units_first: bool = False,
    teens_after: bool = False,
    ten_and_units: bool = False,
) -> int | None:
    """Return the number that all parts together mean.

    Return None if the parts mean no number, or several numbers. If `units_first` is True, "ein und
    zwanzig" is 21. If `teens_after` is True, "soixante dix" is 70. If `ten_and_units` is True, "on
    yedi" is 17.
    """
    total = current = last = 0
    room, ceiling = _OPEN, _OPEN
    pending = False
    for at, (kind, value) in enumerate(parts):
        if kind == "and":
            if pending or at == 0:
                return None
            pending = True
            continue
        if kind == "scale" and value >= 1000:
            if value >= ceiling or pending:
                return None
            total += (current or 1) * value
            current, last, room, ceiling = 0, 0, value, value
        elif kind == "scale":
            # "Fifteen hundred" counts hundreds above nine. No number counts more than 99 hundreds.
            if last >= (100 if value == 100 else value) or (not last and value > room):
                return None
            current += (last or 1) * value - last
            last, room = 0, value
        elif pending and units_first and 0 < last < 10 and value in range(20, 100, 10):
            current, last, room = current + value, 0, 0
        elif value == 0:
            return 0 if len(parts) == 1 else None
        elif value >= room or (pending and last and last < 10):
            return None
        else:
            current, last = current + value, value
            room = 10 if value == 10 and ten_and_units else _room_after(value, teens_after)
        pending = False
    return None if pending or not parts else total + current


def _room_after(value: int, teens_after: bool) -> int:
    if value % 1000 == 0:
        return 1000
    if value % 100 == 0:
        return 100
    if value < 20 or value % 10:
        return 0
    return 20 if teens_after and value in (60, 80) else 10


class Compounds:
    """Splits compounds such as "zweihundertfünfzig" into the number words of one language."""

    def __init__(self, words: Mapping[str, Part], joiners: frozenset[str]) -> None:
        self._words = {word: part for word, part in words.items() if " " not in word}
        self._words |= {word: ("and", 0) for word in joiners}
        self._longest = max(map(len, self._words), default=0)

    def split(self, word: str) -> tuple[Part, ...] | None:
        """Return the number words in `word`; None if `word` has other letters."""
        if len(word) > MAX_COMPOUND:
            return None
        # For each position in `word`, the split with the fewest parts up to this position.
        ways: list[tuple[Part, ...] | None] = [(), *[None] * len(word)]
        for end in range(1, len(word) + 1):
            for start in range(max(0, end - self._longest), end):
                before, part = ways[start], self._words.get(word[start:end])
                if before is None or part is None:
                    continue
                shortest = ways[end]
                if shortest is None or len(before) + 1 < len(shortest):
                    ways[end] = (*before, part)
        return ways[-1]
