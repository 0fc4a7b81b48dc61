"""`bot setup` creates what is missing, changes what differs, and does nothing the second time."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from msgspec import structs

from bot import END, Flow, Turn, ask, on, parse
from bot.callbacks import TRIGGERS, decode
from bot.callbacks.events import BUILT_IN, MESSAGE_KINDS, event_of
from bot.clock import SystemClock
from bot.conversation_api import ConversationApi
from bot.conversation_api.retries import TRIES
from bot.emulator import Platform, SampleProject, create_app
from bot.emulator.fault_injection import RequestFault
from bot.errors import ConfigError, SendRetryable
from bot.flow.definition import of_class
from bot.flow.load import Flows
from bot.i18n.languages import Languages
from bot.ops import setup
from bot.ops.common import OperationError
from bot.settings import Secret, Settings
from bot.testing.clock import CountingIds, VirtualClock
from tests.support.hand_clock import START, HandClock

TARGET = "https://bot.example/webhook"


class Shipping(Flow):
    """Handles an event of a program and an event of the API."""

    order = ask("Which order?", accept=parse.text(), to=END)

    @on("order_shipped", "reaction", "submitted")
    def tell(self, turn: Turn) -> None:
        turn.say("Shipped.")


@pytest.fixture
async def platform() -> AsyncIterator[Platform]:
    world = SampleProject(channels=("MESSENGER",))
    platform = Platform(VirtualClock(), CountingIds(), world=world)
    yield platform
    await platform.aclose()


@pytest.fixture
def settings(platform: Platform) -> Settings:
    own = Settings(
        webhook_secrets=(Secret("new-secret"), Secret("old-secret")),
        public_url="https://bot.example/",
    )
    return platform.world.settings(own, "http://sinch.test")


@pytest.fixture
async def api(platform: Platform, settings: Settings) -> AsyncIterator[ConversationApi]:
    transport = httpx.ASGITransport(create_app(platform))
    async with ConversationApi(settings, SystemClock(), transport) as api:
        yield api


@pytest.fixture
def want(settings: Settings) -> setup.SetupTarget:
    return setup.wanted(settings, Flows([of_class(Shipping)]))


async def differences(api: ConversationApi, want: setup.SetupTarget) -> list[str]:
    return [line for step in await setup.plan(api, want) for line in step.differences]


async def test_makes_the_webhook_with_the_triggers_that_the_flows_need(platform, api, want):
    await setup.carry_out(api, await setup.plan(api, want))

    (webhook,) = platform.apps.webhooks(platform.app_id)
    assert webhook["target"] == TARGET
    assert webhook["secret"] == "new-secret"
    assert webhook["triggers"] == [
        "MESSAGE_INBOUND",
        "MESSAGE_DELIVERY",
        "MESSAGE_SUBMIT",
        "EVENT_INBOUND",
        "CONTACT_DELETE",
        "CONTACT_MERGE",
        "OPT_IN",
        "OPT_OUT",
    ]


class Liked(Flow):
    start_on_events = ("reaction_removed",)

    why = ask("Why?", accept=parse.text(), to=END)


@pytest.mark.parametrize(
    ("flows", "handoff_url", "more"),
    [
        (Flows([of_class(Liked)]), "", {"EVENT_INBOUND"}),
        (Flows([]), "https://desk.example", {"EVENT_INBOUND"}),
        (
            Flows([], languages=Languages(catalogs={"sv": {}})),
            "",
            {"CONTACT_CREATE", "CONTACT_UPDATE"},
        ),
        (Flows([]), "", set()),
    ],
)
def test_the_triggers_are_those_that_something_needs(flows, handoff_url, more):
    assert set(setup.triggers_of(flows, Settings(handoff_url=handoff_url))) == {
        *setup.ALWAYS,
        *more,
    }


OF_A_CONTACT = (
    *("reaction", "reaction_removed", "composing", "composing_end", "comment", "generic"),
    *("conversation_deleted", "payment_status_update", "shortlink_activated"),
)
EVENTS = {
    **dict.fromkeys(MESSAGE_KINDS.values(), "MESSAGE_INBOUND"),
    **dict.fromkeys(("unknown", "injected"), "MESSAGE_INBOUND"),
    **dict.fromkeys(("queued_on_channel", "delivered", "read"), "MESSAGE_DELIVERY"),
    **dict.fromkeys(("failed", "switching_channel"), "MESSAGE_DELIVERY"),
    "submitted": "MESSAGE_SUBMIT",
    **dict.fromkeys(OF_A_CONTACT, "EVENT_INBOUND"),
    **{trigger.lower(): trigger for trigger in TRIGGERS.values()},
}
"""The trigger of each event, by the event's name."""
PAYLOADS = Path(__file__).parent.parent / "payloads" / "callbacks"


