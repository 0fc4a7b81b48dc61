"""Finds settings with which the bot would not start, and names in .env that are no settings."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.conversation_api.http_client import parsed_url
from bot.engine.secret_answers import AnswerCipher
from bot.errors import ConfigError
from bot.messages import channel_properties
from bot.settings import Settings
from bot.store.keys import Keys
from bot.tooling.check.findings import Finding

DOTENV = Path(".env")
PROPERTIES = "BOT_CHANNEL_PROPERTIES"


def settings_found(settings: Settings) -> list[Finding]:
    """Return values with which the bot would not start, and names in .env that have no effect."""
    lines = DOTENV.read_text(encoding="utf-8").splitlines() if DOTENV.is_file() else []
    return [*_refused(settings), *_properties(settings), *_unknown(lines)]


def _refused(settings: Settings) -> Iterator[Finding]:
    """Yield values of settings that are rejected only when a part of the bot uses them."""
    uses: tuple[Callable[[], object], ...] = (
        lambda: AnswerCipher(settings.secret_keys),
        lambda: Keys(settings.namespace, settings.shards),
        lambda: settings.handoff_url and parsed_url(settings.handoff_url, "BOT_HANDOFF_URL"),
    )
    for use in uses:
        try:
            use()
        except ConfigError as error:
            yield Finding(str(error))


def _properties(settings: Settings) -> Iterator[Finding]:
    for wrong in channel_properties.violations(settings.properties, PROPERTIES, "messages:send"):
        yield Finding(f"{wrong}. The bot can't start with this value. Correct it.")


def _unknown(lines: list[str]) -> Iterator[Finding]:
    for name, advice in Settings.unknown({}, dotenv=DOTENV).items():
        what = f"{name} is not a setting. {advice}"
        defined = re.compile(rf"\s*(?:export\s+)?{re.escape(name)}\s*=")
        number = next((at for at, line in enumerate(lines, start=1) if defined.match(line)), 0)
        # The value may be a secret, so the line is not shown.
        shown = f"{name}=…" if number else ""
        yield Finding(what, str(DOTENV), number, 1, len(name), shown, "warning")
