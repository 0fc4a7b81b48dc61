"""Contacts: created, found, merged, in conflict."""

from typing import Any

import pytest

from bot.emulator import Platform
from tests.support.emulator import ANN, Client, Webhook, contact, recipient


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


class Unwalked(dict[str, Any]):
    """Contacts that can only be looked up one by one. Iterating over them fails."""

    def __iter__(self) -> Any:
        raise AssertionError("all contacts are walked")

    def values(self) -> Any:
        raise AssertionError("all contacts are walked")


async def test_an_identity_is_found_without_walking_all_contacts(
    api: Client, platform: Platform
) -> None:
    psid = {"channel": "MESSENGER", "identity": "psid", "app_id": platform.app_id}
    one = await api.good("POST", "/contacts", contact(ANN, psid))
    platform.state.contacts = Unwalked(platform.state.contacts)

    async def found(**query: str) -> list[str]:
        listed = await api.good("GET", "/contacts", params=query)
        return [entry["id"] for entry in listed["contacts"]]

    assert await found(channel="SMS", identity="+46700000001") == [one["id"]]
    assert await found(identity="psid") == [one["id"]]
    assert await found(channel="SMS", identity="46700000002") == []
    await api.good("PATCH", f"/contacts/{one['id']}", {"channel_identities": [ANN]})
    assert await found(identity="psid") == []
    await api.good("DELETE", f"/contacts/{one['id']}")
    assert await found(identity="46700000001") == []


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
