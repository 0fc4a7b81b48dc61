"""Reads the file of a broadcast: a CSV file with a row per contact. The whole file is checked.

Columns: `contact`, or `channel` and `identity`. `fallback` is a second channel. All other columns
are the contact's data. Cells are separated by comma, semicolon or tab. The first line shows which
separator the file uses.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from bot.contact.address import PHONE_CHANNELS, Address, is_user_id
from bot.conversation_api.recipients import address_of, plain_identity
from bot.messages.channel_limits import CHANNELS
from bot.ops.common import OperationError

NAMES = ("contact", "channel", "identity", "fallback")
SEPARATORS = ",;\t"
MAX_SHOWN = 20

_SCIENTIFIC = re.compile(r"[+]?\d([.,]\d+)?E[+]?\d+", re.IGNORECASE)

Data = Mapping[str, Any]
"""The data of a row. In a CSV file, all values are texts."""


@dataclass(frozen=True, slots=True)
class Row:
    """A contact and its data. `line` is the row's first line in the file.

    `fallback` is the channel to try if the contact's channel fails. If the contact's identity on
    the fallback channel is known, `fallback` has this identity, too.
    """

    line: int
    address: Address
    data: Data
    fallback: Address | None = None

    @property
    def key(self) -> str:
        """The contact's key, which is unique in the file."""
        return self.address.key


class RowError(NamedTuple):
    """The reason why a row is not sent. `line` is the row's first line in the file."""

    line: int
    error: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.error}"


def read(path: Path, error_in: Callable[[Data], str] = lambda data: "") -> list[Row]:
    """Return all rows of the file.

    `error_in` returns the error in a row's data; "" if there is none.

    Raises:
        OperationError: the file cannot be read, or rows have errors. The error lists the lines of
            these rows.
    """
    rows, invalid = read_valid(path, error_in)
    if invalid:
        raise invalid_rows(path, invalid, has_others=bool(rows))
    return rows


def invalid_rows(path: Path, invalid: Sequence[RowError], *, has_others: bool) -> OperationError:
    """Return the error that names the file's invalid rows."""
    way_out = " --skip-invalid sends the other rows." if has_others else ""
    return OperationError(
        f"{path} has rows that can't be used. Nothing is sent.{way_out}{listed(invalid)}"
    )


def listed(errors: Sequence[RowError]) -> str:
    """Return the first errors, each on an indented line of its own."""
    more = [f"and {len(errors) - MAX_SHOWN} more"] if len(errors) > MAX_SHOWN else []
    return "".join(f"\n  {each}" for each in [*errors[:MAX_SHOWN], *more])


def read_valid(
    path: Path, error_in: Callable[[Data], str] = lambda data: ""
) -> tuple[list[Row], list[RowError]]:
    """Return the valid rows of the file, and the errors of the other rows.

    Raises:
        OperationError: the file cannot be read, or has no rows.
    """
    rows: list[Row] = []
    errors: list[RowError] = []
    seen: dict[str, int] = {}
    for line, cells in _lines(path):
        try:
            address = _address(cells)
            row = Row(line, address, _data(cells), _fallback(address, cells.get("fallback", "")))
            if (first := seen.setdefault(row.key, line)) != line:
                raise ValueError(f"the same contact as in line {first}")
            if wrong := error_in(row.data):
                raise ValueError(wrong)
        except ValueError as error:
            errors.append(RowError(line, str(error)))
        else:
            rows.append(row)
    if not (rows or errors):
        raise OperationError(f"{path} has no rows.")
    return rows, errors


