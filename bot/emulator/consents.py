"""Consent: the lists of opted-out identities of each app, and their audit trail."""

from bot.emulator.api_error import Json
from bot.emulator.callbacks import Callbacks
from bot.emulator.channel_rules import Reason
from bot.emulator.core import Core
from bot.emulator.timestamps import rfc3339

LISTS = ("OPT_OUT_ALL", "OPT_OUT_MARKETING", "OPT_OUT_NOTIFICATION")

_BLOCKING = {
    "CONTENT_MARKETING": ("OPT_OUT_ALL", "OPT_OUT_MARKETING"),
    "CONTENT_NOTIFICATION": ("OPT_OUT_ALL", "OPT_OUT_NOTIFICATION"),
}


class Consents:
    """Stores opt-outs and notifies webhooks of changes."""

    def __init__(self, core: Core, callbacks: Callbacks) -> None:
        self._core = core
        self._callbacks = callbacks

    def fault(self, app_id: str, identity: str, content_type: str) -> Reason | None:
        """Return why an identity must not get messages of this type; None if they are allowed."""
        lists = _BLOCKING.get(content_type, ("OPT_OUT_ALL",))
        if any(identity in self.identities(app_id, name) for name in lists):
            return Reason("RECIPIENT_NOT_OPTED_IN", "The recipient has opted out")
        return None

    def identities(self, app_id: str, list_type: str) -> list[str]:
        """Return the opted-out identities of one list, in order."""
        return sorted(self._core.state.opted_out.get(f"{app_id}/{list_type}", ()))

    def audit(self, app_id: str, identity: str) -> list[Json]:
        """Return all consent changes of this identity, the oldest first."""
        records = self._core.state.consent_records.get(f"{app_id}/{identity}", [])
        return list(records)

    def opt_out(
        self, app_id: str, identity: str, *, list_type: str = "OPT_OUT_ALL", origin: str
    ) -> None:
        """Add an identity to an opt-out list. `origin` is ORIGIN_API or ORIGIN_MO."""
        entries = self._core.state.opted_out.setdefault(f"{app_id}/{list_type}", [])
        operation = "OPERATION_UPDATE" if identity in entries else "OPERATION_INSERT"
        if identity not in entries:
            entries.append(identity)
        self._note(app_id, identity, list_type, operation, origin)

    def opt_in(
        self, app_id: str, identity: str, *, list_type: str = "OPT_OUT_ALL", origin: str
    ) -> None:
        """Remove an identity from an opt-out list."""
        entries = self._core.state.opted_out.setdefault(f"{app_id}/{list_type}", [])
        if identity in entries:
            entries.remove(identity)
            self._note(app_id, identity, list_type, "OPERATION_DELETE", origin)

    def tell(
        self,
        trigger: str,
        app_id: str,
        contact_id: str,
        channel: str,
        identity: str,
        request_id: str,
    ) -> None:
        """Send the callback OPT_IN or OPT_OUT to the webhooks."""
        app = self._core.state.apps[app_id]
        self._callbacks.send(
            trigger,
            {
                "request_id": request_id,
                "contact_id": contact_id,
                "channel": channel,
                "identity": identity,
                "status": f"{trigger}_SUCCEEDED",
                "processing_mode": app["processing_mode"],
            },
            app_id=app_id,
        )

    def _note(
        self, app_id: str, identity: str, list_type: str, operation: str, origin: str
    ) -> None:
        records = self._core.state.consent_records.setdefault(f"{app_id}/{identity}", [])
        records.append(
            {
                "origin": origin,
                "operation": operation,
                "list_type": list_type,
                "project_id": self._core.project_id,
                "app_id": app_id,
                "datetime": rfc3339(self._core.now()),
            }
        )
