"""Apps, webhooks and settings of a project."""

from collections.abc import AsyncIterator, Sequence

from bot.conversation_api.calls import ApiCalls, Json, segment


class Apps:
    """Apps of a project, with their channel credentials, processing mode and retention."""

    def __init__(self, calls: ApiCalls) -> None:
        self._calls = calls

    def list(self) -> AsyncIterator[Json]:
        return self._calls.pages("/apps", "apps")

    async def create(self, app: Json) -> Json:
        """Create an app from at least `display_name` and `channel_credentials`, and return it.

        If `app` has no `processing_mode`, the new app is in DISPATCH mode.
        """
        return await self._calls.json("POST", "/apps", app)

    async def get(self, app_id: str) -> Json:
        return await self._calls.json("GET", f"/apps/{segment(app_id)}")

    async def update(self, app_id: str, changes: Json, *, mask: Sequence[str] = ()) -> Json:
        """Change an app and return it.

        `mask` names the fields to change, by default all fields in `changes`.
        """
        path, query = f"/apps/{segment(app_id)}", {"update_mask": ",".join(mask)}
        return await self._calls.json("PATCH", path, changes, query=query)

    async def delete(self, app_id: str) -> None:
        await self._calls.json("DELETE", f"/apps/{segment(app_id)}")


class Webhooks:
    """Webhooks: the URLs that get callbacks. An app has up to five webhooks, with different
    targets.
    """

    def __init__(self, calls: ApiCalls) -> None:
        self._calls = calls

    def list(self, app_id: str) -> AsyncIterator[Json]:
        return self._calls.pages(f"/apps/{segment(app_id)}/webhooks", "webhooks")

    async def create(self, webhook: Json) -> Json:
        """Create a webhook from at least `app_id`, `target` and `triggers`, and return it."""
        return await self._calls.json("POST", "/webhooks", webhook)

    async def get(self, webhook_id: str) -> Json:
        return await self._calls.json("GET", f"/webhooks/{segment(webhook_id)}")

    async def update(self, webhook_id: str, changes: Json, *, mask: Sequence[str] = ()) -> Json:
        """Change a webhook and return it.

        `mask` names the fields to change, by default all fields in `changes`.
        """
        path, query = f"/webhooks/{segment(webhook_id)}", {"update_mask": ",".join(mask)}
        return await self._calls.json("PATCH", path, changes, query=query)

    async def delete(self, webhook_id: str) -> None:
        await self._calls.json("DELETE", f"/webhooks/{segment(webhook_id)}")


class ProjectSettings:
    """Settings of the whole project: `{"contact_settings": {"unified_contact_id_enabled": …}}`."""

    def __init__(self, calls: ApiCalls) -> None:
        self._calls = calls

    async def get(self) -> Json:
        """Return `{"project_id": …, "settings": {…}}`."""
        return await self._calls.json("GET", "/settings")

    async def create(self, settings: Json) -> Json:
        return await self._calls.json("POST", "/settings", settings)

    async def update(self, settings: Json) -> Json:
        return await self._calls.json("PATCH", "/settings", settings)

    async def delete(self) -> None:
        await self._calls.json("DELETE", "/settings")
