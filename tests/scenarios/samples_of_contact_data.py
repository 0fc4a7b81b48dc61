"""Contact data of other releases, and declarations with mistakes."""

from datetime import date
from typing import Any, ClassVar

import msgspec

from bot import ContactData


class Renamed(ContactData):
    version = 2
    migrate: ClassVar = {1: {"name": "full_name", "number": "code"}}
    secrets = ("code",)

    full_name: str = ""
    code: str = ""
    visits: int = 0


class Fewer(ContactData):
    visits: int = 0


class FewerAgain(ContactData):
    version = 2

    visits: int = 0


def computed(data):
    return {"names": [data["name"]], "born": int(data["born"][:4])}


class Computed(ContactData):
    version = 3
    migrate: ClassVar = {2: computed}

    names: list[str] = msgspec.field(default_factory=list)
    born: int = 0


class NeedsField(ContactData):
    version = 2
    migrate: ClassVar = {1: lambda values: {"name": values["nick"]}}

    name: str = ""


def forgets(values: dict[str, str]) -> Any:
    values.clear()


class ReturnsNone(ContactData):
    version = 2
    migrate: ClassVar = {1: forgets}

    name: str = ""


class ReturnsObject(ContactData):
    version = 2
    migrate: ClassVar = {1: lambda values: {"name": object()}}

    name: str = ""


class Mistaken(ContactData):
    name: int = 0
    visits: int = 0


class NoDefault(ContactData):
    name: str


class WrongDefault(ContactData):
    name: str = 5  # type: ignore[assignment]


class UnknownSecret(ContactData):
    secrets = ("pin",)

    name: str = ""


class NoType(ContactData):
    name: str = ""
    visits = 0


class Misspelled(ContactData):
    secret = ("name",)

    name: str = ""


class TypedVersion(ContactData):
    version: int = 2  # type: ignore[misc]
    name: str = ""


class OddUnion(ContactData):
    born: str | date = ""
