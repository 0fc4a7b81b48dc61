"""Capability, consents, settings, and missing endpoints."""

import pytest

from bot.emulator import DeliveryFault, Platform
from tests.support.emulator import ANN, Client, Webhook, contact, recipient


async def test_capability_is_told_by_callbacks(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    body = {
        "app_id": platform.app_id,
        "recipient": recipient("RCS:+46700000001", "RCS:abc", "SINCH_CHAT:x"),
        "request_id": "r-1",
    }
    answer = await api.good("POST", "/capability:query", body)
    await platform.run_due()

    assert answer == body
    assert [
        (one["identity"], one["capability_status"], one.get("reason", {}).get("code"))
        for one in webhook.of("capability_notification")
    ] == [
        ("46700000001", "CAPABILITY_FULL", None),
        ("abc", "NO_CAPABILITY", "RECIPIENT_INVALID_CHANNEL_IDENTITY"),
        ("x", "NO_CAPABILITY", "CHANNEL_CONFIGURATION_MISSING"),
    ]
    assert {one["request_id"] for one in webhook.of("capability_notification")} == {"r-1"}


async def test_consents_are_listed_with_their_history(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    body = {
        "app_id": platform.app_id,
        "recipient": recipient("SMS:+46700000001", "RCS:46700000002"),
        "channels": ["SMS"],
    }
    out = await api.good("POST", "/optouts:register", body, params={"request_id": "r-1"})
    path = f"/apps/{platform.app_id}/consents"
    listed = await api.good("GET", f"{path}/OPT_OUT_ALL")
    await api.good("POST", "/optins:register", body)
    after = await api.good("GET", f"{path}/OPT_OUT_ALL")
    audit = await api.good("GET", f"{path}/identities/46700000001")
    await platform.run_due()

    assert (out["request_id"], out["opt_out"]["channels"]) == ("r-1", ["SMS"])
    assert listed["identities"] == [{"identity": "46700000001"}]
    assert after["identities"] == []
    assert [
        (one["origin"], one["operation"], one["list_type"]) for one in audit["audit_records"]
    ] == [
        ("ORIGIN_API", "OPERATION_INSERT", "OPT_OUT_ALL"),
        ("ORIGIN_API", "OPERATION_DELETE", "OPT_OUT_ALL"),
    ]
    assert len(webhook.of("opt_out_notification")) == len(webhook.of("opt_in_notification")) == 1
    assert (await api("GET", f"{path}/OPT_OUT_NOTHING")).status_code == 400
    assert (await api("GET", f"{path}/identities/1")).status_code == 404


async def test_only_what_was_opted_out_of_is_held_back(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    platform.consents.opt_out(
        platform.app_id, "46700000001", list_type="OPT_OUT_MARKETING", origin="ORIGIN_API"
    )
    await api.send("Buy!", message_content_type="CONTENT_MARKETING")
    await api.send("Your parcel", message_content_type="CONTENT_NOTIFICATION")
    await platform.run_due()

    assert [one.text for one in platform.phone("SMS", "46700000001").shown] == ["Your parcel"]
    assert webhook.statuses().count("FAILED") == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/contacts/x"),
        ("GET", "/conversations/x"),
        ("POST", "/conversations/x:stop"),
        ("GET", "/apps/x"),
        ("GET", "/apps/x/webhooks"),
        ("GET", "/webhooks/x"),
        ("GET", "/messages/x"),
        ("GET", "/events/x"),
        ("DELETE", "/contacts/x"),
    ],
)
async def test_what_is_unknown_is_not_found(api: Client, method: str, path: str) -> None:
    assert (await api(method, path)).status_code == 404


async def test_unknown_apps_and_contacts_cannot_be_written_to(
    api: Client, platform: Platform
) -> None:
    text = {"text_message": {"text": "Hello"}}
    app = {"app_id": "01NONE", "recipient": recipient("SMS:46700000001"), "message": text}
    person = {"app_id": platform.app_id, "recipient": {"contact_id": "01NONE"}, "message": text}
    channel = {
        "app_id": platform.app_id,
        "recipient": recipient("SMS:46700000001"),
        "message": text,
        "channel_priority_order": ["SINCH_CHAT"],
    }

    statuses = [
        (await api("POST", "/messages:send", body)).status_code for body in (app, person, channel)
    ]

    assert statuses == [404, 404, 400]


async def test_capability_follows_delivery_faults(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    platform.faults.add(DeliveryFault(channel="RCS", reason="NO_PERMISSION"))
    contact_id = (await api.good("POST", "/contacts", contact(ANN)))["id"]
    for to in (recipient("RCS:46700000001"), {"contact_id": contact_id}):
        await api.good("POST", "/capability:query", {"app_id": platform.app_id, "recipient": to})
    await platform.run_due()

    assert [
        (one["channel"], one["contact_id"], one["capability_status"])
        for one in webhook.of("capability_notification")
    ] == [("RCS", "", "NO_CAPABILITY"), ("SMS", contact_id, "CAPABILITY_FULL")]
