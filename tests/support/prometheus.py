"""The programs of Prometheus, which judge rules and answer queries as in production."""

import asyncio
import contextlib
import json
import os
import re
import shutil
from collections.abc import AsyncIterator, Collection, Mapping
from pathlib import Path

import httpx
import pytest

from tests.support.redis_server import free_port

REQUIRED = "TEST_PROMETHEUS_REQUIRED" in os.environ

RULES = Path(__file__).parents[2] / "docs" / "alerts.yml"

WAIT_S = 240.0
PAUSE_S = 0.1


def program(name: str) -> str:
    """Return the path of `prometheus` or `promtool`. Without it, the test is skipped; on CI it
    fails.
    """
    found = shutil.which(name)
    if not found:
        (pytest.fail if REQUIRED else pytest.skip)(
            f"needs {name}: install Debian's package `prometheus`"
        )
    assert found is not None
    return found


class Prometheus:
    """A server that scrapes every second."""

    def __init__(self, port: int) -> None:
        self._http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1")

    async def query(self, words: str) -> dict[str, float]:
        """Return the value of each series now, by its labels."""
        answer = await self._http.get("/query", params={"query": words})
        assert answer.status_code == 200, answer.text
        return {
            _labels(each["metric"]): float(each["value"][1])
            for each in answer.json()["data"]["result"]
        }

    async def total(self, words: str) -> float:
        """Return the sum over all series of a query; 0 if there are none."""
        return sum((await self.query(f"sum({words})")).values())

    async def until(self, words: str, value: float) -> None:
        """Wait until the sum over a query has this value. The server is polled, because it can't
        notify.
        """
        try:
            async with asyncio.timeout(WAIT_S):
                while await self.total(words) != value:  # noqa: ASYNC110
                    await asyncio.sleep(PAUSE_S)
        except TimeoutError:
            raise AssertionError(f"{words}: {await self.query(words)}, not {value}") from None

    async def fired(self) -> set[str]:
        """Return the alerts that have fired so far."""
        found = await self.query(
            'max by (alertname) (max_over_time(ALERTS{alertstate="firing"}[1h]))'
        )
        return set(found)

    async def is_ready(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return (await self._http.get("/status/config")).status_code == 200
        return False

    async def aclose(self) -> None:
        await self._http.aclose()


def _labels(found: Mapping[str, str]) -> str:
    return ",".join(value for name, value in sorted(found.items()) if name != "__name__")


def _configure(folder: Path, targets: Mapping[str, int], at_once: Collection[str]) -> Path:
    """Write the configuration and the rules. Return the path of the configuration."""
    folder.mkdir()
    rules, config = folder / "alerts.yml", folder / "prometheus.yml"
    head, *alerts = re.split(r"(?=^ +- alert: )", RULES.read_text(), flags=re.MULTILINE)
    for number, alert in enumerate(alerts):
        if alert.partition("alert: ")[2].partition("\n")[0] in at_once:
            alerts[number] = re.sub(r"^ +for: .*\n", "", alert, flags=re.MULTILINE)
    rules.write_text(head + "".join(alerts))
    static = [
        {"targets": [f"127.0.0.1:{port}"], "labels": {"instance": name}}
        for name, port in targets.items()
    ]
    every = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    scraped = {"job_name": "bot", "static_configs": static}
    # JSON is YAML, too.
    config.write_text(
        json.dumps({"global": every, "rule_files": [str(rules)], "scrape_configs": [scraped]})
    )
    return config


@contextlib.asynccontextmanager
async def prometheus(
    folder: Path, targets: Mapping[str, int], at_once: Collection[str]
) -> AsyncIterator[Prometheus]:
    """Run a server that scrapes the ports of this machine in `targets`, by name.

    The server evaluates the rules in docs/alerts.yml. The alerts in `at_once` fire without their
    waiting time.
    """
    config = _configure(folder, targets, at_once)
    port = free_port()
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            program("prometheus"),
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            stdout=log,
            stderr=log,
        )
    server = Prometheus(port)
    try:
        async with asyncio.timeout(WAIT_S):
            while not await server.is_ready():
                assert process.returncode is None, (folder / "log").read_text()
                await asyncio.sleep(PAUSE_S)
        yield server
    finally:
        await server.aclose()
        if process.returncode is None:
            process.terminate()
        await process.wait()
