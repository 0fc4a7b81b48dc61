"""The messages of a flow's asks, for previews, checks and translators.

If a question, a reask or a reminder is a function, the function is called with sample data.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import replace as with_fields
from typing import Any

import msgspec
from msgspec.structs import replace

from bot.contact.session import Run
from bot.errors import BotError, FlowError
from bot.flow import pages
from bot.flow.definition import Definition
from bot.flow.flow import Data, declared_data, load_data
from bot.flow.prompts import with_options, words_of
from bot.flow.samples import SAMPLES, sample_fields
from bot.flow.states import Ask, Question
from bot.messages import Message, as_message, channel_limits
from bot.messages.rendering import Numbered, numbered_choices
from bot.turn import durations
from bot.turn.postback import Postbacks

_SAMPLE_POSTBACKS = Postbacks(())


@dataclass(frozen=True, slots=True)
class FlowMessage:
    """A message of an ask.

    `state` is the name of the ask, and `what` the part of the ask that contains the message, such
    as "reask". If the message cannot be computed, `message` is None, and `why` is the reason.
    """

    state: str
    what: str
    message: Message | None
    why: str = ""


def data_said(definition: Definition) -> Iterator[tuple[str, Ask, str, Question]]:
    """Yield (state, ask, part, question) for each message of a flow's asks.

    A part is a word such as "reask". A question that is a function is not called.
    """
    for name, ask in definition.states.items():
        if isinstance(ask, Ask):
            yield name, ask, "question", ask.question
            if ask.reask is not None:
                yield name, ask, "reask", ask.reask
            for after_s, words in ask.remind:
                yield name, ask, f"reminder after {durations.written(after_s)}", words


def ask_messages(definition: Definition) -> Iterator[FlowMessage]:
    """Yield all messages of the flow's asks, in the current language."""
    data = sample_data(definition)
    for name, ask, what, question in data_said(definition):
        yield from _asked(definition, name, ask, what, question, data)


def message_errors(definition: Definition) -> Iterator[str]:
    """Yield errors for questions, reasks and reminders that no channel accepts.

    Messages that a function returns are not checked.
    """
    for name, ask, what, question in data_said(definition):
        if not callable(question):
            known = with_fields(ask, offer=None)  # A function's options are only known at run time.
            for saying in _asked(definition, name, known, what, question, Data({})):
                found = channel_limits.check(saying.message) if saying.message else [saying.why]
                for error in found:
                    yield f"{definition.at(name)}: {saying.what}: {error}"


def postbacks(definition: Definition) -> Iterator[tuple[str, Ask, str, Numbered]]:
    """Yield (state, ask, part, choice) for each choice in the messages of the flow's asks.

    Messages that a function returns are left out.
    """
    for name, ask, what, question in data_said(definition):
        if not callable(question):
            message = as_message(question)
            for each in (message, *message.overrides.values()):
                for choice in numbered_choices(each):
                    yield name, ask, what, choice


def sample_data(definition: Definition) -> Any:
    """Return sample data of a flow in which all questions are answered.

    The answer of a `choose` is its first option. The answer of an `ask` is a sample of the type
    that its parser returns. All other fields have the defaults of the type that annotates `data`.
    """
    values: dict[str, Any] = {}
    for name, ask in definition.states.items():
        if isinstance(ask, Ask) and ask.options:
            values[name] = next(iter(ask.options))
        elif isinstance(ask, Ask) and ask.offer:
            values[name] = SAMPLES[str]
        elif isinstance(ask, Ask) and ask.accept:
            kind = ask.accept.choices[0].type if ask.accept.choices else ask.accept.type
            if kind in SAMPLES:
                values[name] = SAMPLES[kind]
    declared = None if definition.is_state_machine else declared_data(definition.model)
    if declared is None:
        return Data(values)
    try:
        known = {**sample_fields(declared), **msgspec.to_builtins(values)}
        return load_data(definition.model, known)
    except (FlowError, LookupError):
        # No sample fits the type. Functions that need a missing value are reported one by one.
        return Data(values)


def _asked(
    definition: Definition, name: str, ask: Ask, what: str, question: Question, data: Any
) -> Iterator[FlowMessage]:
    run = Run(definition.name, name)
    try:
        message = words_of(question, data)
        if what.startswith("reminder"):
            yield FlowMessage(name, what, message)
            return
        is_call = ask.offer is not None and ask.offer.is_call
        offering = ask.with_offered(ask.sample_options()) if is_call else ask.offering(data)
        listing = pages.listed(offering, run, message, "")
        for page in range(listing.last + 1 if listing else 1):
            run.listing = replace(listing, page=page) if listing else None
            shown = with_options(message, offering, run, "", _SAMPLE_POSTBACKS)
            yield FlowMessage(name, f"{what}, page {page + 1}" if page else what, shown)
    except BotError as error:
        yield FlowMessage(name, what, None, str(error))
    except Exception as error:
        # An author's function may raise anything when it is called with made-up data.
        yield FlowMessage(name, what, None, f"its code fails with sample data: {reason(error)}")


def reason(error: BaseException) -> str:
    """Return the text of an error. The text of a KeyError would be only the key."""
    return f"there is no {error}" if isinstance(error, KeyError) else str(error)
