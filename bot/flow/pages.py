"""Pages of options: if a question has more options than a message can show, the question offers
the options page by page.

Each page has the next options, and the entries "More" and "Back", which turn the page. An entry is
not an answer: an entry leads to no state and is not stored. A contact can choose any option at any
time, whichever page is shown.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from bot.contact.session import Listing, Run
from bot.errors import FlowError, MessageError
from bot.flow.states import Ask
from bot.i18n.languages import _
from bot.messages import Card, Choice, ListMessage, Message, Text, TextChoice
from bot.messages.channel_limits import keeps_choices, most_choices
from bot.messages.message_types import ListChoice, Section
from bot.messages.rendering import TEXT_CHANNELS
from bot.parse.normalize import phrase_own

MAX_OPTIONS = 200
"""Maximum number of options of a question, over all its pages."""

MAX_ROW_CHARS = 24
"""Maximum number of characters in a row of a WhatsApp list."""

MAX_LIST_CHARS = 1024
"""Maximum number of characters in the text above a WhatsApp list."""

MORE, BACK = _("More"), _("Back")
"""Names of the entries that turn the page, before translation."""

_ENTRY = re.compile(r"\x1f(More|Back):(\d+)")
_ENTRIES = 2
_MAX_CHOICES = most_choices(Choice.kind, "")


def may_have(ask: Ask) -> bool:
    """Return whether a question has more options than the largest message can show."""
    return len(ask.options) > _MAX_CHOICES


def listed(ask: Ask, run: Run, question: Message, channel: str) -> Listing | None:
    """Divide the options of a question into pages; return None if one message can show all options.

    An option keeps its number until the contact leaves the state.

    Raises:
        FlowError: there are too many options, or the message's other choices leave no room for
            options.
    """
    shown = question.overrides.get(channel, question)
    kind = shown.kind if isinstance(shown, Choice | Card) else Choice.kind
    most = most_choices(kind, channel)
    if len(ask.options) <= most or not isinstance(question, Text | Choice | Card):
        return None
    room = most - len(_own_choices(shown, ask))
    where = f"Flow {run.flow!r}, state {run.state!r}"
    if len(ask.options) > MAX_OPTIONS:
        raise FlowError(
            f"{where}: {len(ask.options)} options; the maximum is {MAX_OPTIONS}. Ask an earlier"
            " question that reduces the number of options."
        )
    if room <= _ENTRIES:
        raise FlowError(
            f"{where}: the message has choices that are not options, such as links, and these"
            " choices leave no room for the options. Remove some of these choices."
        )
    known = listing_of(run)
    keys = [*known.keys, *(key for key in ask.options if key not in known.keys)] if known else []
    found = Listing(run.entered, keys, room - _ENTRIES, known.page if known else 0)
    if not any(key in ask.options for key in found.on_page):
        found.keys = list(ask.options)
    found.page = min(found.page, found.last)
    return found


def listing_of(run: Run) -> Listing | None:
    """Return the pages of the run's current question; None if the question has no pages."""
    listing = run.listing
    return listing if listing and listing.visit == run.entered and listing.last else None


def entries(run: Run) -> dict[str, str]:
    """Return the untranslated name of "More" and "Back" by key.

    An entry that the last shown page does not have is omitted.
    """
    listing = listing_of(run)
    if listing is None:
        return {}
    found = {_entry(BACK, listing.page - 1): BACK} if listing.page else {}
    if listing.page < listing.last:
        found[_entry(MORE, listing.page + 1)] = MORE
    return found


def entry_names(ask: Ask, run: Run) -> dict[str, tuple[str, str]]:
    """Return the untranslated and the translated name of "More" and "Back" by key.

    An entry is omitted if the last shown page does not have it, or if an option has the same name.
    """
    taken = {
        phrase_own(name)
        for key, option in (ask.options.items() if listing_of(run) else ())
        for name in (key, option.label, _(option.label), *option.synonyms)
    }
    return {
        key: (name, _(name))
        for key, name in entries(run).items()
        if phrase_own(_(name)) not in taken
    }


def is_named(run: Run, text: str) -> bool:
    """Return whether `text` is "More" or "Back", if the last shown page has this entry."""
    named = {phrase_own(each) for name in entries(run).values() for each in (name, _(name))}
    return phrase_own(text) in named


def page_of(key: str) -> int | None:
    """Return the page to which the entry `key` leads; None if `key` belongs to an option."""
    found = _ENTRY.fullmatch(key)
    return int(found[2]) if found else None


