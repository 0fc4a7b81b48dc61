"""Reads reactions that arrive as texts. Phones send such texts on channels without reactions."""

import re
from typing import NamedTuple

_EMOJI_OF = {
    "❤️": "loved, älskade, liebt, hat geliebt, le encantó, le encanta, a adoré",
    "👍": "liked, gillade, gefällt, gefällt mir, mag, le gustó, le gusta, a aimé",
    "👎": "disliked, ogillade, gefällt nicht, mag nicht, no le gustó, no le gusta, n'a pas aimé",
    "😂": "laughed at, skrattade åt, lacht über, se rió de, a ri de, s'est moqué de",
    "‼️": "emphasized, emphasised, betonade, framhävde, betont, enfatizó, a mis en évidence",
    "❓": "questioned, ifrågasatte, hinterfragt, cuestionó, s'est interrogé sur",
}
_VERBS = {verb.strip(): emoji for emoji, listed in _EMOJI_OF.items() for verb in listed.split(",")}
_REMOVED = {
    "a heart": "❤️",
    "a like": "👍",
    "a dislike": "👎",
    "a laugh": "😂",
    "an exclamation": "‼️",
    "a question mark": "❓",
}
_EMOJI = r"[^\w\s\"'“”„«»]{1,12}"
_OPEN, _CLOSE = '[“„«"]', '[”“»"]'
_QUOTE = re.compile(_OPEN)
_SHAPE = re.compile(
    rf"(?P<before>[^“„«\"\n]{{1,40}}?)\s?{_OPEN}\s?(?P<quoted>.+?)\s?{_CLOSE}", re.DOTALL
)
_WITH_EMOJI = re.compile(
    r"(?:(?P<verb>reacted|reagerade med|reagiert mit|reaccionó con|a réagi avec|removed|tog bort)"
    r"\s)?"
    rf"(?P<emoji>{_EMOJI})\s?(?:to|from|på|från|auf|von|zu|a|de|à)?",
    re.IGNORECASE,
)
_REMOVES = frozenset({"removed", "tog bort"})


class ReactionText(NamedTuple):
    """A reaction to a message. `quoted` is the text of the message, or the text's beginning."""

    emoji: str
    is_removed: bool
    quoted: str


def reaction_in(text: str) -> ReactionText | None:
    """Return the reaction that a text describes, such as `Liked “See you at 5?”`; otherwise None.

    The caller has to compare the quoted text with sent messages, because a contact may also write
    such a text as a message.
    """
    if not _QUOTE.search(text):
        return None
    # Google Messages puts invisible marks around the emoji.
    plain = re.sub("[\u200a\u200b\u200d\ufe0f]", "", text).strip()
    match = _SHAPE.fullmatch(plain)
    if not match:
        return None
    before, quoted = match["before"].strip().lower(), match["quoted"]
    if before in _VERBS:
        return ReactionText(_VERBS[before], False, quoted)
    for name, emoji in _REMOVED.items():
        if before == f"removed {name} from":
            return ReactionText(emoji, True, quoted)
    if found := _WITH_EMOJI.fullmatch(before):
        return ReactionText(found["emoji"], (found["verb"] or "") in _REMOVES, quoted)
    return None
