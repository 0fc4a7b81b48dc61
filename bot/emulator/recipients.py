"""Finds the destination of a message: contact, conversation, and channels in order."""

from collections.abc import Sequence

from bot.emulator.api_error import Json, invalid
from bot.emulator.channels import normal_identity
from bot.emulator.contacts import Contacts
from bot.emulator.conversations import Conversations
from bot.emulator.core import Core

Route = list[tuple[str, str]]
"""Channels, each with the contact's identity on it, in the order in which they are tried."""


class Recipients:
    def __init__(self, core: Core, contacts: Contacts, conversations: Conversations) -> None:
        self._core = core
        self._contacts = contacts
        self._conversations = conversations

    def mode(self, request: Json) -> str:
        app = self._core.app(request["app_id"])
        if request.get("processing_strategy") == "DISPATCH_ONLY":
            return "DISPATCH"
        return str(app["processing_mode"])

    def identities(self, recipient: Json) -> list[Json]:
        """Return the identities that a recipient lists.

        If the recipient has a contact id instead, return all identities of this contact.
        """
        if contact_id := recipient.get("contact_id"):
            return list(self._contacts.get(contact_id)["channel_identities"])
        return list(recipient["identified_by"]["channel_identities"])

    def resolve(self, request: Json) -> tuple[str, str, Route, Json]:
        """Return contact id, conversation id, route and stored metadata for a send request.

        In CONVERSATION mode a contact is created for an unknown identity, and a conversation is
        opened.
        """
        app_id, mode = request["app_id"], self.mode(request)
        order = request.get("channel_priority_order") or []
        configured = [entry["channel"] for entry in self._core.app(app_id)["channel_credentials"]]
        if missing := [channel for channel in order if channel not in configured]:
            raise invalid(
                "channel_priority_order", f"{', '.join(missing)} not configured in the app"
            )
        given = request["recipient"].get("identified_by")
        identities: Route = [
            (entry["channel"], normal_identity(entry["channel"], entry["identity"]))
            for entry in (given or {}).get("channel_identities") or []
        ]
        if mode == "DISPATCH":
            if not identities:
                raise invalid("recipient.identified_by", "is mandatory in DISPATCH mode")
            route = _in_order(identities, order)
            kept = self._conversations.kept_on(app_id, *(route or identities)[0])
            return "", "", route, kept
        if identities:
            contact = self._contacts.find_or_create(app_id, identities)
        else:
            contact = self._contacts.get(request["recipient"]["contact_id"])
            identities = self._known(app_id, contact, configured)
        route = _in_order(identities, order)
        channel = (route or identities or [("CHANNEL_UNSPECIFIED", "")])[0][0]
        conversation = self._conversations.open(app_id, contact["id"], channel)
        return contact["id"], conversation["id"], route, conversation

    def _known(self, app_id: str, contact: Json, configured: Sequence[str]) -> Route:
        """Return a contact's identities in the order in which they are tried.

        The active channel is first. Then come the channels of the contact's priority, then the
        other channels of the app.
        """
        active = self._conversations.active(app_id, contact["id"])
        order = [active["active_channel"]] if active else []
        order += [*contact["channel_priority"], *configured]
        return _in_order(
            [
                (entry["channel"], entry["identity"])
                for entry in contact["channel_identities"]
                if entry["app_id"] in ("", app_id)
            ],
            list(dict.fromkeys(order)),
        )


def _in_order(identities: Route, order: Sequence[str]) -> Route:
    if not order:
        return identities
    return [pair for channel in order for pair in identities if pair[0] == channel]
