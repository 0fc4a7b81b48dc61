"""Exactly the locked versions are installed, whatever the index offers, also by the oldest pip."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.setup.package_index import write_index

ROOT = Path(__file__).parents[2]
PYTHON = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
OLDEST_PIP = (
    "pip==22.3 --hash=sha256:1daab4b8d3b97d1d763caeb01a4640a2250a0ea899e257b1e44b9eded91e15ab"
    if sys.version_info < (3, 12)
    else None
)
"""The pip of Python 3.11.0. Python 3.12 needs a later pip, which `venv` installs."""

LOCKS = [*ROOT.glob("locks/*.txt"), *ROOT.glob("bot/templates/project/locks/*.txt")]

INDEX = re.compile(r"(PIP_INDEX_URL|PIP_CERT|UV_DEFAULT_INDEX|SSL_CERT_FILE|\w+_proxy)", re.I)
"""Variables that this machine may need to reach an index."""

LIST_PACKAGES = """
import json
from importlib.metadata import distributions
print(json.dumps({each.name: each.version for each in distributions()}))
"""

SEEDS = {"pip", "setuptools", "uv"}
OURS = {"conversation-bot", "table-bot"}


def locked(path: Path) -> dict[str, Version]:
    """Return what a lock pins for this machine."""
    pins = [Requirement(line.split(" \\")[0]) for line in lines(path)]
    return {
        canonicalize_name(pin.name): Version(each.version)
        for pin in pins
        for each in pin.specifier
        if pin.marker is None or pin.marker.evaluate()
    }


def lines(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if re.match(r"\w", line)]


def installed(python: Path) -> dict[str, Version]:
    found = json.loads(subprocess.check_output([python, "-I", "-c", LIST_PACKAGES]))
    return {canonicalize_name(name): Version(version) for name, version in found.items()}


def packages(python: Path) -> dict[str, Version]:
    return {name: each for name, each in installed(python).items() if name not in SEEDS | OURS}


class Machine:
    """An empty home, and an index that offers a newer release of every pinned package."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        pins = {Requirement(line.split(" \\")[0]) for lock in LOCKS for line in lines(lock)}
        self.offered = write_index(folder / "index", pins)
        index = (folder / "index").as_uri()
        self.environment = {
            **{name: value for name, value in os.environ.items() if INDEX.fullmatch(name)},
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(folder / "home"),
            "LC_ALL": "C.UTF-8",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_EXTRA_INDEX_URL": index,
            "UV_INDEX": index,
            "UV_INDEX_STRATEGY": "unsafe-best-match",
        }
        (folder / "home").mkdir()

    def run(self, folder: Path, *words: str | Path, stdin: str = "", **changes: str) -> str:
        done = subprocess.run(
            words,
            cwd=folder,
            env=self.environment | changes,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def virtual_environment(self, folder: Path) -> Path:
        """Make a virtual environment with the oldest pip, and return its Python."""
        self.run(folder, PYTHON, "-m", "venv", ".venv")
        python = folder / ".venv" / "bin" / "python"
        if OLDEST_PIP:
            (folder / ".venv" / "pip.txt").write_text(OLDEST_PIP)
            self.run(
                *(folder, python, "-m", "pip", "install", "--require-hashes"),
                *("--requirement", ".venv/pip.txt"),
            )
        return python


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return Machine(tmp_path_factory.mktemp("machine"))


@pytest.fixture(scope="module")
def checkout(machine: Machine) -> Path:
    """A repository with the files of this checkout, with what isn't committed yet."""
    folder = machine.folder / "checkout"
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    for name in subprocess.check_output(listed, cwd=ROOT, text=True).split("\0"):
        if name and (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
    machine.run(folder, "git", "init", "--quiet")
    machine.run(folder, "git", "add", "--all")
    machine.run(folder, "git", *identity, "commit", "--quiet", "--message", "All files")
    return folder


@pytest.fixture(scope="module")
def python(machine: Machine, checkout: Path) -> Path:
    """The Python of the checkout, after `make install`."""
    python = machine.virtual_environment(checkout)
    machine.run(checkout, "make", "install")
    return python


@pytest.fixture(scope="module")
def project(machine: Machine, python: Path) -> Path:
    """A new project of that checkout, after `make test`."""
    machine.run(machine.folder, python.with_name("bot"), "new", "table-bot")
    folder = machine.folder / "table-bot"
    machine.virtual_environment(folder)
    assert "3 passed" in machine.run(folder, "make", "test")
    return folder


def test_index_offers_newer_releases(machine, python):
    lines = machine.run(
        machine.folder,
        *(python.with_name("uv"), "--system-certs", "pip", "compile", "--no-deps", "--no-header"),
        *("--quiet", "-"),
        stdin="\n".join(machine.offered),
    ).splitlines()

    newest = {name: Version(version) for name, version in (line.split("==") for line in lines)}
    assert {name for name in machine.offered if newest[name] < machine.offered[name]} == set()


def test_checkout_has_exactly_its_lock(checkout, python):
    assert packages(python) == locked(checkout / "locks" / "dev.txt")
    assert installed(python)["uv"] == locked(checkout / "locks" / "uv.txt")["uv"]


def test_every_process_collects_the_same_tests(machine, checkout, python):
    # `make test-quick` needs that. Besides, the first import of a package may warn, and the tests
    # turn warnings into errors.
    first, second = (
        machine.run(checkout, "make", "test", "ARGS=--collect-only -q", PYTHONHASHSEED=seed)
        for seed in ("1", "2")
    )
    tests = [line for line in first.splitlines() if "::" in line]

    assert tests == [line for line in second.splitlines() if "::" in line]
    assert len(tests) > 1000


def test_pip_that_was_there_stays(python):
    if OLDEST_PIP:
        assert installed(python)["pip"] == Version("22.3")
    assert "pip" in installed(python)


def test_project_has_exactly_its_lock(project):
    python = project / ".venv" / "bin" / "python"

    assert packages(python) == locked(project / "locks" / "dev.txt")
    assert installed(python).keys() >= OURS


def test_project_installs_nothing_again(machine, project):
    assert "Installing" not in machine.run(project, "make", "test")


def test_dependency_that_is_not_locked_is_refused_until_it_is(machine, project):
    described = project / "pyproject.toml"
    before = described.read_text()
    described.write_text(before.replace("dependencies = [", 'dependencies = ["trustme", ', 1))
    refused = subprocess.run(
        ["make", "test"], cwd=project, env=machine.environment, capture_output=True, text=True
    )
    pins = locked(project / "locks" / "dev.txt")

    assert refused.returncode
    assert "make lock" in refused.stderr

    machine.run(project, "make", "lock")
    locks = locked(project / "locks" / "dev.txt")
    assert pins.items() <= locks.items()
    assert locks["trustme"] == machine.offered["trustme"]
    described.write_text(before)
    machine.run(project, "make", "lock")
    assert locked(project / "locks" / "dev.txt") == pins


def test_image_has_exactly_its_lock(machine, checkout, tmp_path):
    python = build_image(machine, checkout, tmp_path)

    assert installed(python).keys() & SEEDS == set()
    assert packages(python) == locked(checkout / "locks" / "run.txt")


def test_image_of_a_project_takes_the_bot_from_git(machine, checkout, project, tmp_path):
    folder = tmp_path / "deployed"
    shutil.copytree(project, folder, ignore=shutil.ignore_patterns(".venv"))
    commit = machine.run(checkout, "git", "rev-parse", "HEAD").strip()
    for name in ("pyproject.toml", "requirements.txt"):
        text = (folder / name).read_text()
        address = f"git+{checkout.as_uri()}@{commit}"
        (folder / name).write_text(text.replace(checkout.as_uri(), address))

    python = build_image(machine, folder, tmp_path / "image")

    assert packages(python) == locked(folder / "locks" / "run.txt")
    assert machine.run(folder, python.with_name("bot"), "check").startswith("flow")


def build_image(machine: Machine, folder: Path, image: Path) -> Path:
    """Do what the first stage of the Dockerfile does, below `image`, and return its Python."""
    (image / "bin").mkdir(parents=True)
    (image / "bin" / "python").symlink_to(PYTHON)
    environment = {"PATH": f"{image / 'bin'}:{machine.environment['PATH']}"}
    text = (folder / "Dockerfile").read_text().replace("\\\n", "")
    for line in text.split("\nFROM")[0].splitlines():
        word, _, rest = line.partition(" ")
        if word == "ENV":
            environment |= dict(each.split("=") for each in shlex.split(rest))
        elif word == "COPY":
            source, target = rest.split()
            shutil.copytree(
                *(folder / source, image / "app" / target),
                dirs_exist_ok=True,
                ignore=shutil.ignore_patterns(".venv", ".git"),
            )
        elif word == "RUN":
            script = re.sub(r"(?<![\w/])/(uv|venv)\b", rf"{image}/\1", rest)
            environment["VIRTUAL_ENV"] = str(image / "venv")
            (image / "app").mkdir(exist_ok=True)
            machine.run(image / "app", "bash", "-ec", script, **environment)
        else:
            assert word in ("FROM", "WORKDIR", "#"), line
    return image / "venv" / "bin" / "python"
