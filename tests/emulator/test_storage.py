"""State that outlives a restart."""

from pathlib import Path

import httpx
import pytest

from bot.emulator import Platform
from bot.emulator.state import State
from bot.emulator.storage import load, save
from bot.errors import ConfigError
from tests.support.emulator import Client, Webhook, counted_ids
from tests.support.hand_clock import HandClock


async def test_a_platform_goes_on_where_it_stopped(
    api: Client, platform: Platform, webhook: Webhook, clock: HandClock, tmp_path: Path
) -> None:
    path = tmp_path / "kept" / "state.json"
    platform.phone("WHATSAPP", "46700000001").says("hi")
    await platform.run_due()
    choices = [{"text_message": {"text": "Yes"}}]
    await api.send({"choice_message": {"choices": choices}}, "SMS:46700000001")
    await platform.run_due()
    platform.faults.rules.callback_delay_s = 60
    platform.phone("SMS", "46700000001").says("still under way")
    token = platform.tokens.give()["access_token"]
    save(platform.state, path)

    clock.at += 60
    later = Platform(clock, counted_ids(), transport=httpx.MockTransport(webhook), state=load(path))
    before = len(webhook.of("message"))
    await later.run_due()
    later.tokens.require(f"Bearer {token}")

    assert len(webhook.of("message")) == before + 1
    assert later.contacts.find("", "WHATSAPP", "46700000001") is not None
    assert [one.text for one in later.phone("SMS", "46700000001").shown] == ["> YES"]
    assert later.next_due() is None
    assert path.stat().st_mode & 0o077 == 0
    assert [one.name for one in path.parent.iterdir()] == ["state.json"]


def test_where_nothing_was_kept_all_is_new(tmp_path: Path) -> None:
    assert load(tmp_path / "none.json").messages == {}


@pytest.mark.parametrize("content", [b"", b"{", b'{"messages": []}', b"[]"])
def test_another_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(content)

    with pytest.raises(ConfigError, match=r"state\.json is not a state file of the emulator"):
        load(path)


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()

    with pytest.raises(ConfigError, match="folder can't be written"):
        save(State(), tmp_path / "folder")

    assert [one.name for one in tmp_path.iterdir()] == ["folder"]
