"""A tunnel from the internet to a port of this machine, by an installed cloudflared or ngrok.

The tool is a process beside this one for as long as the tunnel is open. Its log is read for the
public URL, and for the reason when it doesn't come up or breaks off.
"""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.errors import BotError

UP_S = 30.0
"""How long the tool may take until the tunnel is there."""

END_S = 5.0
"""How long it may take to end before it is killed."""

_QUICK_TUNNEL = re.compile(r"\|\s+(https://[\w.-]+\.trycloudflare\.com)\s+\|")
_CLOUDFLARED_HEAD = re.compile(r"^\S+Z (INF|ERR|WRN|FTL) ")


class TunnelError(BotError):
    """There is no tunnel: no tool for it is installed, or the tool has given up."""


@dataclass(frozen=True, slots=True)
class Tool:
    """How a tool is asked for a tunnel to a port, and what a line of its log says: the public URL,
    or else what happened. It may keep a file in a folder that is removed afterwards.
    """

    words: Callable[[int, Path], Sequence[str]]
    url: Callable[[str], str]
    told: Callable[[str], str]


def _cloudflared(port: int, folder: Path) -> Sequence[str]:
    # Without a configuration of its own it takes the user's, whose rules then answer instead.
    config = folder / "cloudflared.yml"
    config.write_text("{}\n")
    target = f"http://127.0.0.1:{port}"
    return ("tunnel", "--config", str(config), "--no-autoupdate", "--url", target)


def _cloudflared_url(line: str) -> str:
    found = _QUICK_TUNNEL.search(line)
    return found[1] if found else ""


def _ngrok(port: int, folder: Path) -> Sequence[str]:
    return ("http", f"127.0.0.1:{port}", "--log", "stdout", "--log-format", "json")


def _ngrok_url(line: str) -> str:
    entry = _entry(line)
    return str(entry.get("url", "")) if entry.get("msg") == "started tunnel" else ""


def _ngrok_told(line: str) -> str:
    entry = _entry(line)
    if not entry:
        return line.removeprefix("ERROR:").strip()
    if entry.get("lvl") not in ("eror", "crit"):
        return ""
    return " ".join(str(entry.get("err") or entry.get("msg")).split())


def _entry(line: str) -> dict[str, object]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


TOOLS = {
    "cloudflared": Tool(
        _cloudflared, _cloudflared_url, lambda line: _CLOUDFLARED_HEAD.sub("", line)
    ),
    "ngrok": Tool(_ngrok, _ngrok_url, _ngrok_told),
}
ANY = "any"
"""Whichever is installed, the first of them first."""


class Tunnel:
    """An open tunnel; `url` is where it begins."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.url = ""
        self._name = name
        self._process = process
        self._told = ""

    async def come_up(self) -> None:
        """Wait for the public URL.

        Raises:
            TunnelError: the tool ends, or takes too long.
        """
        try:
            async with asyncio.timeout(UP_S):
                while not self.url:
                    await self._read()
        except TimeoutError:
            raise TunnelError(
                f"{self._name} has opened no tunnel within {UP_S:.0f} seconds{self._reason()}"
            ) from None

    async def ended(self) -> None:
        """Wait for the tool to end, which it shouldn't, and raise `TunnelError` then."""
        while True:
            await self._read()

    async def _read(self) -> None:
        assert self._process.stdout is not None
        raw = await self._process.stdout.readline()
        if not raw:
            status = await self._process.wait()
            raise TunnelError(f"{self._name} has ended with status {status}{self._reason()}")
        line = raw.decode(errors="replace").strip()
        self.url = self.url or TOOLS[self._name].url(line)
        self._told = TOOLS[self._name].told(line) or self._told

    def _reason(self) -> str:
        return f"; it said: {self._told[:300]}" if self._told else "."


@contextlib.asynccontextmanager
async def tunnel(name: str, port: int) -> AsyncIterator[Tunnel]:
    """A tunnel to the port, by the tool of that name, or by any; closed at the end.

    Raises:
        TunnelError: it isn't installed, or opens no tunnel.
    """
    name, path = _installed(name)
    with tempfile.TemporaryDirectory(prefix="bot-") as folder:
        process = await asyncio.create_subprocess_exec(
            *(path, *TOOLS[name].words(port, Path(folder))),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            # Ctrl-C is for this process alone: the webhook goes before the tunnel does.
            start_new_session=True,
        )
        try:
            opened = Tunnel(name, process)
            await opened.come_up()
            yield opened
        finally:
            await _end(process)


def _installed(name: str) -> tuple[str, str]:
    """The tool's name and where it is.

    Raises:
        TunnelError: it isn't installed.
    """
    names = TOOLS if name == ANY else (name,)
    for each in names:
        if path := shutil.which(each):
            return each, path
    raise TunnelError(
        f"{' or '.join(names)} isn't installed, or not on PATH. Install one (cloudflared needs no"
        " account), or lead a tunnel here yourself and give its URL as --public-url."
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the tool and whatever it has started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        try:
            async with asyncio.timeout(END_S):
                # Its output has to be taken, or it may wait for that for ever.
                await process.communicate()
        except TimeoutError:
            continue
        return
