"""Listing, changing and transcoding messages; events."""

import json
from typing import Any

import httpx
import pytest

from bot.emulator import DeliveryFault, Platform
from tests.support.emulator import Client, Webhook, content, recipient
from tests.support.hand_clock import HandClock


@pytest.fixture
async def talk(api: Client, platform: Platform, clock: HandClock) -> list[str]:
    """Three messages a second apart: to Ann, from Ann, to Bob."""
    ids = [await api.send("to Ann", message_metadata="m-1")]
    clock.at += 1
    ids.append(platform.phone("SMS", "46700000001").says("from Ann"))
    clock.at += 1
    ids.append(await api.send("to Bob", "RCS:46700000002"))
    await platform.run_due()
    return ids


async def listed(api: Client, **query: Any) -> list[str]:
    answer = await api.good("GET", "/messages", params=query)
    return [message["id"] for message in answer["messages"]]


def contact_id(platform: Platform) -> str:
    """Return the id of Ann's contact."""
    contact = platform.contacts.find("", "SMS", "46700000001")
    assert contact is not None
    return str(contact["id"])


async def test_messages_are_listed_by_many_things(
    api: Client, platform: Platform, talk: list[str]
) -> None:
    to_ann, from_ann, to_bob = talk
    ann = contact_id(platform)
    (conversation,) = [
        one["id"] for one in platform.state.conversations.values() if one["contact_id"] == ann
    ]

    assert await listed(api) == [to_bob, from_ann, to_ann]
    assert await listed(api, app_id=platform.app_id) == [to_bob, from_ann, to_ann]
    assert await listed(api, app_id="01OTHER") == []
    assert await listed(api, contact_id=ann) == [from_ann, to_ann]
    assert await listed(api, conversation_id=conversation) == [from_ann, to_ann]
    assert await listed(api, channel="RCS") == [to_bob]
    assert await listed(api, channel_identity="+46700000001") == [from_ann, to_ann]
    assert await listed(api, direction="TO_APP") == [from_ann]
    assert await listed(api, only_recipient_originated="true") == [from_ann]
    assert await listed(api, start_time="2025-10-09T08:53:21Z") == [to_bob, from_ann]
    assert await listed(api, end_time="2025-10-09T08:53:21Z") == [from_ann, to_ann]
    assert await listed(api, messages_source="DISPATCH_SOURCE") == []


async def test_pages_follow_each_other(api: Client, talk: list[str]) -> None:
    seen: list[list[str]] = []
    query: dict[str, Any] = {"page_size": 2}
    while True:
        answer = await api.good("GET", "/messages", params=query)
        seen.append([message["id"] for message in answer["messages"]])
        if not answer["next_page_token"]:
            break
        query["page_token"] = answer["next_page_token"]
        await api.good("DELETE", f"/messages/{seen[-1][-1]}")
        await api.send("in between")

    assert seen == [[talk[2], talk[1]], [talk[0]]]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page_size", "1001"),
        ("page_size", "-1"),
        ("page_size", "many"),
        ("page_token", "%%%"),
        ("direction", "SIDEWAYS"),
        ("channel", "PIGEON"),
        ("start_time", "yesterday"),
        ("messages_source", "ELSEWHERE"),
    ],
)
async def test_wrong_conditions_are_named(api: Client, name: str, value: str) -> None:
    answer = await api("GET", "/messages", params={name: value})

    assert answer.status_code == 400
    assert answer.json()["error"]["details"][0]["field_violations"][0]["field"] == name


LISTS = [
    "/contacts",
    "/contacts:identityConflicts",
    "/conversations?app_id={app_id}",
    "/conversations:recent?app_id={app_id}",
    "/messages",
    "/events",
    "/apps/{app_id}/consents/OPT_OUT_ALL",
]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("token", ["é", "日本", "abc", "/w==", "%%%", "\0"])
async def test_wrong_page_tokens_are_refused_by_every_list(
    api: Client, platform: Platform, path: str, token: str
) -> None:
    path, _, query = path.format(app_id=platform.app_id).partition("?")
    params = dict(httpx.QueryParams(query)) | {"page_token": token}

    answer = await api("GET", path, params=params)

    assert answer.status_code == 400
    violation = answer.json()["error"]["details"][0]["field_violations"][0]
    assert violation["field"] == "page_token"


