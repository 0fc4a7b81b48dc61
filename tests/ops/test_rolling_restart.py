"""The Procfile on two hosts with a Redis server, restarted one after the other under load.

honcho runs the Procfile, once for each host: a web process and a worker. A router distributes
requests to the web processes. Contacts talk the whole time: each writes as soon as it is answered.
"""

import asyncio
import itertools
import logging
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import uvicorn
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.compat import valkey_binary
from bot.emulator import REAL_TIME, Phone
from bot.emulator.serving import bind, url_of
from bot.ops import setup
from bot.pages.serving import serving
from bot.settings import Settings
from bot.store.embedded import wait_until
from tests.support.deployment import Deployment, deployed, until_ready
from tests.support.redis_server import free_port

CHECKOUT = Path(__file__).parents[2]
CONTACTS = 16
FLOW = '''
states = [{"name": "talking", "on_enter": "echo"}]
said = ()
transitions = [{"trigger": "message", "source": "talking", "dest": "talking"}]
fallback = True


class Model:
    """Says what it hears."""

    def echo(self, turn):
        turn.say(f"heard {turn.text}")
'''

logger = logging.getLogger(__name__)


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[str]:
    """A server on a TCP port, with an append-only file."""
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--appendonly", "yes", "--save", ""]
    log = (tmp_path / "redis.log").open("wb")
    words = [str(valkey_binary()), *options, "--dir", str(tmp_path)]
    with log, subprocess.Popen(words, stdout=log) as server, Redis(port=port) as client:
        assert wait_until(lambda: _answers(client), 10)
        yield f"redis://127.0.0.1:{port}/0"
        server.terminate()


@pytest.fixture
async def fleet(redis_server: str, tmp_path: Path) -> AsyncIterator["Fleet"]:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "__init__.py").touch()
    (tmp_path / "flows" / "echo.py").write_text(FLOW)
    (tmp_path / "Procfile").write_bytes((CHECKOUT / "Procfile").read_bytes())
    settings = replace(Settings(), redis_url=redis_server)
    # Soon, as the test is short; with the same rule.
    behavior = REAL_TIME.but(submit_s=0, queued_s=0, delivered_s=0, retry_first_s=0.1)
    async with AsyncExitStack() as exits:
        deployment = await exits.enter_async_context(deployed(settings, behavior))
        router = await exits.enter_async_context(_router())
        deployment.environment |= {
            "BOT_PUBLIC_URL": router.url,
            "BOT_SEND_RATE": "0",
            "BOT_LOG_LEVEL": "WARNING",
        }
        fleet = Fleet(tmp_path, deployment, router)
        yield fleet
        for host in list(fleet.hosts):
            await fleet.stop(host)


async def test_a_rolling_restart_under_load_loses_nothing(fleet: "Fleet") -> None:
    release = await fleet.honcho("release")
    assert await release.wait() == 0
    first, second = await asyncio.gather(fleet.start(), fleet.start())
    done = asyncio.Event()
    talk = asyncio.create_task(fleet.talk(done))

    for host in (first, second):
        await fleet.answered(50)
        await fleet.stop(host)
        await fleet.answered(50)
        await fleet.start()
    await fleet.answered(50)
    done.set()
    said = await talk

    for phone, count in said.items():
        heard = [shown.text for shown in phone.shown]
        assert heard == [f"heard {number}" for number in range(count)]
    record = fleet.deployment.platform.record
    inbound = [call for call in record.callbacks if call.trigger == "MESSAGE_INBOUND"]
    refused = sum(call.status != 200 for call in inbound)
    total = sum(said.values())
    assert len(inbound) - refused == total
    logger.info("%s messages, all answered once; %s callbacks were sent again", total, refused)


