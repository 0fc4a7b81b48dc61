"""Calls every kind of endpoint with the first generation of the official SDK, `sinch` 1.1.

Run as a script with that version on the path, since a newer one is installed beside it:
`python first_sdk.py HOST:PORT PROJECT APP KEY_ID KEY_SECRET`. Prints the answers as JSON.
"""

import json
import sys
from dataclasses import asdict, is_dataclass
from typing import Any

from sinch import SinchClient  # type: ignore[import-untyped, unused-ignore]


def plain(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


def calls(conversation: Any, app_id: str) -> dict[str, Any]:
    """The SDK's answers, by the call that gave them."""
    contact = conversation.contact.create(
        channel_identities=[{"channel": "SMS", "identity": "+46700000001"}], language="EN_US"
    )
    recipient = {"contact_id": contact.id}
    made = conversation.conversation.create(
        app_id=app_id, contact_id=contact.id, active=True, active_channel="SMS"
    )
    webhook = conversation.webhook.create(
        app_id=app_id, target="https://sdk.example/hook", triggers=["MESSAGE_INBOUND"]
    )
    sent = conversation.message.send(
        app_id=app_id, recipient=recipient, message={"text_message": {"text": "Hello"}}
    )
    answers = {
        "contact.create": contact,
        "contact.get": conversation.contact.get(contact.id),
        "contact.list": conversation.contact.list().result,
        "message.send": sent,
        "message.get": conversation.message.get(sent.message_id),
        "event.send": conversation.event.send(
            app_id=app_id, recipient=recipient, event={"composing_event": {}}
        ),
        "transcoding.transcode_message": conversation.transcoding.transcode_message(
            app_id=app_id,
            app_message={"text_message": {"text": "Hello"}},
            channels=["SMS", "WHATSAPP"],
        ),
        "capability.query": conversation.capability.query(app_id=app_id, recipient=recipient),
        "opt_out.register": conversation.opt_out.register(
            app_id=app_id, recipient=recipient, channels=["SMS"]
        ),
        "opt_in.register": conversation.opt_in.register(
            app_id=app_id, recipient=recipient, channels=["SMS"]
        ),
        "conversation.create": made,
        "conversation.get": conversation.conversation.get(made.id),
        "conversation.update": conversation.conversation.update(
            made.id, app_id=app_id, contact_id=contact.id, metadata="m", active=True
        ),
        "conversation.list": conversation.conversation.list(
            only_active=False, app_id=app_id
        ).result,
        "conversation.inject": conversation.conversation.inject_message_to_conversation(
            made.id,
            accept_time="2025-10-08T08:00:00Z",
            contact_message={"text_message": {"text": "from before"}},
            channel_identity={"channel": "SMS", "identity": "46700000001"},
            contact_id=contact.id,
            direction="TO_APP",
        ),
        "conversation.stop": conversation.conversation.stop(made.id),
        "webhook.create": webhook,
        "webhook.get": conversation.webhook.get(webhook.id),
        "webhook.update": conversation.webhook.update(
            webhook.id,
            app_id=app_id,
            target="https://sdk.example/other",
            triggers=["MESSAGE_DELIVERY"],
        ),
        "webhook.list": conversation.webhook.list(app_id),
        "app.get": conversation.app.get(app_id),
        "app.list": conversation.app.list(),
    }
    answers["webhook.delete"] = conversation.webhook.delete(webhook.id)
    answers["conversation.delete"] = conversation.conversation.delete(made.id)
    answers["contact.delete"] = conversation.contact.delete(contact.id)
    return {name: plain(answer) for name, answer in answers.items()}


def main(origin: str, project_id: str, app_id: str, key_id: str, key_secret: str) -> None:
    client = SinchClient(key_id=key_id, key_secret=key_secret, project_id=project_id)
    client.configuration.disable_https = True
    client.configuration.auth_origin = origin
    client.configuration.conversation_origin = origin
    sys.stdout.write(json.dumps(calls(client.conversation, app_id)))


if __name__ == "__main__":
    main(*sys.argv[1:])
