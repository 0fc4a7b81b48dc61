"""Compares the columns of a broadcast's file with the fields that the broadcast's flow reads."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from bot.flow.data_reads import data_reads
from bot.flow.definition import Definition
from bot.ops.csv_rows import Row

MIN_SIMILARITY = 0.8
"""Minimum similarity at which a column's name counts as a misspelling of a field's name."""


def column_warnings(definition: Definition, rows: Sequence[Row]) -> Iterator[str]:
    """Yield a warning for each column whose name looks like a misspelled field, and for each field
    that the flow's code reads but that rows lack.

    If the flow declares the type of its data, yield nothing, because each row is checked against
    this type.
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
