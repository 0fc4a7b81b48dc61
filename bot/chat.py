"""`bot chat`: talk to the flows in the terminal, by way of an emulated phone.

It is a client of an emulator's control endpoints: of the `bot dev` that runs in this folder, or
else of a stack that it starts for itself.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
from prompt_toolkit import PromptSession
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.patch_stdout import patch_stdout
from rich.console import Console
from rich.markup import escape

from bot.dev import running_stack, stack
from bot.errors import BotError, ConfigError
from bot.settings import Settings

HELP = """\
Type to write. Lines that begin with / do something else:
  /tap N or LABEL       tap a button, by its number or what stands on it
  /location LAT LON     send a location
  /media URL [CAPTION]  send a picture, sound, video or document
  /react EMOJI          react to the newest message
  /quit                 leave (so does Ctrl-D)"""


class ChatError(BotError):
    """The emulator refused what was typed."""


class Phone:
    """A phone on a running emulator, by HTTP."""

    def __init__(self, http: httpx.AsyncClient, channel: str, identity: str) -> None:
        self._http = http
        self._path = f"/emulator/phones/{channel}/{identity}"

    async def does(self, act: dict[str, Any]) -> None:
        """Let the contact do something, such as `{"text": "hello"}`.

        Raises:
            ChatError: the emulator refuses it.
        """
        answer = await self._http.post(self._path, json=act)
        if answer.is_error:
            raise ChatError(answer.json().get("error", {}).get("message", answer.text))

    async def shown(self) -> list[dict[str, Any]]:
        """All messages the phone shows, oldest first."""
        answer = await self._http.get(self._path)
        answer.raise_for_status()
        shown: list[dict[str, Any]] = answer.json()["shown"]
        return shown

    async def news(self) -> AsyncIterator[None]:
        """Yield whenever something may have changed on some phone."""
        async with self._http.stream("GET", "/emulator/news", timeout=None) as answer:
            yield
            async for line in answer.aiter_lines():
                if line.startswith("data:"):
                    yield


async def run(settings: Settings, channel: str, identity: str, record: Path | None = None) -> None:
    """Talk until the contact leaves; then write what was said into `record`, a `.chat` file.

    Raises:
        BotError: the bot can't be started, the emulator is gone, or the file is there already.
    """
    if record is not None:
        _require_new(record)
    async with contextlib.AsyncExitStack() as exits:
        where = running_stack(settings)
        if where is None:
            where = await exits.enter_async_context(stack(settings, 0, 0))
        http = await exits.enter_async_context(httpx.AsyncClient(base_url=where.emulator_url))
        began_at = time.time()
        await Chat(Phone(http, channel, identity), channel).run()
        if record is not None:
            from bot.testing.recording import recorded

            text = await recorded(settings, channel, identity, began_at)
            await asyncio.to_thread(record.write_text, text, encoding="utf-8")


def _require_new(record: Path) -> None:
    if record.exists():
        raise ConfigError(f"{record} is there already; give --record another name.")


class Chat:
    """The conversation on the screen."""

    def __init__(self, phone: Phone, channel: str) -> None:
        self._phone = phone
        self._channel = channel
        self._console = Console(highlight=False)
        self._printed = 0

    async def run(self) -> None:
        self._console.print(f"[dim]{self._channel} · /help says what you can do[/dim]")
        self._printed = len(await self._phone.shown())
        session: PromptSession[str] = PromptSession()
        watch = asyncio.create_task(self._watch())
        try:
            with patch_stdout(raw=True):
                while True:
                    line = await session.prompt_async(FormattedText([("ansicyan", "> ")]))
                    if line.strip() == "/quit":
                        return
                    await self._do(line.strip())
        except (EOFError, KeyboardInterrupt):
            return
        finally:
            watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch

    async def _do(self, line: str) -> None:
        if not line:
            return
        if line == "/help":
            self._console.print(escape(HELP))
            return
        try:
            await self._phone.does(await self._act(line))
        except ChatError as fault:
            self._console.print(f"[red]{escape(str(fault))}[/red]")

    async def _act(self, line: str) -> dict[str, Any]:
        """What a line means to the phone.

        Raises:
            ChatError: it is a command that isn't known, or lacks something.
        """
        if not line.startswith("/"):
            return {"text": line}
        word, _, rest = line.partition(" ")
        match word, rest.split():
            case "/tap", [_, *_]:
                return {"label": await self._label(rest.strip())}
            case "/location", [latitude, longitude]:
                return {
                    "location": {"latitude": _degrees(latitude), "longitude": _degrees(longitude)}
                }
            case "/media", [url, *caption]:
                return {"media": {"url": url, "caption": " ".join(caption)}}
            case "/react", [emoji]:
                return {"reaction": {"emoji": emoji}}
        raise ChatError(f"{line!r} is nothing I can do; /help says what is.")

    async def _label(self, wanted: str) -> str:
        """A button's label by its number in the newest message with buttons; else as it is."""
        for shown in reversed(await self._phone.shown()):
            labels = [choice["label"] for choice in shown["choices"]]
            if labels:
                if wanted.isdecimal() and 1 <= int(wanted) <= len(labels):
                    return str(labels[int(wanted) - 1])
                break
        return wanted

    async def _watch(self) -> None:
        async for _ in self._phone.news():
            shown = await self._phone.shown()
            for message in shown[self._printed :]:
                self._print(message)
            self._printed = len(shown)

    def _print(self, message: dict[str, Any]) -> None:
        self._console.print(f"[green]{escape(message['text'])}[/green]")
        buttons = [
            f"[reverse] {number} {escape(choice['label'])} [/reverse]"
            for number, choice in enumerate(message["choices"], start=1)
        ]
        if buttons:
            self._console.print("  ".join(buttons))


def _degrees(text: str) -> float:
    try:
        return float(text.rstrip(","))
    except ValueError as fault:
        raise ChatError(f"{text!r} is no number of degrees, such as 55.61.") from fault
