"""Data about a contact that outlives the contact's flows.

A class declares the data. Each value is checked when it is set.
"""

import inspect
import logging
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from traceback import extract_tb
from typing import Any, ClassVar

import msgspec

from bot.contact.address import Address
from bot.contact.session import Session
from bot.errors import FlowError
from bot.flow.places import short
from bot.flow.values import decode, encode

logger = logging.getLogger(__name__)

DataMigration = Mapping[str, str] | Callable[[dict[str, Any]], dict[str, Any]]
"""A migration from one version to the next version: a mapping of old field names to new field
names, or a function that takes and returns a dict of all values.
"""

_OPTIONS = ("version", "migrate", "secrets", "merge")


class ContactData(msgspec.Struct, kw_only=True):
    """Data about a contact that is kept after the contact's flows end: `turn.contact.data`.

    Declare one subclass in a module of your flows. Each field has a type and a default. Setting a
    value that does not fit the type raises `FlowError`.

        class Customer(ContactData):
            secrets = ("customer_number",)

            name: str = ""
            born: date | None = None
            visits: int = 0
            customer_number: str = ""

    Class attributes, all optional:

    - `version`: raise the version when you rename fields or change their types. A higher version
      deletes the stored values of fields that are no longer declared.
    - `migrate`: maps a version to the migration to the next version. A migration is a mapping of
      old field names to new field names, or a function that takes and returns a dict of all values.
      A new field with a default needs no migration.
    - `secrets`: the fields that are encrypted in the store and masked in logs, commands and the
      console.
    """

    version: ClassVar[int] = 1
    migrate: ClassVar[Mapping[int, DataMigration]] = {}
    secrets: ClassVar[tuple[str, ...]] = ()

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, _checked(type(self), name, value))

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(_no_field(type(self), name))

    def merge(self, other: Any) -> None:
        """Merge `other` into this data. `other` is the data of a contact merged into this contact.

        By default, if a field of this data still has the field's default, the field takes the other
        contact's value. Override this method for another rule, such as a sum.
        """
        defaults = _dumped(type(self)())
        mine = _dumped(self)
        for name in self.__struct_fields__:
            if mine[name] == defaults[name]:
                setattr(self, name, getattr(other, name))


