"""The official Node SDK works with the emulator as it does with Sinch. `make sdk` installs it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.emulator import Webhook
from tests.support.live_emulator import Live

MODULES = Path(sys.prefix) / "node" / "node_modules"
SCRIPT = Path(__file__).with_name("node_sdk.cjs")

pytestmark = [
    pytest.mark.skipif(shutil.which("node") is None, reason="there is no node"),
    pytest.mark.skipif(
        not (MODULES / "@sinch/sdk-core").exists(), reason="the SDK isn't installed: make sdk"
    ),
]


@pytest.fixture
def live(webhook: Webhook) -> Iterator[Live]:
    live = Live(webhook)
    live.start()
    yield live
    if live.is_running:
        live.stop()


def node(live: Live, **more: Any) -> Any:
    """Return what the script prints for this project."""
    world = live.platform.world
    given = {
        "url": f"http://{live.origin}",
        "project_id": world.project_id,
        "app_id": world.app_id,
        "key_id": world.key_id,
        "key_secret": world.key_secret,
    }
    ran = subprocess.run(
        ["node", str(SCRIPT), json.dumps(given | more)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "NODE_PATH": str(MODULES)},
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    return json.loads(ran.stdout.splitlines()[-1])


def test_every_call_is_answered_as_the_sdk_expects(live: Live) -> None:
    answers = node(live)

    ids = answers["ids"]
    assert set(answers["messages.list"]) == set(ids)
    assert answers["messages.get"]["app_message"]["text_message"]["text"] == "Hello"
    assert answers["messages.update"]["metadata"] == "new"
    assert answers["contact.update"]["display_name"] == "Ada"
    merged = {each["identity"] for each in answers["contact.merge"]["channel_identities"]}
    assert merged == {"US.13491208655302741918", "46700000009"}
    assert answers["contact.create"]["id"] in answers["contact.list"]
    assert answers["conversation.get"]["metadata"] == "m"
    assert answers["conversation.create"]["id"] in answers["conversation.list"]
    assert answers["app.get"]["id"] == live.platform.app_id
    assert answers["webhooks.update"]["triggers"] == ["MESSAGE_DELIVERY"]
    assert len(answers["webhooks.list"]["webhooks"]) == 2
    assert answers["capability"]["request_id"] == "r"
    assert "SMS" in answers["transcode"]["transcoded_message"]
    failed = {
        name: each["failed"]
        for name, each in answers.items()
        if isinstance(each, dict) and "failed" in each
    }
    assert list(failed) == ["messages.get.unknown"]
    assert "NOT_FOUND" in failed["messages.get.unknown"] or "404" in failed["messages.get.unknown"]


def test_callbacks_are_signed_and_formed_as_the_sdk_reads_them(
    live: Live, webhook: Webhook
) -> None:
    phone = live.platform.phone("WHATSAPP", "US.13491208655302741918")
    phone.says("hello", reply_to="01M")
    phone.sends_file(b"OggS", "voice.ogg")
    phone.happens({"composing_event": {}})
    phone.opts_out()
    live.stop()

    posted = [
        {"headers": dict(request.headers), "body": request.content.decode()}
        for request in webhook.requests
    ]
    read = node(live, callbacks=posted)["read"]

    assert all(each["is_signed"] for each in read)
    assert {"MESSAGE_INBOUND", "EVENT_INBOUND", "OPT_OUT", "CONTACT_CREATE"} <= {
        each["trigger"] for each in read
    }
