"""Consents: opted-out identities, and the older way to register opt-ins and opt-outs."""

from bot.emulator.api_error import Json, invalid, not_found
from bot.emulator.app_messages import RECIPIENT
from bot.emulator.channels import CHANNELS, normal_identity
from bot.emulator.consents import LISTS
from bot.emulator.endpoint import Call, Endpoint
from bot.emulator.pagination import page
from bot.emulator.validation import items, one_word, record, text

REGISTER = record(
    {"app_id": text(), "recipient": RECIPIENT}, {"channels": items(one_word(CHANNELS))}
)


def list_identities(call: Call) -> Json:
    list_type = call.path["list_type"]
    if list_type not in LISTS:
        raise invalid("list_type", f"must be one of {', '.join(LISTS)}")
    app_id = call.platform.core.app(call.path["app_id"])["id"]
    entries = call.platform.consents.identities(app_id, list_type)
    found, token = page(entries, str, call.query)
    return {"identities": [{"identity": one} for one in found], "next_page_token": token}


def audit_records(call: Call) -> Json:
    app_id = call.platform.core.app(call.path["app_id"])["id"]
    identity = call.path["identity"].removeprefix("+")
    records = call.platform.consents.audit(app_id, identity)
    if not records:
        raise not_found("Identity")
    return {"identity": {"identity": identity}, "audit_records": records}


def opt_in(call: Call) -> Json:
    return _register(call, "opt_in")


def opt_out(call: Call) -> Json:
    return _register(call, "opt_out")


def _register(call: Call, kind: str) -> Json:
    """Opt the recipient in or out, and send a callback for each identity on the requested channels.

    If the request names no channels, the change and the callbacks are for all identities.
    """
    platform, body = call.platform, call.body
    app_id = platform.core.app(body["app_id"])["id"]
    request_id = call.query.get("request_id") or platform.core.id()
    entries = platform.recipients.identities(body["recipient"])
    channels = body.get("channels") or [entry["channel"] for entry in entries]
    change = platform.consents.opt_in if kind == "opt_in" else platform.consents.opt_out
    for entry in entries:
        if entry["channel"] in channels:
            identity = normal_identity(entry["channel"], entry["identity"])
            holder = platform.contacts.find(app_id, entry["channel"], identity) or {"id": ""}
            change(app_id, identity, origin="ORIGIN_API")
            platform.consents.tell(
                kind.upper(), app_id, holder["id"], entry["channel"], identity, request_id
            )
    resolved = {"app_id": app_id, "channels": channels, "recipient": body["recipient"]}
    return {"request_id": request_id, kind: resolved}


ENDPOINTS = (
    Endpoint("GET", "/apps/{app_id}/consents/identities/{identity}", audit_records),
    Endpoint("GET", "/apps/{app_id}/consents/{list_type}", list_identities),
    Endpoint("POST", "/optins:register", opt_in, REGISTER),
    Endpoint("POST", "/optouts:register", opt_out, REGISTER),
)
