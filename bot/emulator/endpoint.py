"""The common parts of all endpoints: their type, and the request that a handler gets."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import QueryParams

from bot.emulator.api_error import Json, invalid
from bot.emulator.platform import Platform
from bot.emulator.validation import Check


@dataclass(frozen=True, slots=True)
class Call:
    """An authenticated request whose body has passed its check."""

    platform: Platform
    path: dict[str, str]
    query: QueryParams
    body: Json

    def masked(self, fields: Collection[str]) -> Json:
        """Return the values of `fields` that a PATCH sets.

        A field is None if the mask names it but the body lacks it.

        The mask is `update_mask` or `update_mask.paths`, repeated or comma-separated. Without a
        mask, all fields of the body are set. A path inside a field, such as `a.b`, means the whole
        field.

        Raises:
            ApiError: the mask names a field that is not in `fields`.
        """
        given = self.query.getlist("update_mask") + self.query.getlist("update_mask.paths")
        names = [name.strip() for text in given for name in text.split(",") if name.strip()]
        if not names:
            return {name: self.body[name] for name in fields if name in self.body}
        for name in names:
            if name.partition(".")[0] not in fields:
                raise invalid("update_mask", f"{name} can't be updated")
        tops = {name.partition(".")[0] for name in names}
        return {name: self.body.get(name) for name in fields if name in tops}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of a path below `/v1/projects/{project_id}`.

    `body` is the check of the request's body; None if the endpoint takes no body.
    """

    method: str
    path: str
    handler: Callable[[Call], Any]
    body: Check | None = None
