"""A process fits its connections to the files that it may open."""

import logging
import resource

import pytest

from bot.processes import open_files
from bot.settings import Settings

WANTED = Settings(max_connections=1_000, concurrency=64)


class Limits:
    """The limits of an imaginary process."""

    def __init__(self, soft: int, hard: int) -> None:
        self.now = soft, hard

    def get(self, which: int) -> tuple[int, int]:
        assert which == resource.RLIMIT_NOFILE
        return self.now

    def set(self, which: int, limits: tuple[int, int]) -> None:
        assert limits[0] <= limits[1] or limits[1] == resource.RLIM_INFINITY
        self.now = limits


@pytest.mark.parametrize(
    ("soft", "hard", "soft_after", "connections"),
    [
        (64, 64, 64, 16),
        (16, 16, 16, 8),
        (1_024, 1_024, 1_024, 928),
        (1_024, 4_096, 1_096, 1_000),
        (256, resource.RLIM_INFINITY, 1_096, 1_000),
        (65_536, 65_536, 65_536, 1_000),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, resource.RLIM_INFINITY, 1_000),
    ],
)
def test_connections_fit_the_limit_which_is_raised_if_possible(
    soft: int,
    hard: int,
    soft_after: int,
    connections: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    limits = Limits(soft, hard)
    monkeypatch.setattr(resource, "getrlimit", limits.get)
    monkeypatch.setattr(resource, "setrlimit", limits.set)
    caplog.set_level(logging.WARNING)

    assert open_files.fitted(WANTED).max_connections == connections

    assert limits.now == (soft_after, hard)
    assert bool(caplog.records) is (connections < 1_000)


def test_a_limit_that_is_too_low_is_logged_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(resource, "getrlimit", Limits(64, 64).get)
    monkeypatch.setattr(resource, "setrlimit", Limits(64, 64).set)

    open_files.fitted(WANTED)

    [record] = caplog.records
    assert "may open 64 files" in record.getMessage()
    assert "LimitNOFILE=1096" in record.getMessage()
