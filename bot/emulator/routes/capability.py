"""Capability: sends callbacks about the channels on which a recipient can be reached."""

from bot.emulator.api_error import Json
from bot.emulator.app_messages import RECIPIENT
from bot.emulator.channel_rules import Reason, identity_fault, struck
from bot.emulator.channels import normal_identity
from bot.emulator.endpoint import Call, Endpoint
from bot.emulator.validation import record, text

QUERY = record({"app_id": text(), "recipient": RECIPIENT}, {"request_id": text()})


def query(call: Call) -> Json:
    """Answer immediately, and send a CAPABILITY callback for each identity of the recipient.

    The callback reports NO_CAPABILITY if the number is invalid, if the app lacks the channel, or if
    a delivery fault matches.
    """
    platform, body = call.platform, call.body
    app = platform.core.app(body["app_id"])
    request_id = body.get("request_id") or platform.core.id()
    contact_id = body["recipient"].get("contact_id") or ""
    configured = {entry["channel"] for entry in app["channel_credentials"]}
    for entry in platform.recipients.identities(body["recipient"]):
        channel = entry["channel"]
        identity = normal_identity(channel, entry["identity"])
        holder = platform.contacts.find(app["id"], channel, identity)
        reason = identity_fault(channel, identity)
        if channel not in configured:
            reason = Reason("CHANNEL_CONFIGURATION_MISSING", "The app has no such channel")
        elif fault := platform.faults.for_delivery(channel, identity, "refuse", "fail"):
            reason = struck(fault, "The recipient can't be reached")
        notification = {
            "request_id": request_id,
            "contact_id": contact_id or (holder or {"id": ""})["id"],
            "channel": channel,
            "identity": identity,
            "capability_status": "NO_CAPABILITY" if reason else "CAPABILITY_FULL",
            "channel_capabilities": [],
            **({"reason": reason.to_json()} if reason else {}),
        }
        platform.callbacks.send("CAPABILITY", notification, app_id=app["id"])
    return {"app_id": app["id"], "recipient": body["recipient"], "request_id": request_id}


ENDPOINTS = (Endpoint("POST", "/capability:query", query, QUERY),)
