"""Finds messages that a channel rejects, shortens or shows differently, in every language."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from bot.flow.load import Flows
from bot.flow.static_messages import FlowMessage
from bot.messages import Message, channel_limits
from bot.messages.api_rules import EVERY
from bot.tooling import preview

Said = Mapping[str, Mapping[str, Sequence[FlowMessage]]]
"""All messages by language ("" is the source language) and flow."""


def refused(flows: Flows, said: Said, channels: Sequence[str]) -> Iterator[str]:
    """Yield the parts of the flows' messages that some channels reject or shorten."""
    for line, names in _found(flows, said, channels, preview.refused):
        if line.endswith(f"({EVERY})"):
            yield f"{line}. Correct the message, because no channel accepts it."
        else:
            shorten = "Shorten it" if " characters, at most" in line else "Use fewer"
            way_out = f"{shorten}, or word the message for that channel with .on({names[0]!r}, …)."
            if len(channels) == len(preview.CHANNELS):
                way_out += f" If your bot doesn't use {names[0]}, set BOT_CHANNELS to its channels."
            yield f"{line} ({', '.join(names)}). {way_out}"


def noted(flows: Flows, said: Said, channels: Sequence[str]) -> Iterator[str]:
    """Yield the parts of the flows' messages that some channels show in another form than
    intended.
    """
    for line, names in _found(flows, said, channels, channel_limits.notes):
        yield f"{line} ({', '.join(names)})"


def _found(
    flows: Flows,
    said: Said,
    channels: Sequence[str],
    find: Callable[[Message, str], list[str]],
) -> Iterator[tuple[str, list[str]]]:
    """Yield each finding with its channels. A finding in all languages is reported once."""
    for definition in flows:
        found: dict[tuple[str, str], dict[str, str]] = {}
        for language, by_flow in said.items():
            spoken = f" in {language}" if language else ""
            for saying in by_flow[definition.name]:
                place = f"{definition.at(saying.state)}: {saying.what}"
                for channel in channels:
                    for error in find(saying.message, channel) if saying.message else ():
                        what = error.removesuffix(f" ({channel})")
                        found.setdefault((place, what), {}).setdefault(channel, spoken)
        for (place, what), names in found.items():
            yield f"{place}{next(iter(names.values()))}: {what}", list(names)
