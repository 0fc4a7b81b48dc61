"""The result of messages:transcode: each channel's own JSON, as a text.

Only WhatsApp's format is known, from a published response. This module defines the formats of the
other channels.
"""

import json

from bot.emulator.api_error import Json
from bot.emulator.channel_display import is_native, offered, part_for
from bot.emulator.rendering import float32, plain_text


def transcode(message: Json, channel: str, sender: str | None, to: str | None) -> str:
    """Return the request that the channel would get for this message.

    Without `to`, the recipient in the request is `{{to}}`.
    """
    part = part_for(message, channel)
    recipient = to or "{{to}}"
    if raw := part.get("explicit_channel_message"):
        return str(raw)
    if not part:
        body: Json = {"to": recipient}
    elif channel == "WHATSAPP":
        body = _whatsapp(part, recipient)
    elif channel == "SMS":
        body = {"to": [recipient], "body": plain_text(part, channel)}
    elif "channel_specific_message" not in part and not is_native(part, channel):
        body = {"to": recipient, "text": plain_text(part, channel)}
    else:
        body = {"to": recipient, "message": part}
    if sender:
        body["from"] = sender
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _whatsapp(part: Json, to: str) -> Json:
    kind, content = _whatsapp_content(part)
    return {
        "to": to,
        "type": kind,
        "recipient_type": "individual",
        kind: content,
        "messaging_product": "whatsapp",
        "biz_opaque_callback_data": None,
    }


def _whatsapp_content(part: Json) -> tuple[str, Json]:
    kind = next(iter(part))
    body = part[kind]
    if kind == "location_message":
        coordinates = body["coordinates"]
        return "location", {
            "name": body["title"],
            "address": body.get("label") or "",
            "longitude": float32(coordinates["longitude"]),
            "latitude": float32(coordinates["latitude"]),
        }
    if kind == "media_message":
        return "image", {"link": body["url"]}
    if kind == "choice_message" and is_native(part, "WHATSAPP"):
        buttons = [
            {"type": "reply", "reply": {"id": choice.postback, "title": choice.label}}
            for choice in offered(part, "")
        ]
        action = {"buttons": buttons}
        return "interactive", {"type": "button", "body": body["text_message"], "action": action}
    if kind == "template_message" and (
        template := (body.get("channel_template") or {}).get("WHATSAPP")
    ):
        language = {"code": template.get("language_code") or ""}
        return "template", {"name": template["template_id"], "language": language}
    if kind != "text_message" and is_native(part, "WHATSAPP"):
        return "interactive", body
    return "text", {"body": plain_text(part, "WHATSAPP")}