def triggers_for(event: str) -> list[str]:
    class Handling(Flow):
        order = ask("Which order?", accept=parse.text(), to=END)

        @on(event)
        def note(self, turn: Turn) -> None:
            turn.say("Noted.")

    return setup.triggers_of(Flows([of_class(Handling)]), Settings())


def test_every_built_in_event_has_a_trigger():
    assert BUILT_IN - EVENTS.keys() == {"ended"}, "add a row to EVENTS; no callback brings `ended`"
    assert EVENTS.keys() <= BUILT_IN


@pytest.mark.parametrize("event", EVENTS)
def test_handling_an_event_subscribes_to_its_trigger(event):
    assert EVENTS[event] in triggers_for(event), f"triggers_of has no trigger for {event!r}"


@pytest.mark.parametrize("sample", sorted(path.stem for path in PAYLOADS.glob("*.json")))
def test_handling_the_event_of_a_callback_subscribes_to_its_trigger(sample):
    callback = decode((PAYLOADS / f"{sample}.json").read_bytes())
    event = event_of(callback)

    if callback.trigger:
        assert event in BUILT_IN
        assert callback.trigger in triggers_for(event)
    else:
        assert event == ""


class Analyzed(Flow):
    """Handles an event that the API names in two ways."""

    order = ask("Which order?", accept=parse.text(), to=END)

    @on("smart_conversation")
    def note(self, turn: Turn) -> None:
        turn.say("Noted.")


@pytest.mark.parametrize("name", ["SMART_CONVERSATION", "SMART_CONVERSATIONS"])
async def test_both_names_of_a_trigger_count_as_one(platform, api, settings, name):
    want = setup.wanted(settings, Flows([of_class(Analyzed)]))
    others = [trigger for trigger in want.triggers if trigger != "SMART_CONVERSATION"]
    platform.register_webhook(TARGET, "new-secret", [*others, name])

    assert "SMART_CONVERSATION" in want.triggers
    assert await setup.plan(api, want) == []


async def test_a_webhook_without_either_name_of_a_trigger_gets_one(platform, api, settings):
    want = setup.wanted(settings, Flows([of_class(Analyzed)]))
    others = [trigger for trigger in want.triggers if trigger != "SMART_CONVERSATION"]
    platform.register_webhook(TARGET, "new-secret", others)

    assert await differences(api, want) == ["+ trigger SMART_CONVERSATION"]


async def test_the_second_time_nothing_is_to_change(platform, api, settings):
    settings = replace(settings, sms_plan_id="plan-1", sms_token=Secret("token-1"))
    want = setup.wanted(settings, Flows([of_class(Shipping)]))
    await setup.carry_out(api, await setup.plan(api, want))
    requests = len(platform.record.requests)

    assert await setup.plan(api, want) == []
    made = list(platform.record.requests)[requests:]
    assert [request.method for request in made] == ["GET", "GET"]


