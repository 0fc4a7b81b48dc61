"""Bursts: contacts who answer in several messages, where a flow takes these as one answer."""

import msgspec

from bot import callbacks
from bot.callbacks import NOT_READ, Callback, ContactMessage
from bot.callbacks.contact_message import TextMessage
from bot.engine import consent
from bot.errors import Malformed
from bot.flow.states import Bursts
from bot.items import inbound
from bot.items.inbound import Item

MAX_WAITS = 5
"""A burst is over after this many waits, even when messages go on coming."""


class Burst(msgspec.Struct, frozen=True):
    """The inbox items that are one answer: how many there are, and the callback that stands for
    them. More may come before `over_at` (Unix seconds).
    """

    size: int
    callback: Callback | None
    over_at: float = 0.0

    @classmethod
    def of(
        cls, bursts: Bursts | None, item: Item, callback: Callback | None, items: list[bytes]
    ) -> "Burst":
        """The burst that begins with `item`, the first of `items`, whose callback is given."""
        if bursts is None or _message(callback) is None:
            return cls(1, callback)
        members = [(item.at, callback)]
        is_over = _is_about_consent(callback)
        for raw in items[1:] if not is_over else ():
            try:
                another = inbound.decode(raw)
                its = callbacks.decode(bytes(another.callback)) if another.callback else None
            except (*NOT_READ, Malformed):
                break  # It fails in a turn of its own.
            is_over = _is_about_consent(its)
            if is_over or _message(its) is None:
                break
            members.append((another.at, its))
        if bursts.policy == "merge":
            _merge([each for _, each in members])
        last, newest = members[-1]
        wait_s = bursts.wait_s
        return cls(
            size=len(members),
            callback=newest,
            over_at=0.0 if is_over else min(last + wait_s, item.at + MAX_WAITS * wait_s),
        )


def _is_about_consent(callback: Callback | None) -> bool:
    """Whether it is a STOP or START, which never waits nor becomes part of an answer."""
    message = _message(callback)
    return message is not None and consent.meant(message.text) != ""


def _message(callback: Callback | None) -> ContactMessage | None:
    inbound = callback.said if callback else None
    return inbound.contact_message if inbound else None


def _merge(members: list[Callback | None]) -> None:
    """Make the last message's text that of all, a line each; anything but texts stays alone."""
    messages = [message for each in members if (message := _message(each))]
    if all(message.text_message and message.text for message in messages):
        messages[-1].text_message = TextMessage("\n".join(each.text for each in messages))
