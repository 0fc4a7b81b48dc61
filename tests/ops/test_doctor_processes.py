"""`bot doctor` reports what is wrong with processes that run elsewhere, by their own reports."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from bot import END, Flow, ask, parse
from bot.app.process_report import OWN, Reporter, flows_digest, report, setting_digests
from bot.flow.definition import of_class
from bot.flow.load import Flows
from bot.ops.doctor import processes
from bot.ops.doctor.finding import Finding
from bot.settings import Secret, Settings
from bot.store import Process, Store
from tests.support.deployment import Deployment, Pizza, until_ready
from tests.support.redis_server import free_port

MIB = 2**20
HERE = Settings(app_id="app", webhook_secrets=(Secret("a-secret-of-some-length"),))
FLOWS = Flows([of_class(Pizza)])
STORE = "5704e1d0"


class Tea(Flow):
    start_on = ("tea",)

    kind = ask("Which tea?", accept=parse.text(), to=END)


def process(role: str, pid: int = 1, **changes: Any) -> Process:
    usual = Process(
        name=f"{role}-{pid}",
        role=role,
        host="a",
        pid=pid,
        version="1.0",
        flows=flows_digest(FLOWS),
        store=STORE,
        settings=setting_digests(HERE),
        memory=70 * MIB,
        open_files=20,
        max_files=4096,
        max_connections=HERE.max_connections,
        max_request_memory=HERE.max_request_memory_bytes,
    )
    return msgspec.structs.replace(usual, **changes)


def having(**changes: Any) -> dict[str, str]:
    return setting_digests(replace(HERE, **changes))


def wrong(*found: Process) -> dict[str, Finding]:
    """Return the findings that are not ok, by the names of their checks."""
    findings = processes.examine(found, HERE, FLOWS, STORE)
    return {each.check: each for each in findings if each.outcome != "ok"}


def test_processes_that_are_well_are_listed():
    [found] = processes.examine([process("worker", 2), process("web")], HERE, FLOWS, STORE)

    assert (found.check, found.outcome) == ("processes", "ok")
    assert found.found == (
        "web 1 on a (70 MiB, 20 of 4096 files), worker 2 on a (70 MiB, 20 of 4096 files)"
    )


def test_nothing_is_said_if_none_has_reported():
    assert wrong() == {}


@pytest.mark.parametrize(
    ("changes", "check", "outcome", "said", "do"),
    [
        (
            {"memory": 61 * MIB, "max_memory": 64 * MIB},
            "memory of processes",
            "fault",
            "nearly used up by web 1 on a",
            "memory limit of the container",
        ),
        (
            {"max_memory": 96 * MIB},
            "memory of processes",
            "warning",
            "too little for BOT_MAX_REQUEST_MEMORY (64 MiB) in web 1 on a",
            "lower BOT_MAX_REQUEST_MEMORY",
        ),
        (
            {"max_memory": 512 * MIB, "kills": 2},
            "processes out of memory",
            "warning",
            "ended 2 processes in the containers of web 1 on a",
            "fewer processes",
        ),
        (
            {"open_files": 62, "max_files": 64},
            "files of processes",
            "fault",
            "nearly used up by web 1 on a",
            "LimitNOFILE=1096",
        ),
        (
            {"max_files": 64, "max_connections": 16},
            "files of processes",
            "warning",
            "may open 64 files, so it accepts 16 connections instead of BOT_MAX_CONNECTIONS=1000",
            "or lower BOT_MAX_CONNECTIONS",
        ),
    ],
)
def test_a_limit_of_a_process_is_reported(changes, check, outcome, said, do):
    found = wrong(process("web", **changes), process("worker", 2))

    assert list(found) == [check]
    assert found[check].outcome == outcome
    assert said in found[check].found
    assert do in found[check].do


def test_a_store_that_was_emptied_while_a_process_ran_is_reported():
    found = wrong(process("web", store="0ther"), process("worker", 2))

    assert found["store"].outcome == "fault"
    assert "emptied or replaced while web 1 on a ran" in found["store"].found
    assert "Restore a backup" in found["store"].do


async def test_a_process_logs_once_that_its_store_was_emptied(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings = replace(settings, app_id="app")
    async with await Store.open(settings) as store:
        reporter = Reporter(store, "w1", "worker", settings, lambda: FLOWS)
        first = await reporter.describe()
        assert caplog.messages == []
        await store.connection.command("DEL", store.connection.keys.owner)
        second, third = await reporter.describe(), await reporter.describe()

    assert first.store
    assert {each.store for each in (second, third)} == {first.store}
    assert ["was emptied or replaced" in each for each in caplog.messages] == [True]


def test_settings_that_differ_between_processes_are_named_without_values():
    key = (Secret("another-secret-of-some-length"),)
    other = process("worker", 2, settings=having(webhook_secrets=key, region="us"))
    found = wrong(process("web"), process("web", 3), other)["settings of processes"]

    assert found.outcome == "warning"
    pair = "web 1 on a, web 3 on a ≠ worker 2 on a"
    assert f"SINCH_WEBHOOK_SECRET: {pair}" in found.found
    assert f"SINCH_REGION: {pair}" in found.found
    assert "another-secret" not in str(found)


def test_settings_here_that_no_process_has_are_named():
    theirs = having(language="sv", send_rate=5.0)
    found = wrong(process("web", settings=theirs), process("worker", 2, settings=theirs))

    assert list(found) == ["settings here"]
    assert "BOT_LANGUAGE, BOT_SEND_RATE" in found["settings here"].found


def test_releases_and_flows_that_differ_between_processes_are_named():
    tea = flows_digest(Flows([of_class(Tea)]))
    found = wrong(process("web"), process("worker", 2, version="1.1", flows=tea))

    assert set(found) == {"releases", "flows of processes"}
    for each in found.values():
        assert "web 1 on a ≠ worker 2 on a" in each.found
        assert "restart" in each.do


def test_flows_here_that_no_process_runs_are_reported():
    tea = flows_digest(Flows([of_class(Tea)]))

    assert "flows here" in wrong(process("web", flows=tea), process("worker", 2, flows=tea))


def test_many_processes_are_counted_after_the_first():
    many = [process("web", pid, max_memory=71 * MIB) for pid in range(1, 8)]

    assert wrong(*many)["memory of processes"].found.startswith(
        "nearly used up by web 1 on a, web 2 on a, web 3 on a, web 4 on a, web 5 on a and 2 more."
    )


def test_settings_of_one_process_are_fields_and_all_others_are_compared():
    fields = Settings.__dataclass_fields__
    variables = {name: spec.metadata.get("variable") for name, spec in fields.items()}

    assert set(fields) >= OWN
    assert set(setting_digests(HERE)) == {
        variable for name, variable in variables.items() if variable and name not in OWN
    }


def test_a_report_holds_no_value_of_a_setting():
    secret = "k3y-secret-of-a-project"
    settings = replace(HERE, key_secret=Secret(secret), handoff_url="https://desk.example/x")
    told = msgspec.json.encode(report("w1", "worker", settings, FLOWS, STORE)).decode()

    assert secret not in told
    assert "desk.example" not in told
    assert all(len(each) == 4 for each in setting_digests(settings).values())


async def test_a_process_is_forgotten_when_it_no_longer_reports(settings: Settings) -> None:
    async with await Store.open(settings) as store:
        await store.report_process(Process(name="w1"))
        key, now = store.connection.keys.processes, await store.reader.time()
        old = msgspec.json.encode(Process(name="w0", at=now - 31))
        await store.connection.command("HSET", key, "w0", old)

        assert [each.name for each in await store.reader.processes()] == ["w1"]
        await store.report_process(Process(name="w2"))
        assert sorted(await store.connection.command("HGETALL", key)) == [b"w1", b"w2"]
        assert 0 < await store.connection.command("PTTL", key) <= 30_000


@asynccontextmanager
async def limited(deployment: Deployment, *words: str, **changes: str) -> AsyncIterator[None]:
    """Run a process that may open 64 files."""
    port = free_port()
    run = [sys.executable, "-m", "bot", *words, "--host", "127.0.0.1", "--port", str(port)]
    running = await asyncio.create_subprocess_exec(
        *("bash", "-c", 'ulimit -n 64; exec "$@"', "bash", *run),
        env=deployment.environment | changes,
    )
    try:
        await until_ready(f"http://127.0.0.1:{port}", running)
        yield
    finally:
        if running.returncode is None:
            running.terminate()
        await running.wait()


async def test_doctor_in_another_shell_sees_limits_and_settings_of_processes(
    deployment: Deployment,
) -> None:
    async with (
        limited(deployment, "web"),
        deployment.serving("worker", BOT_LANGUAGE="sv"),
    ):
        _, told, _ = await deployment.bot("doctor", "--json")
    found = {each["check"]: each for each in map(json.loads, told.splitlines())}

    _, later, _ = await deployment.bot("doctor", "--json")

    assert not [each for each in later.splitlines() if '"check":"processes"' in each]
    assert "of 64 files" in found["processes"]["found"]
    assert "may open 64 files, so it accepts" in found["files of processes"]["found"]
    assert "BOT_LANGUAGE: web " in found["settings of processes"]["found"]
    assert " ≠ worker " in found["settings of processes"]["found"]
