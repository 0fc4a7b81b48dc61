"""Every contestant holds the same conversation: the contacts check each reply."""

import pytest

from bench.arena import running
from bench.contestants import CONTESTANTS, ROOT, Setting
from bench.machine import Places


@pytest.mark.parametrize("name", CONTESTANTS)
async def test_says_what_every_contestant_says(name):
    contestant = CONTESTANTS[name]
    if contestant.lacks:
        pytest.skip(f"{contestant.lacks} isn't installed")

    async with running(contestant, Places(), flows=2, log_level="WARNING") as up:
        contacts = up.contacts(3)
        await up.talk(contacts, rounds=2)

    assert [contact.step for contact in contacts] == [8, 8, 8]
    assert up.upstream.refused == []


async def test_figures_are_of_the_messages_measured():
    async with running(CONTESTANTS["floor"], Places(), log_level="WARNING") as up:
        figures = await up.measure(up.contacts(4), 100, 60.0)

    assert figures.messages >= 100
    assert figures.redis_commands > 1
    assert figures.redis_bytes > 0
    assert 0 < figures.ack_p50_ms <= figures.ack_p99_ms
    assert 0 < figures.reply_p50_ms <= figures.reply_p99_ms
    assert list(figures.cpu_us) == ["floor"]
    assert figures.rss_mb > 1


def test_a_contestant_gets_no_settings_of_a_bot_of_ones_own(monkeypatch):
    monkeypatch.setenv("BOT_CONCURRENCY", "1")
    monkeypatch.setenv("SINCH_REGION", "br")

    environment = Setting("unix:///tmp/r", "http://127.0.0.1:1").environment(80)

    assert "BOT_CONCURRENCY" not in environment
    assert "SINCH_REGION" not in environment
    assert environment["PYTHONPATH"] == str(ROOT)
