"""The project's contacts: found by identity, created if unknown, merged and deleted.

Contacts belong to the project, so their callbacks name no app and are sent to the webhooks of all
apps.
"""

from collections import defaultdict
from collections.abc import Sequence

from bot.emulator.api_error import Json, not_found
from bot.emulator.callbacks import Callbacks
from bot.emulator.channels import CHANNELS, normal_identity
from bot.emulator.core import Core

_Key = tuple[str, str, str]


class Contacts:
    def __init__(self, core: Core, callbacks: Callbacks) -> None:
        self._core = core
        self._callbacks = callbacks
        self._by_identity: dict[_Key, list[str]] = defaultdict(list)
        self._by_name: dict[str, list[str]] = defaultdict(list)
        for contact in core.state.contacts.values():
            self._index(contact)

    def get(self, contact_id: str) -> Json:
        """Return a contact.

        Raises:
            ApiError: the id is unknown (404).
        """
        contact = self._core.state.contacts.get(contact_id)
        if contact is None:
            raise not_found("Contact")
        return contact

    def find(self, app_id: str, channel: str, identity: str) -> Json | None:
        """Return the contact with this identity in this app; None if there is none."""
        holders = self._by_identity.get(_key(app_id, channel, identity))
        return self._core.state.contacts[holders[0]] if holders else None

    def having(self, identity: str) -> list[Json]:
        """Return the contacts with this identity on any channel and in any app."""
        names = {normal_identity(channel, identity) for channel in CHANNELS}
        ids = {id for name in names for id in self._by_name.get(name, ())}
        return [self._core.state.contacts[id] for id in ids]

    def find_or_create(self, app_id: str, identities: Sequence[tuple[str, str]]) -> Json:
        """Return the contact with one of these (channel, identity) pairs.

        If there is no such contact, create one with all these pairs. With
        `unified_contact_id_enabled` in the project's settings, add the pairs to a contact with the
        same number on another channel instead.
        """
        for channel, identity in identities:
            if contact := self.find(app_id, channel, identity):
                return contact
        entries = [channel_identity(app_id, *pair) for pair in identities]
        if contact := self._same_number(identities):
            changed = dict(contact, channel_identities=contact["channel_identities"] + entries)
            return self.replace(changed)
        return self.add(
            {
                "channel_identities": entries,
                "channel_priority": list(dict.fromkeys(channel for channel, _ in identities)),
            }
        )

    def add(self, given: Json) -> Json:
        """Create a contact with these fields and notify the webhooks."""
        contact: Json = {
            "id": self._core.id(),
            "channel_identities": normal_identities(given["channel_identities"]),
            "channel_priority": given.get("channel_priority") or [],
            "display_name": given.get("display_name") or "Unknown",
            "email": given.get("email") or "",
            "external_id": given.get("external_id") or "",
            "metadata": given.get("metadata") or "",
            "language": given.get("language") or "UNSPECIFIED",
        }
        self._core.state.contacts[contact["id"]] = contact
        self._index(contact)
        self._callbacks.send("CONTACT_CREATE", {"contact": contact})
        self._report_duplicates(contact)
        return contact

    def replace(self, contact: Json) -> Json:
        """Replace the contact with the same id and notify the webhooks."""
        contact["channel_identities"] = normal_identities(contact["channel_identities"])
        self._unindex(self._core.state.contacts[contact["id"]])
        self._core.state.contacts[contact["id"]] = contact
        self._index(contact)
        self._callbacks.send("CONTACT_UPDATE", {"contact": contact})
        self._report_duplicates(contact)
        return contact

    def remove(self, contact_id: str) -> None:
        contact = self.get(contact_id)
        self._unindex(contact)
        del self._core.state.contacts[contact_id]
        self._callbacks.send("CONTACT_DELETE", {"contact": contact})

    def merge(self, destination_id: str, source_id: str) -> Json:
        """Move the source's identities, conversations and messages to the destination.

        The source is deleted.

        The destination keeps its own fields. An empty field gets the source's value.
        """
        kept, gone = self.get(destination_id), self.get(source_id)
        state = self._core.state
        self._unindex(kept)
        self._unindex(gone)
        del state.contacts[source_id]
        kept["channel_identities"] += [
            entry for entry in gone["channel_identities"] if entry not in kept["channel_identities"]
        ]
        kept["channel_priority"] = list(
            dict.fromkeys(kept["channel_priority"] + gone["channel_priority"])
        )
        for name in ("email", "external_id", "metadata"):
            kept[name] = kept[name] or gone[name]
        if kept["display_name"] == "Unknown":
            kept["display_name"] = gone["display_name"]
        self._index(kept)
        for conversation in state.conversations.values():
            if conversation["contact_id"] == source_id:
                conversation["contact_id"] = destination_id
        for message in state.messages.values():
            if message.contact_id == source_id:
                message.contact_id = destination_id
        for event in state.events.values():
            if event.contact_id == source_id:
                event.contact_id = destination_id
        body = {"preserved_contact": kept, "deleted_contact": gone}
        self._callbacks.send("CONTACT_MERGE", body)
        return kept

    def conflicts(self) -> list[Json]:
        """Return the identities that belong to several contacts, sorted by identity.

        The contacts may have the identity on the same channel or on different channels.
        """
        holders: dict[str, set[str]] = defaultdict(set)
        channels: dict[str, set[str]] = defaultdict(set)
        for (channel, identity, _), contact_ids in self._by_identity.items():
            holders[identity].update(contact_ids)
            channels[identity].update([channel] * bool(contact_ids))
        return [
            {
                "identity": identity,
                "channels": sorted(channels[identity]),
                "contact_ids": sorted(holders[identity]),
            }
            for identity in sorted(holders)
            if len(holders[identity]) > 1
        ]

    def _report_duplicates(self, contact: Json) -> None:
        doubles = []
        for entry in contact["channel_identities"]:
            holders = self._by_identity[_entry_key(entry)]
            if len(holders) > 1:
                doubles.append({"channel": entry["channel"], "contact_ids": list(holders)})
        if doubles:
            body = {"duplicated_identities": doubles}
            self._callbacks.send("CONTACT_IDENTITIES_DUPLICATION", body)

    def _same_number(self, identities: Sequence[tuple[str, str]]) -> Json | None:
        settings = self._core.state.settings.get("contact_settings") or {}
        if not settings.get("unified_contact_id_enabled"):
            return None
        for channel, identity in identities:
            if not CHANNELS[channel].by_number:
                continue
            for other, rules in CHANNELS.items():
                if rules.by_number and (contact := self.find("", other, identity)):
                    return contact
        return None

    def _index(self, contact: Json) -> None:
        for entry in contact["channel_identities"]:
            self._by_identity[_entry_key(entry)].append(contact["id"])
            self._by_name[entry["identity"]].append(contact["id"])

    def _unindex(self, contact: Json) -> None:
        for entry in contact["channel_identities"]:
            self._by_identity[_entry_key(entry)].remove(contact["id"])
            self._by_name[entry["identity"]].remove(contact["id"])


def channel_identity(app_id: str, channel: str, identity: str) -> Json:
    """Return the API's JSON for an identity.

    The JSON has an app id only if identities of the channel are specific to an app. `channel` is ""
    for a message that had no channel.
    """
    if not channel:
        return {"channel": "CHANNEL_UNSPECIFIED", "identity": "", "app_id": ""}
    scope = "" if CHANNELS[channel].by_number else app_id
    return {"channel": channel, "identity": normal_identity(channel, identity), "app_id": scope}


def normal_identities(given: Sequence[Json]) -> list[Json]:
    """Return identities in the form in which they are stored, without duplicates.

    Numbers have no `+`. App ids are only stored for channels that need them.
    """
    entries: list[Json] = []
    for one in given:
        entry = channel_identity(one.get("app_id") or "", one["channel"], one["identity"])
        if entry not in entries:
            entries.append(entry)
    return entries


def _key(app_id: str, channel: str, identity: str) -> _Key:
    return _entry_key(channel_identity(app_id, channel, identity))


def _entry_key(entry: Json) -> _Key:
    return entry["channel"], entry["identity"], entry["app_id"]
