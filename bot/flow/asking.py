"""How a question is put to a contact, and how what comes back is understood."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from bot import parse
from bot.errors import FlowError
from bot.flow.states import Ask, Question
from bot.messages import Card, Carousel, Choice, Message, Text, as_message, reply
from bot.parse import Answer
from bot.postback import Postback, Postbacks
from bot.session import Frame


@dataclass(frozen=True, slots=True)
class Understood:
    """An answer: the value to keep, and the trigger that it fires."""

    trigger: str
    value: Any


def words_of(question: Question, data: Any) -> Message:
    """The message of a question, which may be a function of the flow's data."""
    return as_message(question(data) if callable(question) else question)


def put(ask: Ask, frame: Frame, data: Any, contact: str, postbacks: Postbacks) -> Message:
    """The question as it is sent: with a signed button for each option."""
    return with_options(words_of(ask.question, data), ask, frame, contact, postbacks)


def put_again(
    ask: Ask, frame: Frame, data: Any, contact: str, postbacks: Postbacks, hint: str
) -> Message:
    """The question after an answer that wasn't understood.

    An ask's own `reask` says it all; otherwise the hint stands before the question.
    """
    if ask.reask is not None:
        return with_options(words_of(ask.reask, data), ask, frame, contact, postbacks)
    question = words_of(ask.question, data)
    if isinstance(question, Text):
        question = Text(f"{hint} {question.text}")
    return with_options(question, ask, frame, contact, postbacks)


def with_options(
    question: Message, ask: Ask, frame: Frame, contact: str, postbacks: Postbacks
) -> Message:
    """`question` with the ask's options as its choices.

    Raises:
        FlowError: the question is of a kind that can't carry choices.
    """
    if not ask.options:
        return question
    buttons = [
        reply(
            option.label,
            postback=postbacks.write(
                contact, Postback(frame.flow, frame.state, frame.entered, key)
            ),
        )
        for key, option in ask.options.items()
    ]
    if isinstance(question, Text):
        return Choice(question.text, buttons)
    if isinstance(question, Card | Carousel):
        return replace(question, choices=(*question.choices, *buttons))
    raise FlowError(
        f"Flow {frame.flow!r}, state {frame.state!r}: a {type(question).__name__} can't carry"
        " options. Ask with a text, a Card or a Carousel."
    )


def choice_made(ask: Ask, frame: Frame, answer: Answer, postback: Postback | None) -> str | None:
    """The key of the option that an answer names in any form, or None.

    A button counts when it belongs to this state, whichever turn asked: the same question put again
    has the same answers.
    """
    if postback is not None:
        if (postback.flow, postback.state) == (frame.flow, frame.state):
            return postback.key if postback.key in ask.options else None
        return None
    said = parse.fold(answer.text or answer.postback)
    if not said:
        return None
    for number, (key, forms) in enumerate(_forms(ask), start=1):
        if said == str(number) or said in forms:
            return key
    return None


def _forms(ask: Ask) -> Iterator[tuple[str, set[str]]]:
    for key, option in ask.options.items():
        yield key, {parse.fold(form) for form in (key, option.label, *option.also)}
