"""Every contestant holds the same conversation: the contacts check each reply."""

import pytest

from bench.arena import running
from bench.contestants import BOT, CONTESTANTS, FLOOR, ROOT, Setting
from bench.layout import Layout
from bench.machine import Places


@pytest.mark.parametrize("name", CONTESTANTS)
async def test_says_what_every_contestant_says(name):
    contestant = CONTESTANTS[name]
    if contestant.lacks:
        pytest.skip(f"{contestant.lacks} isn't installed")

    async with running(Layout(contestant), Places()) as up:
        contacts = up.contacts(3)
        await up.talk(contacts, rounds=2)

    assert [contact.step for contact in contacts] == [8, 8, 8]
    assert up.upstream.refused == []


async def test_a_layout_has_its_flows_stored_contacts_and_logged_turns():
    layout = Layout(BOT, hosts=2, is_tcp=True, flows=2, stored=3, turns=8)
    async with running(layout, Places()) as up:
        await up.store(layout.stored, lambda step: None)
        people = await up.people(2)
        keys = up.redis.keys_of("01HBENCH000001c")

    assert [contact.script[0].says for contact in people] == ["pizza", "pizza-1"]
    assert [contact.step for contact in people] == [8, 8]
    assert sum(b"log" in key for key in keys) == 3
    assert len(up.doors) == 2
    assert up.redis.url.startswith("redis://")
    assert up.upstream.refused == []


async def test_figures_are_of_the_messages_measured():
    async with running(Layout(FLOOR), Places()) as up:
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

    setting = Setting("unix:///tmp/r", "http://127.0.0.1:1", variables={"BOT_LOG_LEVEL": "INFO"})
    environment = setting.environment(80)

    assert "BOT_CONCURRENCY" not in environment
    assert "SINCH_REGION" not in environment
    assert environment["BOT_LOG_LEVEL"] == "INFO"
    assert environment["PYTHONPATH"] == str(ROOT)
