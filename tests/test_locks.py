"""The locks have one version of each package in pyproject.toml, with the hashes of its files."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
TEMPLATE = ROOT / "bot" / "templates" / "project"
LOCKS = sorted([*ROOT.glob("locks/*.txt"), *TEMPLATE.glob("locks/*.txt")])

Pins = dict[str, list[Requirement]]


def locked(path: Path) -> Pins:
    """Return what a lock pins, by name; several versions if it depends on the machine."""
    found: Pins = {}
    for block in re.split(r"\n(?=\S)", path.read_text().strip()):
        line, *hashes = block.split(" \\\n")
        assert hashes, line
        assert all(re.fullmatch(r" +--hash=sha256:[0-9a-f]{64}\n?", each) for each in hashes), line
        add(found, line)
    return found


def versions(path: Path) -> Pins:
    """Return what a file pins without hashes, by name."""
    found: Pins = {}
    for line in path.read_text().splitlines():
        if "==" in line:
            add(found, line)
    return found


def add(pins: Pins, line: str) -> None:
    requirement = Requirement(line)
    assert requirement.url is None
    assert [each.operator for each in requirement.specifier] == ["=="], line
    pins.setdefault(canonicalize_name(requirement.name), []).append(requirement)


def wanted(*extras: str) -> list[Requirement]:
    """Return the requirements in pyproject.toml, with those of these extras."""
    optional = PROJECT["optional-dependencies"]
    found = [Requirement(line) for line in PROJECT["dependencies"]]
    found += [Requirement(line) for extra in extras for line in optional[extra]]
    own = [each for each in found if each.name == PROJECT["name"]]
    more = [Requirement(line) for each in own for name in each.extras for line in optional[name]]
    return [each for each in [*found, *more] if each not in own]


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_line_is_one_version_with_the_hashes_of_its_files(path):
    assert locked(path)


@pytest.mark.parametrize(("lock", "extras"), [("dev", ["dev", "docs"]), ("run", [])])
def test_lock_has_every_direct_requirement(lock, extras):
    pins = locked(ROOT / "locks" / f"{lock}.txt")

    for requirement in wanted(*extras):
        for pin in pins[canonicalize_name(requirement.name)]:
            [version] = [each.version for each in pin.specifier]
            assert requirement.specifier.contains(version, prereleases=True), (
                f"locks/{lock}.txt has {pin}, pyproject.toml wants {requirement}: `make lock`"
            )


def test_lowest_lock_has_the_lower_bounds():
    pins = locked(ROOT / "locks" / "lowest.txt")

    for requirement in wanted("dev", "docs"):
        [bound] = [each.version for each in requirement.specifier if each.operator == ">="]
        for pin in pins[canonicalize_name(requirement.name)]:
            [version] = [each.version for each in pin.specifier]
            assert is_release_of(bound, version), (
                f"locks/lowest.txt has {pin}, pyproject.toml wants {requirement}: `make lock`"
            )


def is_release_of(bound: str, version: str) -> bool:
    """Whether `version` begins with the numbers of `bound`, as 2.0.0 does with those of 2."""
    return Version(version).release[: len(Version(bound).release)] == Version(bound).release


def test_pip_installs_one_version_of_uv_and_nothing_else():
    [(name, [pin])] = locked(ROOT / "locks" / "uv.txt").items()

    assert name == "uv"
    assert pin.marker is None


@pytest.mark.parametrize("name", ["locks/run.txt", "locks/dev.txt"])
def test_new_project_has_the_versions_that_are_tested_here(name):
    tested = locked(ROOT / "locks" / "dev.txt")
    pins = locked(TEMPLATE / name)

    assert {each: tested[each] for each in pins} == pins
    assert PROJECT["name"] not in pins


def test_new_project_is_tested_with_the_versions_that_it_runs_on():
    tested = locked(TEMPLATE / "locks" / "dev.txt")
    pins = locked(TEMPLATE / "locks" / "run.txt")

    assert {each: tested[each] for each in pins} == pins


@pytest.mark.parametrize("folder", [ROOT, TEMPLATE], ids=["this repository", "new project"])
def test_hosts_with_a_procfile_get_the_versions_of_the_lock(folder):
    [path] = folder.glob("requirements.txt*")

    assert versions(path) == locked(folder / "locks" / "run.txt")
