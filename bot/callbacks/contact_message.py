"""Contacts' messages and events, as callbacks contain them."""

from collections.abc import Sequence
from typing import Any

from msgspec import field

from bot.callbacks.files import DownloadedFile, Downloader
from bot.callbacks.tolerant_decoder import Tolerant
from bot.errors import DownloadError


class ChannelIdentity(Tolerant):
    """A contact's identity on one channel.

    `app_id` is set if the contact's identity on this channel differs from app to app.
    """

    channel: str = ""
    identity: str = ""
    app_id: str = ""


class Reason(Tolerant):
    """The reason for a failure: `code` is the API's code, `channel_code` the channel's own code.

    In the format of 2020, the reason is a text. This text becomes the `description`.
    """

    code: str = ""
    description: str = ""
    sub_code: str = ""
    channel_code: str = ""

    @classmethod
    def of_text(cls, text: str) -> "Reason | None":
        return cls(description=text) if text else None


class TextMessage(Tolerant):
    text: str = ""


class ChoiceResponseMessage(Tolerant):
    """A tapped choice. `message_id` is the id of the app message that offered the choice."""

    message_id: str = ""
    postback_data: str = ""


class MediaMessage(Tolerant):
    url: str = ""
    thumbnail_url: str = ""
    filename_override: str = ""


class MediaCardMessage(Tolerant):
    """A file with a text. An MMS with several attachments becomes several callbacks with the same
    caption.
    """

    url: str = ""
    caption: str = ""


class Coordinates(Tolerant):
    latitude: float
    longitude: float


class LocationMessage(Tolerant):
    coordinates: Coordinates | None = None
    title: str = ""
    label: str = ""


class OrderedProduct(Tolerant):
    id: str = ""
    marketplace: str = ""
    quantity: int = 0
    item_price: float = 0.0
    currency: str = ""


class ProductResponseMessage(Tolerant):
    products: tuple[OrderedProduct, ...] = ()
    title: str = ""
    catalog_id: str = ""


class ChannelSpecificMessage(Tolerant):
    """Content that only one channel has, such as an `nfm_reply`, the result of a WhatsApp Flow."""

    message_type: str = ""
    message: dict[str, Any] = field(default_factory=dict)


class FallbackMessage(Tolerant):
    """A contact message that Sinch did not understand, in the channel's own form."""

    raw_message: str = ""
    reason: Reason | None = None


class ReplyTo(Tolerant):
    """The bot's message to which the contact replies.

    The contact quotes this message, or has tapped a choice in this message.
    """

    message_id: str = ""


class ContactMessage(Tolerant):
    """A contact's message: content of one type.

    If the contact replies to a message of the bot, `reply_to` is set.
    """

    text_message: TextMessage | None = None
    choice_response_message: ChoiceResponseMessage | None = None
    media_message: MediaMessage | None = None
    media_card_message: MediaCardMessage | None = None
    location_message: LocationMessage | None = None
    product_response_message: ProductResponseMessage | None = None
    channel_specific_message: ChannelSpecificMessage | None = None
    fallback_message: FallbackMessage | None = None
    reply_to: ReplyTo | None = None

    @property
    def kind(self) -> str:
        """The name of the attribute with the content, such as `text_message`; or `unknown`."""
        return first_set(self, self.__struct_fields__[:-1]) or "unknown"

    @property
    def text(self) -> str:
        """The text of a text message, or the caption of media; "" for all other types."""
        if self.text_message:
            return self.text_message.text
        return self.media_card_message.caption if self.media_card_message else ""

    @property
    def file_url(self) -> str:
        """The URL of the file in the message; "" if the message has no file."""
        media = self.media_message or self.media_card_message
        return media.url if media else ""

    async def download(
        self,
        max_bytes: int,
        kinds: Sequence[str] = ("image", "video", "audio", "document", "unknown"),
    ) -> DownloadedFile:
        """Return the file that the contact sent, if the file's kind is in `kinds`.

        The file is downloaded only from hosts in BOT_MEDIA_HOSTS, at public addresses, without
        following redirects. The media type determines the kind; if the media type is unknown, the
        file's name determines the kind.

        Raises:
            DownloadError: there is no file, the file is of another kind or larger than `max_bytes`,
                the file's host is not allowed, or the download failed.
        """
        raise DownloadError("The message has no file.")


# `dict` stores the downloader, which is not a field and so not part of the JSON.
class MessageWithFile(ContactMessage, dict=True, gc=True):
    """A message whose file can be downloaded."""

    @classmethod
    def of(cls, message: ContactMessage, downloader: Downloader) -> "MessageWithFile":
        """Return the message with a `downloader` for its file."""
        made = cls(*(getattr(message, name) for name in ContactMessage.__struct_fields__))
        vars(made)["downloader"] = downloader
        return made

    async def download(
        self,
        max_bytes: int,
        kinds: Sequence[str] = ("image", "video", "audio", "document", "unknown"),
    ) -> DownloadedFile:
        downloader: Downloader = vars(self)["downloader"]
        name = self.media_message.filename_override if self.media_message else ""
        return await downloader.download(self.file_url, name, max_bytes, kinds)


class GenericEvent(Tolerant):
    payload: dict[str, Any] = field(default_factory=dict)


class CommentEvent(Tolerant):
    """A comment on a post of the app's owner. `comment_type` is FEED or LIVE."""

    id: str = ""
    text: str = ""
    comment_type: str = ""
    commented_on: str = ""
    user: str = ""


class ContactEvent(Tolerant):
    """A contact's action in the conversation. Exactly one of the fields is set."""

    composing_event: dict[str, Any] | None = None
    composing_end_event: dict[str, Any] | None = None
    conversation_deleted_event: dict[str, Any] | None = None
    generic_event: GenericEvent | None = None
    comment_event: CommentEvent | None = None


class ReactionEvent(Tolerant):
    """A reaction. `action` is REACTION_ACTION_REACT or REACTION_ACTION_UNREACT.

    `message_id` is the id of the message that the contact reacted to.
    """

    emoji: str = ""
    action: str = ""
    message_id: str = ""
    reaction_category: str = ""


class PaymentStatusUpdateEvent(Tolerant):
    reference_id: str = ""
    payment_status: str = ""
    payment_transaction_status: str = ""
    payment_transaction_id: str = ""


class ShortlinkActivatedEvent(Tolerant):
    """The contact has used a short link. `ref` is the link's reference."""

    payload: str = ""
    title: str = ""
    ref: str = ""
    source: str = ""
    type: str = ""
    existing_thread: bool = False


class ContactMessageEvent(Tolerant):
    """A contact's action on a message. Exactly one of the fields is set."""

    payment_status_update_event: PaymentStatusUpdateEvent | None = None
    reaction_event: ReactionEvent | None = None
    shortlink_activated_event: ShortlinkActivatedEvent | None = None


def first_set(holder: Tolerant, names: tuple[str, ...]) -> str:
    """Return the first name in `names` for which the attribute of `holder` is not None.

    Return "" if all these attributes are None.
    """
    for name in names:
        if getattr(holder, name) is not None:
            return name
    return ""
