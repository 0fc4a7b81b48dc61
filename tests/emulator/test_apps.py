"""Apps: their channels, their messages' retention, and what is deleted with them."""

from typing import Any

import pytest

from bot.emulator import Platform
from bot.errors import ConfigError
from tests.support.emulator import Client, recipient
from tests.support.hand_clock import HandClock

SMS = {"channel": "SMS", "static_bearer": {"claimed_identity": "plan", "token": "t"}}


async def test_an_app_from_beginning_to_end(api: Client, platform: Platform) -> None:
    made = await api.good("POST", "/apps", {"display_name": "Mine", "channel_credentials": [SMS]})
    path = f"/apps/{made['id']}"
    changed = await api.good(
        "PATCH",
        path,
        {
            "display_name": "Ours",
            "processing_mode": "CONVERSATION",
            "retention_policy": {"ttl_days": 7},
        },
        params={"update_mask": "display_name,retention_policy.ttl_days"},
    )
    apps = await api.good("GET", "/apps")
    gone = await api.good("DELETE", path)

    assert made["processing_mode"] == "DISPATCH"
    assert made["dispatch_retention_policy"]["ttl_days"] == 0
    assert made["rate_limits"] == {"inbound": 25, "outbound": 20, "webhooks": 25}
    assert made["queue_stats"] == {"outbound_size": 0, "outbound_limit": 500_000}
    assert made["channel_credentials"] == [
        {
            **SMS,
            "callback_secret": "",
            "state": {"status": "ACTIVE", "description": ""},
            "channel_known_id": "plan",
            "credential_ordinal_number": 0,
        }
    ]
    assert (changed["display_name"], changed["processing_mode"]) == ("Ours", "DISPATCH")
    assert changed["retention_policy"] == {
        "retention_type": "MESSAGE_EXPIRE_POLICY",
        "ttl_days": 7,
    }
    assert [one["id"] for one in apps["apps"]] == [platform.app_id, made["id"]]
    assert gone == {}
    assert (await api("GET", path)).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"display_name": ""}, "display_name"),
        ({"channel_credentials": []}, "channel_credentials"),
        ({"channel_credentials": [{"channel": "SMS"}]}, "channel_credentials[0]"),
        (
            {"channel_credentials": [{"channel": "SMS", "static_token": {"token": "t"}}]},
            "channel_credentials[0].static_token",
        ),
        (
            {"channel_credentials": [{"channel": "SMS", "static_bearer": {"token": "t"}}]},
            "channel_credentials[0].static_bearer.claimed_identity",
        ),
        ({"processing_mode": "BOTH"}, "processing_mode"),
        ({"retention_policy": {"ttl_days": 0}}, "retention_policy.ttl_days"),
        ({"dispatch_retention_policy": {"ttl_days": 8}}, "dispatch_retention_policy.ttl_days"),
        (
            {"delivery_report_based_fallback": {"delivery_report_waiting_time": 9}},
            "delivery_report_based_fallback.delivery_report_waiting_time",
        ),
        ({"smart_conversation": {"enabled": "yes"}}, "smart_conversation.enabled"),
        (
            {"message_retry_settings": {"retry_duration": 29}},
            "message_retry_settings.retry_duration",
        ),
    ],
)
async def test_wrong_apps_are_refused(api: Client, change: Any, field: str) -> None:
    body = {"display_name": "Mine", "channel_credentials": [SMS], **change}

    answer = await api("POST", "/apps", body)

    assert answer.status_code == 400
    assert field in {
        one["field"] for one in answer.json()["error"]["details"][0]["field_violations"]
    }


async def test_what_an_app_had_goes_with_it(api: Client, platform: Platform) -> None:
    made = await api.good("POST", "/apps", {"display_name": "Mine", "channel_credentials": [SMS]})
    platform.register_webhook("https://mine.example/", app_id=made["id"])
    platform.phone("SMS", "46700000001", made["id"]).says("hi")
    await api.good(
        "POST",
        "/messages:send",
        {
            "app_id": made["id"],
            "recipient": recipient("SMS:46700000001"),
            "message": {"text_message": {"text": "Hello"}},
        },
    )
    await api.good("DELETE", f"/apps/{made['id']}")
    await platform.run_due()

    assert platform.state.messages == {}
    assert platform.state.shown == {}
    assert [one["app_id"] for one in platform.state.webhooks.values()] == [platform.app_id]


async def test_channels_of_an_app_can_be_replaced(api: Client, platform: Platform) -> None:
    enterprise = {"line_japan": {"token": "t", "secret": "s"}}
    line = {"channel": "LINE", "line_enterprise_credentials": enterprise}
    path = f"/apps/{platform.app_id}"

    changed = await api.good("PATCH", path, {"channel_credentials": [SMS, line]})
    emptied = await api(
        "PATCH",
        path,
        {"display_name": "x"},
        params={"update_mask": "display_name,channel_credentials"},
    )

    assert [one["channel"] for one in changed["channel_credentials"]] == ["SMS", "LINE"]
    assert [one["credential_ordinal_number"] for one in changed["channel_credentials"]] == [0, 1]
    assert emptied.status_code == 400
    with pytest.raises(ConfigError, match="it has SMS, LINE"):
        platform.phone("RCS", "46700000001")


async def test_messages_expire_with_the_retention_of_their_app(
    api: Client, platform: Platform, clock: HandClock
) -> None:
    await api.good("PATCH", f"/apps/{platform.app_id}", {"retention_policy": {"ttl_days": 1}})
    message_id = await api.send("Hello")
    clock.at += 86_400
    expired = await api("GET", f"/messages/{message_id}")
    forever = {"retention_policy": {"retention_type": "PERSIST_RETENTION_POLICY"}}
    await api.good("PATCH", f"/apps/{platform.app_id}", forever)
    kept = await api("GET", f"/messages/{message_id}")

    assert (expired.status_code, kept.status_code) == (404, 200)


async def test_mms_channel_of_the_ready_made_app_has_what_sdks_require(
    api: Client, platform: Platform
) -> None:
    app = await api.good("GET", f"/apps/{platform.app_id}")

    (mms,) = [each for each in app["channel_credentials"] if each["channel"] == "MMS"]
    assert mms["mms_credentials"]["basic_auth"] == {"username": "emulated", "password": "emulated"}
