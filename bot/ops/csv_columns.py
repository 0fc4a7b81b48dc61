"""Compares the columns of a broadcast's file with the fields that the code of its flow reads."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from bot.flow.data_reads import data_reads
from bot.flow.definition import Definition
from bot.ops.csv_rows import Row

MIN_SIMILARITY = 0.8
"""Minimum similarity of a column and a field if one counts as a misspelling of the other."""


def column_warnings(definition: Definition, rows: Sequence[Row]) -> Iterator[str]:
    """Yield the columns that look like a misspelled field, and fields that rows lack although the
    flow's code reads them.

    Nothing is yielded for data of a declared type, because each row of it is checked.
    """
    reads = data_reads(definition)
    if reads is None:
        return
    columns = {name: None for row in rows for name in row.data}
    missing = {name: place for name, place in reads.needed.items() if name not in columns}
    for column in columns:
        if column in reads.mentioned or column in definition.states:
            continue
        near = [name for name in missing if name.lower() == column.lower()]
        near += get_close_matches(column, missing, 1, MIN_SIMILARITY)
        if near:
            yield (
                f"No step of {definition.name!r} reads the column {column!r}. Did you mean"
                f" {near[0]!r}, which {missing.pop(near[0])} reads?"
            )
    for name, place in reads.needed.items():
        lines = [row.line for row in rows if name not in row.data]
        if name in missing:
            yield f"There is no column {name!r}, but {place} reads self.data.{name}."
        elif name in columns and lines:
            more = f", and in {len(lines) - 1} more" if len(lines) > 1 else ""
            yield f"{name!r} is empty in line {lines[0]}{more}, but {place} reads self.data.{name}."
