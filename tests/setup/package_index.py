"""A package index in a folder, with a newer release of every package that a lock pins."""

import zipfile
from collections.abc import Iterable
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def write_index(folder: Path, pins: Iterable[Requirement]) -> dict[str, Version]:
    """Write an index of empty packages, and return what it offers.

    Only the last number of each release is greater than in the pinned version. So the release is
    within the bounds of any requirement.
    """
    offered: dict[str, Version] = {}
    for pin in pins:
        [version] = [Version(each.version) for each in pin.specifier]
        name = canonicalize_name(pin.name)
        *first, last = version.release
        newer = Version(".".join(map(str, [*first, last + 1000])))
        offered[name] = max(newer, offered.get(name, newer))
        _write_wheel(folder / name, name, newer)
    return offered


def _write_wheel(folder: Path, name: str, version: Version) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{name.replace('-', '_')}-{version}"
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{stem}.dist-info/METADATA", METADATA.format(name=name, version=version))
        wheel.writestr(f"{stem}.dist-info/WHEEL", WHEEL)
        wheel.writestr(f"{stem}.dist-info/RECORD", "")
    links = [f'<a href="{path.name}">{path.name}</a>' for path in sorted(folder.glob("*.whl"))]
    (folder / "index.html").write_text("\n".join(links))
