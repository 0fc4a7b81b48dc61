"""`bot doctor` finds errors of a deployment, and says what to do."""

import json
import logging
from dataclasses import replace
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from bot import END, Flow, ask, parse
from bot.app.asgi import bare_app
from bot.callbacks import TRIGGERS, signature
from bot.clock import as_datetime
from bot.emulator import SampleProject, create_app
from bot.errors import StoreError
from bot.flow.definition import of_class
from bot.flow.load import Flows
from bot.ops.doctor import Finding, examine, local, remote
from bot.settings import Secret, Settings
from bot.store import FlowOff, Store
from bot.telemetry import metrics
from bot.telemetry.metrics import LabeledCounter
from bot.testing.simulation import Simulation
from tests.support.deployment import Deployment, Pizza
from tests.support.redis_server import free_port

VOICE = """
from bot import END, Flow, Hooks, ask, parse

hooks = Hooks()

@hooks.transcribe()
async def write_down(turn, recording):
    return ""

class Voice(Flow):
    a = ask("?", accept=parse.text(), to=END)
"""


class Pin(Flow):
    start_on = ("pin",)

    pin = ask("Your PIN?", accept=parse.text(), to=END, secret=True)


pytestmark = pytest.mark.flows([Pizza])

Findings = dict[str, Finding]


