"""From QUEUED to the end: receipts, failures, failover, queues and time limits."""

from typing import Any

import msgspec
import pytest

from bot.emulator import CallbackFault, DeliveryFault, Platform, RequestFault
from bot.emulator.fault_injection import rules_from
from bot.errors import ConfigError
from tests.support.emulator import Client, Webhook, recipient
from tests.support.hand_clock import HandClock

WINDOW = "OUTSIDE_ALLOWED_SENDING_WINDOW"


def failure(webhook: Webhook) -> Any:
    report = webhook.of("message_delivery_report")[-1]
    assert report["status"] == "FAILED"
    return report["reason"]["code"]


async def opened(platform: Platform, *addresses: str) -> None:
    for address in addresses:
        channel, identity = address.split(":", 1)
        platform.phone(channel, identity).says("hi")
    await platform.run_due()


@pytest.mark.parametrize(
    ("channel", "statuses"),
    [
        ("SMS", ["QUEUED_ON_CHANNEL", "DELIVERED"]),
        ("WHATSAPP", ["QUEUED_ON_CHANNEL", "DELIVERED", "READ"]),
        ("RCS", ["QUEUED_ON_CHANNEL", "DELIVERED", "READ"]),
        ("TELEGRAM", ["QUEUED_ON_CHANNEL"]),
    ],
)
async def test_each_channel_reports_what_it_can(
    api: Client, platform: Platform, webhook: Webhook, channel: str, statuses: list[str]
) -> None:
    await opened(platform, f"{channel}:46700000001")
    await api.send("Hello", f"{channel}:46700000001")
    await platform.run_due()
    platform.phone(channel, "46700000001").reads()
    await platform.run_due()

    assert webhook.statuses() == statuses
    assert [one.text for one in platform.phone(channel, "46700000001").shown] == ["Hello"]


async def test_the_next_channel_is_tried(api: Client, platform: Platform, webhook: Webhook) -> None:
    platform.faults.add(DeliveryFault(channel="RCS"))
    message_id = await api.send("Hello", recipient("RCS:46700000001", "SMS:46700000001"))
    await platform.run_due()

    reports = webhook.of("message_delivery_report")
    assert [(one["channel_identity"]["channel"], one["status"]) for one in reports] == [
        ("RCS", "QUEUED_ON_CHANNEL"),
        ("RCS", "SWITCHING_CHANNEL"),
        ("SMS", "QUEUED_ON_CHANNEL"),
        ("SMS", "DELIVERED"),
    ]
    assert {one["message_id"] for one in reports} == {message_id}
    assert reports[1]["reason"]["code"] == "RECIPIENT_NOT_REACHABLE"
    assert platform.phone("RCS", "46700000001").shown == []


