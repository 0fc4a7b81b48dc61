"""The official Python SDK works with the emulator as it does with Sinch.

Version 2 has messages, contacts, apps and the check of callbacks; all other calls are in version 1
alone, which therefore runs in a process of its own.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sinch import SinchClient
from sinch.domains.conversation.api.v1.exceptions import ConversationException

from bot.emulator import RequestFault
from tests.support.emulator import Webhook
from tests.support.live_emulator import Live

FIRST_SDK = Path(sys.prefix) / "sinch-1"
NUMBER = {"channel": "SMS", "identity": "+46700000001"}


@pytest.fixture
def live(webhook: Webhook) -> Iterator[Live]:
    live = Live(webhook)
    live.start()
    yield live
    if live.is_running:
        live.stop()


@pytest.fixture
def client(live: Live) -> Any:
    world = live.platform.world
    client = SinchClient(
        key_id=world.key_id,
        key_secret=world.key_secret,
        project_id=world.project_id,
        conversation_region="eu",
    )
    client.configuration.auth_origin = f"http://{live.origin}"
    client.configuration.conversation_domain = f"http://{live.origin}"
    return client


MESSAGES = {
    "text": {"text": "Hello"},
    "media": {"url": "https://x.example/a.png"},
    "choice": {
        "text_message": {"text": "Go?"},
        "choices": [{"text_message": {"text": "Yes"}, "postback_data": "y"}],
    },
    "card": {"title": "Card", "description": "D", "height": "TALL"},
    "carousel": {"cards": [{"title": "One"}, {"title": "Two"}]},
    "location": {"title": "Us", "coordinates": {"latitude": 1.5, "longitude": 2.5}},
    "list": {
        "title": "Menu",
        "sections": [{"title": "Hot", "items": [{"choice": {"title": "Soup"}}]}],
    },
    "template": {"omni_template": {"template_id": "t", "version": "1"}},
    "contact_info": {
        "name": {"full_name": "Ann Beer"},
        "phone_numbers": [{"phone_number": "+46700000000"}],
    },
}


def test_every_message_is_sent_and_read_back(client: Any, live: Live) -> None:
    messages, app_id = client.conversation.messages, live.platform.app_id
    sent = {}
    for kind, content in MESSAGES.items():
        field = "text" if kind == "text" else f"{kind}_message"
        value = "Hello" if kind == "text" else content
        send = getattr(messages, f"send_{kind}_message")
        answer = send(
            app_id=app_id,
            recipient_identities=[NUMBER],
            ttl=60,
            message_metadata=kind,
            **{field: value},
        )
        sent[answer.message_id] = kind
    listed = {one.id: one for one in messages.list(app_id=app_id, page_size=4).iterator()}

    assert {one.id: one.metadata for one in listed.values()} == sent
    for message_id, kind in sent.items():
        message = messages.get(message_id)
        assert getattr(message.app_message, f"{kind}_message") is not None
        assert message.channel_identity.identity == "46700000001"
    changed = messages.update(message_id, metadata="changed")
    messages.delete(message_id)
    assert changed.metadata == "changed"
    assert live.platform.state.messages[message_id].removed


def test_contacts_and_conflicts(client: Any, live: Live) -> None:
    contacts = client.conversation.contacts
    made = contacts.create(channel_identities=[NUMBER], language="EN_US", display_name="Ann")
    other = contacts.create(channel_identities=[NUMBER], language="SV", external_id="x-1")
    updated = contacts.update(made.id, email="ann@x.example")
    conflict = next(iter(contacts.list_identity_conflicts().iterator()))
    merged = contacts.merge_contact(destination_id=made.id, source_id=other.id)
    listed = [one.id for one in contacts.list().iterator()]
    contacts.delete(made.id)

    assert (made.display_name, made.language) == ("Ann", "EN_US")
    assert updated.email == "ann@x.example"
    assert sorted(conflict.contact_ids) == sorted([made.id, other.id])
    assert merged.external_id == "x-1"
    assert listed == [made.id]
    assert live.platform.state.contacts == {}


def test_apps(client: Any, live: Live) -> None:
    apps = client.conversation.apps
    credentials = {"SMS": {"claimed_identity": "p", "token": "t"}}
    made = apps.create(channel_credentials=credentials, display_name="Mine")
    updated = apps.update(made.id, display_name="Ours", processing_mode="CONVERSATION")
    got = apps.get(made.id)
    listed = apps.list()
    apps.delete(made.id)

    assert (made.processing_mode, made.queue_stats.outbound_limit) == ("DISPATCH", 500_000)
    assert (updated.display_name, updated.processing_mode) == ("Ours", "CONVERSATION")
    assert got.rate_limits.outbound == 20
    assert "Ours" in str(listed)
    assert list(live.platform.state.apps) == [live.platform.app_id]


def test_callbacks_are_accepted_and_parsed(client: Any, live: Live, webhook: Webhook) -> None:
    live.act("SMS", "46700000001", {"text": "Hallå"})
    client.conversation.messages.send_text_message(
        app_id=live.platform.app_id, recipient_identities=[NUMBER], text="Hej på dig"
    )
    live.stop()
    events = client.conversation.sinch_events("hush")
    parsed = []
    for request in webhook.requests:
        headers, body = dict(request.headers), request.content.decode()
        assert events.validate_authentication_header(headers, body)
        assert not events.validate_authentication_header(headers, body + " ")
        parsed.append(events.parse_event(body, headers))

    kinds = [type(event).__name__ for event in parsed]
    assert kinds.count("MessageInboundEvent") == 1
    assert kinds.count("MessageSubmitEvent") == 1
    assert kinds.count("MessageDeliveryReceiptEvent") == 2
    inbound = parsed[kinds.index("MessageInboundEvent")]
    assert inbound.message.contact_message.text_message.text == "Hallå"


def test_an_expired_token_is_renewed(client: Any, live: Live) -> None:
    apps = client.conversation.apps
    before = apps.get(live.platform.app_id)
    live.platform.faults.add(RequestFault(on="* /v1/*", action="expire", count=1))

    after = apps.get(live.platform.app_id)

    assert before == after
    paths = [one.path for one in live.platform.record.requests]
    assert paths.count("/oauth2/token") == 2


def test_an_error_is_understood(client: Any) -> None:
    with pytest.raises(ConversationException, match="Message not found") as caught:
        client.conversation.messages.get("01NONE")

    assert caught.value.http_response.status_code == 404


@pytest.mark.skipif(
    not FIRST_SDK.is_dir(),
    reason=f"`make install` installs the older SDK into {FIRST_SDK}",
)
def test_the_first_generation_reaches_everything_else(live: Live) -> None:
    world = live.platform.world
    script = Path(__file__).with_name("first_sdk.py")
    arguments = (live.origin, world.project_id, world.app_id, world.key_id, world.key_secret)
    done = subprocess.run(
        [sys.executable, str(script), *arguments],
        env=os.environ | {"PYTHONPATH": str(FIRST_SDK)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert answers["event.send"]["event_id"]
    assert answers["message.get"]["app_message"] == {"text_message": {"text": "Hello"}}
    assert set(answers["transcoding.transcode_message"]["transcoded_message"]) == {
        "SMS",
        "WHATSAPP",
    }
    assert answers["capability.query"]["app_id"] == world.app_id
    assert answers["opt_out.register"]["opt_out"]["channels"] == ["SMS"]
    assert answers["conversation.create"]["active_channel"] == "SMS"
    assert answers["conversation.update"]["metadata"] == "m"
    assert answers["webhook.create"]["triggers"] == ["MESSAGE_INBOUND"]
    assert answers["webhook.update"]["target"] == "https://sdk.example/other"
    assert answers["app.get"]["id"] == world.app_id
    assert live.platform.state.conversations == {}
    assert live.platform.state.contacts == {}
