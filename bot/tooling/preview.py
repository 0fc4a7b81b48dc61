"""Shows a flow's messages as each channel shows them: natively if possible, otherwise as text."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from babel import Locale
from msgspec.structs import replace

from bot.errors import ConfigError
from bot.flow.load import Flows
from bot.flow.static_messages import FlowMessage
from bot.messages import (
    Card,
    Carousel,
    Choice,
    ListChoice,
    ListMessage,
    Message,
    Template,
    Text,
    channel_limits,
)
from bot.messages.choices import Tappable
from bot.messages.rendering import plain_text, with_numbered_text
from bot.messages.sms_parts import sms_parts

CHANNELS = tuple(channel_limits.NATIVE)
"""The channels whose display of messages is known."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A channel's form of a message, and whether it is plain text instead of the intended form."""

    text: str
    is_text: bool = False


def channels_named(names: Iterable[str]) -> tuple[str, ...]:
    """Return the channels with these names, in any case; all channels if no name is given.

    Raises:
        ConfigError: a name is unknown.
    """
    named = tuple(name.upper() for name in names)
    for name in named:
        if name not in CHANNELS:
            raise ConfigError(f"{name!r} is not a channel; the channels are {', '.join(CHANNELS)}.")
    return named or CHANNELS


def require_language(tag: str, flows: Flows, source: str) -> None:
    """Raise ConfigError if the flows have no texts in a language.

    `source` is the language in which the flows are written.
    """
    if not tag:
        return
    if not _TAG.fullmatch(tag):
        near = _tag_of(tag)
        meant = f"Did you mean {near!r}?" if near else "Write a tag such as sv or pt-BR."
        raise ConfigError(f"--language: {tag!r} is not a language. {meant}")
    is_source = re.split("[-_]", tag.lower())[0] == re.split("[-_]", source.lower())[0]
    if not is_source and flows.languages.find(tag) is None:
        there = ", ".join(flows.languages) or "none"
        raise ConfigError(
            f"--language: there are no catalogs in {tag!r}, so all texts would be shown"
            f" untranslated. The languages of the catalogs are: {there}. `bot messages extract"
            f" --language {tag}` adds a catalog."
        )


_TAG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*")


def _tag_of(name: str) -> str:
    """Return the tag of the language with this English name; "" if no language has this name."""
    names = Locale("en").languages
    return next((tag for tag, each in names.items() if each.lower() == name.lower()), "")


def preview(
    said: Iterable[FlowMessage], channels: Sequence[str], *, number_choices: bool
) -> Iterator[str]:
    """Yield the messages as lines.

    One line is for all channels that show a message in the same way.

    A line that begins with `!` names what a channel rejects or shortens.
    """
    for saying in said:
        yield f"{saying.state}: {saying.what}"
        if saying.message is None:
            yield f"  can't be shown: {saying.why}"
        else:
            yield from _on_channels(saying.message, channels, number_choices)
        yield ""


def preview_json(
    said: Iterable[FlowMessage], channels: Sequence[str], *, number_choices: bool
) -> Iterator[dict[str, Any]]:
    """Yield each message as an object for JSON, with an entry for each channel.

    If a message cannot be shown, the object has no channels, and `why` is the reason.
    """
    for saying in said:
        yield {
            "state": saying.state,
            "what": saying.what,
            "why": saying.why,
            "channels": [
                _json_on(saying.message, channel, number_choices)
                for channel in channels
                if saying.message is not None
            ],
        }


def _json_on(message: Message, channel: str, number_choices: bool) -> dict[str, Any]:
    what = shown(message, channel, number_choices=number_choices)
    entry: dict[str, Any] = {
        "channel": channel,
        "text": what.text,
        "is_text": what.is_text,
        "refused": refused(message, channel),
    }
    if channel == "SMS":
        entry["parts"], entry["encoding"] = sms_parts(what.text)
    return entry


def _on_channels(message: Message, channels: Sequence[str], number_choices: bool) -> Iterator[str]:
    alike: dict[Shown, list[str]] = {}
    for channel in channels:
        what = shown(message, channel, number_choices=number_choices)
        alike.setdefault(what, []).append(channel)
    for what, names in alike.items():
        yield f"  {', '.join(names)}{' as text' if what.is_text else ''}"
        yield from (f"    {line}".rstrip() for line in what.text.split("\n"))
        if "SMS" in names:
            parts, encoding = sms_parts(what.text)
            yield f"    (SMS: {parts} {'part' if parts == 1 else 'parts'} in {encoding})"
        for name in names:
            yield from (f"    ! {error}" for error in refused(message, name))


def refused(message: Message, channel: str) -> list[str]:
    """Return which parts of a message, or of its text form, `channel` rejects or shortens."""
    numbered = with_numbered_text(message, [channel])
    return list(
        dict.fromkeys(
            [*channel_limits.check(message, channel), *channel_limits.check(numbered, channel)]
        )
    )


def shown(message: Message, channel: str, *, number_choices: bool) -> Shown:
    """Return the form in which `channel` shows a message.

    If `number_choices` is True, choices that become text are numbered.
    """
    sent = with_numbered_text(message, [channel]) if number_choices else message
    if channel in sent.raw_overrides or channel in sent.specific:
        return Shown("the channel's own JSON")
    body = sent.overrides.get(channel, sent)
    if not channel_limits.keeps_choices(sent, channel):
        return Shown(plain_text(body, numbered=False, channel=channel), is_text=True)
    return Shown(
        "\n".join(_native(body)), is_text=not channel_limits.keeps_choices(message, channel)
    )


def _native(message: Message) -> Iterator[str]:
    if isinstance(message, Choice | Card):
        yield from _text(replace(message, choices=()))
        yield from _buttons(message.choices)
    elif isinstance(message, Carousel):
        for number, card in enumerate(message.cards, start=1):
            head, *rest = _native(card)
            yield f"card {number}: {head}"
            yield from (f"  {line}" for line in rest)
        yield from _buttons(message.choices)
    elif isinstance(message, ListMessage):
        yield from _text(replace(message, sections=()))
        yield f"[{message.menu or 'list'}]"
        for section in message.sections:
            yield from _text(Text(section.title)) if section.title else ()
            for item in section.items:
                words = (
                    (item.title, item.description) if isinstance(item, ListChoice) else [item.id]
                )
                yield f"  - {' - '.join(filter(None, words))}"
    elif isinstance(message, Template):
        named = {"": message.omni_template, **message.channel_template}
        yield from (
            f"template {each.template_id} {channel}".rstrip()
            for channel, each in named.items()
            if each
        )
    else:
        yield from _text(message)


def _text(message: Message) -> Iterator[str]:
    if words := plain_text(message):
        yield from words.split("\n")


def _buttons(choices: Sequence[Tappable]) -> Iterator[str]:
    if choices:
        yield " ".join(
            f"[{each.title}: {each.target}]" if each.target else f"[{each.title}]"
            for each in choices
        )
