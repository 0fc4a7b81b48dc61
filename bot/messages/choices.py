"""The six types of choice that a contact can tap in a choice, card or carousel.

Flows use their short names: `reply("Yes")`, `open_url("Menu", "https://…")`.
"""

from datetime import datetime
from typing import Any, ClassVar

import msgspec

from bot.clock import rfc3339
from bot.errors import MessageError


class Tappable(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the choices. `postback` is returned as `postback_data` when the choice is tapped.

    Without a postback the API makes one from the message id and the title.
    """

    kind: ClassVar[str]
    postback: str = ""

    @property
    def title(self) -> str:
        """The label of the button."""
        raise NotImplementedError

    @property
    def target(self) -> str:
        """The target as plain text: a URL or a phone number. Empty for a reply."""
        raise NotImplementedError

    def content(self) -> dict[str, Any]:
        """Return the JSON object under the choice's type."""
        raise NotImplementedError

    def to_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {self.kind: self.content()}
        if self.postback:
            found["postback_data"] = self.postback
        return found


class TextChoice(Tappable, frozen=True):
    """A choice that sends an answer.

    On channels that show choices as text, `number` precedes it; 0 means none. By default the
    choices are numbered from 1.
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
    """Opens a web page."""

    kind: ClassVar[str] = "url_message"
    title: str
    url: str

    @property
    def target(self) -> str:
        return self.url

    def content(self) -> dict[str, Any]:
        return {"title": self.title, "url": self.url}


class CallChoice(Tappable, frozen=True):
    """Dials a number, in E.164 form; the `+` may be left out."""

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
    """Shows a place on a map; latitude and longitude in degrees."""

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
    """Saves an event to the contact's calendar. If a channel can't, `fallback_url` opens instead.

    Raises:
        MessageError: start or end has no time zone.
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
                raise MessageError([f"calendar_message.event_{name}: {at}, it takes a time zone"])

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
    """Asks the contact to share a location. If a channel can't, `fallback_url` opens instead."""

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
    """Return the JSON of a location, which is the same in a message and a choice."""
    coordinates = {"latitude": latitude, "longitude": longitude}
    return present(title=title, label=label, coordinates=coordinates)


def maps_link(latitude: float, longitude: float) -> str:
    """Return a link to a place, in the form that the API itself writes into plain text."""
    return f"https://www.google.com/maps/search/?api=1&query={_degrees(latitude)},{_degrees(longitude)}"


def present(**fields: Any) -> dict[str, Any]:
    """These fields without the empty ones, which the API takes as absent."""
    return {name: value for name, value in fields.items() if value or value not in _EMPTY}


_EMPTY: tuple[Any, ...] = (None, "", [], {})


def _degrees(value: float) -> str:
    # Six places are a tenth of a metre; adding zero makes -0 plain.
    return f"{round(value, 6) + 0.0:.6f}".rstrip("0").rstrip(".")