async def test_makes_the_sms_channel_and_leaves_the_others(platform, api, settings):
    (messenger,) = platform.state.apps[platform.app_id]["channel_credentials"]
    settings = replace(settings, sms_plan_id="plan-1", sms_token=Secret("token-1"))

    steps = await setup.plan(api, setup.wanted(settings, Flows([])))
    await setup.carry_out(api, steps)

    first, sms = platform.state.apps[platform.app_id]["channel_credentials"]
    assert first["static_token"] == messenger["static_token"]
    assert sms["static_bearer"] == {"claimed_identity": "plan-1", "token": "token-1"}
    assert steps[0].differences == ["+ service plan plan-1", "+ token"]


async def test_sms_channel_leaves_the_numbers_of_other_credentials(platform, api, settings):
    thailand, japan = {"token": "t1", "secret": "s1"}, {"token": "t2", "secret": "s2"}
    lines = [
        ({"line_thailand": thailand, "is_default": False}, 1),
        ({"line_japan": japan, "is_default": True}, 0),
    ]
    credentials = [
        {
            "channel": "LINE",
            "line_enterprise_credentials": credential,
            "callback_secret": "of LINE",
            "credential_ordinal_number": number,
        }
        for credential, number in lines
    ]
    body = {"channel_credentials": credentials}
    await api.apps.update(platform.app_id, body, mask=["channel_credentials"])
    app = platform.state.apps[platform.app_id]
    before = list(app["channel_credentials"])

    for token in ("token-1", "token-2"):
        settings = replace(settings, sms_plan_id="plan-1", sms_token=Secret(token))
        want = setup.wanted(settings, Flows([]))
        await setup.carry_out(api, await setup.plan(api, want))
        *others, sms = app["channel_credentials"]

        assert others == before
        assert sms["static_bearer"]["token"] == token
    assert [entry["credential_ordinal_number"] for entry in others] == [1, 0]


async def test_changes_a_token_without_telling_it(platform, api, settings):
    settings = replace(settings, sms_plan_id="plan-1", sms_token=Secret("token-1"))
    await setup.carry_out(api, await setup.plan(api, setup.wanted(settings, Flows([]))))
    settings = replace(settings, sms_token=Secret("token-2"))

    told = await differences(api, setup.wanted(settings, Flows([])))

    assert told == ["~ token"]


async def test_changes_what_differs_in_our_webhook(platform, api, want):
    platform.register_webhook(TARGET, "old-secret", ["MESSAGE_INBOUND", "CAPABILITY"])

    told = await differences(api, want)
    await setup.carry_out(api, await setup.plan(api, want))

    assert told == [
        "~ secret",
        "+ trigger CONTACT_DELETE",
        "+ trigger CONTACT_MERGE",
        "+ trigger EVENT_INBOUND",
        "+ trigger MESSAGE_DELIVERY",
        "+ trigger MESSAGE_SUBMIT",
        "+ trigger OPT_IN",
        "+ trigger OPT_OUT",
        "- trigger CAPABILITY",
    ]
    assert len(platform.apps.webhooks(platform.app_id)) == 1
    assert await setup.plan(api, want) == []


async def test_leaves_the_routing_rules_of_our_webhook_alone(platform, api, want):
    platform.register_webhook(TARGET, "old-secret", ["MESSAGE_INBOUND"])
    (webhook,) = platform.apps.webhooks(platform.app_id)
    webhook["routing_configuration"] = {"fallback_behavior": "ANY"}

    await setup.carry_out(api, await setup.plan(api, want))

    assert webhook["secret"] == want.secret
    assert webhook["routing_configuration"] == {"fallback_behavior": "ANY"}


async def test_refuses_to_take_messages_from_somebody_else(platform, api, want):
    other = platform.register_webhook("https://other.example/hook", "theirs")

    with pytest.raises(OperationError) as refusal:
        await setup.plan(api, want)

    assert "https://other.example/hook" in str(refusal.value)
    assert f"--replace {other['id']}" in str(refusal.value)
    assert platform.apps.webhooks(platform.app_id) == [other]


async def test_points_another_webhook_here_when_told(platform, api, want):
    other = platform.register_webhook("https://old.example/webhook", "new-secret")

    await setup.carry_out(api, await setup.plan(api, replace(want, replace=other["id"])))

    (webhook,) = platform.apps.webhooks(platform.app_id)
    assert (webhook["id"], webhook["target"]) == (other["id"], TARGET)


