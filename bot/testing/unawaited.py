"""Finds coroutines in an author's code that are never awaited.

Python would only print a warning.
"""

import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.flow.places import short

_NAME = re.compile(r"coroutine '(?:.*\.)?(\w+)' was never awaited")
_PLACE = re.compile(r'File "(.+)", line (\d+)')


@contextmanager
def unawaited() -> Iterator[list[str]]:
    """Yield a list of the coroutines that are dropped inside the context without an await.

    Each entry is a sentence that begins with file and line.
    """
    found: list[str] = []
    depth = sys.get_coroutine_origin_tracking_depth()
    with warnings.catch_warnings():
        show = warnings.showwarning

        def note(message: Warning | str, *rest: object) -> None:
            if name := _NAME.search(str(message)):
                found.append(_sentence(name[1], str(message)))
            else:
                show(message, *rest)  # type: ignore[arg-type]

        warnings.filterwarnings("always", "coroutine .* was never awaited", RuntimeWarning)
        warnings.showwarning = note  # type: ignore[assignment]
        sys.set_coroutine_origin_tracking_depth(1)
        try:
            yield found
        finally:
            sys.set_coroutine_origin_tracking_depth(depth)


def _sentence(name: str, warning: str) -> str:
    place = _PLACE.search(warning)
    where = f"{short(Path(place[1]))}:{place[2]}: " if place else ""
    return f"{where}{name}() is not awaited, so it does nothing. Write await {name}(…)."
