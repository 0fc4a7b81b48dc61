"""Contacts, conversations, apps, webhooks, capability, consents, settings."""

from typing import Any

import pytest

from bot.emulator import DeliveryFault, Platform
from bot.errors import ConfigError

from .conftest import Client, HandClock, Webhook, content, recipient

ANN = {"channel": "SMS", "identity": "+46700000001"}


def contact(*identities: Any, **more: Any) -> Any:
    return {"channel_identities": list(identities), "language": "EN_GB", **more}


async def test_a_contact_from_beginning_to_end(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    made = await api.good("POST", "/contacts", contact(ANN, external_id="crm-1"))
    path = f"/contacts/{made['id']}"
    changed = await api.good(
        "PATCH", path, {"display_name": "Ann", "email": "x"}, params={"update_mask": "display_name"}
    )
    cleared = await api.good(
        "PATCH", path, {}, params={"update_mask.paths": ["external_id", "language"]}
    )
    got = await api.good("GET", path)
    gone = await api.good("DELETE", path)
    await platform.run_due()

    assert made == {
        "id": made["id"],
        "channel_identities": [{"channel": "SMS", "identity": "46700000001", "app_id": ""}],
        "channel_priority": [],
        "display_name": "Unknown",
        "email": "",
        "external_id": "crm-1",
        "metadata": "",
        "language": "EN_GB",
    }
    assert (changed["display_name"], changed["email"]) == ("Ann", "")
    assert (cleared["external_id"], cleared["language"]) == ("", "UNSPECIFIED")
    assert got == cleared
    assert gone == {}
    assert (await api("GET", path)).status_code == 404
    assert webhook.keys() == [
        "contact_create_notification",
        "contact_update_notification",
        "contact_update_notification",
        "contact_delete_notification",
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"language": "EN"}, "channel_identities"),
        (contact(), "channel_identities"),
        ({"channel_identities": [ANN]}, "language"),
        (contact(ANN, language="KLINGON"), "language"),
        (contact({"channel": "SMS"}), "channel_identities[0].identity"),
        (contact(ANN, metadata="m" * 1025), "metadata"),
        (contact(ANN, channel_priority=["SMS", "SMS"]), "channel_priority"),
    ],
)
async def test_wrong_contacts_are_refused(api: Client, body: Any, field: str) -> None:
    answer = await api("POST", "/contacts", body)

    assert answer.status_code == 400
    assert answer.json()["error"]["details"][0]["field_violations"][0]["field"] == field


async def test_contacts_are_found_by_identity_and_external_id(api: Client) -> None:
    psid = {"channel": "MESSENGER", "identity": "psid", "app_id": api.platform.app_id}
    one = await api.good("POST", "/contacts", contact(ANN, psid, external_id="a"))
    two = await api.good("POST", "/contacts", contact({"channel": "RCS", "identity": "4670002"}))

    async def found(**query: str) -> list[str]:
        listed = await api.good("GET", "/contacts", params=query)
        return [entry["id"] for entry in listed["contacts"]]

    assert await found() == [one["id"], two["id"]]
    assert await found(channel="SMS", identity="46700000001") == [one["id"]]
    assert await found(identity="+4670002") == [two["id"]]
    assert await found(channel="SMS", identity="psid") == []
    assert await found(external_id="a") == [one["id"]]
    assert (await api("GET", "/contacts", params={"channel": "X"})).status_code == 400


