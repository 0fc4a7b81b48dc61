"""The system's clock and ids that sort by time."""

import re
import time
from datetime import UTC, datetime, timedelta, timezone

from bot.clock import Clock, SystemClock, as_datetime, new_ulid, rfc3339

AT = 1_700_000_000.0


def test_the_system_clock_tells_unix_seconds() -> None:
    clock: Clock = SystemClock()

    before = time.time()
    now = clock.now()

    assert before <= now <= time.time()


async def test_the_system_clock_waits() -> None:
    started = time.monotonic()

    await SystemClock().sleep(0.01)

    assert time.monotonic() - started >= 0.009


def test_an_id_is_a_ulid() -> None:
    assert re.fullmatch(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", new_ulid(AT))


def test_ids_sort_by_their_time_in_milliseconds() -> None:
    ids = [new_ulid(AT + step / 1000) for step in range(50)]

    assert ids == sorted(ids)


def test_ids_of_one_instant_begin_alike_and_differ() -> None:
    ids = {new_ulid(AT) for _ in range(50)}

    assert len(ids) == 50
    assert len({each[:10] for each in ids}) == 1


def test_an_instant_is_aware_and_in_utc() -> None:
    assert as_datetime(AT) == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert as_datetime(AT).tzinfo is UTC


def test_an_instant_is_written_in_utc() -> None:
    at = datetime(2026, 1, 5, 9, 30, tzinfo=timezone(timedelta(hours=2)))

    assert rfc3339(at) == "2026-01-05T07:30:00Z"
    assert rfc3339(at.replace(microsecond=2500)) == "2026-01-05T07:30:00.002500Z"