def _lines(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line number of each row, and its cells by column. Empty lines are skipped."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = file.readline()
            file.seek(0)
            line = 1
            reader = csv.reader(file, strict=True, delimiter=max(SEPARATORS, key=header.count))
            columns = _columns(path, next(reader, []))
            line = reader.line_num + 1
            for cells in reader:
                if any(cells):
                    yield line, _by_column(columns, cells)
                line = reader.line_num + 1
    except OSError as error:
        raise OperationError(f"{path} can't be read: {error.strerror}.") from error
    except UnicodeDecodeError:
        lines = path.read_bytes().split(b"\n")
        number = next((at for at, each in enumerate(lines, start=1) if not _is_utf8(each)), 1)
        raise OperationError(
            f"{path}: line {number} is not UTF-8 text. Export the file as CSV UTF-8, or convert it,"
            f" for example by iconv -f LATIN1 -t UTF-8 {path} > utf-8.csv."
        ) from None
    except csv.Error as error:
        raise OperationError(f"{path}: {_quotes(error, line, reader.line_num)}") from error


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _quotes(error: csv.Error, first: int, last: int) -> str:
    """Return the error in the quotes of a row that was read from line `first` to line `last`."""
    if "unexpected end of data" in str(error):
        return (
            f"line {first}: a quote in this row is opened and never closed. Close the cell with"
            ' another ", and write a " inside a quoted cell twice: "".'
        )
    if "expected after" in str(error):
        begins = f" The quoted cell begins in line {first}." if first != last else ""
        return (
            f"line {last}: another character follows the closing quote of a cell.{begins}"
            ' Write a " inside a quoted cell twice: "".'
        )
    return f"line {last}: {error}."


def _columns(path: Path, header: Sequence[str]) -> list[str]:
    columns = [name.strip() for name in header]
    columns = [name.lower() if name.lower() in NAMES else name for name in columns]
    if not ("contact" in columns or {"channel", "identity"} <= set(columns)):
        raise OperationError(
            f"{path}: the first line must name the column contact, or the columns channel and"
            " identity; other columns are data. The first line names"
            f" {', '.join(filter(None, columns)) or 'no columns'}."
        )
    twice = {name for name in columns if columns.count(name) > 1}
    if twice or "" in columns:
        what = f"{', '.join(sorted(twice))} occurs twice" if twice else "a column has no name"
        raise OperationError(f"{path}: line 1: {what}.")
    return columns


def _by_column(columns: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    if len(cells) != len(columns):
        # This error is reported with its line when the row is checked.
        way_out = (
            "Leave cells without a value empty, but keep their separators"
            if len(cells) < len(columns)
            else 'If a cell contains a separator, put the cell into quotes: "a, b"'
        )
        counts = f"the row has {len(cells)} cells, but the header has {len(columns)}"
        return {"": f"{counts}. {way_out}"}
    return {name: cell.strip() for name, cell in zip(columns, cells, strict=True)}


def _address(cells: Mapping[str, str]) -> Address:
    if "" in cells:
        raise ValueError(cells[""])
    contact, channel, identity = (cells.get(name, "") for name in NAMES[:3])
    if contact and identity:
        raise ValueError("the row has both a contact and an identity; give one of them")
    if contact:
        address = address_of(contact)
    elif channel and identity:
        channel = channel.upper()
        if _SCIENTIFIC.fullmatch(identity):
            raise ValueError(
                "the identity is a number that a spreadsheet has shortened, such as 4.67E+10."
                " Format the column as text, and export the file again"
            )
        address = Address("", channel, plain_identity(channel, identity))
    else:
        raise ValueError("the row has neither a contact nor a channel and an identity")
    if not address.is_plausible:
        raise ValueError("the contact is neither an id, nor CHANNEL:identity, nor a phone number")
    _require_possible(address)
    return address


def _require_possible(address: Address) -> None:
    """Raise ValueError if the address is a phone number that no country can have."""
    if address.channel not in PHONE_CHANNELS or is_user_id(address.identity):
        return
    # Loaded on demand, because loading the numbering plans takes time.
    import phonenumbers

    try:
        number = phonenumbers.parse(f"+{address.identity}")
    except phonenumbers.NumberParseException:
        raise ValueError("the phone number has an unknown country code") from None
    # WhatsApp still has numbers whose length is no longer valid in their country.
    if address.channel != "WHATSAPP" and not phonenumbers.is_possible_number(number):
        raise ValueError("the phone number is too short or too long for its country")


def _data(cells: Mapping[str, str]) -> Data:
    return {name: cell for name, cell in cells.items() if name not in NAMES and cell}


def _fallback(address: Address, cell: str) -> Address | None:
    """Return the fallback channel of a row.

    `cell` has CHANNEL:identity. CHANNEL alone is enough if the contact is given by its id, or if
    the contact has the same phone number on both channels.
    """
    if not cell:
        return None
    channel, colon, identity = cell.partition(":")
    channel = channel.upper()
    if channel == address.channel:
        raise ValueError(f"fallback {channel} is the same as the first channel")
    if not colon and not address.contact_id and {channel, address.channel} <= PHONE_CHANNELS:
        identity = address.identity
    try:
        identity = plain_identity(channel, identity) if identity else ""
    except ValueError as error:
        raise ValueError(f"fallback: {error}") from error
    if channel not in CHANNELS:
        raise ValueError(
            f"fallback: {channel!r} is not a channel; the channels are {', '.join(CHANNELS)}"
        )
    if not identity and not address.contact_id:
        raise ValueError(
            f"fallback: the identity on {channel} is missing. Write {channel}:identity"
        )
    second = Address("", channel, identity)
    if identity:
        try:
            _require_possible(second)
        except ValueError as error:
            raise ValueError(f"fallback: {error}") from error
    return second