async def test_priority_order_chooses_among_the_identities(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    to = recipient("RCS:46700000001", "SMS:46700000001", "VIBERBM:46700000001")
    await api.send("Hello", to, channel_priority_order=["SMS", "VIBERBM"])
    await api.send("Hello", to, channel_priority_order=["LINE"])
    await platform.run_due()

    reports = webhook.of("message_delivery_report")
    assert {
        one["channel_identity"]["channel"] for one in reports if one["status"] == "DELIVERED"
    } == {"SMS"}
    assert [one["reason"]["code"] for one in reports if "reason" in one] == ["NO_CHANNELS_LEFT"]


async def test_a_contact_is_reached_where_it_last_wrote(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    contact = await api.good(
        "POST",
        "/contacts",
        {
            "channel_identities": [
                {"channel": "RCS", "identity": "46700000001"},
                {"channel": "SMS", "identity": "+46700000001"},
                {"channel": "VIBERBM", "identity": "46700000001"},
            ],
            "channel_priority": ["VIBERBM"],
            "language": "EN",
        },
    )
    await api.send("by priority", {"contact_id": contact["id"]})
    await platform.run_due()
    await opened(platform, "RCS:46700000001")
    await api.send("where it wrote", {"contact_id": contact["id"]})
    await platform.run_due()

    assert [one.text for one in platform.phone("VIBERBM", "46700000001").shown] == ["by priority"]
    assert [one.text for one in platform.phone("RCS", "46700000001").shown] == ["where it wrote"]


@pytest.mark.parametrize(
    ("channel", "properties", "hours", "reason"),
    [
        ("WHATSAPP", {}, None, WINDOW),
        ("WHATSAPP", {}, 25, WINDOW),
        ("WHATSAPP", {}, 23, None),
        ("MESSENGER", {"MESSENGER_MESSAGE_TAG": "ACCOUNT_UPDATE"}, 25, None),
        ("INSTAGRAM", {"INSTAGRAM_MESSAGE_TAG": "HUMAN_AGENT"}, 6 * 24, None),
        ("INSTAGRAM", {"INSTAGRAM_MESSAGE_TAG": "HUMAN_AGENT"}, 8 * 24, WINDOW),
        ("SMS", {}, None, None),
    ],
)
async def test_free_messages_need_a_recent_one_from_the_contact(
    api: Client,
    platform: Platform,
    webhook: Webhook,
    clock: HandClock,
    channel: str,
    properties: dict[str, str],
    hours: int | None,
    reason: str | None,
) -> None:
    if hours is not None:
        await opened(platform, f"{channel}:46700000001")
        clock.at += hours * 3600
    await api.send("Hello", f"{channel}:46700000001", channel_properties=properties)
    await platform.run_due()

    assert (failure(webhook) if reason else None) == reason
    assert ("DELIVERED" in webhook.statuses()) is (reason is None)


TEMPLATE = {"template_message": {"channel_template": {"WHATSAPP": {"template_id": "hi"}}}}


@pytest.mark.parametrize(
    ("address", "message", "more", "reason"),
    [
        ("WHATSAPP:46700000001", TEMPLATE, {}, None),
        ("WHATSAPP:US.13491208655302741918", TEMPLATE, {}, None),
        ("WHATSAPP:US.ENT.11815799212886844830", TEMPLATE, {}, None),
        ("WHATSAPP:US." + "1" * 129, TEMPLATE, {}, "RECIPIENT_INVALID_CHANNEL_IDENTITY"),
        ("WHATSAPP:US.", TEMPLATE, {}, "RECIPIENT_INVALID_CHANNEL_IDENTITY"),
        ("SMS:US.13491208655302741918", "Hello", {}, "RECIPIENT_INVALID_CHANNEL_IDENTITY"),
        ("SMS:46700000001", TEMPLATE, {}, "TEMPLATE_NOT_FOUND"),
        ("SMS:abc", "Hello", {}, "RECIPIENT_INVALID_CHANNEL_IDENTITY"),
        ("SINCH_CHAT:someone", "Hello", {}, "CHANNEL_CONFIGURATION_MISSING"),
        ("MMS:46700000001", "Hello", {}, "BAD_REQUEST"),
        ("MMS:46700000001", "Hello", {"MMS_SENDER": "12345"}, None),
        ("SMS:46700000001", {"explicit_channel_message": {"RCS": "{}"}}, {}, "BAD_REQUEST"),
        ("RCS:46700000001", {"explicit_channel_message": {"RCS": "{}"}}, {}, None),
        ("RCS:46700000001", {"explicit_channel_message": {"RCS": "{"}}, {}, "BAD_REQUEST"),
        ("RCS:46700000001", {"card_message": {"title": "t" * 201}}, {}, "BAD_REQUEST"),
        ("SMS:46700000001", "x" * 160, {"SMS_MAX_NUMBER_OF_MESSAGE_PARTS": "1"}, None),
        ("SMS:46700000001", "x" * 161, {"SMS_MAX_NUMBER_OF_MESSAGE_PARTS": "1"}, "BAD_REQUEST"),
        ("SMS:46700000001", "€" * 80, {"SMS_MAX_NUMBER_OF_MESSAGE_PARTS": "1"}, None),
        ("SMS:46700000001", "€" * 81, {"SMS_MAX_NUMBER_OF_MESSAGE_PARTS": "1"}, "BAD_REQUEST"),
        ("SMS:46700000001", "ж" * 71, {"SMS_MAX_NUMBER_OF_MESSAGE_PARTS": "1"}, "BAD_REQUEST"),
        ("SMS:46700000001", "ж" * 134, {"SMS_MAX_NUMBER_OF_MESSAGE_PARTS": "2"}, None),
        ("SMS:46700000001", "x", {"SMS_MAX_NUMBER_OF_MESSAGE_PARTS": "one"}, "BAD_REQUEST"),
        ("SMS:46700000001", "x", {"SMS_SENDER": "+46700111222"}, None),
        ("SMS:46700000001", "x", {"SMS_SENDER": "71700"}, None),
        ("SMS:46700000001", "x", {"SMS_SENDER": "Pizza Place"}, None),
        ("SMS:46700000001", "x", {"SMS_SENDER": "my service plan"}, "BAD_REQUEST"),
    ],
)
async def test_the_second_stage_of_validation_is_a_report(
    api: Client,
    platform: Platform,
    webhook: Webhook,
    address: str,
    message: Any,
    more: Any,
    reason: str | None,
) -> None:
    await api.send(message, address, channel_properties=more)
    await platform.run_due()

    assert (failure(webhook) if reason else None) == reason
    assert ("DELIVERED" in webhook.statuses()) is (reason is None)


@pytest.mark.parametrize(
    "message",
    [
        "x" * 4097,
        {
            "choice_message": {
                "text_message": {"text": "?"},
                "choices": [{"text_message": {"text": "Yes"}}],
                "message_properties": {"whatsapp_footer": "f" * 61},
            }
        },
    ],
)
async def test_whatsapp_refuses_what_is_too_long(
    api: Client, platform: Platform, webhook: Webhook, message: Any
) -> None:
    await opened(platform, "WHATSAPP:46700000001")
    await api.send(message, "WHATSAPP:46700000001")
    await platform.run_due()

    assert failure(webhook) == "BAD_REQUEST"


async def test_a_callback_url_takes_the_receipts(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    await api.good(
        "PATCH",
        f"/apps/{platform.app_id}",
        {"callback_settings": {"secret_for_overridden_callback_urls": "other"}},
    )
    await api.send("Hello", callback_url="https://else.example/receipts")
    await platform.run_due()

    hosts: dict[str, set[str]] = {}
    for request in webhook.requests:
        for key in webhook.bodies[webhook.requests.index(request)]:
            hosts.setdefault(key, set()).add(request.url.host)
    assert hosts["message_delivery_report"] == {"else.example"}
    assert hosts["message_submit_notification"] == {"bot.example"}
    receipt = next(one for one in webhook.requests if one.url.host == "else.example")
    assert "x-sinch-webhook-signature" in receipt.headers


async def test_number_ranges_fail_refuse_or_stay_silent(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    platform.faults.add(
        DeliveryFault(identity="46700000010-46700000019", reason="CHANNEL_REJECT"),
        DeliveryFault(identity="4680*", action="refuse"),
        DeliveryFault(identity="4690*", action="silent"),
    )
    for number in ("46700000010", "46700000020", "46800000000", "46900000000"):
        await api.send("Hello", f"SMS:{number}")
    await platform.run_due()

    seen: dict[str, list[str]] = {}
    for report in webhook.of("message_delivery_report"):
        seen.setdefault(report["channel_identity"]["identity"], []).append(report["status"])
    assert seen == {
        "46700000010": ["QUEUED_ON_CHANNEL", "FAILED"],
        "46700000020": ["QUEUED_ON_CHANNEL", "DELIVERED"],
        "46800000000": ["FAILED"],
        "46900000000": ["QUEUED_ON_CHANNEL"],
    }


async def test_a_silent_channel_is_given_up_in_time(
    api: Client, platform: Platform, webhook: Webhook, clock: HandClock
) -> None:
    platform.faults.add(DeliveryFault(channel="RCS", action="silent"))
    fallback = {"enabled": True, "delivery_report_waiting_time": 60}
    await api.good(
        "PATCH", f"/apps/{platform.app_id}", {"delivery_report_based_fallback": fallback}
    )
    await api.send("Hello", recipient("RCS:46700000001", "SMS:46700000001"))
    await platform.run_due()
    before = webhook.statuses()
    clock.at += 60
    await platform.run_due()

    assert before == ["QUEUED_ON_CHANNEL"]
    assert webhook.statuses()[1:] == ["SWITCHING_CHANNEL", "QUEUED_ON_CHANNEL", "DELIVERED"]
    reports = webhook.of("message_delivery_report")
    assert reports[1]["reason"]["code"] == "DELIVERY_TIMED_OUT"


async def test_after_its_time_to_live_a_message_changes_no_channel(
    api: Client, platform: Platform, webhook: Webhook, clock: HandClock
) -> None:
    platform.core.behavior = platform.core.behavior.but(delivered_s=10)
    platform.faults.add(DeliveryFault(channel="RCS"))
    to = recipient("RCS:46700000001", "SMS:46700000001")
    await api.send("short", to, ttl="5s")
    await api.send("long", to, ttl="60s")
    await platform.run_due()
    clock.at += 10
    await platform.run_due()
    clock.at += 10
    await platform.run_due()

    assert webhook.statuses().count("FAILED") == 1
    assert [one.text for one in platform.phone("SMS", "46700000001").shown] == ["long"]


async def test_an_app_hands_over_so_many_a_second_urgent_ones_first(
    api: Client, platform: Platform, clock: HandClock
) -> None:
    platform.core.behavior = platform.core.behavior.but(outbound_per_s=2, queue_limit=4)
    for text in ("a", "b", "c"):
        await api.send(text)
    await api.send("urgent", queue="HIGH_PRIORITY")
    full = await api(
        "POST",
        "/messages:send",
        {
            "app_id": platform.app_id,
            "recipient": recipient("SMS:46700000001"),
            "message": {"text_message": {"text": "one too many"}},
        },
    )
    stats = (await api.good("GET", f"/apps/{platform.app_id}"))["queue_stats"]
    seen = []
    for _ in range(4):
        await platform.run_due()
        seen.append([one.text for one in platform.phone("SMS", "46700000001").shown])
        clock.at += 0.5

    assert full.status_code == 429
    assert stats == {"outbound_size": 4, "outbound_limit": 4}
    assert seen[0] == ["urgent"]
    assert seen[-1] == ["urgent", "a", "b", "c"]


async def test_delays_follow_the_behaviour(
    api: Client, platform: Platform, webhook: Webhook, clock: HandClock
) -> None:
    platform.core.behavior = platform.core.behavior.but(submit_s=1, queued_s=2, delivered_s=4)
    await api.send("Hello")
    seen = {}
    while (at := platform.next_due()) is not None:
        clock.at = at
        await platform.run_due()
        seen[at - 1_760_000_000] = list(webhook.statuses())

    assert seen == {
        0: [],
        1: [],
        3: ["QUEUED_ON_CHANNEL"],
        7: ["QUEUED_ON_CHANNEL", "DELIVERED"],
    }


async def test_who_has_opted_out_gets_nothing(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    platform.core.behavior = platform.core.behavior.but(consent_management=True)
    platform.phone("SMS", "46700000001").says(" Stop ")
    await platform.run_due()
    await api.send("Hello")
    await platform.run_due()
    refused = failure(webhook)
    platform.phone("SMS", "46700000001").says("START")
    await api.send("Welcome back")
    await platform.run_due()

    assert refused == "RECIPIENT_NOT_OPTED_IN"
    assert webhook.said()[0] == {"text_message": {"text": " Stop "}}
    assert [one["status"] for one in webhook.of("opt_out_notification")] == ["OPT_OUT_SUCCEEDED"]
    assert [one.text for one in platform.phone("SMS", "46700000001").shown] == ["Welcome back"]


@pytest.mark.parametrize("action", ["fail", "refuse"])
async def test_a_failure_tells_all_its_codes(
    api: Client, platform: Platform, webhook: Webhook, action: Any
) -> None:
    fault = DeliveryFault(
        action=action, reason="CHANNEL_FAILURE", sub_code="INACTIVE_SENDER", channel_code="E-17"
    )
    platform.faults.add(fault)
    await api.send("Hello")
    await platform.run_due()

    reason = webhook.of("message_delivery_report")[-1]["reason"]
    assert reason.pop("description")
    assert reason == {
        "code": "CHANNEL_FAILURE",
        "sub_code": "INACTIVE_SENDER",
        "channel_code": "E-17",
    }


@pytest.mark.parametrize(
    ("fault", "values", "error"),
    [
        (DeliveryFault, {"action": "fial"}, "action='fial'.*Did you mean 'fail'"),
        (DeliveryFault, {"channel": "WHATSUP"}, "'WHATSUP' matches nothing.*'WHATSAPP'"),
        (DeliveryFault, {"rate": 2}, "rate=2.*<= 1"),
        (DeliveryFault, {"identity": 7}, "identity=7.*Expected `str`"),
        (CallbackFault, {"trigger": "MESAGE_*"}, "'MESAGE_\\*' matches nothing"),
        (RequestFault, {"action": "deny"}, "action='deny'.*none, refuse"),
    ],
)
def test_a_fault_that_can_never_happen_is_refused(
    fault: type[DeliveryFault], values: dict[str, Any], error: str
) -> None:
    with pytest.raises(ConfigError, match=error):
        fault(**values)


def test_a_rule_in_json_that_matches_nothing_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"WHATSUP.*Did you mean 'WHATSAPP'"):
        rules_from({"deliveries": [{"channel": "WHATSUP"}]})
    assert rules_from({"deliveries": [{"channel": "WHATS*"}]}).deliveries[0].action == "fail"
