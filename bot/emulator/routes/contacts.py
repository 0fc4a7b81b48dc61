"""Contacts: the address book of the project."""

from typing import Any

from bot.emulator.api_error import Json, invalid, not_found
from bot.emulator.app_messages import IDENTITY, PRIORITY, RECIPIENT
from bot.emulator.channels import CHANNELS, normal_identity
from bot.emulator.endpoint import Call, Endpoint
from bot.emulator.pagination import page
from bot.emulator.validation import Check, items, one_word, record, require, text

_LANGUAGES = (
    "UNSPECIFIED AF SQ AR AZ BN BG CA ZH ZH_CN ZH_HK ZH_TW HR CS DA NL EN EN_GB EN_US ET FIL FI FR "
    "DE EL GU HA HE HI HU ID GA IT JA KN KK KO LO LV LT MK MS ML MR NB FA PL PT PT_BR PT_PT PA RO "
    "RU SR SK SL ES ES_AR ES_ES ES_MX SW SV TA TE TH TR UK UR UZ VI ZU"
)

PROFILE_CHANNELS = ("MESSENGER", "INSTAGRAM", "VIBER", "LINE")

_identities = items(IDENTITY, least=1)
_language = one_word(_LANGUAGES.split())
_FIELDS: dict[str, Check] = {
    "channel_priority": PRIORITY,
    "display_name": text(),
    "email": text(),
    "external_id": text(),
    "metadata": text(most=1024),
}
_CHANGEABLE = (*_FIELDS, "channel_identities", "language")
_EMPTY: dict[str, Any] = {"channel_priority": [], "display_name": "Unknown"}

CREATE = record({"channel_identities": _identities, "language": _language}, _FIELDS)
UPDATE = record(optional={**_FIELDS, "channel_identities": _identities, "language": _language})
MERGE = record({"source_id": text()}, {"strategy": one_word(("MERGE",))})
PROFILE = record({"app_id": text(), "recipient": RECIPIENT, "channel": one_word(PROFILE_CHANNELS)})


def create(call: Call) -> Json:
    return call.platform.contacts.add(call.body)


def list_contacts(call: Call) -> Json:
    channel, identity = call.query.get("channel"), call.query.get("identity")
    external_id = call.query.get("external_id")
    if channel and channel not in CHANNELS:
        raise invalid("channel", f"must be one of {', '.join(CHANNELS)}")

    def is_wanted(contact: Json) -> bool:
        if external_id and contact["external_id"] != external_id:
            return False
        return not (channel or identity) or any(
            (not channel or entry["channel"] == channel)
            and (not identity or entry["identity"] == normal_identity(entry["channel"], identity))
            for entry in contact["channel_identities"]
        )

    contacts = call.platform.contacts
    near = contacts.having(identity) if identity else call.platform.state.contacts.values()
    found, token = page(filter(is_wanted, near), _by_id, call.query)
    return {"contacts": found, "next_page_token": token}


def get(call: Call) -> Json:
    return call.platform.contacts.get(call.path["contact_id"])


def update(call: Call) -> Json:
    contact = dict(call.platform.contacts.get(call.path["contact_id"]))
    for name, value in call.masked(_CHANGEABLE).items():
        contact[name] = value or _EMPTY.get(name, "")
    require(_identities, contact["channel_identities"])
    contact["language"] = contact["language"] or "UNSPECIFIED"
    return call.platform.contacts.replace(contact)


def delete(call: Call) -> Json:
    call.platform.contacts.remove(call.path["contact_id"])
    return {}


def merge(call: Call) -> Json:
    destination_id, source_id = call.path["destination_id"], call.body["source_id"]
    if source_id == destination_id:
        raise invalid("source_id", "a contact can't be merged into itself")
    kept = call.platform.contacts.merge(destination_id, source_id)
    call.platform.conversations.settle(destination_id)
    return kept


def channel_profile(call: Call) -> Json:
    """Return the contact's display name as its profile name. The emulator knows no other name."""
    platform, channel = call.platform, call.body["channel"]
    app_id = platform.core.app(call.body["app_id"])["id"]
    given = call.body["recipient"]
    if given.get("contact_id"):
        contact = platform.contacts.get(given["contact_id"])
        if any(entry["channel"] == channel for entry in contact["channel_identities"]):
            return {"profile_name": contact["display_name"]}
        raise not_found("Profile")
    for entry in given["identified_by"]["channel_identities"]:
        found = platform.contacts.find(app_id, entry["channel"], entry["identity"])
        if found and entry["channel"] == channel:
            return {"profile_name": found["display_name"]}
    raise not_found("Profile")


def identity_conflicts(call: Call) -> Json:
    conflicts = call.platform.contacts.conflicts()
    found, token = page(conflicts, lambda one: str(one["identity"]), call.query)
    return {"conflicts": found, "next_page_token": token}


def _by_id(contact: Json) -> str:
    return str(contact["id"])


ENDPOINTS = (
    Endpoint("GET", "/contacts", list_contacts),
    Endpoint("POST", "/contacts", create, CREATE),
    Endpoint("POST", "/contacts:getChannelProfile", channel_profile, PROFILE),
    Endpoint("GET", "/contacts:identityConflicts", identity_conflicts),
    Endpoint("POST", "/contacts/{destination_id}:merge", merge, MERGE),
    Endpoint("GET", "/contacts/{contact_id}", get),
    Endpoint("PATCH", "/contacts/{contact_id}", update, UPDATE),
    Endpoint("DELETE", "/contacts/{contact_id}", delete),
)
