"""Made-up data for events, and for flows that no message of a contact starts."""

import re
from collections.abc import Iterator
from typing import Any

from bot.flow.definition import Definition
from bot.flow.flow import declared_data
from bot.flow.samples import SAMPLES, TEXT, sample_fields

MAX_FIELDS = 10
"""Maximum number of fields of made-up data. Fields are added if a turn fails without them."""


class NotedData(dict[str, Any]):
    """The data of a made-up event. `was_read` is True after code has read the data."""

    was_read = False

    def __missing__(self, key: str) -> Any:
        self.was_read = True
        raise KeyError(key)

    def get(self, key: str, default: Any = None) -> Any:
        self.was_read = True
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self.was_read = True
        return super().__contains__(key)

    def __iter__(self) -> Iterator[str]:
        self.was_read = True
        return super().__iter__()


def start_data(definition: Definition) -> dict[str, Any]:
    """Return samples of the required fields of a flow's data; {} if the flow declares no data."""
    declared = None if definition.is_state_machine else declared_data(definition.model)
    try:
        return {} if declared is None else dict(sample_fields(declared))
    except LookupError:
        return {}


def with_missing(data: dict[str, Any], error: BaseException | str) -> dict[str, Any] | None:
    """Return the data of a start or event with a sample of the field that was missing in a failed
    turn.

    Return None if the turn has failed for another reason.
    """
    missing = _missing_field(error)
    if not missing or missing in data or len(data) >= MAX_FIELDS:
        return None
    return {**data, missing: TEXT}


def more_event_data(data: dict[str, Any], error: BaseException | str) -> dict[str, Any] | None:
    """Return other made-up data for an event whose turn has failed; None if no other data helps."""
    return with_missing(data, error) or _with_number(data, error)


def more_start_data(
    definition: Definition, data: dict[str, Any], error: BaseException | str
) -> dict[str, Any] | None:
    """Return other made-up data for a start whose turn has failed; None if no other data helps.

    A number replaces a text only if the flow declares no types of its fields, because a sample of a
    declared type has the right type already.
    """
    has_type = not definition.is_state_machine and declared_data(definition.model) is not None
    return with_missing(data, error) or (None if has_type else _with_number(data, error))


def _with_number(data: dict[str, Any], error: BaseException | str) -> dict[str, Any] | None:
    """Return the data with a number instead of the last sample text, for a turn that needs a
    number.

    Return None if the data has no sample text, or if the turn has failed for another reason.
    """
    names = [name for name, value in data.items() if value == TEXT]
    if not names or not isinstance(error, TypeError | ValueError):
        return None
    return {**data, names[-1]: SAMPLES[int]}


def _missing_field(error: BaseException | str) -> str:
    if isinstance(error, KeyError) and error.args and isinstance(error.args[0], str):
        return error.args[0]
    found = re.match(r"The flow's data has no '(\w+)' yet", str(error))
    return found[1] if found and isinstance(error, AttributeError) else ""
