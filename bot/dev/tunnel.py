"""A tunnel from the internet to a port of this machine, opened by cloudflared or ngrok.

The tool runs as a child process while the tunnel is open. The tool's log contains the public URL,
or the reason why the tunnel failed.
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
"""Maximum time for opening the tunnel, in seconds."""

END_S = 5.0
"""Maximum time for the tool to end, in seconds. Then the tool is killed."""

_QUICK_TUNNEL = re.compile(r"\|\s+(https://[\w.-]+\.trycloudflare\.com)\s+\|")
_CLOUDFLARED_HEAD = re.compile(r"^\S+Z (INF|ERR|WRN|FTL) ")


class TunnelError(BotError):
    """There is no tunnel: no tool is installed, or the tool has failed."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that opens tunnels.

    `words` returns the tool's arguments for a port. `words` may write a file into the folder that
    it gets. The folder is deleted afterwards. `url` returns the public URL in a line of the tool's
    log; "" if the line has no URL. `told` returns a message for the user from a line of the log; ""
    if the line has no message for the user.
    """

    words: Callable[[int, Path], Sequence[str]]
    url: Callable[[str], str]
    told: Callable[[str], str]


def _cloudflared(port: int, folder: Path) -> Sequence[str]:
    # Otherwise the tool would use the user's own configuration and its rules.
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
"""The name that stands for any tool: the first one in `TOOLS` that is installed."""


class Tunnel:
    """An open tunnel. `url` is its public URL."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.url = ""
        self._name = name
        self._process = process
        self._told = ""

    async def come_up(self) -> None:
        """Wait for the public URL.

        Raises:
            TunnelError: the tool ends, or reports no URL within `UP_S` seconds.
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
        """Wait for the tool to end.

        Raises:
            TunnelError: the tool has ended, although it should run until this process ends it.
        """
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
        return f"; its output: {self._told[:300]}" if self._told else "."


@contextlib.asynccontextmanager
async def tunnel(name: str, port: int) -> AsyncIterator[Tunnel]:
    """Open a tunnel to the port, and close it at the end of the context.

    `name` is the name of a tool, or `ANY`.

    Raises:
        TunnelError: the tool is not installed, or opens no tunnel.
    """
    name, path = _installed(name)
    with tempfile.TemporaryDirectory(prefix="bot-") as folder:
        process = await asyncio.create_subprocess_exec(
            *(path, *TOOLS[name].words(port, Path(folder))),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            # Ctrl-C must end only this process, so that the webhook is deleted before the tunnel
            # closes.
            start_new_session=True,
        )
        try:
            opened = Tunnel(name, process)
            await opened.come_up()
            yield opened
        finally:
            await _end(process)


def _installed(name: str) -> tuple[str, str]:
    """Return the tool's name and the path of its program.

    Raises:
        TunnelError: the tool is not installed.
    """
    names = TOOLS if name == ANY else (name,)
    for each in names:
        if path := shutil.which(each):
            return each, path
    raise TunnelError(
        f"{' or '.join(names)} isn't installed, or not on PATH. Install one (cloudflared needs no"
        " account), or open a tunnel to this port yourself and give its URL as --public-url."
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the tool and its child processes."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        try:
            async with asyncio.timeout(END_S):
                # The tool's output must be read. Otherwise the tool may block forever.
                await process.communicate()
        except TimeoutError:
            continue
        return
