"""Converts a contact's log to a `.chat` file, so that a real conversation becomes a test."""

import math
from collections.abc import Iterator, Sequence

import msgspec

from bot import callbacks
from bot.callbacks import Callback
from bot.clock import as_datetime, rfc3339
from bot.contact.session import Session
from bot.emulator.actions import Answers, Reacts, Reads, Says, SendsLocation, SendsMedia, Taps
from bot.engine.secret_answers import HIDDEN, is_encrypted
from bot.flow.stop_phrases import IN, OUT, wish_of
from bot.flow.values import plain
from bot.items import inbound
from bot.items.inbound import Item
from bot.items.turn_log import TurnLogEntry, data_before
from bot.testing.actions import Action, AnswersSecret, ReceivesEvent, StartsFlow, Waits
from bot.testing.bot_message import Offered, options_of, part_for, reply_of
from bot.testing.chat_file import Chat, Comment, Entry, Standing
from bot.testing.state_label import in_words

PAUSE_S = 60
"""Minimum length of a pause that is written to the file, in seconds.

A shorter pause is only written if a timer ended it.
"""


def chat_of(records: Sequence[TurnLogEntry], session: Session) -> Chat:
    """Return the conversation in a contact's log. `records` must be in order, the oldest first.

    The conversation begins with the first turn that started without an active flow, because earlier
    turns may be missing in the log. The framework's own events, such as delivery reports, are
    omitted, because these events happen again when the conversation is played.
    """
    whole = _from_a_beginning(records)
    address = session.address
    headers = {"channel": address.channel}
    if not address.contact_id:
        headers["mode"] = "DISPATCH"
    if session.language:
        headers["language"] = session.language
    if session.zone:
        headers["zone"] = session.zone
    data, _ = data_before(whole, session)
    if shown := {name: each for name, each in plain(data).items() if not is_encrypted(data[name])}:
        headers["data"] = msgspec.json.encode(shown).decode()
    if whole:
        headers["at"] = rfc3339(as_datetime(math.floor(whole[0].at)))
    about = []
    if records and not whole:
        about = ["The log begins in the middle of a flow, so nothing can be played."]
    return Chat(headers, list(_Writer(address.channel).entries(whole)), about)


def _from_a_beginning(records: Sequence[TurnLogEntry]) -> Sequence[TurnLogEntry]:
    for place, record in enumerate(records):
        had_none = record.turn == 1 or (place > 0 and not records[place - 1].chains)
        if (had_none and (record.said or record.path)) or record.begins:
            return records[place:]
    return []


class _Writer:
    """Converts records to entries, in order. The writer remembers the offered options and the
    time.
    """

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self._offered: dict[str, Offered] = {}
        self._newest: dict[str, Offered] = {}
        self._standing = in_words(None)
        self._is_out = self._is_paused = False
        self._now = 0.0

    def entries(self, records: Sequence[TurnLogEntry]) -> Iterator[Entry]:
        self._now = math.floor(records[0].at) if records else 0.0
        for record in records:
            *earlier, item = map(inbound.decode, record.items)
            yield from self._first_of_burst(earlier)
            callback = callbacks.decode(bytes(item.callback)) if item.callback else None
            act = self._act(item, callback)
            if not record.said and (isinstance(act, Reads) or (act is None and not item.timer)):
                continue
            if earlier:
                yield from self._wait(math.floor(item.at - self._now))
            else:
                at = record.at if record.burst is None else item.at
                yield from self._pause(at, is_timer=bool(item.timer))
            if act is not None:
                yield act
                if record.burst is not None:
                    yield from self._wait(math.ceil(record.at - self._now))
            elif not item.timer:
                what = callback.trigger if callback else "An event of the framework"
                yield Comment(f"{what}, which a .chat file can't contain, caused the next lines:")
            yield from self._said(record)
            yield from self._stands(record, callback)

    def _first_of_burst(self, items: Sequence[Item]) -> Iterator[Entry]:
        """Yield the messages of a burst except the last message, and the wait before each message.

        The waits are a little shorter than in the log, so that the burst does not end too early.
        """
        for number, item in enumerate(items):
            if number:
                yield from self._wait(math.floor(item.at - self._now))
            else:
                yield from self._pause(item.at, is_timer=False)
            its = callbacks.decode(bytes(item.callback)) if item.callback else None
            act = self._act(item, its)
            if act is not None:
                yield act

    def _pause(self, at: float, *, is_timer: bool) -> Iterator[Entry]:
        gap = math.ceil(at - self._now)
        if is_timer or gap >= PAUSE_S:
            yield from self._wait(max(gap, 1))

    def _wait(self, length: int) -> Iterator[Entry]:
        if length > 0:
            yield Waits(length)
            self._now += length

    def _said(self, record: TurnLogEntry) -> Iterator[Entry]:
        for said in record.said:
            if not any(name.endswith("_message") for name in said.content):
                continue
            part = part_for(said.content, self._channel)
            options = {option.postback: option for option in options_of(part)}
            if options:
                self._newest = options
                self._offered.update(options)
            yield reply_of(said.content, self._channel)

    def _stands(self, record: TurnLogEntry, callback: Callback | None) -> Iterator[Entry]:
        run = record.runs[-1] if record.chains else None
        inbound = callback.message if callback else None
        if inbound and inbound.contact_message:
            wish = wish_of(inbound.contact_message.text, is_asked=run is not None)
            self._is_out = wish == OUT if wish in (IN, OUT) else self._is_out
        self._is_paused = "handoff" in record.path or (self._is_paused and not record.path)
        standing = in_words(run, is_paused=self._is_paused, is_out=self._is_out)
        if standing != self._standing:
            self._standing = standing
            yield Standing(standing)

    def _act(self, item: Item, callback: Callback | None) -> Action | None:
        """Return the action of the contact or of the test's author that caused the item.

        Return None if no action caused the item.
        """
        if item.start:
            return StartsFlow(item.start.flow, plain(item.start.data), item.start.state)
        if item.event:
            name, data = item.event.name, item.event.data
            return None if name == "failed" else ReceivesEvent(name, data)
        if callback is None:
            return None
        if callback.message:
            return self._message(callback)
        event = callback.event.contact_message_event if callback.event else None
        if event and event.reaction_event:
            return Reacts(event.reaction_event.emoji)
        report = callback.message_delivery_report
        if report and report.status == "READ":
            return Reads()
        return None

    def _message(self, callback: Callback) -> Action | None:
        content = callback.message.contact_message if callback.message else None
        if content is None:
            return None
        if content.text_message and content.text_message.text == HIDDEN:
            return AnswersSecret()
        if content.text_message:
            return Says(content.text_message.text)
        if content.choice_response_message:
            return self._tap(content.choice_response_message.postback_data)
        if content.media_message:
            return SendsMedia(content.media_message.url)
        if content.media_card_message:
            return SendsMedia(content.media_card_message.url, content.media_card_message.caption)
        place = content.location_message
        if place and place.coordinates:
            at = place.coordinates
            return SendsLocation(at.latitude, at.longitude, place.title, place.label)
        return None

    def _tap(self, postback: str) -> Action:
        option = self._offered.get(postback)
        if option is None:
            return Answers(postback)
        label = option.label
        if postback not in self._newest and any(o.label == label for o in self._newest.values()):
            return Answers(postback)
        cards = {each.card for each in self._offered.values() if each.label == label}
        return Taps(label, card=option.card if len(cards) > 1 else "")