def label_of(key: str) -> str:
    """Return the name of the entry `key` in the contact's language; "" if `key` belongs to an
    option.
    """
    found = _ENTRY.fullmatch(key)
    return _(found[1]) if found else ""


def buttons(ask: Ask, run: Run, postback_of: Callable[[str], str]) -> dict[str, TextChoice]:
    """Return a button for each option. If the question has pages, return the buttons of the current
    page: one for each of its options, and for each of its entries "More" and "Back".
    """
    listing = listing_of(run)
    if listing is None:
        return {
            key: TextChoice(_(option.label), postback=postback_of(key))
            for key, option in ask.options.items()
        }
    numbers = {key: number for number, key in enumerate(listing.keys, start=1)}
    found = {
        key: TextChoice(_(ask.options[key].label), number=numbers[key], postback=postback_of(key))
        for key in listing.on_page
        if key in ask.options
    }
    for key, name in entries(run).items():
        found[key] = TextChoice(_(name), number=0, postback=postback_of(key))
    return found


def own_on_page(question: Message, ask: Ask, listing: Listing) -> Message:
    """Return the question without the choices that are options of other pages.

    The choices that are not options are numbered after all options.

    Raises:
        MessageError: the question, or its message for a channel, is of a type that cannot have
            pages.
    """
    changes: dict[str, Any] = {}
    if isinstance(question, Choice | Card):
        own = [
            each
            for each in question.choices
            if each.postback not in ask.options or each.postback in listing.on_page
        ]
        number = len(listing.keys)
        for place, each in enumerate(own):
            if isinstance(each, TextChoice) and each.postback not in ask.options:
                number += 1
                own[place] = replace(each, number=number)
        changes["choices"] = own
    elif not isinstance(question, Text):
        raise MessageError(
            [
                f"{len(ask.options)} options need pages, and a {type(question).__name__} can't have"
                " pages. Ask with a text: on WhatsApp, the contact gets the options of a text as a"
                " list"
            ]
        )
    if question.overrides:
        changes["overrides"] = {
            channel: own_on_page(other, ask, listing)
            for channel, other in question.overrides.items()
        }
    return replace(question, **changes) if changes else question


def with_list(message: Message) -> Message:
    """Return the message with its choices as a list on WhatsApp, if WhatsApp can show the choices
    in a list but not as buttons.
    """
    shown = message.overrides.get("WHATSAPP", message)
    if not isinstance(shown, Choice) or shown.footer or not 0 < len(shown.text) <= MAX_LIST_CHARS:
        return message
    if keeps_choices(message, "WHATSAPP"):
        return message
    rows: dict[str, ListChoice] = {}
    for each in shown.choices:
        if not isinstance(each, TextChoice) or len(each.text) > MAX_ROW_CHARS:
            return message
        rows[each.text] = ListChoice(each.text, postback=each.postback)
    if len(rows) < len(shown.choices):
        return message  # A list, like a message with buttons, has no two rows with the same text.
    found = ListMessage(shown.text, [Section("", list(rows.values()))], menu=_("Options"))
    return replace(message, overrides={**message.overrides, "WHATSAPP": found})


def numbered_keys(
    message: Message, shown: list[str], ask: Ask, listing: Listing, channel: str
) -> list[str]:
    """Return the keys that a contact can choose by number on a channel, in the numbers' order.

    `shown` has the keys of the message's choices, including entries that turn the page. If the
    channel shows numbers, the result has the keys of all options, then the keys of the question's
    other choices. Otherwise the result has the keys in `shown` without the entries.
    """
    shown = [key for key in shown if page_of(key) is None]
    if channel not in TEXT_CHANNELS or keeps_choices(message, channel):
        return shown
    return [*listing.keys, *(key for key in shown if key not in ask.options)]


def clashes(ask: Ask, names: Mapping[str, set[str]]) -> list[tuple[str, str]]:
    """Return a pair for each option with the name "More" or "Back": the option's key, and the
    shared name.

    `names` has all names of each option. The result is empty if the question needs no pages.
    """
    if not may_have(ask):
        return []
    return [
        (key, each)
        for key, forms in names.items()
        for each in (MORE, BACK)
        if phrase_own(each) in forms
    ]


def _own_choices(shown: Message, ask: Ask) -> list[Any]:
    """Return the choices of the question's message that are not options."""
    found = shown.choices if isinstance(shown, Choice | Card) else ()
    return [each for each in found if each.postback not in ask.options]


def _entry(name: str, page: int) -> str:
    return f"\x1f{name}:{page}"