async def test_merging_moves_everything_and_removes_the_source(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    kept = await api.good("POST", "/contacts", contact(ANN))
    platform.phone("WHATSAPP", "46700000009").says("hi")
    platform.phone("SMS", "46700000001").says("hi")
    await platform.run_due()
    source = platform.contacts.find("", "WHATSAPP", "46700000009")
    assert source is not None
    await api.good("PATCH", f"/contacts/{source['id']}", {"email": "ann@x.example"})

    merged = await api.good("POST", f"/contacts/{kept['id']}:merge", {"source_id": source["id"]})
    platform.phone("WHATSAPP", "46700000009").says("again")
    await platform.run_due()

    assert [one["channel"] for one in merged["channel_identities"]] == ["SMS", "WHATSAPP"]
    assert merged["email"] == "ann@x.example"
    assert (await api("GET", f"/contacts/{source['id']}")).status_code == 404
    assert {one["contact_id"] for one in webhook.of("message")[-1:]} == {kept["id"]}
    notice = webhook.of("contact_merge_notification")[0]
    assert notice["preserved_contact"]["id"] == kept["id"]
    assert notice["deleted_contact"]["id"] == source["id"]
    active = [one for one in platform.state.conversations.values() if one["active"]]
    assert len(active) == 1
    assert len(webhook.of("conversation_stop_notification")) == 1
    again = await api("POST", f"/contacts/{kept['id']}:merge", {"source_id": kept["id"]})
    assert again.status_code == 400


async def test_one_identity_with_two_contacts_is_a_conflict(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    one = await api.good("POST", "/contacts", contact(ANN))
    two = await api.good("POST", "/contacts", contact(ANN | {"identity": "46700000001"}))
    three = await api.good(
        "POST", "/contacts", contact({"channel": "RCS", "identity": "46700000001"})
    )
    await platform.run_due()

    conflicts = await api.good("GET", "/contacts:identityConflicts")

    assert conflicts["conflicts"] == [
        {
            "identity": "46700000001",
            "channels": ["RCS", "SMS"],
            "contact_ids": [one["id"], two["id"], three["id"]],
        }
    ]
    assert webhook.of("duplicated_contact_identities_notification") == [
        {"duplicated_identities": [{"channel": "SMS", "contact_ids": [one["id"], two["id"]]}]}
    ]


async def test_unified_contacts_share_a_number_across_channels(
    api: Client, platform: Platform
) -> None:
    enabled = {"contact_settings": {"unified_contact_id_enabled": True}}
    before = await api.good("GET", "/settings")
    await api.good("POST", "/settings", enabled)
    for channel in ("SMS", "WHATSAPP"):
        platform.phone(channel, "46700000001").says("hi")
    after = await api.good("PATCH", "/settings", {"contact_settings": {}})

    (only,) = platform.state.contacts.values()
    assert [one["channel"] for one in only["channel_identities"]] == ["SMS", "WHATSAPP"]
    assert before["project_id"] == platform.project_id
    assert before["settings"] == {"contact_settings": {"unified_contact_id_enabled": False}}
    assert after["settings"] == {"contact_settings": {"unified_contact_id_enabled": False}}
    assert await api.good("DELETE", "/settings") == {}


async def test_a_profile_has_a_name_where_the_contact_is_known(
    api: Client, platform: Platform
) -> None:
    psid = {"channel": "MESSENGER", "identity": "psid", "app_id": platform.app_id}
    ann = await api.good("POST", "/contacts", contact(psid, display_name="Ann"))
    query = {"app_id": platform.app_id, "channel": "MESSENGER"}
    path = "/contacts:getChannelProfile"

    by_id = await api.good("POST", path, query | {"recipient": {"contact_id": ann["id"]}})
    by_identity = await api.good("POST", path, query | {"recipient": recipient("MESSENGER:psid")})
    unknown = await api("POST", path, query | {"recipient": recipient("MESSENGER:other")})
    absent = await api(
        "POST", path, query | {"channel": "LINE", "recipient": {"contact_id": ann["id"]}}
    )

    assert by_id == by_identity == {"profile_name": "Ann"}
    assert (unknown.status_code, absent.status_code) == (404, 404)


async def test_a_conversation_from_beginning_to_end(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    ann = await api.good("POST", "/contacts", contact(ANN))
    made = await api.good(
        "POST",
        "/conversations",
        {
            "app_id": platform.app_id,
            "contact_id": ann["id"],
            "active": True,
            "active_channel": "SMS",
            "metadata_json": {"a": 1, "b": {"c": 2}},
        },
    )
    path = f"/conversations/{made['id']}"
    merged = await api.good(
        "PATCH",
        path,
        {"metadata_json": {"a": None, "b": {"d": 3}}},
        params={"metadata_update_strategy": "MERGE_PATCH"},
    )
    first = merged["metadata_json"]
    replaced = await api.good("PATCH", path, {"metadata_json": {"e": 4}, "correlation_id": "c"})
    platform.phone("SMS", "46700000001").says("hi")
    stopped = await api.good("POST", f"{path}:stop")
    platform.phone("SMS", "46700000001").says("hello again")
    await platform.run_due()
    gone = await api.good("DELETE", path)
    await platform.run_due()

    assert first == {"b": {"c": 2, "d": 3}}
    assert replaced["metadata_json"] == {"e": 4}
    assert (stopped, gone) == ({}, {})
    assert (await api("GET", path)).status_code == 404
    inbound = [body for body in webhook.bodies if "message" in body]
    keys = webhook.keys()
    assert [body["message_metadata"] for body in inbound] == ['{"e":4}', ""]
    assert [body["correlation_id"] for body in inbound] == ["c", ""]
    assert inbound[0]["message"]["conversation_id"] == made["id"]
    assert inbound[1]["message"]["conversation_id"] != made["id"]
    assert [key for key in keys if key.startswith("conversation")] == [
        "conversation_start_notification",
        "conversation_stop_notification",
        "conversation_start_notification",
        "conversation_delete_notification",
    ]
    assert webhook.of("conversation_delete_notification")[0]["conversation"]["id"] == made["id"]


async def test_conversations_are_listed_for_an_app_or_a_contact(
    api: Client, platform: Platform, clock: HandClock
) -> None:
    for number in ("46700000001", "46700000002"):
        platform.phone("SMS", number).says(f"I am {number}")
        clock.at += 1
    first, second = list(platform.state.conversations)
    await api.good("POST", f"/conversations/{first}:stop")

    async def ids(**query: str) -> tuple[list[str], int]:
        answer = await api.good("GET", "/conversations", params=query)
        return [one["id"] for one in answer["conversations"]], answer["total_size"]

    app = {"app_id": platform.app_id}
    recent = await api.good("GET", "/conversations:recent", params=app)
    oldest = await api.good("GET", "/conversations:recent", params=app | {"order": "ASC"})

    assert await ids(**app) == ([first, second], 2)
    assert await ids(**app, only_active="true") == ([second], 1)
    assert await ids(**app, page_size="1") == ([first], 2)
    assert await ids(contact_id=platform.state.conversations[first]["contact_id"]) == ([first], 1)
    assert [one["conversation"]["id"] for one in recent["conversations"]] == [second, first]
    assert [one["conversation"]["id"] for one in oldest["conversations"]] == [first, second]
    assert content(recent["conversations"][0]["last_message"]) == {
        "text_message": {"text": "I am 46700000002"}
    }
    assert (await api("GET", "/conversations")).status_code == 400


async def test_a_stopped_conversation_can_be_resumed(api: Client, platform: Platform) -> None:
    platform.phone("SMS", "46700000001").says("hi")
    (conversation_id,) = platform.state.conversations
    path = f"/conversations/{conversation_id}"
    stopped = await api.good("PATCH", path, {"active": False})
    was = stopped["active"]
    resumed = await api.good("PATCH", path, {"active": True})
    platform.phone("SMS", "46700000001").says("hi")

    assert (was, resumed["active"]) == (False, True)
    assert list(platform.state.conversations) == [conversation_id]


async def test_history_can_be_injected(api: Client, platform: Platform, webhook: Webhook) -> None:
    ann = await api.good("POST", "/contacts", contact(ANN))
    conversation = await api.good(
        "POST", "/conversations", {"app_id": platform.app_id, "contact_id": ann["id"]}
    )
    path = f"/conversations/{conversation['id']}"
    said = {
        "accept_time": "2025-10-01T12:00:00Z",
        "channel_identity": ANN,
        "contact_id": ann["id"],
        "direction": "TO_APP",
        "contact_message": {"text_message": {"text": "long ago"}},
        "metadata": "old",
    }
    event = {"accept_time": said["accept_time"], "app_event": {"composing_event": {}}}

    await api.good("POST", f"{path}:inject-message", said)
    injected = await api.good("POST", f"{path}:inject-event", event)
    future = await api(
        "POST", f"{path}:inject-message", said | {"accept_time": "2026-01-01T00:00:00Z"}
    )
    ancient = await api(
        "POST", f"{path}:inject-message", said | {"accept_time": "2025-09-01T00:00:00Z"}
    )
    mixed = await api("POST", f"{path}:inject-message", said | {"direction": "TO_CONTACT"})
    await platform.run_due()

    (message,) = webhook.of("message")
    assert message["injected"] is True
    assert message["accept_time"] == "2025-10-01T12:00:00Z"
    assert [one["id"] for one in (await api.good("GET", "/messages"))["messages"]] == [
        message["id"]
    ]
    assert (await api.good("GET", "/events"))["events"][0]["id"] == injected["event_id"]
    assert {one.status_code for one in (future, ancient, mixed)} == {400}
    assert platform.phone("SMS", "46700000001").shown == []


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


def hook(platform: Platform, **more: Any) -> Any:
    return {"app_id": platform.app_id, "target": "https://new.example/hook", **more}


async def test_a_webhook_from_beginning_to_end(api: Client, platform: Platform) -> None:
    made = await api.good("POST", "/webhooks", hook(platform, triggers=["OPT_IN"], secret="s"))
    path = f"/webhooks/{made['id']}"
    changed = await api.good(
        "PATCH",
        path,
        {"triggers": ["OPT_OUT"], "secret": "t"},
        params={"update_mask": ["triggers"]},
    )
    listed = await api.good("GET", f"/apps/{platform.app_id}/webhooks")
    gone = await api.good("DELETE", path)

    assert made == {
        "id": made["id"],
        "app_id": platform.app_id,
        "target": "https://new.example/hook",
        "target_type": "HTTP",
        "secret": "s",
        "triggers": ["OPT_IN"],
        "client_credentials": None,
    }
    assert (changed["triggers"], changed["secret"]) == (["OPT_OUT"], "s")
    assert [one["id"] for one in listed["webhooks"]][-1] == made["id"]
    assert gone == {}
    assert (await api("GET", path)).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"target": "https://bot.example/webhook"}, "target"),
        ({"target": "ftp://x.example"}, "target"),
        ({"target": "https://" + "x" * 740}, "target"),
        ({"target": "https://conversation-api.prod1.sinch.com/x"}, "target"),
        ({"target": "http://[x"}, "target"),
        ({"triggers": ["OPT_IN", "OPT_IN"]}, "triggers"),
        ({"triggers": ["UNSPECIFIED_TRIGGER"]}, "triggers[0]"),
        ({"target_type": "GRPC"}, "target_type"),
        ({"client_credentials": {"client_id": "a"}}, "client_credentials.client_secret"),
    ],
)
async def test_wrong_webhooks_are_refused(
    api: Client, platform: Platform, change: Any, field: str
) -> None:
    answer = await api("POST", "/webhooks", hook(platform) | change)

    assert answer.status_code == 400
    assert answer.json()["error"]["details"][0]["field_violations"][0]["field"] == field


