"""DISPATCH mode: no contacts and no conversations."""

import pytest

from bot.emulator import Platform, SampleProject
from tests.support.emulator import Client, Webhook
from tests.support.hand_clock import HandClock


class TestDispatch:
    @pytest.fixture
    def world(self) -> SampleProject:
        return SampleProject(processing_mode="DISPATCH")

    async def test_callbacks_name_neither_contact_nor_conversation(
        self, api: Client, platform: Platform, webhook: Webhook
    ) -> None:
        platform.phone("SMS", "46700000001").says("hi")
        await api.send("Hello")
        await platform.run_due()

        assert set(webhook.keys()) == {
            "message",
            "message_submit_notification",
            "message_delivery_report",
        }
        for key in ("message", "message_delivery_report"):
            inner = webhook.of(key)[0]
            assert (inner["contact_id"], inner["conversation_id"]) == ("", "")
            assert inner["processing_mode"] == "DISPATCH"
        assert platform.state.contacts == {}

    async def test_a_contact_id_is_no_recipient(self, api: Client) -> None:
        body = {
            "app_id": api.platform.app_id,
            "recipient": {"contact_id": "01ANY"},
            "message": {"text_message": {"text": "Hello"}},
        }
        answer = await api("POST", "/messages:send", body)

        violation = answer.json()["error"]["details"][0]["field_violations"][0]
        assert (answer.status_code, violation["field"]) == (400, "recipient.identified_by")

    async def test_plain_answers_stay_text(
        self, api: Client, platform: Platform, webhook: Webhook
    ) -> None:
        choices = [{"text_message": {"text": "Yes"}}]
        await api.send({"choice_message": {"text_message": {"text": "?"}, "choices": choices}})
        await platform.run_due()
        platform.phone("SMS", "46700000001").says("Yes")
        await platform.run_due()

        assert webhook.said()[0] == {"text_message": {"text": "Yes"}}

    async def test_nothing_is_listed_without_retention(
        self, api: Client, platform: Platform
    ) -> None:
        await api.send("Hello")

        for source in ("CONVERSATION_SOURCE", "DISPATCH_SOURCE"):
            listed = await api.good("GET", "/messages", params={"messages_source": source})
            assert listed["messages"] == []

    async def test_with_retention_messages_and_metadata_are_kept(
        self, api: Client, platform: Platform, webhook: Webhook, clock: HandClock
    ) -> None:
        policy = {"dispatch_retention_policy": {"ttl_days": 1}}
        await api.good("PATCH", f"/apps/{platform.app_id}", policy)
        message_id = await api.send(
            "Hello", conversation_metadata={"order": 7}, correlation_id="c-1"
        )
        platform.phone("SMS", "46700000001").says("hi")
        await platform.run_due()
        source = {"messages_source": "DISPATCH_SOURCE", "direction": "TO_CONTACT"}
        found = await api.good("GET", "/messages", params=source)
        clock.at += 86_400
        expired = await api.good("GET", "/messages", params=source)

        assert [one["id"] for one in found["messages"]] == [message_id]
        assert expired["messages"] == []
        inbound = next(body for body in webhook.bodies if "message" in body)
        assert inbound["message_metadata"] == '{"order":7}'
        assert inbound["correlation_id"] == "c-1"


async def test_one_message_may_be_dispatched_in_a_conversation_app(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    await api.send("Hello", processing_strategy="DISPATCH_ONLY")
    await platform.run_due()

    assert webhook.of("message_delivery_report")[0]["processing_mode"] == "DISPATCH"
    assert platform.state.contacts == {}
