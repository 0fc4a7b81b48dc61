"""Returns lists page by page.

A token names the last returned entry, so that changes do not shift later pages.
"""

import base64
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from bot.emulator.api_error import invalid

Entry = TypeVar("Entry")

_DEFAULT, _MOST = 10, 1000


def page(
    entries: Iterable[Entry],
    key: Callable[[Entry], str],
    query: Mapping[str, Any],
    *,
    newest_first: bool = False,
) -> tuple[list[Entry], str]:
    """Return one page of `entries`, and the token of the next page; "" on the last page.

    Entries are sorted by `key`, which must be unique. If `newest_first` is True, the order is
    reversed. `query` may contain `page_size` (default 10, maximum 1000) and `page_token`.

    Raises:
        ApiError: the size or the token is invalid.
    """
    rest = sorted(entries, key=key, reverse=newest_first)
    if token := query.get("page_token"):
        last = _unpack(token)
        rest = [
            entry for entry in rest if (key(entry) < last if newest_first else key(entry) > last)
        ]
    size = _size(query.get("page_size"))
    found = rest[:size]
    return found, _pack(key(found[-1])) if len(rest) > size else ""


def _size(given: Any) -> int:
    if given in (None, ""):
        return _DEFAULT
    try:
        size = int(given)
    except (TypeError, ValueError):
        raise invalid("page_size", "must be an integer") from None
    if not 0 <= size <= _MOST:
        raise invalid("page_size", f"must be between 1 and {_MOST}")
    return size or _DEFAULT


def _pack(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def _unpack(token: str) -> str:
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except ValueError:  # not ASCII, not Base64, not UTF-8
        raise invalid("page_token", "is not a token of this list") from None
