"""The conversation that every contestant holds: four states, and one reply to each message."""

from typing import NamedTuple

WHICH_SIZE = "Which size?"
SIZES = ("Small", "Large")
WHERE_TO = "Where shall we bring it?"
CONFIRM = "A {size} pizza to {address}?"
ANSWERS = ("Yes", "Start over")
DONE = "On its way!"
NOT_UNDERSTOOD = "Sorry, I didn't understand that."


class Line(NamedTuple):
    """A contact's message, and the expected reply: its text, and the labels of its choices."""

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
"""One round of the conversation. It ends in its initial state, so that a contact can repeat it."""


def script(word: str = START) -> tuple[Line, ...]:
    """Return the conversation with this start word, which starts one of several equal flows."""
    return (SCRIPT[0]._replace(says=word), *SCRIPT[1:])


def start_word(flow: int) -> str:
    """Return the start word of the flow with this number. The flows differ only in this word."""
    return START if flow == 0 else f"{START}-{flow}"
