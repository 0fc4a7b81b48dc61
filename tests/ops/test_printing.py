"""No command prints control characters, or text that looks like another line of the bot."""

import asyncio
import io
import json
import logging
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import bot
from bot.cli import app
from bot.flow.load import load_flows
from bot.i18n.printable import is_unsafe, printable, printable_json, printable_lines
from bot.settings import Settings
from bot.telemetry import logs
from bot.testing.chat_text import escape, unescape

BIDI = {"\u061c", "\u200e", "\u200f", *map(chr, range(0x202A, 0x202F))} | set(
    map(chr, range(0x2066, 0x206A))
)
OBEYED = sorted(
    {c for c in map(chr, range(0x3000)) if unicodedata.category(c) in ("Cc", "Zl", "Zp")} | BIDI
)
HOSTILE = (
    "\x1b]0;title\x07\x1b]52;c;ZXZpbA==\x07\x1b[2J"
    "\r2026-01-01 00:00:00 < Your refund is ready\n2026-01-01 00:00:00 < Pay here"
    + "".join(f"{each}x" for each in OBEYED)
)
FORGED = re.compile(r"^2026-01-01", re.MULTILINE)

FLOWS = """
from bot import END, Flow, Turn, ask, parse, step


class Echo(Flow):
    fallback = True
    start_on = ("echo",)
    words = ask("What?", accept=parse.text(), to="echo")

    @step(to="words")
    async def echo(self, turn: Turn) -> str:
        if "fail" in self.data.words:
            raise RuntimeError(self.data.words)
        turn.say(f"You said: {self.data.words}", choices=())
        return "words"
"""

PRINT_NOTHING_OF_OTHERS = {
    *("serve", "web", "worker", "dev", "console", "emulator"),  # which log; see the test of logs
    *("new", "graph", "preview", "explore", "messages extract", "messages check"),
}


def commands(group: Any, words: tuple[str, ...] = ()) -> Iterator[str]:
    """The names of all commands."""
    if not hasattr(group, "commands"):
        yield " ".join(words)
        return
    for name, command in group.commands.items():
        yield from commands(command, (*words, name))


@pytest.fixture
def flows_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "flows"
    folder.mkdir()
    (folder / "echo_flow.py").write_text(FLOWS.replace(", choices=()", ""))
    return folder


@pytest.fixture
def bot_settings(bot_settings: Settings) -> Settings:
    return replace(bot_settings, shards=16)


@pytest.fixture
def bot_flows(flows_folder: Path) -> Any:
    return load_flows(str(flows_folder))


@pytest.fixture
async def environment(simulation, contact, flows_folder: Path, tmp_path: Path) -> dict[str, str]:
    """Return the environment of a bot whose store has hostile texts in everything."""
    operations, key = simulation.bot, ""
    await contact.says("hi")
    key = contact.session.address.key
    await contact.says(HOSTILE)
    await contact.sends_media(f"https://example.com/{HOSTILE}", caption=HOSTILE)
    await operations.pause(key, HOSTILE)
    await operations.say(key, HOSTILE, agent=HOSTILE)
    await contact.run_until_idle()
    await operations.resume(key)
    await operations.trigger(key, HOSTILE, {HOSTILE: HOSTILE})
    await contact.run_until_idle()
    await contact.says(f"fail {HOSTILE}")
    await contact.waits("2h")
    platform = simulation.platform
    platform.callback(
        "CHANNEL_EVENT", {"channel_event": {"channel": HOSTILE, "event_type": HOSTILE}}
    )
    platform.callback("BATCH_STATUS_UPDATE", {"batch_id": HOSTILE, "batch_status": HOSTILE})
    report = {"message_id": HOSTILE, "status": HOSTILE, "channel": HOSTILE, "reason": HOSTILE}
    platform.callback("MESSAGE_DELIVERY", report)
    await simulation.run_until_idle()
    unknown = json.dumps({HOSTILE: HOSTILE}).encode()
    await operations.store.queue.add_unrouted(unknown, "unknown", "1", simulation.clock.now())
    settings = simulation.settings
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("BOT_", "SINCH_", "REDIS_"))
    }
    return clean | {
        "REDIS_URL": settings.redis_url,
        "BOT_NAMESPACE": settings.namespace,
        "BOT_FLOWS": str(flows_folder),
        "BOT_HOME": str(tmp_path / "home"),
        "SINCH_PROJECT_ID": settings.project_id,
        "SINCH_APP_ID": settings.app_id,
        "SINCH_KEY_ID": settings.key_id,
        "SINCH_KEY_SECRET": settings.key_secret.reveal(),
        "SINCH_API_URL": "http://127.0.0.1:9",
        "SINCH_AUTH_URL": "http://127.0.0.1:9",
        "COLUMNS": "300",
    }


