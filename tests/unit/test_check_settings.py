"""Findings of `bot check` about settings."""

from pathlib import Path
from typing import Any

import pytest

from bot.settings import Secret, Settings
from bot.tooling.check.settings import settings_found


def test_names_in_dotenv_that_are_no_settings_are_reported_without_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = ("PORT=1", "DATABASE_URL=x", "export BOT_QUIET_HOUR=secret", "BOT_MENU=secret")
    (tmp_path / ".env").write_text("\n".join(lines))

    found = settings_found(Settings())

    assert [line for each in found for line in each.lines()] == [
        ".env:4: warning: BOT_MENU is not a setting. It has no effect.",
        "    BOT_MENU=…",
        "    ^^^^^^^^",
        ".env:3: warning: BOT_QUIET_HOUR is not a setting. Did you mean BOT_QUIET_HOURS?",
        "    BOT_QUIET_HOUR=…",
        "    ^^^^^^^^^^^^^^",
    ]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"secret_keys": (Secret("abc"),)}, "BOT_SECRET_KEY takes keys of 32 bytes in URL-safe"),
        ({"namespace": "{tea}"}, "BOT_NAMESPACE is '{tea}'; it must not contain braces."),
        ({"handoff_url": "https://me:pass@desk.example"}, "BOT_HANDOFF_URL contains a user or"),
    ],
)
def test_values_that_the_start_refuses_are_reported(
    settings: dict[str, Any], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    (found,) = settings_found(Settings(**settings))

    assert found.severity == "error"
    assert found.what.startswith(told)


def test_channel_properties_that_keep_the_bot_from_starting_are_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    (found,) = settings_found(Settings(channel_properties="SMS_FLASH_MESSAGE=perhaps"))

    assert (found.severity, found.what) == (
        "error",
        "BOT_CHANNEL_PROPERTIES.SMS_FLASH_MESSAGE: not true or false (messages:send). The bot can't"
        " start with this value. Correct it.",
    )
