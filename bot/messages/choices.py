"""The six types of choices that a contact can tap in a `Choice`, `Card` or `Carousel`.

Flows use their short names: `reply("Yes")`, `open_url("Menu", "https://…")`.
"""

from datetime import datetime
from typing import Any, ClassVar

import msgspec

from bot.clock import rfc3339
from bot.errors import MessageError


class Tappable(msgspec.Struct, frozen=True, kw_only=True):
    """The base class of choices.

    When the contact taps the choice, the callback has `postback` as `postback_data`.

    If the choice has no postback, the API creates a postback from the message id and the choice's
    title.
    """

    kind: ClassVar[str]
    postback: str = ""

    @property
    def title(self) -> str:
        """The label of the button."""
        raise NotImplementedError

    @property
    def target(self) -> str:
        """The choice's target as plain text: a URL or a phone number.

        The target is "" if the choice has none, such as a `TextChoice`.
        """
        raise NotImplementedError

    def content(self) -> dict[str, Any]:
        """Return the value of the key `kind` in the choice's JSON."""
        raise NotImplementedError

    def to_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {self.kind: self.content()}
        if self.postback:
            found["postback_data"] = self.postback
        return found


class TextChoice(Tappable, frozen=True):
    """A choice that answers with its own label.

    On channels that show choices as text, `number` is shown before the text; 0 means no number. By
    default choices are numbered from 1.
    """

    kind: ClassVar[str] = "text_message"
    text: str
    number: int | None = None

    @property
    def title(self) -> str:
        return self.text

    @property
    def target(self) -> str:
        return ""

    def content(self) -> dict[str, Any]:
        return {"text": self.text}


class UrlChoice(Tappable, frozen=True):
    """A choice that opens a web page."""

    kind: ClassVar[str] = "url_message"
    title: str
    url: str

    @property
    def target(self) -> str:
        return self.url

    def content(self) -> dict[str, Any]:
        return {"title": self.title, "url": self.url}


class CallChoice(Tappable, frozen=True):
    """A choice that dials a number in E.164 form; the `+` may be omitted."""

    kind: ClassVar[str] = "call_message"
    title: str
    phone_number: str

    @property
    def target(self) -> str:
        return self.phone_number

    def content(self) -> dict[str, Any]:
        # The API's documentation omits the +, but its channels require it.
        number = self.phone_number
        return {"title": self.title, "phone_number": f"+{number}" if number.isdecimal() else number}


class LocationChoice(Tappable, frozen=True):
    """A choice that shows a place on a map. Latitude and longitude are in degrees."""

    kind: ClassVar[str] = "location_message"
    title: str
    latitude: float
    longitude: float
    label: str = ""

    @property
    def target(self) -> str:
        return maps_link(self.latitude, self.longitude)

    def content(self) -> dict[str, Any]:
        return location_json(self.title, self.latitude, self.longitude, self.label)


class CalendarChoice(Tappable, frozen=True):
    """A choice that saves an event to the contact's calendar.

    On a channel without calendar choices, the choice opens `fallback_url`.

    Raises:
        MessageError: the start or the end has no time zone.
    """

    kind: ClassVar[str] = "calendar_message"
    title: str
    start: datetime
    end: datetime
    event_title: str
    fallback_url: str
    event_description: str = ""

    def __post_init__(self) -> None:
        for name, at in (("start", self.start), ("end", self.end)):
            if at.utcoffset() is None:
                raise MessageError([f"calendar_message.event_{name}: {at} has no time zone"])

    @property
    def target(self) -> str:
        return self.fallback_url

    def content(self) -> dict[str, Any]:
        return present(
            title=self.title,
            event_start=rfc3339(self.start),
            event_end=rfc3339(self.end),
            event_title=self.event_title,
            event_description=self.event_description,
            fallback_url=self.fallback_url,
        )


class ShareLocationChoice(Tappable, frozen=True):
    """A choice that asks the contact to share a location.

    On a channel without such choices, the choice opens `fallback_url`.
    """

    kind: ClassVar[str] = "share_location_message"
    title: str
    fallback_url: str

    @property
    def target(self) -> str:
        return self.fallback_url

    def content(self) -> dict[str, Any]:
        return {"title": self.title, "fallback_url": self.fallback_url}


reply = TextChoice
open_url = UrlChoice
call = CallChoice
show_location = LocationChoice
calendar = CalendarChoice
share_location = ShareLocationChoice


def location_json(title: str, latitude: float, longitude: float, label: str) -> dict[str, Any]:
    """Return the JSON of a location, which has the same form in messages and in choices."""
    coordinates = {"latitude": latitude, "longitude": longitude}
    return present(title=title, label=label, coordinates=coordinates)


def maps_link(latitude: float, longitude: float) -> str:
    """Return a link to a place on a map. The API writes such a link in the same form into plain
    text.
    """
    return f"https://www.google.com/maps/search/?api=1&query={_degrees(latitude)},{_degrees(longitude)}"


def present(**fields: Any) -> dict[str, Any]:
    """Return the fields that are not empty. For the API, an empty field is the same as a missing
    field.
    """
    return {
        name: value
        for name, value in fields.items()
        if value or not isinstance(value, _CAN_BE_EMPTY)
    }


_CAN_BE_EMPTY = (type(None), str, list, dict)
"""The types of None, "", [] and {}, which count as empty. A number is never empty."""


def _degrees(value: float) -> str:
    # Six decimals are a tenth of a meter. Adding zero turns -0 into 0.
    return f"{round(value, 6) + 0.0:.6f}".rstrip("0").rstrip(".")
