"""The clock that processes share."""

import logging

import pytest

from bot.telemetry import metrics
from bot.worker.store_clock import StoreClock

REAL = 1_800_000_000.0


class Machine:
    """A machine whose clock is `ahead_s` seconds ahead of the real time."""

    def __init__(self, ahead_s: float = 0.0) -> None:
        self.ahead_s = ahead_s
        self.passed_s = 0.0
        self.clock = StoreClock(self.wall, lambda: 77.0 + self.passed_s)

    def wall(self) -> float:
        return REAL + self.passed_s + self.ahead_s

    def read(self, server_ahead_s: float = 0.0, round_trip_s: float = 0.01) -> None:
        """Let the server answer with its time."""
        asked_at = self.clock.monotonic()
        server_time = REAL + self.passed_s + round_trip_s / 2 + server_ahead_s
        self.passed_s += round_trip_s
        self.clock.adjust(server_time, asked_at, self.clock.monotonic())


@pytest.mark.parametrize("ahead_s", [-7200, -100, 0, 100, 7200])
def test_all_machines_have_the_time_of_the_server(ahead_s: float) -> None:
    machine = Machine(ahead_s)

    machine.read(server_ahead_s=3.0)
    machine.passed_s += 60

    assert machine.clock.now() == pytest.approx(REAL + machine.passed_s + 3.0, abs=0.01)


def test_a_leap_of_the_machines_clock_changes_nothing() -> None:
    machine = Machine()
    machine.read()
    before = machine.clock.now()

    machine.ahead_s = 7200

    assert machine.clock.now() == before
    machine.read()
    assert machine.clock.now() == pytest.approx(before, abs=0.02)


def test_a_slow_answer_does_not_set_the_clock() -> None:
    machine = Machine()
    machine.read()

    machine.read(server_ahead_s=50, round_trip_s=1.5)

    assert machine.clock.now() == pytest.approx(REAL + machine.passed_s, abs=0.01)


def test_a_difference_within_the_round_trip_does_not_set_it_back() -> None:
    machine = Machine()
    machine.read()
    before = machine.clock.now()

    machine.read(server_ahead_s=-0.05, round_trip_s=0.2)

    assert machine.clock.now() == pytest.approx(before + 0.2)


def test_a_machine_whose_clock_is_off_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    machine = Machine(ahead_s=100)

    machine.read()
    machine.read()
    assert [vars(each)["drift_s"] for each in caplog.records] == [100.0]
    assert metrics.clock_drift._value.get() == pytest.approx(100, abs=0.1)

    machine.ahead_s = 0
    machine.read()
    machine.read()
    assert [each.levelname for each in caplog.records] == ["WARNING", "INFO"]


def test_a_leap_of_the_servers_clock_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    machine = Machine()
    machine.read()

    machine.read(server_ahead_s=30)

    leap = caplog.records[0]
    assert "jumped" in leap.getMessage()
    assert vars(leap)["by_s"] == pytest.approx(30, abs=0.1)
    assert machine.clock.now() == pytest.approx(REAL + machine.passed_s + 30, abs=0.01)
