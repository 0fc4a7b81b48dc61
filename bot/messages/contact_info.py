"""A visiting card as an app message."""

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar

import msgspec

from bot.messages.app_message import Message, keep
from bot.messages.choices import present


class Name(msgspec.Struct, frozen=True, omit_defaults=True):
    """The full name on a visiting card, and its parts."""

    full_name: str
    first_name: str = ""
    middle_name: str = ""
    last_name: str = ""
    prefix: str = ""
    suffix: str = ""


class PhoneNumber(msgspec.Struct, frozen=True, omit_defaults=True):
    """A phone number on a visiting card."""

    phone_number: str
    type: str = ""


class PostalAddress(msgspec.Struct, frozen=True, omit_defaults=True):
    """An address on a visiting card."""

    city: str = ""
    country: str = ""
    state: str = ""
    zip: str = ""
    type: str = ""
    country_code: str = ""


class EmailAddress(msgspec.Struct, frozen=True, omit_defaults=True):
    """An e-mail address on a visiting card."""

    email_address: str
    type: str = ""


class Organization(msgspec.Struct, frozen=True, omit_defaults=True):
    """The company on a visiting card, and the person's position in it."""

    company: str = ""
    department: str = ""
    title: str = ""


class WebAddress(msgspec.Struct, frozen=True, omit_defaults=True):
    """A web page on a visiting card."""

    url: str
    type: str = ""


class ContactInfo(Message, frozen=True):
    """A visiting card. `name` and `phone_numbers` may be given as plain texts."""

    kind: ClassVar[str] = "contact_info_message"
    name: Name | str
    phone_numbers: Sequence[PhoneNumber | str]
    addresses: Sequence[PostalAddress] = ()
    email_addresses: Sequence[EmailAddress] = ()
    organization: Organization | None = None
    urls: Sequence[WebAddress] = ()
    birthday: date | None = None

    def __post_init__(self) -> None:
        keep(self, "phone_numbers", (PhoneNumber, str))
        keep(self, "addresses", PostalAddress)
        keep(self, "email_addresses", EmailAddress)
        keep(self, "urls", WebAddress)

    def content(self) -> dict[str, Any]:
        name = Name(self.name) if isinstance(self.name, str) else self.name
        numbers = [PhoneNumber(n) if isinstance(n, str) else n for n in self.phone_numbers]
        return {
            "name": msgspec.to_builtins(name),
            "phone_numbers": msgspec.to_builtins(numbers),
            **present(
                addresses=msgspec.to_builtins(list(self.addresses)),
                email_addresses=msgspec.to_builtins(list(self.email_addresses)),
                organization=msgspec.to_builtins(self.organization),
                urls=msgspec.to_builtins(list(self.urls)),
                birthday=self.birthday.isoformat() if self.birthday else None,
            ),
        }