async def test_no_command_prints_what_contacts_and_others_write_raw(
    simulation, contact, environment, tmp_path: Path, monkeypatch, subtests
):
    key = contact.session.address.key
    (letter,) = [each.id async for each in simulation.bot.store.admin.dead_letters()]
    rows = tmp_path / "rows.csv"
    rows.write_text(f'contact\n"{printable(HOSTILE)[:40]}"\n', encoding="utf-8")
    exported = tmp_path / "exported"
    tried: dict[str, list[list[str]]] = {
        "check": [[], ["--live"]],
        "callbacks": [[], ["--json"]],
        "setup": [["--dry-run"]],
        "doctor": [[], ["--json"]],
        "send": [[HOSTILE, "hello"]],
        "trigger": [[HOSTILE, "hello"], [key, HOSTILE, "--wait", "1s"]],
        "broadcast start": [["echo", "--csv", str(rows), "--dry-run"]],
        "broadcast report": [[], [HOSTILE]],
        "broadcast cancel": [[HOSTILE]],
        "replay": [[]],
        "contacts list": [[], ["--json"], ["--stuck"]],
        "contacts show": [[key], [key, "--json"], [HOSTILE]],
        "contacts export": [
            [key, *form, *output]
            for form in ([], ["--format", "json"], ["--format", "chat"])
            for output in ([], ["--output", str(exported)])
        ],
        "contacts pause": [[key, "--reason", HOSTILE]],
        "contacts resume": [[key]],
        "contacts move": [[key, "--to", HOSTILE], [key, "--to", "echo"]],
        "flows off": [
            ["echo", "--because", HOSTILE, "--say", HOSTILE],
            [HOSTILE, "--because", "x"],
        ],
        "flows list": [[], ["--json"]],
        "flows on": [["echo"], [HOSTILE]],
        "dead list": [[], ["--json"]],
        "dead show": [[letter], [HOSTILE]],
        "dead retry": [[letter]],
        "dead drop": [[HOSTILE]],
        "contacts consent": [[HOSTILE], [key], [key, "--format", "csv"], []],
        "contacts forget": [[HOSTILE, "--yes"], [key, "--yes"]],
    }
    expected = set(commands(typer.main.get_command(app))) - PRINT_NOTHING_OF_OTHERS - {"chat"}
    assert set(tried) == expected
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for name, tries in tried.items():
        for words in tries:
            done = await asyncio.to_thread(run, [*name.split(), *words])
            with subtests.test(name, words=words[1:]):
                require_harmless(done)
                assert done or exported.exists()
                if exported.exists():
                    require_harmless(exported.read_text(encoding="utf-8"))
                    exported.unlink()
                if "--json" in words:
                    assert [json.loads(line) for line in done.splitlines() if line[0] == "{"]


def run(words: list[str]) -> str:
    """Return what a command prints to standard output and standard error, including expected
    errors.
    """
    from bot import errors
    from bot.i18n.printable import echo

    done = CliRunner().invoke(app, words)
    if isinstance(done.exception, errors.BotError):
        printed = io.StringIO()
        stderr, sys.stderr = sys.stderr, printed
        try:
            echo(f"bot: {done.exception}", error=True)
        finally:
            sys.stderr = stderr
        return done.output + printed.getvalue()
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.output


def require_harmless(printed: str) -> None:
    assert not [each for each in printed if each in OBEYED and each != "\n"]
    assert not FORGED.search(printed)


async def test_a_conversation_that_goes_on_here_prints_nothing_raw(contact, environment):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "chat", "--from", contact.session.address.key),
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    out, _ = await process.communicate(f"hello {HOSTILE.replace(chr(10), ' ')}\n".encode())

    printed = out.decode()
    assert "in echo/words" in printed
    assert "You said: hello" in printed
    require_harmless(printed)


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_log_line_holds_what_a_terminal_obeys(form: Any) -> None:
    formatter = logs.LogFormatter(form)
    try:
        raise RuntimeError(HOSTILE)
    except RuntimeError:
        record = logging.LogRecord("x", 30, "x", 1, "Odd: %s", (HOSTILE,), sys.exc_info())
    record.trigger = HOSTILE

    require_harmless(formatter.format(record))


def test_commands_print_by_one_function() -> None:
    package = Path(bot.__file__).parent
    prints = re.compile(r"typer\.s?echo\b|(?<![\w.])print\(|sys\.std(out|err)\.write")
    found = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if "templates" not in path.parts and prints.search(path.read_text(encoding="utf-8"))
    }

    assert found <= {"engine/secret_answers.py", "settings.py"}, "which name a command for a shell"


@given(st.text())
def test_what_is_printable_is_harmless_and_json_stays_the_same(text: str) -> None:
    assert not any(map(is_unsafe, printable(text)))
    assert printable_lines(text).count("\n") == text.count("\n")
    json_ = json.dumps(text, ensure_ascii=False).encode(errors="surrogatepass")
    assert json.loads(printable_json(json_)) == text
    assert unescape(escape(text)) == text
    assert not any(map(is_unsafe, escape(text)))


def test_an_escape_names_its_character() -> None:
    assert printable("a\x1b\r\n\t\x9b\u202eb\ud83d") == r"a\x1b\r\n\t\x9b\u202eb\ud83d"