async def test_a_message_has_all_its_fields(
    api: Client, platform: Platform, talk: list[str]
) -> None:
    sent = await api.good("GET", f"/messages/{talk[0]}")
    received = await api.good("GET", f"/messages/{talk[1]}")
    plain = await api.good("GET", "/messages", params={"view": "WITHOUT_METADATA"})

    assert sent == {
        "id": talk[0],
        "direction": "TO_CONTACT",
        "app_message": {"text_message": {"text": "to Ann"}},
        "channel_identity": {"channel": "SMS", "identity": "46700000001", "app_id": ""},
        "conversation_id": received["conversation_id"],
        "contact_id": received["contact_id"],
        "metadata": "m-1",
        "accept_time": "2025-10-09T08:53:20Z",
        "sender_id": "",
        "processing_mode": "CONVERSATION",
        "injected": False,
        "message_status": None,
    }
    assert content(received) == {"text_message": {"text": "from Ann"}}
    assert received["sender_id"]
    assert plain["messages"][-1]["metadata"] == ""


async def test_metadata_can_be_changed_and_a_message_removed(api: Client, talk: list[str]) -> None:
    changed = await api.good("PATCH", f"/messages/{talk[0]}", {"metadata": "new"})
    gone = await api.good("DELETE", f"/messages/{talk[0]}")
    after = await api("GET", f"/messages/{talk[0]}")

    assert changed["metadata"] == "new"
    assert gone == {}
    assert after.status_code == 404
    assert after.json()["error"]["message"] == "Message not found"


async def test_a_message_is_sent_though_it_was_removed(api: Client, platform: Platform) -> None:
    message_id = await api.send("Hello")
    await api.good("DELETE", f"/messages/{message_id}")
    listed = await api.good("GET", "/messages")
    await platform.run_due()

    assert listed["messages"] == []
    assert [one.text for one in platform.phone("SMS", "46700000001").shown] == ["Hello"]


async def test_the_last_message_of_each(api: Client, platform: Platform, talk: list[str]) -> None:
    identities = {"channel_identities": ["46700000001", "+46700000002", "46700000003"]}
    by_identity = await api.good("POST", "/messages:fetch-last-message", identities)
    ann = contact_id(platform)
    by_contact = await api.good(
        "POST", "/messages:fetch-last-message", {"contact_ids": [ann], "direction": "TO_CONTACT"}
    )
    neither = await api("POST", "/messages:fetch-last-message", {})

    assert [message["id"] for message in by_identity["messages"]] == [talk[2], talk[1]]
    assert [message["id"] for message in by_contact["messages"]] == [talk[0]]
    assert neither.status_code == 400


async def test_transcoding_sends_nothing(api: Client, platform: Platform) -> None:
    place = {"title": "Us", "label": "Here", "coordinates": {"latitude": 1.1, "longitude": 2.2}}
    choices = [{"text_message": {"text": "Yes"}, "postback_data": "y"}]
    answers = {}
    for kind, message in {
        "place": {"location_message": place},
        "choice": {"choice_message": {"text_message": {"text": "?"}, "choices": choices}},
        "raw": {"explicit_channel_message": {"WHATSAPP": '{"a":1}'}},
        "picture": {"media_message": {"url": "https://x.example/a.png"}},
        "template": {"template_message": {"channel_template": {"WHATSAPP": {"template_id": "t"}}}},
    }.items():
        answer = await api.good(
            "POST",
            "/messages:transcode",
            {
                "app_id": platform.app_id,
                "app_message": message,
                "channels": ["WHATSAPP"]
                if kind in ("raw", "template")
                else ["WHATSAPP", "SMS", "RCS"],
                "to": "4670",
            },
        )
        answers[kind] = {c: json.loads(text) for c, text in answer["transcoded_message"].items()}

    assert answers["place"]["WHATSAPP"] == {
        "to": "4670",
        "type": "location",
        "recipient_type": "individual",
        "location": {"name": "Us", "address": "Here", "longitude": "2.2", "latitude": "1.1"},
        "messaging_product": "whatsapp",
        "biz_opaque_callback_data": None,
    }
    assert answers["choice"]["SMS"] == {"to": ["4670"], "body": "?\n\n> YES"}
    assert answers["choice"]["WHATSAPP"]["type"] == "interactive"
    assert "choice_message" in answers["choice"]["RCS"]["message"]
    assert answers["raw"]["WHATSAPP"] == {"a": 1}
    assert answers["picture"]["WHATSAPP"]["image"] == {"link": "https://x.example/a.png"}
    assert answers["template"]["WHATSAPP"]["template"]["name"] == "t"
    assert platform.state.messages == {}