async def test_an_app_has_at_most_five_webhooks_each_with_its_own_target(
    api: Client, platform: Platform
) -> None:
    statuses = []
    for number in range(5):
        body = hook(platform, target=f"https://{number}.example/")
        statuses.append((await api("POST", "/webhooks", body)).status_code)
    webhook = platform.apps.webhooks(platform.app_id)[0]
    clash = await api("PATCH", f"/webhooks/{webhook['id']}", {"target": "https://0.example/"})
    same = await api("PATCH", f"/webhooks/{webhook['id']}", {"target": webhook["target"]})

    assert statuses == [200, 200, 200, 200, 400]
    assert (clash.status_code, same.status_code) == (400, 200)


async def test_a_mask_may_not_name_what_cannot_be_changed(api: Client, platform: Platform) -> None:
    path = f"/webhooks/{platform.apps.webhooks(platform.app_id)[0]['id']}"

    answer = await api("PATCH", path, {"app_id": "x"}, params={"update_mask": "app_id"})

    assert answer.status_code == 400


async def test_capability_is_told_by_callbacks(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    body = {
        "app_id": platform.app_id,
        "recipient": recipient("RCS:+46700000001", "RCS:abc", "VIBER:x"),
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
        "channel_priority_order": ["VIBER"],
    }

    statuses = [
        (await api("POST", "/messages:send", body)).status_code for body in (app, person, channel)
    ]

    assert statuses == [404, 404, 400]


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


async def test_of_two_active_conversations_the_newer_survives_a_merge(
    api: Client, platform: Platform
) -> None:
    old = await api.good("POST", "/contacts", contact(ANN))
    new = await api.good("POST", "/contacts", contact({"channel": "RCS", "identity": "4670002"}))
    begun = {"app_id": platform.app_id, "active": True, "active_channel": "SMS"}
    first = await api.good("POST", "/conversations", begun | {"contact_id": old["id"]})
    second = await api.good("POST", "/conversations", begun | {"contact_id": new["id"]})
    twice = await api("POST", "/conversations", begun | {"contact_id": old["id"]})

    await api.good("POST", f"/contacts/{old['id']}:merge", {"source_id": new["id"]})

    states = {one["id"]: one["active"] for one in platform.state.conversations.values()}
    assert twice.status_code == 400
    assert states == {first["id"]: False, second["id"]: True}
    platform.phone("SMS", "46700000001").says("hi")
    assert len(platform.state.conversations) == 2


async def test_a_merge_moves_messages_and_events(api: Client, platform: Platform) -> None:
    platform.phone("RCS", "46700000001").says("hi")
    platform.phone("RCS", "46700000001").types()
    source = platform.contacts.find("", "RCS", "46700000001")
    assert source is not None
    kept = await api.good("POST", "/contacts", contact(ANN))

    await api.good("POST", f"/contacts/{kept['id']}:merge", {"source_id": source["id"]})

    entries: list[Any] = [*platform.state.messages.values(), *platform.state.events.values()]
    assert {entry.contact_id for entry in entries} == {kept["id"]}


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("GET", "/conversations:recent", {}),
        ("GET", "/conversations:recent", {"app_id": "x", "order": "RANDOM"}),
        ("PATCH", "/conversations/{id}", {"metadata_update_strategy": "ADD"}),
    ],
)
async def test_wrong_queries_on_conversations_are_refused(
    api: Client, platform: Platform, method: str, path: str, query: Any
) -> None:
    platform.phone("SMS", "46700000001").says("hi")
    (conversation_id,) = platform.state.conversations
    body: Any = {} if method == "PATCH" else None

    answer = await api(method, path.format(id=conversation_id), body, params=query)

    assert answer.status_code == 400


async def test_a_resumed_conversation_takes_the_place_of_the_active_one(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    platform.phone("SMS", "46700000001").says("hi")
    (first,) = platform.state.conversations
    await api.good("POST", f"/conversations/{first}:stop")
    platform.phone("SMS", "46700000001").says("hi")
    await api.good("PATCH", f"/conversations/{first}", {"active": True})

    states = [one["active"] for one in platform.state.conversations.values()]
    assert states == [True, False]


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
