"""`bot doctor` finds what is wrong with a deployment, and says what to do."""

import json
from dataclasses import replace

import httpx
import pytest
from starlette.applications import Starlette

from bot.app import routes
from bot.emulator import SampleProject, create_app
from bot.ops.doctor import Finding, examine, local
from bot.settings import Secret, Settings
from bot.testing.simulation import Simulation
from tests.support.deployment import Deployment, Pizza

pytestmark = pytest.mark.flows([Pizza])

Findings = dict[str, Finding]


class Doctor:
    """Examines a simulated deployment, changed at will."""

    def __init__(self, simulation: Simulation) -> None:
        self.platform = simulation.platform
        self.settings = replace(simulation.settings, public_url="http://bot.test")
        app = Starlette(routes=routes(self.settings))
        app.state.bot = simulation.bot
        self.web: httpx.AsyncBaseTransport = httpx.ASGITransport(app)
        self.clock = simulation.clock

    async def finds(self, **changes) -> Findings:
        found = examine(
            replace(self.settings, **changes),
            clock=self.clock,
            api=httpx.ASGITransport(create_app(self.platform)),
            web=self.web,
        )
        return {finding.check: finding async for finding in found}


@pytest.fixture
def doctor(simulation: Simulation) -> Doctor:
    return Doctor(simulation)


async def test_a_healthy_deployment_and_a_broken_one(deployment: Deployment) -> None:
    async with deployment.serving("serve") as url:
        public = {"BOT_PUBLIC_URL": url}
        await deployment.bot("setup", **public)

        status, told, fault = await deployment.bot("doctor", "--json", **public)
        findings = [json.loads(line) for line in told.splitlines()]
        assert (status, fault) == (0, "")
        assert {each["check"] for each in findings if each["outcome"] != "ok"} == {"public URL"}
        assert any("took a signed callback" in each["found"] for each in findings)

        deployment.platform.apps.webhooks(deployment.platform.app_id)[0]["triggers"] = []
    status, told, fault = await deployment.bot("doctor", **public)

    assert (status, fault) == (1, "bot: 2 faults found.\n")
    assert "fault     webhook: it lacks CONTACT_CREATE, CONTACT_DELETE" in told
    assert "          Run `bot setup`." in told
    assert "can't be reached: ConnectError" in told


async def test_nothing_is_wrong_with_the_simulated_deployment(doctor):
    found = await doctor.finds()

    assert {check for check, finding in found.items() if finding.outcome == "fault"} == set()


@pytest.mark.parametrize(
    ("changes", "check", "said", "do"),
    [
        ({"app_id": ""}, "settings", "SINCH_APP_ID must be set", "Set them"),
        ({"key_secret": Secret("wrong")}, "credentials", "refused", "key secret"),
        (
            {"channel_properties": "SMS_FLASH_MESSAGE=yes"},
            "channel properties",
            "SMS_FLASH_MESSAGE: not true or false",
            "put it right",
        ),
        ({"project_id": "another"}, "credentials", "403", "project"),
        ({"app_id": "01JNOSUCHAPP"}, "app", "404", "SINCH_APP_ID"),
        ({"flows": "nowhere/at/all"}, "flows", "no folder", "bot check"),
        ({"redis_url": "redis://127.0.0.1:1"}, "redis", "127.0.0.1:1", "REDIS_URL"),
        ({"public_url": "http://bot.other"}, "webhook", "there is none", "bot setup"),
        (
            {"webhook_secrets": (Secret("another-long-enough-one"),)},
            "webhook",
            "its secret isn't",
            "bot setup",
        ),
        (
            {"webhook_secrets": (Secret("another-long-enough-one"),)},
            "public URL",
            "answers 401",
            "another SINCH_WEBHOOK_SECRET",
        ),
    ],
)
async def test_a_wrong_setting_is_a_fault(doctor, changes, check, said, do):
    finding = (await doctor.finds(**changes))[check]

    assert finding.outcome == "fault"
    assert said in finding.found
    assert do in finding.do


async def test_no_finding_tells_a_secret(doctor):
    found = await doctor.finds(key_secret=Secret("wr0ng-key-secret"))

    told = repr(found)
    assert "wr0ng" not in told
    assert "simulated-secret" not in told


async def test_a_short_secret_is_warned_of(doctor):
    assert (await doctor.finds(webhook_secrets=(Secret("short"),)))["secret"].outcome == "warning"


async def test_a_variable_that_is_misspelt_is_warned_of(doctor, monkeypatch):
    monkeypatch.setenv("BOT_SEND_RTE", "5")

    finding = (await doctor.finds())["variables"]

    assert (finding.outcome, finding.do) == ("warning", "Did you mean BOT_SEND_RATE?")


async def test_the_proxy_of_each_host_is_named_without_its_credentials(doctor):
    found = await doctor.finds(
        https_proxy="http://someone:hunter2@proxy.test:3128",
        no_proxy="desk.test",
        api_url="",
        auth_url="",
        handoff_url="https://desk.test/tickets",
    )

    assert found["proxy"].found == (
        "eu.conversation.api.sinch.com through http://proxy.test:3128;"
        " auth.sinch.com through http://proxy.test:3128; desk.test directly"
    )
    assert "hunter2" not in repr(found)


async def test_no_proxy_is_named_where_there_is_none(doctor):
    assert "proxy" not in await doctor.finds()


