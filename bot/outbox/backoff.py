"""Computes the pause after a failed attempt."""

from zlib import crc32

from bot.settings import Settings


def backoff_s(settings: Settings, id: str, tries: int) -> float:
    """Return the pause in seconds after `tries` earlier attempts.

    The pause doubles with each attempt, up to a maximum, and varies by up to half in either
    direction. The variation is computed from the id. So entries are not all tried again at the same
    time, and a test always sees the same pauses.
    """
    whole = min(settings.retry_first_s * 2.0 ** min(tries, 60), settings.retry_most_s)
    spread: float = crc32(f"{id}:{tries}".encode()) / 0xFFFFFFFF
    return whole * (0.5 + spread)
