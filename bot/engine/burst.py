"""Bursts: several messages in quick succession that a flow treats as one answer."""

from collections.abc import Callable, Container
from typing import Literal

import msgspec
from msgspec.structs import replace

from bot import callbacks
from bot.callbacks import NOT_READ, Callback, ContactMessage
from bot.callbacks.contact_message import TextMessage
from bot.contact.session import Run, Session
from bot.engine import changes
from bot.engine.consent import OUT, Wish
from bot.errors import Malformed
from bot.flow import pages
from bot.flow.definition import Definition, new_model
from bot.flow.load import Flows
from bot.flow.option_names import names_option
from bot.flow.states import Ask, Bursts, Option
from bot.items import inbound
from bot.items.inbound import Item

LOOK_AGAIN_S = 1.0
"""Seconds between two checks of a burst that has not ended."""

LONGEST = 5
"""Maximum duration of a burst, as a multiple of `Bursts.wait_s`.

After this time, the burst ends even if more messages come.
"""

Meaning = Literal["", "word", "drop"]
"""The effect of a message on a burst. With "", the message joins the burst.

With "word", the message ends the burst. With "drop", the message ends the burst, and the earlier
messages of the burst are dropped.
"""

Part = tuple[Item, Callback | None]


class Burst(msgspec.Struct, frozen=True):
    """The items of the inbox that one turn handles together.

    `size` is the number of items. The turn handles the whole burst as `item` and `callback`. Until
    `over_at` (Unix seconds), more items may come; 0 means that the burst has ended. If several
    messages are one answer, `members` has these messages; otherwise `members` is empty. `others`
    has the items between the messages, which are handled after the messages.
    """

    size: int
    item: Item
    callback: Callback | None
    over_at: float = 0.0
    members: list[Part] = []
    others: list[Part] = []

    @property
    def gathered(self) -> int:
        """The number of messages that get no reply of their own."""
        return self.size - 1 - len(self.others)


def gather(
    bursts: Bursts,
    item: Item,
    callback: Callback | None,
    items: list[bytes],
    means: Callable[[ContactMessage], Meaning],
    read: Callable[[Callback], Callback],
) -> Burst:
    """Return the burst that begins with `item`, the first of the inbox's `items`.

    `means` returns the effect of a message on the burst. If the text of a callback is a reaction,
    `read` converts the callback to an event, so the callback is no message of the burst.
    """
    message = _message(callback)
    if message is None or means(message):
        return Burst(1, item, callback)
    members: list[Part] = [(item, callback)]
    others: list[Part] = []
    has_ended = False
    over_at = item.at + bursts.wait_s
    size = 1
    for number, raw in enumerate(items[1:], 2):
        try:
            another = inbound.decode(raw)
            its = read(callbacks.decode(bytes(another.callback))) if another.callback else None
        except (*NOT_READ, Malformed):
            break  # This message fails in its own turn.
        message = _message(its)
        if message and another.at >= over_at:
            has_ended = True  # Messages that were not handled for some time wait together.
            break
        meaning = means(message) if message else ""
        if meaning == "drop":
            return Burst(number, another, its, others=others)
        has_ended = meaning == "word" or another.command is not None
        if has_ended:
            break
        if message:
            members.append((another, its))
            over_at = min(another.at + bursts.wait_s, item.at + LONGEST * bursts.wait_s)
            size = number
        else:
            others.append((another, its))
    return Burst(
        size,
        item,
        _standing_for(bursts, members),
        0.0 if has_ended else over_at,
        members if bursts.policy == "merge" and len(members) > 1 else [],
        others[: size - len(members)],
    )


def first_stop(items: list[bytes], is_stop: Callable[[Item], bool]) -> Burst | None:
    """Return a burst that ends with the first STOP of these items; None if there is no STOP.

    Messages before the STOP are dropped. Other items before the STOP are handled after the STOP.
    """
    others: list[Part] = []
    for number, raw in enumerate(items, 1):
        try:
            item = inbound.decode(raw)
            callback = callbacks.decode(bytes(item.callback)) if item.callback else None
        except (*NOT_READ, Malformed):
            return None
        if is_stop(item):
            return Burst(number, item, callback, others=others)
        if _message(callback) is None:
            others.append((item, callback))
    return None


def meaning_of(
    session: Session,
    flows: Flows,
    message: ContactMessage,
    wish: Wish,
    off: Container[str] = (),
) -> Meaning:
    """Return the effect of a message on a burst. `wish` is what the message says about consent.

    `off` has the flows that are switched off. At a question that waits for such a flow, a message
    is no answer, and the start word of another flow always has an effect.
    """
    text = message.text
    if wish:
        return "drop" if wish == OUT else "word"
    run = session.run
    if not text or run is None or run.flow not in flows:
        return ""
    chain = session.chains[-1].runs
    is_held = any(each.flow in off for each in chain)
    if not is_held and _claims(flows[run.flow], run, text):
        return ""
    word = flows.words.found(text)
    if word is not None:
        return "drop" if word.is_cancel else "word"
    spoken = flows.words.to_change(text)
    if spoken and any(changes.find_answer(flows, each, spoken) for each in chain):
        return "word"
    started = flows.started_by(text)
    is_ignored = any(flows[each.flow].interrupt == "ignore" for each in chain)
    if started is None or (is_ignored and not is_held):
        return ""
    return "drop" if started.name == chain[0].flow else "word"


def _claims(definition: Definition, run: Run, text: str) -> bool:
    """Return whether a text is an option of the active question."""
    state = definition.states.get(run.state)
    if not isinstance(state, Ask):
        return False
    try:
        if pages.is_named(run, text):
            return True
        if state.offer and state.offer.is_call:
            offered = {key: Option(*each) for key, each in run.offered.items()}
            return names_option(state.with_offered(offered), text)
        data = new_model(definition, run.state, run.data).data if state.offer else None
        return names_option(state.offering(data), text)
    except Exception:
        # An author's function may raise anything. Then the word does not count as an option.
        return False


def _standing_for(bursts: Bursts, members: list[Part]) -> Callback | None:
    """Return the callback that the turn handles instead of the burst's messages.

    If the texts are merged, the callback has all texts. Otherwise the last message is returned.
    """
    newest = members[-1][1]
    messages = [message for _, each in members if (message := _message(each))]
    if bursts.policy == "merge" and all(
        message.text_message and message.text for message in messages
    ):
        merged = TextMessage("\n".join(each.text for each in messages))
        body = newest.message if newest else None
        if newest and body and body.contact_message:
            text = replace(body.contact_message, text_message=merged)
            newest = replace(newest, message=replace(body, contact_message=text))
    return newest


def _message(callback: Callback | None) -> ContactMessage | None:
    inbound_message = callback.said if callback else None
    return inbound_message.contact_message if inbound_message else None
