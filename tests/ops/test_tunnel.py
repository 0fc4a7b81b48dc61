"""`bot dev --live --tunnel` with programs that print what cloudflared and ngrok print.

Their words were taken from logs that people published: cloudflared tells the URL of a quick tunnel
in a frame on standard error, ngrok as JSON on standard output.
"""

import asyncio
import json
import os
import signal
from pathlib import Path

import pytest

from bot.dev import tunnel as tunnels
from bot.dev.tunnel import TunnelError, tunnel
from tests.support.deployment import Deployment, webhooks

CLOUDFLARED = """
2026-11-21T06:00:00Z INF Thank you for trying Cloudflare Tunnel. See https://developers.example/
2026-11-21T06:00:00Z INF Requesting new quick Tunnel on trycloudflare.com...
2026-11-21T06:00:02Z INF +--------------------------------------------------------------+
2026-11-21T06:00:02Z INF |  Your quick Tunnel has been created! Visit it at (it may take long):  |
2026-11-21T06:00:02Z INF |  https://four-dashed-word-url.trycloudflare.com                      |
2026-11-21T06:00:02Z INF +--------------------------------------------------------------+
2026-11-21T06:00:03Z INF Registered tunnel connection connIndex=0 protocol=quic
"""
CLOUDFLARED_URL = "https://four-dashed-word-url.trycloudflare.com"
CLOUDFLARED_REFUSED = """
2026-11-21T06:00:00Z INF Requesting new quick Tunnel on trycloudflare.com...
failed to request quick Tunnel: Post "https://api.trycloudflare.com/tunnel": dial tcp: no such host
"""
NGROK = """
{"lvl":"info","msg":"no configuration paths supplied","t":"2026-11-21T06:00:00Z"}
{"addr":"127.0.0.1:4040","lvl":"info","msg":"starting web service","obj":"web","url":"x"}
{"addr":"http://127.0.0.1:8000","lvl":"info","msg":"started tunnel","name":"command_line",\
"obj":"tunnels","t":"2026-11-21T06:00:01Z","url":"https://ab12-203-0-113-7.ngrok-free.app"}
""".replace("\\\n", "")
NGROK_URL = "https://ab12-203-0-113-7.ngrok-free.app"
NGROK_REFUSED = (
    '{"err":"authentication failed: Usage of ngrok requires a verified account and authtoken.\\n'
    'ERR_NGROK_4018","lvl":"eror","msg":"failed to reconnect session"}'
)


class Tools:
    """A folder on PATH with tools that note how they were called and how they ended."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()

    def install(self, name: str, says: str, then: str = "exec sleep 60", first: str = "") -> None:
        """Install a tool that runs `first`, prints `says` on its usual stream, and runs `then`."""
        (self._folder / f"{name}.says").write_text(says)
        tool = self._folder / name
        tool.write_text(
            "#!/bin/sh\n"
            f'echo "$@" > {tool}.called\n'
            f'if [ "$1" = tunnel ]; then cat "$3" > {tool}.config; fi\n'
            f"echo $$ > {tool}.pid\n"
            f"{first}\n"
            f"cat {tool}.says {'>&2' if name == 'cloudflared' else ''}\n"
            f"{then}\n"
        )
        tool.chmod(0o755)

    def called(self, name: str) -> str:
        return (self._folder / f"{name}.called").read_text().strip()

    def config(self, name: str) -> object:
        return json.loads((self._folder / f"{name}.config").read_text())

    def runs(self, name: str) -> bool:
        try:
            os.kill(int((self._folder / f"{name}.pid").read_text()), 0)
        except ProcessLookupError:
            return False
        return True


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    """An empty folder of tools on PATH, followed by the folders of the shell's own tools."""
    tools = Tools(tmp_path / "tools")
    monkeypatch.setenv("PATH", f"{tmp_path / 'tools'}:/usr/bin:/bin")
    return tools


@pytest.mark.parametrize(
    ("name", "says", "url"),
    [("cloudflared", CLOUDFLARED, CLOUDFLARED_URL), ("ngrok", NGROK, NGROK_URL)],
)
async def test_a_tool_runs_as_long_as_the_tunnel_is_open(tools, name, says, url):
    tools.install(name, says)

    async with tunnel(name, 8123) as opened:
        assert opened.url == url
        assert tools.runs(name)

    assert not tools.runs(name)
    assert "127.0.0.1:8123" in tools.called(name)