@pytest.mark.parametrize(
    "event",
    [
        {"composing_end_event": {}},
        {"agent_joined_event": {"agent": {"display_name": "Ann", "type": "HUMAN"}}},
        {"agent_left_event": {"agent": {}}},
        {"generic_event": {"payload": {"a": 1}}},
        {"comment_reply_event": {"text": "Thanks"}},
    ],
)
async def test_every_event_is_taken_listed_and_removed(
    api: Client, platform: Platform, event: Any
) -> None:
    body = {"app_id": platform.app_id, "recipient": recipient("RCS:4670001"), "event": event}
    event_id = (await api.good("POST", "/events:send", body))["event_id"]
    listed = await api.good("GET", "/events")
    one = await api.good("GET", f"/events/{event_id}")
    await api.good("DELETE", f"/events/{event_id}")
    after = await api("GET", f"/events/{event_id}")

    assert [entry["id"] for entry in listed["events"]] == [event_id]
    assert one["app_event"] == event
    assert one["direction"] == "TO_CONTACT"
    assert after.status_code == 404


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("SMS:46700000001", "UNSUPPORTED_OPERATION"),
        ("RCS:abc", "RECIPIENT_INVALID_CHANNEL_IDENTITY"),
        ("SINCH_CHAT:someone", "CHANNEL_CONFIGURATION_MISSING"),
    ],
)
async def test_an_event_that_cannot_be_shown_fails(
    api: Client, platform: Platform, webhook: Webhook, address: str, code: str
) -> None:
    body = {"app_id": platform.app_id, "recipient": recipient(address)}
    await api.good("POST", "/events:send", body | {"event": {"composing_event": {}}})
    await platform.run_due()

    (report,) = webhook.of("event_delivery_report")
    assert (report["status"], report["reason"]["code"]) == ("FAILED", code)


@pytest.mark.parametrize(
    "event", [{}, {"composing_event": {}, "composing_end_event": {}}, {"generic_event": {}}, "x"]
)
async def test_wrong_events_are_refused(api: Client, platform: Platform, event: Any) -> None:
    body = {"app_id": platform.app_id, "recipient": recipient("RCS:4670001"), "event": event}

    assert (await api("POST", "/events:send", body)).status_code == 400


async def test_events_meet_delivery_faults_and_missing_channels(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    platform.faults.add(DeliveryFault(channel="RCS", reason="CHANNEL_REJECT"))
    event = {"event": {"composing_event": {}}, "app_id": platform.app_id}
    await api.good("POST", "/events:send", event | {"recipient": recipient("RCS:46700000001")})
    lost = {"recipient": recipient("LINE:x"), "channel_priority_order": ["RCS"]}
    await api.good("POST", "/events:send", event | lost)
    await platform.run_due()

    reports = webhook.of("event_delivery_report")
    assert [report["reason"]["code"] for report in reports] == [
        "CHANNEL_REJECT",
        "NO_CHANNELS_LEFT",
    ]
    assert reports[1]["channel_identity"]["channel"] == "CHANNEL_UNSPECIFIED"


async def test_transcoding_names_the_sender_and_takes_what_has_no_text(
    api: Client, platform: Platform
) -> None:
    async def transcoded(message: Any, channel: str) -> Any:
        body = {"app_id": platform.app_id, "app_message": message, "channels": [channel]}
        answer = await api.good("POST", "/messages:transcode", body | {"from": "12345"})
        return json.loads(answer["transcoded_message"][channel])

    text = {"text_message": {"text": "Hello"}}
    only_sms = {"explicit_channel_omni_message": {"SMS": text}}
    wechat = {"choice_message": {"choices": [{"text_message": {"text": "Yes"}}]}}

    assert await transcoded(text, "WHATSAPP") == {
        "to": "{{to}}",
        "type": "text",
        "recipient_type": "individual",
        "text": {"body": "Hello"},
        "messaging_product": "whatsapp",
        "biz_opaque_callback_data": None,
        "from": "12345",
    }
    assert await transcoded(only_sms, "RCS") == {"to": "{{to}}", "from": "12345"}
    assert await transcoded(wechat, "WECHAT") == {"to": "{{to}}", "text": "> YES", "from": "12345"}
