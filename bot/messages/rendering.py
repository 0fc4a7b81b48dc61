"""Messages as plain text with numbered choices, for channels without buttons.

The API also renders choices for these channels, but without numbers. So the bot sends its own
rendering as an override of the message. The answer `2` then means the second of `numbered_choices`.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import count

from msgspec.structs import replace

from bot.messages.app_message import M, Message, Text
from bot.messages.channel_limits import text_channels
from bot.messages.choices import Tappable, TextChoice, maps_link
from bot.messages.contact_info import ContactInfo, PhoneNumber
from bot.messages.message_types import (
    Card,
    Carousel,
    Choice,
    ListChoice,
    ListMessage,
    Location,
    Media,
    Product,
    media_of,
)

TEXT_CHANNELS = ("SMS", "MMS", "VIBERBM", "WECHAT", "WHATSAPP")
"""Channels that show choices as plain text.

WhatsApp shows choices as plain text only if no type of message with buttons fits.
"""


Numbered = TextChoice | ListChoice


def plain_text(message: Message, numbered: bool = True, channel: str = "SMS") -> str:
    """Return the body of a message as plain text. The message's overrides are ignored.

    Choices follow the text after an empty line: `1. Label` for each text choice in order, and
    `Title: url` for each link. On MMS, the link to the picture of a `Card` is omitted, because the
    picture is sent as media. The links to the pictures of a `Carousel` are not omitted. For a
    template or a raw message, return "".
    """
    if isinstance(message, Text):
        return message.text
    numbers = count(1) if numbered else None
    return "\n\n".join(filter(None, map("\n".join, _blocks(message, numbers, channel))))


def numbered_choices(message: Message) -> tuple[Numbered, ...]:
    """Return the choices that a contact can answer by number. The first choice is number 1."""
    return tuple([each for each in _offered(message) if isinstance(each, Numbered)])


def with_numbered_text(message: M, channels: Iterable[str] = TEXT_CHANNELS) -> M:
    """Return the message with an override for each of `channels` that needs numbered choices.

    The override contains the choices as numbered text. A message without text choices is returned
    unchanged.
    """
    words = numbered_texts(message, channels)
    return replace(message, overrides={**message.overrides, **words}) if words else message


def numbered_texts(message: Message, channels: Iterable[str] = TEXT_CHANNELS) -> dict[str, Message]:
    """Return the message as numbered text, by channel.

    The result has only those of `channels` that cannot show the message's choices as buttons.
    """
    shapes = [message, *message.overrides.values()]
    numbered = {id(each) for each in shapes if numbered_choices(each)}
    if not numbered:
        return {}
    names = text_channels(message, tuple(channels))
    # Only cards on MMS have another text. The text for the other channels is made once.
    made: dict[tuple[int, bool], Message] = {}
    words: dict[str, Message] = {}
    for channel in names:
        shown = message.overrides.get(channel, message)
        if id(shown) in numbered:
            key = (id(shown), channel == "MMS" and isinstance(shown, Card))
            words[channel] = made.get(key) or made.setdefault(key, _override(shown, channel))
    return words


def _override(message: Message, channel: str) -> Message:
    if channel == "MMS" and isinstance(message, Card) and message.media:
        words = Card("", description=message.description, choices=message.choices)
        return Card(message.title, plain_text(words, channel=channel), media=message.media)
    return Text(plain_text(message, channel=channel))


def _offered(message: Message) -> Iterator[Tappable | ListChoice | Product]:
    if isinstance(message, Choice | Card):
        yield from message.choices
    elif isinstance(message, Carousel):
        for card in message.cards:
            yield from card.choices
        yield from message.choices
    elif isinstance(message, ListMessage):
        for section in message.sections:
            yield from section.items


Numbers = Iterator[int] | None
Block = Iterable[str]


def _blocks(message: Message, numbers: Numbers, channel: str) -> Iterator[Block]:
    if isinstance(message, Text):
        yield [message.text]
    elif isinstance(message, Choice):
        yield [message.text]
        yield _lines(message.choices, numbers)
    elif isinstance(message, Media):
        yield [message.url]
    elif isinstance(message, Location):
        yield [f"{message.title}: {maps_link(message.latitude, message.longitude)}"]
    elif isinstance(message, Card):
        yield _card(message, channel)
        yield _lines(message.choices, numbers)
    elif isinstance(message, Carousel):
        for card in message.cards:
            yield [*_card(card), *_lines(card.choices, numbers)]
        yield _lines(message.choices, numbers)
    elif isinstance(message, ListMessage):
        yield _present(message.title, message.description, _url(message.media))
        for section in message.sections:
            yield [*_present(section.title), *_lines(section.items, numbers)]
    elif isinstance(message, ContactInfo):
        yield _visiting_card(message)


def _card(card: Card, channel: str = "") -> list[str]:
    return _present(card.title, card.description, "" if channel == "MMS" else _url(card.media))


def _lines(offered: Sequence[Tappable | ListChoice | Product], numbers: Numbers) -> Iterator[str]:
    for each in offered:
        if isinstance(each, TextChoice):
            yield _numbered(each.text, each.number, numbers)
        elif isinstance(each, ListChoice):
            line = _numbered(each.title, None, numbers)
            # The hyphen is a plain one, because a dash would make an SMS UCS-2, with less than half
            # the space.
            yield f"{line} - {each.description}" if each.description else line
        elif isinstance(each, Product):
            yield each.id
        else:
            yield f"{each.title}: {each.target}"


def _numbered(title: str, own: int | None, numbers: Numbers) -> str:
    """Return a title with its own number, or else with the next of `numbers`."""
    if numbers is None:
        return title
    number = next(numbers) if own is None else own
    return f"{number}. {title}" if number else title


def _visiting_card(message: ContactInfo) -> list[str]:
    name = message.name if isinstance(message.name, str) else message.name.full_name
    numbers = [n.phone_number if isinstance(n, PhoneNumber) else n for n in message.phone_numbers]
    emails = [each.email_address for each in message.email_addresses]
    return _present(name, *numbers, *emails, *(each.url for each in message.urls))


def _url(media: Media | str | None) -> str:
    found = media_of(media)
    return found.url if found else ""


def _present(*lines: str) -> list[str]:
    return [line for line in lines if line]