async def test_goes_beside_another_webhook_when_told(platform, api, want):
    other = platform.register_webhook("https://other.example/hook", "theirs")
    before = dict(other)

    await setup.carry_out(api, await setup.plan(api, replace(want, beside=True)))

    kept, ours = platform.apps.webhooks(platform.app_id)
    assert (kept, ours["target"]) == (before, TARGET)


async def test_a_webhook_that_takes_no_messages_is_in_nobodys_way(platform, api, want):
    platform.register_webhook("https://other.example/hook", "theirs", ["MESSAGE_DELIVERY"])

    (step,) = await setup.plan(api, want)

    assert step.title.startswith("new webhook")


async def test_a_webhook_to_replace_must_be_there(api, want):
    with pytest.raises(OperationError, match="there is no webhook 'W1'; the webhooks are none"):
        await setup.plan(api, replace(want, replace="W1"))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"public_url": ""}, "--public-url, or set BOT_PUBLIC_URL"),
        ({"webhook_secrets": ()}, "SINCH_WEBHOOK_SECRET must be set"),
        ({"sms_plan_id": "plan-1"}, "SINCH_SMS_PLAN_ID and SINCH_SMS_TOKEN belong together"),
    ],
)
def test_settings_that_are_missing_are_named(settings, changes, fault):
    with pytest.raises(ConfigError, match=fault):
        setup.wanted(replace(settings, **changes), Flows([]))


@pytest.mark.parametrize("url", ["bot.example", "ftp://bot.example", "https://", "http://[x"])
def test_a_public_url_must_be_one(settings, url):
    with pytest.raises(ConfigError, match="must look like https:"):
        setup.webhook_url(settings, url)


@pytest.mark.parametrize(
    "url", ["https://b.example", "https://b.example/", "https://b.example/webhook"]
)
def test_a_public_url_is_taken_with_and_without_its_path(settings, url):
    assert setup.webhook_url(settings, url) == "https://b.example/webhook"


@pytest.mark.parametrize(
    ("fault", "waited_s"),
    [
        (RequestFault(on="GET */apps/*", action="refuse", status=503, count=2), 3.0),
        (
            RequestFault(
                on="GET */webhooks*", action="refuse", status=429, retry_after=20, count=1
            ),
            20.0,
        ),
        (RequestFault(on="POST /oauth2/token", action="refuse", status=500, count=1), 1.0),
        (RequestFault(on="POST */webhooks", action="refuse", status=502, count=1), 1.0),
        (RequestFault(on="POST */webhooks", action="refuse", status=502, count=1, taken=True), 1.0),
    ],
)
async def test_a_blip_of_the_api_is_waited_for(platform, api, want, capsys, fault, waited_s):
    platform.faults.add(structs.replace(fault))
    clock = HandClock()

    await setup.apply(api, want, clock, dry_run=False)

    said = capsys.readouterr()
    assert [each["target"] for each in platform.apps.webhooks(platform.app_id)] == [TARGET]
    assert clock.at == START + waited_s
    assert said.out.count("new webhook") == 1
    assert said.out.endswith("\n1 changed.\n")
    assert str(fault.status) in said.err
    assert said.err.count("trying again in") == said.err.count("\n") == fault.count


@pytest.mark.parametrize(
    ("fault", "tries"),
    [
        (RequestFault(on="GET */apps/*", action="refuse", status=503), TRIES),
        (RequestFault(on="GET */apps/*", action="refuse", status=429, retry_after=600), 1),
    ],
)
async def test_patience_has_an_end(platform, api, want, fault, tries):
    platform.faults.add(fault)

    with pytest.raises(SendRetryable, match=str(fault.status)):
        await setup.apply(api, want, HandClock(), dry_run=False)

    asked = [each for each in platform.record.requests if "/apps/" in each.path]
    assert len(asked) == tries
    assert platform.apps.webhooks(platform.app_id) == []