class ContactDataType:
    """Reads and writes the contact data in sessions, for a declared type.

    Stored values of undeclared fields are kept, because another release may declare them. Stored
    values that do not fit their type are kept too, because a later release may correct the type.
    """

    def __init__(self, declared: type[ContactData]) -> None:
        self.declared = declared

    @property
    def secrets(self) -> tuple[str, ...]:
        return self.declared.secrets

    @property
    def fields(self) -> tuple[str, ...]:
        return self.declared.__struct_fields__

    def is_newer(self, session: Session) -> bool:
        """Return whether a release with a higher version of the data has written the contact's
        data.
        """
        return session.data_version > self.declared.version

    def made(self, values: Mapping[str, Any]) -> Any:
        """Return contact data whose fields have these values.

        Raises:
            FlowError: there is no such field, or a value does not fit the field's type.
        """
        made = self.declared()
        for name, value in values.items():
            setattr(made, name, value)
        return made

    def load(self, session: Session) -> Any:
        """Return the contact's data as an instance of the declared type."""
        loaded = self.declared()
        self.reload(session, loaded)
        return loaded

    def reload(self, session: Session, loaded: Any) -> None:
        """Copy the session's data into `loaded`, the instance that flows use.

        If a value does not fit the field's type, the field gets its default.
        """
        fits, unfit = self._fitting(session.data)
        fresh = self.declared()
        for name in self.declared.__struct_fields__:
            msgspec.Struct.__setattr__(loaded, name, fits.get(name, getattr(fresh, name)))
        if unfit:
            logger.warning(
                "Contact data no longer fits its type; defaults are used until the fields are set",
                extra={"action": "contact_data_unfit", "fields": ", ".join(sorted(unfit))},
            )

    def store(self, session: Session, loaded: Any) -> bool:
        """Write the data into the session. Return True if the session has changed.

        Raises:
            FlowError: a value does not fit the field's type.
        """
        defaults = _dumped(self.declared())
        dumped = {
            name: value
            for name, value in _dumped(loaded, checked=True).items()
            if value != defaults[name]
        }
        fits, _ = self._fitting(session.data)
        kept = {name: value for name, value in session.data.items() if name not in fits}
        if (new := kept | dumped) == session.data:
            return False
        session.data, session.data_version = new, max(session.data_version, self.declared.version)
        return True

    def merge(self, session: Session, data: dict[str, Any], version: int) -> None:
        """Merge another contact's stored data into the session's data.

        `version` is the version of the other contact's data.
        """
        other = Session(session.address, data=data, data_version=version)
        self.adopt(other)
        self.adopt(session)
        loaded = self.load(session)
        loaded.merge(self.load(other))
        fits, _ = self._fitting(other.data)
        rest = {name: value for name, value in other.data.items() if name not in fits}
        session.data = rest | session.data
        self.store(session, loaded)

    def adopt(self, session: Session) -> None:
        """Migrate the session's data, version by version, to the declared version.

        Fields that the declared type does not have are deleted.

        Raises:
            FlowError: a function of `migrate` fails; see `_called`.
        """
        declared = self.declared
        if not session.data or session.data_version >= declared.version:
            return
        data = dict(session.data)
        for version in range(session.data_version, declared.version):
            move = declared.migrate.get(version, {})
            if callable(move):
                data = _called(declared, version, move, data)
            else:
                data = {move.get(name, name): each for name, each in data.items()}
        session.data = {name: value for name, value in data.items() if name in self.fields}
        session.data_version = declared.version

    @property
    def where(self) -> str:
        """Return the file and the class name of the declaration, for errors."""
        return _where(self.declared)

    def unfit(self, data: dict[str, Any], version: int) -> set[str]:
        """Return the names of the fields whose stored values do not fit, even after migration."""
        copy = Session(Address("", "", ""), data=data, data_version=version)
        self.adopt(copy)
        return self._fitting(copy.data)[1]

    def without_secrets(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return the stored values of the declared fields that are not secret."""
        shown = set(self.declared.__struct_fields__) - set(self.secrets)
        return {name: value for name, value in data.items() if name in shown}

    def _fitting(self, data: dict[str, Any]) -> tuple[dict[str, Any], set[str]]:
        """Return the values of declared fields that fit their types, by name. Also return the names
        of declared fields with a value that does not fit.
        """
        types = _types(self.declared)
        fits: dict[str, Any] = {}
        unfit: set[str] = set()
        for name, value in data.items():
            if name not in types:
                continue
            try:
                fits[name] = msgspec.convert(decode(value), types[name])
            except (msgspec.ValidationError, ValueError, TypeError):
                unfit.add(name)
        return fits, unfit


def contact_data_errors(declared: type[ContactData]) -> Iterator[str]:
    """Yield a line for each error in a declaration of contact data."""
    where = _where(declared)
    try:
        fields = msgspec.structs.fields(declared)
        msgspec.json.Decoder(declared)
    except (TypeError, NameError) as error:
        yield f"{where}: a field's type can't be stored: {error}."
        return
    names = [field.name for field in fields]
    for field in fields:
        if field.name in _OPTIONS:
            yield (
                f"{where}.{field.name}: this option has a type annotation, which makes it a field."
                f" Write `{field.name} = …` without a type, or rename the field."
            )
        elif field.required:
            yield (
                f"{where}.{field.name} has no default, but a new contact has no value for it. Give"
                " the field a default."
            )
    if not any(field.required for field in fields):
        made = declared()
        for name in names:
            try:
                _checked(declared, name, getattr(made, name))
            except FlowError as error:
                yield f"{error} Correct the default."
    for name in [each for each in declared.secrets if each not in names]:
        yield f"{where}.secrets: there is no field {name!r}; the fields are {', '.join(names)}."
    for name, value in vars(declared).items():
        if name.startswith("_") or name in _OPTIONS or name in names or callable(value):
            continue
        near = get_close_matches(name, (*_OPTIONS, *names), n=1)
        hint = f" Did you mean {near[0]!r}?" if near else f" Give it a type: `{name}: … = …`."
        yield (
            f"{where}.{name} is a class attribute, not a field, so all contacts share its value."
            f"{hint}"
        )


def _checked(declared: type[ContactData], name: str, value: Any) -> Any:
    """Return the value as it will be read back from the store.

    Raises:
        FlowError: there is no such field, or the value does not fit the field's type.
    """
    types = _types(declared)
    if name not in types:
        raise FlowError(_no_field(declared, name))
    try:
        return msgspec.convert(decode(encode(msgspec.to_builtins(value))), types[name])
    except (FlowError, TypeError, ValueError) as error:
        # The original error may contain the value, which must not be logged.
        why = "the value doesn't fit its type" if name in declared.secrets else str(error)
        raise FlowError(f"{_where(declared)}.{name}: {why.rstrip('.')}.") from None


def _no_field(declared: type[ContactData], name: str) -> str:
    fields = declared.__struct_fields__
    near = get_close_matches(name, fields, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"{_where(declared)} has no field {name!r}; it has {', '.join(fields) or 'none'}.{hint}"


def _dumped(data: ContactData, *, checked: bool = False) -> dict[str, Any]:
    """Return the stored form of all fields.

    If `checked` is True, each value is checked again, because lists and dicts can change in place.
    """
    if checked:
        for name in data.__struct_fields__:
            _checked(type(data), name, getattr(data, name))
    return {
        name: encode(msgspec.to_builtins(getattr(data, name))) for name in data.__struct_fields__
    }


def _called(
    declared: type[ContactData],
    version: int,
    function: Callable[[dict[str, Any]], dict[str, Any]],
    data: dict[str, Any],
) -> dict[str, Any]:
    """Call a function of `migrate` with the stored values, and return its result.

    Raises:
        FlowError: the function raises an error, or does not return a dict of storable values by
            field name.
    """
    name = getattr(function, "__name__", repr(function))
    where = f"{_where(declared)}.migrate: the function of version {version}, {name}()"
    try:
        moved: Any = function({name: decode(each) for name, each in data.items()})
    except Exception as error:
        # An author's function may raise anything, and the text may contain a contact's data.
        last = extract_tb(error.__traceback__)[-1]
        hint = " A field whose value is the default is not in the dict that the function gets."
        raise FlowError(
            f"{where}, raised {type(error).__name__} at {short(Path(last.filename))}:{last.lineno}."
            f"{hint if isinstance(error, KeyError) else ''}"
        ) from error
    if not isinstance(moved, dict) or not all(isinstance(each, str) for each in moved):
        kind = "None" if moved is None else f"a {type(moved).__name__}"
        raise FlowError(
            f"{where}, must return a dict of all values, but it returned {kind}. Write"
            f" `def {name}(values): … return values`."
        )
    try:
        return {field: encode(msgspec.to_builtins(each)) for field, each in moved.items()}
    except (FlowError, TypeError, ValueError) as error:
        raise FlowError(f"{where}, returned values that can't be stored: {error}.") from error


@cache
def _types(declared: type[ContactData]) -> Mapping[str, Any]:
    return {field.name: field.type for field in msgspec.structs.fields(declared)}


def _where(declared: type[ContactData]) -> str:
    """Return the file and the class name of the declaration, for errors."""
    return f"{short(Path(inspect.getsourcefile(declared) or '?'))}: {declared.__name__}"
