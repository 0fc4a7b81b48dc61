from typing import Any

import pytest

from bot.callbacks.tolerant_decoder import Tolerant, decoder
from bot.errors import Malformed


class Point(Tolerant):
    x: float
    y: float


class Drawing(Tolerant):
    name: str = ""
    size: int = 1
    center: Point | None = None
    corners: tuple[Point, ...] = ()
    note: Point | str = ""
    more: dict[str, Any] | None = None


decode = decoder(Drawing)


def read(raw: bytes) -> Drawing:
    return decode(raw)[0]


def test_what_fits_is_read():
    assert read(b'{"name": "a", "center": {"x": 1, "y": 2.5}, "corners": [{"x": 0, "y": 0}]}') == (
        Drawing("a", center=Point(1, 2.5), corners=(Point(0, 0),))
    )


@pytest.mark.parametrize(
    ("raw", "drawing"),
    [
        (b'{"color": "red", "name": "a"}', Drawing("a")),
        (b'{"size": "2", "name": "a"}', Drawing("a")),
        (b'{"size": null, "name": "a"}', Drawing("a")),
        (b'{"size": 2.5, "name": "a"}', Drawing("a")),
        (b'{"name": ["a"], "size": 2}', Drawing(size=2)),
        (b'{"center": {"x": 1}, "name": "a"}', Drawing("a")),
        (b'{"center": {"x": 1, "y": null}, "name": "a"}', Drawing("a")),
        (b'{"center": [1, 2], "name": "a"}', Drawing("a")),
        (b'{"corners": [{"x": 1, "y": 2}, {"x": 1}, 5, null]}', Drawing(corners=(Point(1, 2),))),
        (b'{"corners": {"x": 1}}', Drawing()),
        (b'{"note": {"x": 1, "y": 2}}', Drawing(note=Point(1, 2))),
        (b'{"note": "n"}', Drawing(note="n")),
        (b'{"note": {"x": 1}}', Drawing()),
        (b'{"note": 5}', Drawing()),
        (b'{"more": {"any": [1, null]}, "size": ""}', Drawing(more={"any": [1, None]})),
        (b'{"more": []}', Drawing()),
        (rb'{"name": "\ud83d", "size": 2}', Drawing("?", 2)),
        (b'{"center": {"x": 1e999, "y": 2}, "size": 2}', Drawing(size=2)),
        (b"{}", Drawing()),
    ],
)
def test_what_does_not_fit_is_left_out(raw, drawing):
    assert read(raw) == drawing


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "The body of 0 bytes is not JSON in UTF-8"),
        (b"{", "not JSON in UTF-8"),
        (b'{"name": "\xe5"}', "not JSON in UTF-8"),
        (b'{"size": NaN}', "not JSON in UTF-8"),
        (b"[]", "JSON of type list; it must be an object"),
        (b"null", "JSON of type null; it must be an object"),
        (b'{"more":' * 100_000, "nested too deeply"),
    ],
    ids=lambda each: each[:12],
)
def test_what_is_no_json_object_is_malformed(raw, words):
    with pytest.raises(Malformed, match=words):
        read(raw)


def test_a_repr_names_fields_and_never_values():
    assert repr(Drawing("secret", center=Point(1, 2))) == "Drawing(name, size, center)"