class Doctor:
    """Examines a simulated deployment, changed at will."""

    def __init__(self, simulation: Simulation) -> None:
        self.platform = simulation.platform
        self.settings = replace(simulation.settings, public_url="http://bot.test", home="none-yet")
        app = bare_app(self.settings)
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
async def doctor(simulation: Simulation, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """A deployment whose worker has reported and whose web process has just started."""
    earlier = {id(each): each.counts() for each in (metrics.accepted, metrics.refused)}
    earlier[id(metrics.ignored)] = metrics.ignored.counts()
    counts = LabeledCounter.counts

    def since_then(counter: LabeledCounter) -> dict[str, int]:
        before = earlier[id(counter)]
        changed = {name: n - before.get(name, 0) for name, n in counts(counter).items()}
        return {name: n for name, n in changed.items() if n}

    monkeypatch.setattr(LabeledCounter, "counts", since_then)
    await simulation.bot.store.report_worker("w1")
    return Doctor(simulation)


async def test_a_healthy_deployment_and_a_broken_one(deployment: Deployment) -> None:
    async with deployment.serving("serve") as url:
        public = {"BOT_PUBLIC_URL": url, "BOT_HOME": "none-yet"}
        await deployment.bot("setup", **public)

        status, told, fault = await deployment.bot("doctor", "--json", **public)
        findings = [json.loads(line) for line in told.splitlines()]
        assert (status, fault) == (0, "")
        assert {each["check"] for each in findings if each["outcome"] != "ok"} == {"public URL"}
        assert any("accepted a signed callback" in each["found"] for each in findings)

        deployment.platform.apps.webhooks(deployment.platform.app_id)[0]["triggers"] = []
    status, told, fault = await deployment.bot("doctor", **public)

    assert (status, fault) == (1, "bot: 2 errors found.\n")
    assert (
        "fault     webhook: the webhook lacks the triggers CONTACT_CREATE, CONTACT_DELETE" in told
    )
    assert "          Run `bot setup`." in told
    assert "can't be reached: ConnectError" in told


async def test_nothing_is_wrong_with_the_simulated_deployment(doctor):
    found = await doctor.finds()

    assert {check for check, finding in found.items() if finding.outcome == "fault"} == set()


@pytest.mark.parametrize(
    ("changes", "check", "said", "do"),
    [
        ({"app_id": ""}, "settings", "SINCH_APP_ID must be set", "Set them"),
        ({"key_secret": Secret("wrong")}, "credentials", "refused", "SINCH_KEY_SECRET"),
        (
            {"channel_properties": "SMS_FLASH_MESSAGE=yes"},
            "channel properties",
            "SMS_FLASH_MESSAGE: not true or false",
            "Correct it",
        ),
        ({"project_id": "another"}, "credentials", "403", "SINCH_PROJECT_ID"),
        ({"app_id": "01JNOSUCHAPP"}, "app", "404", "SINCH_APP_ID"),
        ({"flows": "nowhere/at/all"}, "flows", "not a folder", "bot check"),
        (
            {"redis_url": "redis://127.0.0.1:1"},
            "redis",
            "127.0.0.1:1: nothing accepts connections there",
            "",
        ),
        ({"public_url": "http://bot.other"}, "webhook", "no webhook has the target", "bot setup"),
        (
            {"webhook_secrets": (Secret("another-long-enough-one"),)},
            "webhook",
            "the webhook's secret isn't",
            "bot setup",
        ),
        (
            {"webhook_secrets": (Secret("another-long-enough-one"),)},
            "public URL",
            "answers 401",
            "Set the same SINCH_WEBHOOK_SECRET for the bot as on this machine",
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


async def test_files_that_other_users_can_read_are_warned_of(doctor, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("")
    (tmp_path / ".env").chmod(0o644)

    found = await doctor.finds()

    assert (found["files"].outcome, found["files"].do) == ("warning", "Run `chmod go= .env`.")


@pytest.mark.parametrize(
    ("schema", "way_out"), [(2, "set another BOT_NAMESPACE"), (4, "Run the later release")]
)
async def test_a_store_of_another_release_is_refused_by_processes_and_a_fault(
    deployment: Deployment, settings: Settings, schema: int, way_out: str
) -> None:
    async with await Store.open(settings) as store:
        meta = f'{{"schema":{schema},"shards":16}}'
        await store.connection.command("SET", store.connection.keys.meta, meta)

    status, told, _ = await deployment.bot("doctor", "--json")
    found = {each["check"]: each for each in map(json.loads, told.splitlines())}
    ended, _, said = await deployment.bot("worker")

    assert status == 1
    assert found["redis"]["outcome"] == "fault"
    assert ended != 0
    for each in (found["redis"]["found"], said):
        assert f"has schema {schema}," in each
        assert way_out in each


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


async def test_a_proxy_that_is_away_is_a_fault_with_its_own_way_out(doctor):
    settings = replace(
        doctor.settings,
        api_url="https://sinch.test",
        auth_url="https://auth.test",
        https_proxy=f"http://127.0.0.1:{free_port()}",
    )
    found = [each async for each in remote.platform(settings, Flows([]), doctor.clock, None)]

    [finding] = found
    assert (finding.check, finding.outcome) == ("platform", "fault")
    assert f"proxy {settings.https_proxy}" in finding.found
    assert finding.do.startswith("Correct HTTPS_PROXY")


async def test_no_proxy_is_named_where_there_is_none(doctor):
    assert "proxy" not in await doctor.finds()


async def test_the_region_of_the_app_is_found(doctor):
    world = SampleProject(region="us")
    doctor.platform.world = world

    found = await doctor.finds(api_url="", auth_url="")

    assert found["region"].do == "Set SINCH_REGION=us."


async def test_a_webhook_of_somebody_else_is_warned_of(doctor):
    doctor.platform.register_webhook("https://other.example/hook", "theirs")

    found = await doctor.finds()

    assert "https://other.example/hook" in found["other webhooks"].found


async def test_routing_rules_of_our_webhook_are_warned_of(doctor):
    (webhook,) = doctor.platform.apps.webhooks(doctor.platform.app_id)
    assert "webhook routing" not in await doctor.finds()
    webhook["routing_configuration"] = {"fallback_behavior": "ANY"}

    found = (await doctor.finds())["webhook routing"]

    assert found.outcome == "warning"
    assert "discard them, or sign them with another secret" in found.found
    assert "SINCH_WEBHOOK_SECRET" in found.do


async def test_recordings_that_no_host_is_asked_for_are_warned_of(doctor, tmp_path):
    tmp_path.joinpath("voice.py").write_text(VOICE)

    found = await doctor.finds(flows=str(tmp_path))
    allowed = await doctor.finds(flows=str(tmp_path), media_hosts=("media.example.com",))

    assert found["media hosts"].outcome == "warning"
    assert "BOT_MEDIA_HOSTS" in found["media hosts"].do
    assert "media hosts" not in allowed


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
    [(200, "isn't a bot"), (404, "isn't a bot"), (503, "Redis"), (502, "of its proxy")],
)
async def test_a_public_url_that_answers_otherwise_is_a_fault(doctor, status, do):
    doctor.web = httpx.MockTransport(lambda request: httpx.Response(status))

    finding = (await doctor.finds())["public URL"]

    assert finding.outcome == "fault"
    assert do in finding.do


class Proxy(httpx.AsyncBaseTransport):
    """A proxy between the public URL and the bot that changes requests."""

    def __init__(self, way: httpx.AsyncBaseTransport, **changes: Any) -> None:
        self.way = way
        self.changes = changes

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "127.0.0.1":
            return await self.way.handle_async_request(request)
        content, headers = await request.aread(), request.headers.raw
        if len(content) > self.changes.get("limit", len(content)):
            return httpx.Response(413, text="<h1>Too large</h1>")
        if self.changes.get("rewrites"):
            content = json.dumps(json.loads(content), indent=2).encode()
        dropped = self.changes.get("drops", b"-")
        headers = [each for each in headers if not each[0].lower().startswith(dropped)]
        headers = [each for each in headers if each[0].lower() != b"content-length"]
        url = request.url.copy_with(path=self.changes.get("path", request.url.path))
        return await self.way.handle_async_request(
            httpx.Request(request.method, url, headers=headers, content=content)
        )


@pytest.mark.parametrize(
    ("changes", "check", "found", "do"),
    [
        ({"rewrites": True}, "public URL", "a proxy on the way changes the body", "byte for byte"),
        ({"limit": 2048}, "body size", "answers 413 to a signed callback of 2", "client_max"),
        (
            {"drops": b"x-sinch"},
            "public URL",
            "a proxy removes headers",
            "x-sinch-webhook-signature",
        ),
        (
            {"path": "/bot/webhook"},
            "public URL",
            "answers 404",
            "Let the proxy strip",
        ),
    ],
)
async def test_a_proxy_that_spoils_callbacks_is_a_fault(doctor, changes, check, found, do):
    doctor.web = Proxy(doctor.web, **changes)

    finding = (await doctor.finds())[check]

    assert finding.outcome == "fault"
    assert found in finding.found
    assert do in finding.do


async def test_a_body_refused_at_the_port_too_is_a_matter_of_the_secret(doctor):
    finding = (await doctor.finds(webhook_secrets=(Secret("another-long-enough-one"),)))[
        "public URL"
    ]

    assert "has another SINCH_WEBHOOK_SECRET" in finding.found
    assert "proxy" not in finding.found


async def test_a_redirect_is_a_fault_since_sinch_follows_none(doctor):
    to = {"location": "https://bot.example.com/webhook"}
    doctor.web = httpx.MockTransport(lambda request: httpx.Response(308, headers=to))

    finding = (await doctor.finds())["public URL"]

    assert "redirects to https://bot.example.com/webhook" in finding.found
    assert "BOT_PUBLIC_URL=https://bot.example.com " in finding.do


async def post(doctor: Doctor, secret: str, *, at: float = 0.0, signed: bool = True) -> int:
    """Post a callback of Sinch's to the bot; return the status."""
    body = json.dumps({"app_id": doctor.settings.app_id, "message": {"id": "01A"}}).encode()
    now = int(doctor.clock.now() + at)
    headers = signature.headers(secret, body, "nonce", now) if signed else {}
    async with httpx.AsyncClient(transport=doctor.web) as http:
        answer = await http.post("http://bot.test/webhook", content=body, headers=headers)
    return answer.status_code


async def test_callbacks_that_sinch_signs_with_another_secret_are_a_fault(doctor):
    assert await post(doctor, "the-secret-at-sinch") == 401

    finding = (await doctor.finds())["refused callbacks"]

    assert finding.outcome == "fault"
    assert finding.found.startswith("1 had a wrong signature since process ")
    assert "Either Sinch uses another secret" in finding.found


async def test_runs_of_doctor_are_no_evidence_of_another_secret(doctor):
    await doctor.finds()

    assert "refused callbacks" not in await doctor.finds()


async def test_log_does_not_take_a_run_of_doctor_for_a_wrong_secret(doctor, caplog):
    with caplog.at_level(logging.INFO):
        await doctor.finds()

    refused = [each for each in caplog.records if each.__dict__.get("action") == "refused"]
    assert [(each.levelname, each.getMessage()) for each in refused] == [
        ("INFO", "Callback refused: `bot doctor` tried a wrong signature.")
    ]


async def test_unsigned_callbacks_are_a_fault_of_the_webhook(doctor):
    await post(doctor, "", signed=False)

    finding = (await doctor.finds())["unsigned callbacks"]

    assert "The webhook at Sinch has no secret" in finding.found
    assert "bot setup" in finding.do


ANALYZED = """
from bot import END, Flow, ask, on, parse

class Analyzed(Flow):
    order = ask("Which order?", accept=parse.text(), to=END)

    @on("smart_conversation")
    def note(self, turn):
        turn.say("Noted.")
"""


@pytest.mark.parametrize(
    ("names", "outcome"),
    [(["SMART_CONVERSATION"], "ok"), (["SMART_CONVERSATIONS"], "ok"), ([], "fault")],
)
async def test_either_name_of_a_trigger_is_enough(doctor, tmp_path, names, outcome):
    (tmp_path / "analyzed.py").write_text(ANALYZED)
    others = [trigger for trigger in TRIGGERS.values() if trigger != "SMART_CONVERSATION"]
    webhook = doctor.platform.apps.webhooks(doctor.platform.app_id)[0]
    webhook["triggers"] = [*others, *names]

    found = (await doctor.finds(flows=str(tmp_path)))["webhook"]

    assert found.outcome == outcome


async def test_a_webhook_without_a_secret_is_a_fault(doctor):
    doctor.platform.apps.webhooks(doctor.platform.app_id)[0]["secret"] = ""

    assert "the webhook has no secret" in (await doctor.finds())["webhook"].found


@pytest.mark.parametrize("off_s", [1800, -500_000])
async def test_callbacks_out_of_time_are_a_fault_of_the_clock(doctor, off_s):
    secret = doctor.settings.webhook_secrets[0].reveal()
    assert await post(doctor, secret, at=off_s) == 401

    found = await doctor.finds()

    assert "The clock of the bot's host is wrong" in found["callbacks with wrong timestamps"].found
    assert "refused callbacks" not in found


@pytest.mark.parametrize(
    ("ahead_s", "outcome", "said"),
    [
        (
            -1800,
            "fault",
            "is 1800 s behind Sinch's clock: every callback is refused",
        ),
        (1800, "warning", "this machine's clock is 1800 s ahead of Sinch's clock: timers"),
        (300_000, "fault", "every callback"),
        (10, "", ""),
    ],
)
async def test_a_clock_that_differs_from_that_of_sinch_is_reported(doctor, ahead_s, outcome, said):
    def answer(request: httpx.Request) -> httpx.Response:
        at = format_datetime(as_datetime(doctor.clock.now() - ahead_s), usegmt=True)
        return httpx.Response(404, headers={"date": at})

    finding = await remote._clock(doctor.settings, doctor.clock, httpx.MockTransport(answer))

    assert (finding.outcome if finding else "") == outcome
    assert said in (finding.found if finding else "")


async def test_a_web_process_with_another_app_or_store_is_a_fault(doctor, simulation):
    own = doctor.settings
    await (await Store.open(own)).close()
    there = replace(own, app_id="01JANOTHERAPP", namespace=f"{own.namespace}-there")
    object.__setattr__(simulation.bot.runtime, "settings", there)
    simulation.bot.webhook._settings = there
    store = await Store.open(there)
    object.__setattr__(simulation.bot.runtime, "store", store)

    found = await doctor.finds()
    await store.close()

    assert "SINCH_APP_ID is 01JANOTHERAPP" in found["app of the web process"].found
    assert f"namespace '{there.namespace}' at" in found["store of the web process"].found
    assert "same REDIS_URL and BOT_NAMESPACE" in found["store of the web process"].do


async def test_callbacks_of_another_app_are_warned_of(doctor, caplog):
    body = json.dumps({"app_id": "01JANOTHERAPP", "message": {"id": "01A"}}).encode()
    secret = doctor.settings.webhook_secrets[0].reveal()
    headers = signature.headers(secret, body, "nonce", int(doctor.clock.now()))
    async with httpx.AsyncClient(transport=doctor.web) as http:
        await http.post("http://bot.test/webhook", content=body, headers=headers)

    finding = (await doctor.finds())["callbacks of another app"]

    assert (finding.outcome, finding.found[:30]) == ("warning", "1 named an app other than SINC")
    assert f"of app '01JANOTHERAPP', and SINCH_APP_ID is {doctor.settings.app_id}" in caplog.text


async def test_a_store_without_a_worker_is_a_fault(doctor, simulation):
    keys = simulation.bot.store.connection.keys
    await simulation.bot.store.connection.command("DEL", keys.worker)

    finding = (await doctor.finds())["worker"]

    assert finding.outcome == "fault"
    assert f"no worker uses the namespace '{keys.namespace}' at" in finding.found
    assert "set the same REDIS_URL and BOT_NAMESPACE" in finding.do


@pytest.mark.parametrize(
    ("refusal", "way"),
    [
        ("MISCONF Redis is configured to save RDB snapshots", "snapshot"),
        ("READONLY You can't write against a read only replica.", "primary"),
        ("NOREPLICAS Not enough good replicas to write.", "min-replicas-to-write"),
        ("OOM command not allowed when used memory > 'maxmemory'.", "larger plan"),
    ],
)
async def test_store_that_refuses_writes_is_a_fault_with_a_way_out(
    doctor, monkeypatch, refusal, way
):
    async def refuse(store: Store) -> None:
        raise StoreError(f"Redis at 127.0.0.1:6379: {refusal}")

    monkeypatch.setattr(Store, "check_writable", refuse)
    finding = (await doctor.finds())["writing"]

    assert (finding.outcome, way in finding.do) == ("fault", True)


async def test_flow_that_is_switched_off_is_warned_of(doctor, simulation):
    assert "flows off" not in await doctor.finds()

    off = FlowOff(simulation.clock.now(), "the oven is broken")
    await simulation.bot.store.admin.switch_off("pizza", off)
    finding = (await doctor.finds())["flows off"]

    assert (finding.outcome, finding.found) == ("warning", "pizza (the oven is broken)")


async def test_a_missing_key_for_secret_answers_is_a_fault(doctor):
    finding = local.secret_key(replace(doctor.settings, secret_keys=()), Flows([of_class(Pin)]))

    assert (finding.outcome, "set BOT_SECRET_KEY" in finding.found) == ("fault", True)
    assert (await doctor.finds())["secret key"].outcome == "ok"


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
        ("_version", {"redis_version": "7.2.4", "role": "slave"}, "fault"),
        ("_version", {"redis_version": "6.2.0", "role": "master"}, "ok"),
        ("_persistence", {"aof_enabled": 0}, "warning"),
        ("_persistence", {"aof_enabled": 1, "aof_last_write_status": "err"}, "fault"),
        ("_persistence", {"aof_enabled": 0, "rdb_last_bgsave_status": "err"}, "fault"),
        ("_eviction", {"maxmemory_policy": "allkeys-lru", "maxmemory": 0}, "warning"),
        ("_eviction", {"maxmemory_policy": "noeviction", "maxmemory": 1}, "ok"),
        ("_memory", {"used_memory": 95, "maxmemory": 100}, "warning"),
        ("_clock", {"server_time_usec": 70_000_000}, "warning"),
        ("_clock", {"server_time_usec": 101_000_000}, "ok"),
    ],
)
def test_a_redis_is_judged_by_what_it_says(check, info, outcome):
    more = {"_version": (Settings(redis_url="redis://h"),), "_clock": ()}.get(check, ())
    now = (100.0,) if check == "_clock" else ()

    assert getattr(local, check)(*more, info, *now).outcome == outcome


@pytest.mark.parametrize(
    ("rate", "said"), [(20.0, ""), (21.5, "is 21.5, but"), (0.0, "is 0 (no limit), but")]
)
async def test_sending_faster_than_the_app_does_is_worth_a_word(doctor, rate, said):
    found = await doctor.finds(send_rate=rate)

    assert ("sending rate" in found) is bool(said)
    if said:
        assert found["sending rate"].outcome == "warning"
        assert f"{said} the app may send only 20 messages per second" in found["sending rate"].found
        assert "BOT_SEND_RATE=20" in found["sending rate"].do


async def test_a_long_queue_at_sinch_is_told(doctor):
    platform = doctor.platform
    platform.core.behavior = platform.core.behavior.but(queue_limit=4)
    platform.state.outgoing[platform.app_id] = ["01A", "01B"]
    assert "queue at Sinch" not in await doctor.finds()

    platform.state.outgoing[platform.app_id].append("01C")
    finding = (await doctor.finds())["queue at Sinch"]

    assert finding.outcome == "warning"
    assert finding.found.startswith("3 messages wait; if 4 wait")
