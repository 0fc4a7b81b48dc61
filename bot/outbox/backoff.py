"""Computes how long to wait after a failed attempt."""

from zlib import crc32

from bot.settings import Settings


def backoff_s(settings: Settings, id: str, tries: int) -> float:
    """Return the pause in seconds after `tries` earlier attempts.

    It doubles up to a maximum and varies by half in either direction. The variation is derived from
    the id: entries do not all return at the same time, and tests see the same pauses each time.
    """
    whole = min(settings.retry_first_s * 2.0 ** min(tries, 60), settings.retry_most_s)
    spread: float = crc32(f"{id}:{tries}".encode()) / 0xFFFFFFFF
    return whole * (0.5 + spread)
