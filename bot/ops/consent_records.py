"""Exports the record of consent: for each change, the contact's words, the time, and the bot's text
before these words.
"""

import csv
import io
from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from bot.contact.session import Session
from bot.i18n.printable import printable_json
from bot.ops.common import iso
from bot.ops.contact_lookup import find_contact, sessions
from bot.ops.contacts import selves_of
from bot.store import Store

Format = Literal["json", "csv"]

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First characters of a cell that a spreadsheet would treat as a formula."""


async def export(store: Store, name: str, form: Format) -> str:
    """Return the changes of consent of one contact and of contacts merged into it, or of all
    contacts.

    An empty `name` selects all contacts.

    Raises:
        OperationError: there is no such contact, or several contacts have this identity.
    """
    rows: list[dict[str, Any]] = []
    if name:
        key, _ = await find_contact(store, name)
        for contact, held in (await selves_of(store, key)).items():
            rows += _rows(contact, held) if held else ()
    else:
        async for contact, held in sessions(store):
            rows += _rows(contact, held)
    rows.sort(key=lambda row: (row["at"], row["contact"]))
    return _as_csv(rows) if form == "csv" else _as_json(rows)


def _rows(contact: str, held: Session) -> Iterator[dict[str, Any]]:
    for each in held.consent_log:
        yield {
            "at": iso(each.at),
            "contact": contact,
            "channel": held.address.channel,
            "identity": held.address.identity,
            "consent": each.to,
            "purpose": each.purpose,
            "by": each.by,
            "message_id": each.message_id,
            "words": each.words,
            "answers_question": each.asked,
            "told": each.told,
        }


def _as_json(rows: list[dict[str, Any]]) -> str:
    return "\n".join(printable_json(msgspec.json.encode(row)) for row in rows)


def _as_csv(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return ""
    text = io.StringIO()
    table = csv.DictWriter(text, rows[0], lineterminator="\n")
    table.writeheader()
    for row in rows:
        table.writerow({name: _cell(value) for name, value in row.items()})
    return text.getvalue().rstrip("\n")


def _cell(value: object) -> str:
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