async def test_a_window_rule_that_no_message_fits_is_a_fault(doctor):
    finding = (await doctor.finds(outside_window="FAX"))["outside window"]

    assert finding.outcome == "fault"
    assert "BOT_OUTSIDE_WINDOW: it is 'FAX'" in finding.found


async def test_the_region_of_the_app_is_found(doctor):
    world = SampleProject(region="us")
    doctor.platform.world = world

    found = await doctor.finds(api_url="", auth_url="")

    assert found["region"].do == "Set SINCH_REGION=us."


async def test_a_webhook_of_somebody_else_is_warned_of(doctor):
    doctor.platform.register_webhook("https://other.example/hook", "theirs")

    found = await doctor.finds()

    assert "https://other.example/hook" in found["other webhooks"].found


async def test_a_failing_channel_is_a_fault_and_a_pending_one_a_warning(doctor):
    sms, whatsapp, *_ = doctor.platform.state.apps[doctor.platform.app_id]["channel_credentials"]
    sms["state"] = {"status": "FAILING", "description": "no such plan"}
    whatsapp["state"] = {"status": "PENDING"}

    found = await doctor.finds()

    assert (found["channel SMS"].outcome, found["channel SMS"].found) == (
        "fault",
        "FAILING no such plan",
    )
    assert found["channel WHATSAPP"].outcome == "warning"


async def test_dispatch_mode_that_keeps_nothing_is_warned_of(doctor):
    app = doctor.platform.state.apps[doctor.platform.app_id]
    app["processing_mode"] = "DISPATCH"

    assert (await doctor.finds())["processing mode"].outcome == "warning"
    app["dispatch_retention_policy"]["ttl_days"] = 1
    assert (await doctor.finds())["processing mode"].outcome == "ok"


@pytest.mark.parametrize(
    ("status", "do"),
    [(200, "isn't a bot"), (404, "isn't a bot"), (503, "Redis"), (502, "what stands before it")],
)
async def test_a_public_url_that_answers_otherwise_is_a_fault(doctor, status, do):
    doctor.web = httpx.MockTransport(lambda request: httpx.Response(status))

    finding = (await doctor.finds())["public URL"]

    assert finding.outcome == "fault"
    assert do in finding.do


async def test_a_host_whose_clock_is_off_is_warned_of(doctor):
    date = {"date": "Mon, 05 Jan 2026 09:05:00 GMT"}
    doctor.web = httpx.MockTransport(lambda request: httpx.Response(200, headers=date))

    assert "+300 s" in (await doctor.finds())["public clock"].found


async def test_dead_letters_are_warned_of(doctor, contact):
    await contact.says("pizza")
    await contact.taps("Small")
    await contact.says("nowhere")
    await contact.waits("1h")

    assert (await doctor.finds())["work"].outcome == "warning"


@pytest.mark.parametrize(
    ("check", "info", "outcome"),
    [
        ("_version", {"redis_version": "6.0.20", "role": "master"}, "fault"),
        ("_version", {"redis_version": "7.2.4", "role": "slave"}, "fault"),
        ("_version", {"redis_version": "6.2.0", "role": "master"}, "ok"),
        ("_persistence", {"aof_enabled": 0}, "warning"),
        ("_persistence", {"aof_enabled": 1, "aof_last_write_status": "err"}, "fault"),
        ("_eviction", {"maxmemory_policy": "allkeys-lru", "maxmemory": 1}, "fault"),
        ("_eviction", {"maxmemory_policy": "allkeys-lru", "maxmemory": 0}, "warning"),
        ("_eviction", {"maxmemory_policy": "volatile-lru", "maxmemory": 1}, "fault"),
        ("_memory", {"used_memory": 95, "maxmemory": 100}, "warning"),
        ("_clock", {"server_time_usec": 70_000_000}, "warning"),
        ("_clock", {"server_time_usec": 101_000_000}, "ok"),
    ],
)
def test_a_redis_is_judged_by_what_it_says(check, info, outcome):
    more = {"_version": (Settings(redis_url="redis://h"),), "_clock": ()}.get(check, ())
    now = (100.0,) if check == "_clock" else ()

    assert getattr(local, check)(*more, info, *now).outcome == outcome


@pytest.mark.parametrize(("rate", "is_too_fast"), [(20.0, False), (21.0, True), (0.0, True)])
async def test_sending_faster_than_the_app_does_is_worth_a_word(doctor, rate, is_too_fast):
    found = await doctor.finds(send_rate=rate)

    assert ("sending rate" in found) is is_too_fast
    if is_too_fast:
        assert found["sending rate"].outcome == "warning"
        assert "hands over 20 messages in a second" in found["sending rate"].found
        assert "BOT_SEND_RATE=20" in found["sending rate"].do


async def test_a_long_queue_at_sinch_is_told(doctor):
    platform = doctor.platform
    platform.core.behavior = platform.core.behavior.but(queue_limit=4)
    platform.state.outgoing[platform.app_id] = ["01A", "01B"]
    assert "queue at Sinch" not in await doctor.finds()

    platform.state.outgoing[platform.app_id].append("01C")
    finding = (await doctor.finds())["queue at Sinch"]

    assert finding.outcome == "warning"
    assert finding.found.startswith("3 of at most 4 messages wait")
