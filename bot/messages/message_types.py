"""Types of messages: media, choices to tap, cards, carousels, locations, lists and templates."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec
from msgspec import field
from msgspec.structs import replace

from bot.errors import MessageError
from bot.messages.api_rules import CHANNELS, unknown_channel
from bot.messages.app_message import Message, keep
from bot.messages.choices import (
    Tappable,
    location_json,
    present,
)


class Media(Message, frozen=True):
    """A picture, a video, a sound or a document, by its public URL."""

    kind: ClassVar[str] = "media_message"
    url: str
    thumbnail_url: str = ""
    filename_override: str = ""

    def content(self) -> dict[str, Any]:
        more = present(thumbnail_url=self.thumbnail_url, filename_override=self.filename_override)
        return {"url": self.url, **more}


class Choice(Message, frozen=True):
    """A question with choices to tap. Only WhatsApp shows `footer`."""

    kind: ClassVar[str] = "choice_message"
    text: str
    choices: Sequence[Tappable]
    footer: str = ""

    def __post_init__(self) -> None:
        keep(self, "choices", Tappable)

    def content(self) -> dict[str, Any]:
        found: dict[str, Any] = {"text_message": {"text": self.text}} if self.text else {}
        found["choices"] = [each.to_json() for each in self.choices]
        if self.footer:
            found["message_properties"] = {"whatsapp_footer": self.footer}
        return found


class Card(Message, frozen=True):
    """A picture with text and choices. `height` is SHORT, MEDIUM or TALL, for RCS.

    Only WhatsApp shows `header`.
    """

    kind: ClassVar[str] = "card_message"
    title: str
    description: str = ""
    media: Media | str | None = None
    height: str = ""
    choices: Sequence[Tappable] = ()
    header: str = ""

    def __post_init__(self) -> None:
        keep(self, "choices", Tappable)

    def content(self) -> dict[str, Any]:
        return present(
            title=self.title,
            description=self.description,
            media_message=media_json(self.media),
            height=self.height,
            choices=[each.to_json() for each in self.choices],
            message_properties=present(whatsapp_header=self.header),
        )


class Carousel(Message, frozen=True):
    """Cards side by side, with up to three choices below all cards."""

    kind: ClassVar[str] = "carousel_message"
    cards: Sequence[Card]
    choices: Sequence[Tappable] = ()

    def __post_init__(self) -> None:
        keep(self, "cards", Card)
        keep(self, "choices", Tappable)

    def content(self) -> dict[str, Any]:
        return {
            "cards": [each.body for each in self.cards],
            **present(choices=[each.to_json() for each in self.choices]),
        }


class Location(Message, frozen=True):
    """A place on a map. Latitude and longitude are in degrees."""

    kind: ClassVar[str] = "location_message"
    title: str
    latitude: float
    longitude: float
    label: str = ""

    def content(self) -> dict[str, Any]:
        return location_json(self.title, self.latitude, self.longitude, self.label)


class ListChoice(msgspec.Struct, frozen=True):
    """An item of a list that the contact can tap. The answer arrives as a choice response."""

    title: str
    description: str = ""
    media: Media | str | None = None
    postback: str = ""

    def to_json(self) -> dict[str, Any]:
        choice = present(
            title=self.title,
            description=self.description,
            media=media_json(self.media),
            postback_data=self.postback,
        )
        return {"choice": choice}


class Product(msgspec.Struct, frozen=True):
    """An item of a catalog. `item_price` is the price of one piece in `currency` (ISO 4217)."""

    id: str
    marketplace: str
    quantity: int | None = None
    item_price: float | None = None
    currency: str = ""

    def to_json(self) -> dict[str, Any]:
        product = present(
            id=self.id,
            marketplace=self.marketplace,
            quantity=self.quantity,
            item_price=self.item_price,
            currency=self.currency,
        )
        return {"product": product}


class Section(msgspec.Struct, frozen=True):
    """A part of a list, with a title."""

    title: str
    items: Sequence[ListChoice | Product]

    def __post_init__(self) -> None:
        keep(self, "items", (ListChoice, Product))

    def to_json(self) -> dict[str, Any]:
        return {**present(title=self.title), "items": [each.to_json() for each in self.items]}


class ListMessage(Message, frozen=True):
    """A menu of choices, or of products of the catalog `catalog_id`. Only WhatsApp shows lists.

    `menu` is the label of the button that opens the list.
    """

    kind: ClassVar[str] = "list_message"
    title: str
    sections: Sequence[Section]
    description: str = ""
    media: Media | str | None = None
    menu: str = ""
    catalog_id: str = ""
    header: str = ""

    def __post_init__(self) -> None:
        keep(self, "sections", Section)

    def content(self) -> dict[str, Any]:
        properties = present(
            menu=self.menu, catalog_id=self.catalog_id, whatsapp_header=self.header
        )
        return {
            **present(title=self.title, description=self.description, media=media_json(self.media)),
            "sections": [each.to_json() for each in self.sections],
            **present(message_properties=properties),
        }


_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")


class TemplateReference(msgspec.Struct, frozen=True):
    """A reference to a stored template.

    For a WhatsApp template, `template_id` is the template's name on WhatsApp. A template that is
    stored at Sinch needs a `version`, according to Sinch's pages.

    `parameters` fill the template's placeholders. On WhatsApp the keys have the form `body[1]text`.
    `languages` lists the languages in which the template is stored, by the API's codes. If this
    list contains the contact's language, `language_code` becomes the contact's language, otherwise
    the first language of the list.
    """

    template_id: str
    version: str = ""
    language_code: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    languages: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            MessageError: a field is not a text, or a language is not a code such as `en_US`.
        """
        at = f"TemplateReference {self.template_id!r}"
        errors = [
            f"{at}: {name} is {value!r}; it takes a text."
            for name in ("template_id", "version", "language_code")
            if not isinstance(value := getattr(self, name), str)
        ]
        if isinstance(self.languages, str):
            errors.append(
                f"{at}: languages is {self.languages!r}; it takes a tuple: ({self.languages!r},)."
            )
        elif not errors:
            errors += [
                f"{at}: {each!r} is not a language's code. Write it like 'en' or 'en_US'."
                for each in filter(None, (self.language_code, *self.languages))
                if not (isinstance(each, str) and _LANGUAGE.fullmatch(each))
            ]
        errors += [
            f"{at}: parameter {name!r} is {value!r}, which is"
            " not a text. Write str(…), or a text in the contact's language."
            for name, value in self.parameters.items()
            if not (isinstance(name, str) and isinstance(value, str))
        ]
        if errors:
            raise MessageError(errors)

    def spoken(self, tag: str) -> "TemplateReference":
        """Return this template in a contact's language. `tag` is a BCP 47 tag."""
        if not self.languages:
            return self
        wanted = _plain(tag)
        known = {_plain(each): each for each in reversed(self.languages)}
        bases = {each.partition("-")[0]: code for each, code in known.items()}
        found = known.get(wanted) or bases.get(wanted.partition("-")[0]) or self.languages[0]
        return replace(self, language_code=found)

    def to_json(self) -> dict[str, Any]:
        more = present(
            version=self.version,
            language_code=self.language_code,
            parameters=dict(self.parameters),
        )
        return {"template_id": self.template_id, **more}


