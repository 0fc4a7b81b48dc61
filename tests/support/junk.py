"""JSON values with random damage."""

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

JUNK: list[Any] = [
    *(None, True, -1, 0, 1e308, 2**70, "", "x" * 5_000, "\x00", "\u202e", "😀", "../../etc", "%00"),
    *("a\r\nX-Evil: 1", "${jndi:x}", "'; --", "http://169.254.169.254/", "v1/a/b/c/d/e", "STOP"),
    *([], {}, [[]], {"": ""}, [None], {"$sealed": "x"}, {"text": {"text": "x"}}),
]


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Return the paths to all values inside a JSON value."""
    yield path
    found = value.items() if isinstance(value, dict) else ()
    for key, each in enumerate(value) if isinstance(value, list) else found:
        yield from leaves(each, (*path, key))


def with_junk(body: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """Return the body with some values replaced, removed or added."""
    found: dict[str, Any] = json.loads(json.dumps(body))
    for _ in range(dice.randint(1, 4)):
        paths = [path for path in leaves(found) if path]
        *way, last = dice.choice(paths or [("",)])
        place: Any = found
        for key in way:
            place = place[key]
        act = dice.random()
        junk = deepcopy(dice.choice(JUNK))
        if act < 0.7:
            place[last] = junk
        elif act < 0.85 and paths:
            del place[last]
        elif isinstance(place, list):
            place.append(junk)
        else:
            place[str(dice.choice(JUNK))] = junk
    return found
