"""A platform on a port, and commands of the bot that run against it."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from bot import END, HANDOFF, Flow, Option, Turn, ask, choose, parse, step
from bot.clock import SystemClock
from bot.emulator import REAL_TIME, Behavior, Platform
from bot.emulator.serving import bind, make_server, url_of
from bot.pages.serving import serving
from bot.settings import Settings
from tests.support.redis_server import free_port


class Pizza(Flow):
    """Asks for a size and an address, then ends."""

    start_on = ("pizza",)

    size = choose(
        "Which size?",
        {"small": Option("Small", to="address"), "large": Option("Large", to="address")},
    )
    address = ask("Where to?", accept=parse.text(min_length=3), to="place", timeout=("24h", END))

    @step(to=(END, HANDOFF))
    async def place(self, turn: Turn) -> str:
        if self.data.address == "nowhere":
            raise RuntimeError("the oven is off")
        turn.say("On its way!")
        return END


@dataclass
class Deployment:
    """A platform on a real port, and the environment of a bot that uses it."""

    platform: Platform
    environment: dict[str, str]

    async def bot(self, *words: str, **changes: str) -> tuple[int, str, str]:
        """Run a command to its end. Return exit status, standard output and standard error."""
        process = await self.begin(*words, **changes)
        out, err = await process.communicate()
        return process.returncode or 0, out.decode(), err.decode()

    async def begin(
        self, *words: str, stdin: str = "", **changes: str
    ) -> asyncio.subprocess.Process:
        """Start a command with input `stdin`, and with pipes for its output."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", *words),
            env=self.environment | changes,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stdin is not None
        process.stdin.write(stdin.encode())
        process.stdin.close()
        return process

    @contextlib.asynccontextmanager
    async def serving(self, *words: str, **changes: str) -> AsyncIterator[str]:
        """Run a command that serves, such as `serve`, and yield the URL where it is ready."""
        port = free_port()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", *words, "--host", "127.0.0.1", "--port", str(port)),
            env=self.environment | changes,
        )
        url = f"http://127.0.0.1:{port}"
        try:
            await until_ready(url, process)
            yield url
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def until_ready(url: str, process: asyncio.subprocess.Process) -> None:
    """Wait until a process of the bot is ready. It is polled, because it is another process."""
    async with httpx.AsyncClient() as http, asyncio.timeout(20):
        while process.returncode is None:
            with contextlib.suppress(httpx.TransportError):
                if (await http.get(f"{url}/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.05)
    raise AssertionError(f"It ended with {process.returncode}.")


@contextlib.asynccontextmanager
async def deployed(settings: Settings, behavior: Behavior = REAL_TIME) -> AsyncIterator[Deployment]:
    """Run a platform on a port of its own within the context."""
    platform = Platform(SystemClock(), behavior=behavior)
    listener = bind("127.0.0.1", 0)
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "COLUMNS": "300",
        "PYTHONUNBUFFERED": "1",
        **platform.world.environment(url_of(listener, "127.0.0.1")),
        "SINCH_WEBHOOK_SECRET": "a-secret-of-some-length",
        "BOT_PUBLIC_URL": "https://bot.example",
        "REDIS_URL": settings.redis_url,
        "BOT_NAMESPACE": settings.namespace,
    }
    async with serving(make_server(platform), listener):
        yield Deployment(platform, environment)


def webhooks(deployment: Deployment) -> list[str]:
    platform = deployment.platform
    return [webhook["target"] for webhook in platform.apps.webhooks(platform.app_id)]