async def test_the_command_against_a_real_server(deployment):
    status, told, _ = await deployment.bot("setup", "--dry-run")
    assert (status, told.splitlines()[-1]) == (0, "1 to change. Nothing was changed.")
    assert deployment.platform.apps.webhooks(deployment.platform.app_id) == []

    status, told, _ = await deployment.bot("setup")
    assert (status, told.splitlines()[-1]) == (0, "1 changed.")
    assert "  + target https://bot.example/webhook" in told.splitlines()
    assert "a-secret" not in told

    assert await deployment.bot("setup") == (0, f"{setup.NOTHING}\n", "")


async def test_the_command_tells_changes_as_json(deployment):
    status, told, _ = await deployment.bot("setup", "--json")

    (change,) = map(json.loads, told.splitlines())
    assert status == 0
    assert change["change"].startswith("new webhook of app ")
    assert "+ target https://bot.example/webhook" in change["differences"]
    assert change["by_hand"] == []
    assert "a-secret" not in told
    assert await deployment.bot("setup", "--json") == (0, "", "")


async def test_the_command_says_what_was_refused(deployment):
    status, told, fault = await deployment.bot("setup", SINCH_APP_ID="01JNOSUCHAPP")

    assert (status, told, fault.count("\n")) == (1, "", 1)
    assert "01JNOSUCHAPP" in fault


@pytest.mark.parametrize(
    ("region", "url"),
    [
        (
            "eu",
            "https://xms-adapter.eu1.conversation-api.int.prod.sinch.com/adapter/v1/{}/callback",
        ),
        (
            "us",
            "https://xms-adapter.us1.conversation-api.int.prod.sinch.com/adapter/v1/{}/callback",
        ),
        ("br", "the URL that the dashboard shows for a new channel"),
    ],
)
async def test_what_the_service_plan_needs_is_told_with_its_channel(api, settings, region, url):
    settings = replace(settings, region=region, sms_plan_id="plan-1", sms_token=Secret("token-1"))
    sms, webhook = await setup.plan(api, setup.wanted(settings, Flows([])))
    await sms.act(api)

    at = url.format(settings.app_id)
    assert sms.by_hand == [
        f"! on the dashboard, set the callback URL of service plan plan-1 to {at}"
    ]
    assert webhook.by_hand == ()
    assert len(await setup.plan(api, setup.wanted(settings, Flows([])))) == 1


async def test_what_was_added_by_hand_and_is_for_no_flow_stays(platform, api, want):
    await setup.carry_out(api, await setup.plan(api, want))
    (webhook,) = platform.apps.webhooks(platform.app_id)
    webhook["triggers"] += ["CHANNEL_EVENT", "UNSUPPORTED"]

    assert await differences(api, want) == ["- trigger UNSUPPORTED"]
    await setup.carry_out(api, await setup.plan(api, want))

    assert webhook["triggers"] == [*want.triggers, "CHANNEL_EVENT"]
    assert await setup.plan(api, want) == []


@pytest.mark.parametrize(
    ("target", "is_ours"),
    [
        ("https://BOT.example.com/webhook", True),
        ("https://bot.example.com:443/webhook", True),
        ("https://bot.example.com:8443/webhook", False),
        ("https://bot.example.com/Webhook", False),
        ("http://bot.example.com/webhook", False),
        ("https://bot.example.com:x/webhook", False),
    ],
)
def test_a_target_is_ours_in_any_spelling_of_its_host(target, is_ours):
    assert setup.is_same_target(target, "https://bot.example.com/webhook") is is_ours


async def test_a_webhook_whose_url_is_spelled_otherwise_is_changed_by_nothing(platform, api, want):
    await setup.carry_out(api, await setup.plan(api, want))
    [webhook] = platform.apps.webhooks(platform.app_id)
    webhook["target"] = webhook["target"].replace("bot", "BOT")

    assert await differences(api, want) == []