class Template(Message, frozen=True):
    """A template stored at Sinch (`omni_template`), at a channel, or at both.

    WhatsApp accepts a template at any time. WhatsApp accepts other messages only in the 24 hours
    after the contact wrote. A template that replaces another message (see `on`) is sent as a
    reference. The API accepts references to an `omni_template` and, according to the API's older
    pages, to a channel's own template.
    """

    kind: ClassVar[str] = "template_message"
    omni_template: TemplateReference | None = None
    channel_template: Mapping[str, TemplateReference] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the references.

        Raises:
            MessageError: a reference is not a TemplateReference, or a channel is unknown.
        """
        if not isinstance(self.channel_template, Mapping):
            form = "{'WHATSAPP': TemplateReference('order_news')}"
            found = self.channel_template
            raise MessageError([f"Template: channel_template is {found!r}; it takes {form}."])
        errors = [
            f"Template: channel_template: {unknown_channel(name)}"
            for name in self.channel_template
            if name not in CHANNELS
        ]
        given = {f"channel_template[{key!r}]": it for key, it in self.channel_template.items()}
        for where, each in {"omni_template": self.omni_template, **given}.items():
            if each is not None and not isinstance(each, TemplateReference):
                shown = repr(each) if isinstance(each, str) else "'order_news'"
                errors.append(
                    f"Template: {where} is {each!r}; it takes a TemplateReference:"
                    f" TemplateReference({shown})."
                )
        if errors:
            raise MessageError(errors)

    def in_place(self, channel: str) -> Mapping[str, Any]:
        reference = self.channel_template.get(channel) or self.omni_template
        return {"template_reference": reference.to_json()} if reference else {}

    def spoken(self, tag: str) -> "Template":
        """Return this template in a contact's language. `tag` is a BCP 47 tag."""
        channels = {name: each.spoken(tag) for name, each in self.channel_template.items()}
        omni = self.omni_template.spoken(tag) if self.omni_template else None
        return replace(self, channel_template=channels, omni_template=omni)

    def content(self) -> dict[str, Any]:
        channels = {name: each.to_json() for name, each in self.channel_template.items()}
        omni = self.omni_template.to_json() if self.omni_template else None
        return present(channel_template=channels, omni_template=omni)


def media_of(media: Media | str | None) -> Media | None:
    """Return the media of a card, list or item as `Media`. Authors may also give only the URL."""
    return Media(media) if isinstance(media, str) else media


def in_language(message: Message, tag: str) -> Message:
    """Return a message with all its templates in a contact's language. `tag` is a BCP 47 tag."""
    if message.overrides:
        others = {name: in_language(each, tag) for name, each in message.overrides.items()}
        message = replace(message, overrides=others)
    return message.spoken(tag) if isinstance(message, Template) else message


def _plain(tag: str) -> str:
    return tag.replace("_", "-").lower()


def media_json(media: Media | str | None) -> Mapping[str, Any] | None:
    found = media_of(media)
    return found.body if found else None
