"""Recognizes misspelled words."""

import re

MIN_SLIP = 6
"""Minimum number of letters of a word in which one letter may be wrong."""

MIN_DOUBLED = 5
"""Minimum number of letters of a word in which a double letter may be single, or the reverse."""

_REPEATED = re.compile(r"(\w)\1+")


def is_slip(said: str, word: str) -> bool:
    """Return whether `said` is a misspelling of `word`: one letter is missing, extra or wrong, two
    letters are swapped, or letters are doubled or not doubled ("mitel" for "mittel").
    """
    if said == word or said[0] != word[0] or min(len(said), len(word)) < MIN_DOUBLED:
        return False
    if _REPEATED.sub(r"\1", said) == _REPEATED.sub(r"\1", word):
        return True
    if min(len(said), len(word)) < MIN_SLIP:
        return False
    if len(said) == len(word):
        wrong = [at for at in range(len(word)) if said[at] != word[at]]
        changed = (
            len(wrong) == 2 and said[wrong[0]] + said[wrong[1]] == word[wrong[1]] + word[wrong[0]]
        )
        return len(wrong) == 1 or (changed and wrong[1] == wrong[0] + 1)
    short, long = sorted((said, word), key=len)
    return len(long) - len(short) == 1 and any(
        long[:at] + long[at + 1 :] == short for at in range(len(long))
    )
