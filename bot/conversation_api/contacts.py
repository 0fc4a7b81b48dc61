"""Contacts of a project, and their consents."""

from collections.abc import AsyncIterator, Sequence

from bot.conversation_api.calls import ApiCalls, Json, segment


class Contacts:
    """Persons and their identities on channels. Contacts belong to the project, not to an app."""

    def __init__(self, calls: ApiCalls) -> None:
        self._calls = calls

    def list(
        self,
        *,
        external_id: str = "",
        channel: str = "",
        identity: str = "",
        page_size: int | None = None,
    ) -> AsyncIterator[Json]:
        query = {
            "external_id": external_id,
            "channel": channel,
            "identity": identity,
            "page_size": page_size,
        }
        return self._calls.pages("/contacts", "contacts", query)

    async def create(self, contact: Json) -> Json:
        """Create a contact from `channel_identities` (at least one) and `language`. Return it."""
        return await self._calls.json("POST", "/contacts", contact)

    async def get(self, contact_id: str) -> Json:
        return await self._calls.json("GET", f"/contacts/{segment(contact_id)}")

    async def update(self, contact_id: str, changes: Json, *, mask: Sequence[str] = ()) -> Json:
        """Change a contact and return it.

        `mask` names the fields to change, by default all fields in `changes`.
        """
        path, query = f"/contacts/{segment(contact_id)}", {"update_mask": ",".join(mask)}
        return await self._calls.json("PATCH", path, changes, query=query)

    async def delete(self, contact_id: str) -> None:
        await self._calls.json("DELETE", f"/contacts/{segment(contact_id)}")

    async def merge(self, destination_id: str, source_id: str) -> Json:
        """Merge the contact `source_id` into the contact `destination_id`, and return the merged
        contact.

        Afterwards the API has no contact `source_id`.
        """
        path = f"/contacts/{segment(destination_id)}:merge"
        return await self._calls.json("POST", path, {"source_id": source_id, "strategy": "MERGE"})

    async def channel_profile(self, app_id: str, recipient: Json, channel: str) -> Json:
        """Return `{"profile_name": …}`, the contact's name on a channel.

        The channel is MESSENGER, INSTAGRAM, VIBER or LINE.
        """
        body = {"app_id": app_id, "recipient": recipient, "channel": channel}
        return await self._calls.json("POST", "/contacts:getChannelProfile", body)

    def identity_conflicts(self, *, page_size: int | None = None) -> AsyncIterator[Json]:
        """List the identities that several contacts share.

        Each object has `identity`, `channels` and `contact_ids`.
        """
        query = {"page_size": page_size}
        return self._calls.pages("/contacts:identityConflicts", "conflicts", query)

    async def query_capability(self, app_id: str, recipient: Json, *, request_id: str = "") -> Json:
        """Ask what the recipient's channels can show. Return the request that the API has accepted.

        The result has a `request_id`, which the platform generates if `request_id` is empty. The
        answers arrive as CAPABILITY callbacks, one for each identity, with the same `request_id`.
        """
        body = {"app_id": app_id, "recipient": recipient}
        if request_id:
            body["request_id"] = request_id
        return await self._calls.json("POST", "/capability:query", body)


class Consents:
    """Consents of identities to an app's messages."""

    def __init__(self, calls: ApiCalls) -> None:
        self._calls = calls

    def list(
        self, app_id: str, list_type: str, *, page_size: int | None = None
    ) -> AsyncIterator[Json]:
        """List the identities on an opt-out list: OPT_OUT_ALL, OPT_OUT_MARKETING or
        OPT_OUT_NOTIFICATION.
        """
        path = f"/apps/{segment(app_id)}/consents/{segment(list_type)}"
        return self._calls.pages(path, "identities", {"page_size": page_size})

    async def history(self, app_id: str, identity: str) -> Json:
        """Return `{"identity": …, "audit_records": […]}`: the changes of an identity's consents."""
        path = f"/apps/{segment(app_id)}/consents/identities/"
        # The identity is usually a phone number, so errors must not contain it.
        what = f"GET {path}…"
        return await self._calls.json("GET", path + segment(identity), what=what)

    async def register_opt_in(
        self, app_id: str, recipient: Json, channels: Sequence[str], *, request_id: str = ""
    ) -> Json:
        """Register an opt-in of the recipient. OPT_IN callbacks report the outcome.

        This call is in the API's specification of 2021, but no longer in Sinch's client libraries.
        """
        return await self._register("/optins:register", app_id, recipient, channels, request_id)

    async def register_opt_out(
        self, app_id: str, recipient: Json, channels: Sequence[str], *, request_id: str = ""
    ) -> Json:
        """Register an opt-out of the recipient. OPT_OUT callbacks report the outcome.

        This call is in the API's specification of 2021, but no longer in Sinch's client libraries.
        """
        return await self._register("/optouts:register", app_id, recipient, channels, request_id)

    async def _register(
        self, path: str, app_id: str, recipient: Json, channels: Sequence[str], request_id: str
    ) -> Json:
        body = {"app_id": app_id, "recipient": recipient, "channels": [*channels]}
        return await self._calls.json("POST", path, body, query={"request_id": request_id})