async def test_the_release_line_sets_the_webhook_up(fleet: "Fleet") -> None:
    release = await fleet.honcho("release")
    assert await release.wait() == 0
    platform = fleet.deployment.platform
    (webhook,) = platform.apps.webhooks(platform.app_id)
    assert webhook["target"] == f"{fleet.router.url}/webhook"

    assert await fleet.deployment.bot("setup", BOT_FLOWS=str(fleet.folder / "flows")) == (
        0,
        f"{setup.NOTHING}\n",
        "",
    )


class Router:
    """Sends requests to the web processes in turn. Processes that do not listen are skipped."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.webs: list[str] = []
        self._turns = itertools.count()
        self._http = httpx.AsyncClient(timeout=10)

    async def __call__(self, request: Request) -> Response:
        body = await request.body()
        start = next(self._turns)
        for number in range(len(self.webs)):
            web = self.webs[(start + number) % len(self.webs)]
            try:
                answer = await self._http.post(
                    f"{web}{request.url.path}", content=body, headers=request.headers.raw
                )
            except httpx.ConnectError:
                continue
            except httpx.TransportError:
                break
            return Response(answer.content, answer.status_code)
        return Response(status_code=503)

    async def aclose(self) -> None:
        await self._http.aclose()


class Fleet:
    """Hosts that run the Procfile, and the contacts that talk to them."""

    def __init__(self, folder: Path, deployment: Deployment, router: Router) -> None:
        self.folder = folder
        self.deployment = deployment
        self.router = router
        self.hosts: dict[asyncio.subprocess.Process, str] = {}
        self._answers = 0
        self._changed = asyncio.Condition()

    async def honcho(self, *lines: str, port: int = 5000) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "honcho", "start", "--no-prefix", "--port", str(port), *lines),
            cwd=self.folder,
            env=self.deployment.environment,
        )

    async def start(self) -> asyncio.subprocess.Process:
        """Start a host. When its web process is ready, add the process to the router."""
        port = free_port()
        host = await self.honcho("web", "worker", port=port)
        self.hosts[host] = f"http://127.0.0.1:{port}"
        await until_ready(self.hosts[host], host)
        self.router.webs.append(self.hosts[host])
        return host

    async def stop(self, host: asyncio.subprocess.Process) -> None:
        """Stop a host as a PaaS does: send it no new requests, and SIGTERM to its processes."""
        self.router.webs.remove(self.hosts.pop(host))
        with suppress(ProcessLookupError):
            host.terminate()
        await host.wait()

    async def talk(self, done: asyncio.Event) -> dict[Phone, int]:
        """Let each contact say 0, 1, 2… until `done`, each number after the answer to the last.

        Return how many numbers each contact has said.
        """
        platform = self.deployment.platform
        phones = [platform.phone("SMS", f"4670{number:07}") for number in range(CONTACTS)]
        by_key = {phone.key: phone for phone in phones}
        said = dict.fromkeys(phones, 1)
        unanswered = set(phones)
        with platform.record.listen() as news:
            for phone in phones:
                phone.says("0")
            while unanswered:
                told = await asyncio.wait_for(news.get(), 20)
                if told["kind"] != "shown":
                    continue
                phone = by_key[told["phone"]]
                unanswered.discard(phone)
                async with self._changed:
                    self._answers += 1
                    self._changed.notify_all()
                if not done.is_set():
                    phone.says(str(said[phone]))
                    said[phone] += 1
                    unanswered.add(phone)
        return said

    async def answered(self, more: int) -> None:
        """Wait until the contacts have received this many more answers."""
        wanted = self._answers + more
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(lambda: self._answers >= wanted)


@asynccontextmanager
async def _router() -> AsyncIterator[Router]:
    listener = bind("127.0.0.1", 0)
    router = Router(url_of(listener, "127.0.0.1"))
    app = Starlette(routes=[Route("/webhook", router.__call__, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    async with serving(server, listener):
        yield router
    await router.aclose()


def _answers(client: Redis) -> bool:
    try:
        return bool(client.ping())
    except RedisConnectionError:
        return False
