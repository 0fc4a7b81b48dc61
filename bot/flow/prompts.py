"""Builds the messages of questions."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from bot.contact.session import Run
from bot.errors import FlowError, MessageError
from bot.flow import pages
from bot.flow.states import Ask, Question
from bot.i18n.languages import _
from bot.messages import (
    Card,
    Carousel,
    Choice,
    ListMessage,
    Message,
    Text,
    TextChoice,
    as_message,
)
from bot.messages.api_rules import MAX_LIST_CHOICES
from bot.messages.choices import Tappable
from bot.messages.rendering import numbered_choices
from bot.turn.postback import Postback, Postbacks


def words_of(question: Question, data: Any) -> Message:
    """Return a question's message in the contact's language.

    If the question is a function, the function is called with the data. The result is not
    translated again, because the function translates its own texts.
    """
    return as_message(question(data)) if callable(question) else _(as_message(question))


def reprompt(
    question: Message, ask: Ask, run: Run, data: Any, contact: str, postbacks: Postbacks, hint: str
) -> list[Message]:
    """Return the messages that ask again after an answer that was not understood.

    `question` is the question's message in the contact's language. If the ask has a `reask`, the
    `reask` replaces the whole question. Otherwise the hint is put before the question's text. If
    the question has no text, the hint is a separate message.
    """
    if ask.reask is not None:
        return [with_options(words_of(ask.reask, data), ask, run, contact, postbacks)]
    with_hint = _after(hint, question)
    asked = with_options(with_hint, ask, run, contact, postbacks)
    return [asked] if isinstance(question, Text | Choice) else [Text(hint), asked]


def with_options(
    question: Message, ask: Ask, run: Run, contact: str, postbacks: Postbacks
) -> Message:
    """Return `question` with the ask's options as choices.

    The question's messages for single channels get the choices, too.

    Raises:
        FlowError: this type of message cannot carry choices, or a function returns too many
            options.
    """
    if not ask.options:
        return question

    def postback_of(key: str) -> str:
        return postbacks.write(contact, _postback(run, key))

    try:
        return _with_buttons(question, ask, run, postback_of)
    except MessageError as error:
        raise FlowError(f"Flow {run.flow!r}, state {run.state!r}: {error}") from error


def _with_buttons(
    question: Message, ask: Ask, run: Run, postback_of: Callable[[str], str]
) -> Message:
    if isinstance(question, ListMessage) and len(ask.options) > MAX_LIST_CHOICES:
        raise MessageError(
            [
                f"{len(ask.options)} options; a ListMessage takes at most {MAX_LIST_CHOICES}. Ask"
                " with a text, whose options are split into pages"
            ]
        )
    listing = pages.listing_of(run)
    buttons = pages.buttons(ask, run, postback_of)
    if listing is None:
        return pages.with_list(_offering(question, buttons))
    return pages.with_list(_offering(pages.own_on_page(question, ask, listing), buttons))


def _after(hint: str, question: Message) -> Message:
    """Return the question with the hint before the text. A question without text is unchanged."""
    changes: dict[str, Any] = {}
    if isinstance(question, Text | Choice):
        changes["text"] = f"{hint} {question.text}"
    if question.overrides:
        changes["overrides"] = {
            channel: _after(hint, other) for channel, other in question.overrides.items()
        }
    return replace(question, **changes)


def _offering(question: Message, buttons: Mapping[str, TextChoice]) -> Message:
    """Return the question with the buttons of the options before the question's other choices."""
    offering: Message
    if isinstance(question, Text):
        offering = Choice(
            question.text,
            tuple(buttons.values()),
            raw_overrides=question.raw_overrides,
            specific=question.specific,
            agent=question.agent,
        )
    elif isinstance(question, Choice | Card):
        own, rest = _signed(question.choices, buttons)
        offering = replace(question, choices=(*rest, *own))
    elif isinstance(question, Carousel):
        offering = _placing(question, buttons)
    elif isinstance(question, ListMessage):
        offering = _listing(question, buttons)
    else:
        raise MessageError(
            [
                f"a {type(question).__name__} can't carry options; ask with a text, a Choice, a"
                " Card, a Carousel or a ListMessage"
            ]
        )
    if not question.overrides:
        return offering
    others = {channel: _offering(other, buttons) for channel, other in question.overrides.items()}
    return replace(offering, overrides=others)


def _placing(question: Carousel, buttons: Mapping[str, TextChoice]) -> Carousel:
    """Return the carousel with signed buttons for the options.

    A choice of a card is an option if the choice's postback is the option's key. Options that are
    not among the cards' choices are placed below the cards.
    """
    left = dict(buttons)
    cards = []
    for card in question.cards:
        choices, _rest = _signed(card.choices, buttons)
        cards.append(replace(card, choices=choices))
        for choice in card.choices:
            left.pop(getattr(choice, "postback", ""), None)
    own, rest = _signed(question.choices, left)
    return replace(question, cards=cards, choices=(*rest, *own))


def _signed(
    choices: Sequence[Tappable], buttons: Mapping[str, TextChoice]
) -> tuple[list[Tappable], list[TextChoice]]:
    """Return the message's choices, with signed buttons for choices that are options.

    Also return the buttons of options that are not among the choices.
    """
    placed = {choice.postback for choice in choices if isinstance(choice, TextChoice)}
    signed = [
        replace(choice, postback=buttons[choice.postback].postback)
        if isinstance(choice, TextChoice) and choice.postback in buttons
        else choice
        for choice in choices
    ]
    return signed, [button for key, button in buttons.items() if key not in placed]


def _listing(question: ListMessage, buttons: Mapping[str, TextChoice]) -> ListMessage:
    """Return a list message with signed items. Each item's postback is an option's key."""
    items = [item for section in question.sections for item in section.items]
    keys = [getattr(item, "postback", "") for item in items]
    if keys != list(buttons):
        raise MessageError(
            [
                f"the postbacks of the list's items are {', '.join(map(repr, keys))}; they must be"
                f" the keys of the options, in this order: {', '.join(map(repr, buttons))}"
            ]
        )
    signed = iter(buttons.values())
    sections = [
        replace(
            section, items=[replace(item, postback=next(signed).postback) for item in section.items]
        )
        for section in question.sections
    ]
    return replace(question, sections=sections)


def _postback(run: Run, key: str) -> Postback:
    is_bound = run.is_called or bool(run.start)
    return Postback(run.flow, run.state, run.id, run.entered, key, is_bound)


def shown_on(channel: str, question: Message, ask: Ask, run: Run) -> list[str]:
    """Return the keys that a contact can choose by number on a channel, in the numbers' order.

    A key is the key of an option, or the postback of another choice in the question's message.
    `question` is the question's message in the contact's language.
    """
    listing = pages.listing_of(run)
    has_own_choices = not isinstance(question, Text) or bool(question.overrides)
    if not ask.options or (listing is None and not has_own_choices):
        return list(ask.options)
    message = _with_buttons(question, ask, run, str)
    shown = [each.postback for each in numbered_choices(message.overrides.get(channel, message))]
    return pages.numbered_keys(message, shown, ask, listing, channel) if listing else shown
