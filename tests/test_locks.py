"""The locks hold what pyproject.toml asks for: one version each, with the hashes of its files."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCKS = sorted((ROOT / "locks").glob("*.txt"))


def locked(path: Path) -> dict[str, list[Requirement]]:
    """What a lock pins, by name; several where it depends on the machine."""
    found: dict[str, list[Requirement]] = {}
    for block in re.split(r"\n(?=\S)", path.read_text().strip()):
        line, *hashes = block.split(" \\\n")
        assert hashes, line
        assert all(re.fullmatch(r" +--hash=sha256:[0-9a-f]{64}\n?", each) for each in hashes), line
        requirement = Requirement(line)
        assert requirement.url is None
        assert [each.operator for each in requirement.specifier] == ["=="], line
        found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


def wanted(extra: str) -> list[Requirement]:
    """What pyproject.toml asks for directly, with the extras that this one names."""
    extras = PROJECT["optional-dependencies"]
    found = [Requirement(line) for line in [*PROJECT["dependencies"], *extras[extra]]]
    own = [each for each in found if each.name == PROJECT["name"]]
    more = [Requirement(line) for each in own for name in each.extras for line in extras[name]]
    return [each for each in [*found, *more] if each not in own]


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.stem)
def test_each_line_is_one_version_with_the_hashes_of_its_files(path):
    assert locked(path)


@pytest.mark.parametrize("extra", ["dev", "docs"])
def test_lock_has_every_direct_requirement(extra):
    pins = locked(ROOT / "locks" / "dev.txt")

    for requirement in wanted(extra):
        found = pins[canonicalize_name(requirement.name)]
        for pin in found:
            [version] = [each.version for each in pin.specifier]
            assert requirement.specifier.contains(version, prereleases=True), (
                f"locks/dev.txt has {pin}, pyproject.toml wants {requirement}: `make lock`"
            )


def test_pip_installs_one_version_of_the_installer_and_nothing_else():
    pins = locked(ROOT / "locks" / "uv.txt")

    assert {name: [str(each.marker) for each in pin] for name, pin in pins.items()} == {
        "uv": ["None"]
    }
