"""The item that a turn handles, and the message, event or report in the item."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import msgspec

from bot.callbacks import Callback, ContactMessage
from bot.callbacks.events import event_of
from bot.items.inbound import Item
from bot.items.outbound import question_of
from bot.parse.surroundings import without_signature

_NO_MESSAGE = ContactMessage()


class Received:
    """The item of a turn, the callback in the item, and the values read from item and callback.

    - `at`: when the turn started, in Unix seconds.
    - `event`: `message`, `start`, or the name of the timer or event that started the turn.
    - `message`: the contact's message, or the masked form of a redacted message. The value is an
      empty message if the turn has no message.
    - `members`: the messages of a burst.
    - `transcripts`: the text of recordings, by the ids of their items.
    """

    def __init__(self, item: Item, callback: Callback | None, at: float) -> None:
        self.at = at
        self.members: Sequence[tuple[Item, Callback | None]] = ()
        self.transcripts: dict[str, str] = {}
        self._has_new_caption = False
        self._take_up(item, callback)

    @contextmanager
    def handling(self, item: Item, callback: Callback | None = None) -> Iterator[None]:
        """Inside this context, the turn handles the postponed `item` instead of its own item."""
        before = self.item, self.callback
        self._take_up(item, callback)
        try:
            yield
        finally:
            self._take_up(*before)

    def _take_up(self, item: Item, callback: Callback | None) -> None:
        self.item = item
        self.callback = callback
        self.event = _event_of(item, callback)
        inbound = callback.message or callback.message_redaction if callback else None
        self.message = (inbound.contact_message if inbound else None) or _NO_MESSAGE

    @property
    def is_report(self) -> bool:
        """Whether the turn was started by a report about a message."""
        callback = self.callback
        return (
            bool(
                callback
                and (callback.message_delivery_report or callback.message_submit_notification)
            )
            or self.event == "failed"
        )

    @property
    def messages(self) -> list[ContactMessage]:
        """All messages of a burst, oldest first. Outside a burst, the list has the turn's message,
        or is empty if the turn has no message.
        """
        if not self.members:
            return [self.message] if self.message.kind else []
        said = [callback.said for _, callback in self.members if callback]
        return [each.contact_message for each in said if each and each.contact_message]

    @property
    def text(self) -> str:
        """The text that the contact wrote or said in a recording, without signature.

        The value is "" if there is no text.
        """
        message = self.message
        if self.item.id in self.transcripts:
            return self.transcripts[self.item.id]
        if message.media_card_message and not self._has_new_caption:
            return ""
        return without_signature(message.text)

    @property
    def postback(self) -> str:
        """The postback of the choice that the contact tapped; "" if the message is not a tap."""
        response = self.message.choice_response_message
        return response.postback_data if response else ""

    @property
    def written_at(self) -> float:
        """The time at which the contact wrote, in Unix seconds.

        If Sinch does not report this time, the value is the time at which the bot received the
        callback.
        """
        accepted = self.callback.accepted_time if self.callback else ""
        try:
            written = msgspec.convert(accepted, datetime)
            sent_at = (written if written.tzinfo else written.replace(tzinfo=UTC)).timestamp()
        except (msgspec.ValidationError, ValueError, OverflowError):
            sent_at = self.at
        return min(sent_at, self.item.at or self.at)

    @property
    def quoted_question(self) -> tuple[int, int]:
        """The run and visit of the question that the contact's message quotes; (0, 0) if the
        message quotes no question.
        """
        callbacks = [self.callback, *[each for _, each in self.members]]
        for callback in callbacks:
            inbound = callback.message if callback else None
            content = inbound.contact_message if inbound else None
            if inbound and content and content.reply_to:
                return question_of(inbound.metadata)
        return 0, 0


def _event_of(item: Item, callback: Callback | None) -> str:
    if callback is not None:
        return "message" if callback.said else event_of(callback)
    if item.timer:
        return item.timer.name
    if item.event:
        return item.event.name
    if item.command:
        return item.command.do
    if item.start:
        return "start"
    if item.say:
        return "say"
    return "legacy" if item.legacy else ""