async def test_the_users_own_configuration_of_cloudflared_is_left_alone(tools):
    tools.install("cloudflared", CLOUDFLARED)

    async with tunnel("cloudflared", 8123):
        assert tools.called("cloudflared").startswith("tunnel --config /")
        assert tools.config("cloudflared") == {}


async def test_any_takes_what_is_installed(tools):
    tools.install("ngrok", NGROK)
    async with tunnel("any", 8123) as opened:
        assert opened.url == NGROK_URL

    tools.install("cloudflared", CLOUDFLARED)
    async with tunnel("any", 8123) as opened:
        assert opened.url == CLOUDFLARED_URL


@pytest.mark.parametrize(
    ("name", "what"), [("any", "cloudflared or ngrok isn't installed"), ("ngrok", "ngrok isn't")]
)
async def test_without_a_tool_the_way_out_is_told(tools, monkeypatch, tmp_path, name, what):
    monkeypatch.setenv("PATH", str(tmp_path / "tools"))

    with pytest.raises(TunnelError, match=f"^{what}.*--public-url"):
        async with tunnel(name, 8123):
            raise AssertionError("There is no tunnel.")


@pytest.mark.parametrize(
    ("name", "says", "why"),
    [
        ("cloudflared", CLOUDFLARED_REFUSED, "; its output: failed to request quick Tunnel"),
        ("ngrok", NGROK_REFUSED, "; its output: .*verified account and authtoken. ERR_NGROK_4018$"),
        ("ngrok", "ERROR:  unknown flag: --log-format\n", ".*output: unknown flag: --log-format$"),
        ("ngrok", "", ".$"),
    ],
)
async def test_a_tool_that_gives_up_says_why(tools, name, says, why):
    tools.install(name, says, then="exit 3")

    with pytest.raises(TunnelError, match=f"{name} has ended with status 3{why}"):
        async with tunnel(name, 8123):
            raise AssertionError("There is no tunnel.")


async def test_a_tool_that_opens_no_tunnel_is_not_waited_for_for_ever(tools, monkeypatch):
    monkeypatch.setattr(tunnels, "UP_S", 0.2)
    tools.install("ngrok", NGROK_REFUSED + "\n")

    with pytest.raises(TunnelError, match="no tunnel within 0 seconds"):
        async with tunnel("ngrok", 8123):
            raise AssertionError("There is no tunnel.")


async def test_a_tool_that_does_not_end_is_killed(tools, monkeypatch):
    monkeypatch.setattr(tunnels, "END_S", 0.2)
    tools.install("ngrok", NGROK, first="trap '' TERM", then="sleep 60")

    async with tunnel("ngrok", 8123):
        assert tools.runs("ngrok")

    assert not tools.runs("ngrok")


async def begin(deployment: Deployment, tmp_path: Path) -> asyncio.subprocess.Process:
    deployment.environment["PATH"] = f"{tmp_path / 'tools'}:{deployment.environment['PATH']}"
    deployment.environment["BOT_HOME"] = str(tmp_path / "home")
    return await deployment.begin("dev", "--live", "--tunnel", "--port", "0")


async def test_the_command_opens_and_closes_it(deployment, tools, tmp_path):
    tools.install("cloudflared", CLOUDFLARED)
    process = await begin(deployment, tmp_path)
    assert process.stdout is not None
    async with asyncio.timeout(20):
        told = await process.stdout.readline()
    assert f"through {CLOUDFLARED_URL}/webhook".encode() in told, told
    assert webhooks(deployment) == [f"{CLOUDFLARED_URL}/webhook"]

    process.send_signal(signal.SIGINT)
    _, err = await process.communicate()

    assert (process.returncode, err) == (0, b"")
    assert webhooks(deployment) == []
    assert not tools.runs("cloudflared")


async def test_the_command_fails_when_the_tunnel_breaks_off(deployment, tools, tmp_path):
    fuse = tmp_path / "fuse"
    os.mkfifo(fuse)
    tools.install("cloudflared", CLOUDFLARED, then=f"cat {fuse}; exit 1")
    process = await begin(deployment, tmp_path)
    assert process.stdout is not None
    async with asyncio.timeout(20):
        await process.stdout.readline()
    assert len(webhooks(deployment)) == 1

    await asyncio.to_thread(fuse.write_text, "2026-11-21T06:10:00Z ERR Lost connection\n")
    _, err = await process.communicate()

    assert process.returncode == 1
    assert err == b"bot: cloudflared has ended with status 1; its output: Lost connection\n"
    assert webhooks(deployment) == []
