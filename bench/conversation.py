"""The conversation that every contestant holds: four states, each message answered by one reply."""

from typing import NamedTuple

WHICH_SIZE = "Which size?"
SIZES = ("Small", "Large")
WHERE_TO = "Where shall we bring it?"
CONFIRM = "A {size} pizza to {address}?"
ANSWERS = ("Yes", "Start over")
DONE = "On its way!"
NOT_UNDERSTOOD = "Sorry, I didn't understand that."


class Line(NamedTuple):
    """What a contact says, and what it then sees: a text, and the labels of choices below it."""

    says: str
    sees: str
    choices: tuple[str, ...] = ()


START = "pizza"

SCRIPT = (
    Line(START, WHICH_SIZE, SIZES),
    Line("large", WHERE_TO),
    Line("12 High Street", CONFIRM.format(size="large", address="12 High Street"), ANSWERS),
    Line("yes", DONE),
)
"""One round of the conversation; it ends where it began, so that a contact can start over."""


def script(word: str = START) -> tuple[Line, ...]:
    """The conversation begun by another word: that of one of many equal flows."""
    return (SCRIPT[0]._replace(says=word), *SCRIPT[1:])


def start_word(flow: int) -> str:
    """The word that starts flow number `flow` of those that are alike."""
    return START if flow == 0 else f"{START}-{flow}"
