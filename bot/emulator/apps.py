"""Apps and their webhooks: created with the API's defaults, changed and deleted."""

from bot.emulator.api_error import Json, invalid, not_found
from bot.emulator.channels import CHANNELS
from bot.emulator.core import Core
from bot.emulator.sample_project import CREDENTIALS

MAX_WEBHOOKS = 5


class Apps:
    def __init__(self, core: Core) -> None:
        self._core = core

    def add(self, given: Json, app_id: str = "") -> Json:
        """Create an app with these fields and return it.

        The default processing mode is DISPATCH.
        """
        app = {
            "id": app_id or self._core.id(),
            "display_name": given["display_name"],
            "channel_credentials": [
                _configured(index, entry)
                for index, entry in enumerate(given["channel_credentials"])
            ],
            "conversation_metadata_report_view": "NONE",
            "processing_mode": "DISPATCH",
            "retention_policy": {"retention_type": "MESSAGE_EXPIRE_POLICY", "ttl_days": 180},
            "dispatch_retention_policy": {
                "retention_type": "MESSAGE_EXPIRE_POLICY",
                "ttl_days": 0,
            },
            "rate_limits": {"inbound": 25, "outbound": 20, "webhooks": 25},
            "smart_conversation": {"enabled": False},
            "callback_settings": {"secret_for_overridden_callback_urls": ""},
            "delivery_report_based_fallback": {"enabled": False},
            "message_retry_settings": None,
            "persist_message_status": {"enabled": False},
            "message_search": {"enabled": True},
        }
        _change(app, given)
        self._core.state.apps[app["id"]] = app
        return app

    def update(self, app: Json, changes: Json) -> None:
        if "channel_credentials" in changes:
            app["channel_credentials"] = [
                _configured(index, entry)
                for index, entry in enumerate(changes["channel_credentials"])
            ]
        if "display_name" in changes:
            app["display_name"] = changes["display_name"]
        _change(app, changes)

    def remove(self, app_id: str) -> None:
        """Delete an app with its webhooks and messages.

        Contacts stay, because they belong to the project.
        """
        state = self._core.state
        del state.apps[app_id]
        for resources in (state.webhooks, state.conversations):
            for one in [one for one in resources.values() if one["app_id"] == app_id]:
                del resources[one["id"]]
        state.messages = {id: one for id, one in state.messages.items() if one.app_id != app_id}
        state.events = {id: one for id, one in state.events.items() if one.app_id != app_id}
        state.shown = {k: v for k, v in state.shown.items() if not k.startswith(f"{app_id}/")}
        state.last_inbound = {
            k: v for k, v in state.last_inbound.items() if not k.startswith(f"{app_id}/")
        }

    def webhooks(self, app_id: str) -> list[Json]:
        return [one for one in self._core.state.webhooks.values() if one["app_id"] == app_id]

    def add_webhook(self, given: Json) -> Json:
        """Create a webhook and return it.

        Raises:
            ApiError: the app is unknown, has five webhooks, or has a webhook with this target.
        """
        app_id = given["app_id"]
        if app_id not in self._core.state.apps:
            raise not_found("App")
        if len(self.webhooks(app_id)) >= MAX_WEBHOOKS:
            raise invalid("app_id", f"an app can't have more than {MAX_WEBHOOKS} webhooks")
        self.require_free_target(app_id, given["target"])
        webhook = {
            "id": self._core.id(),
            "app_id": app_id,
            "target": given["target"],
            "target_type": given.get("target_type") or "HTTP",
            "secret": given.get("secret") or "",
            "triggers": given.get("triggers") or [],
            # Sinch's first Python SDK needs this field, even if it is null.
            "client_credentials": given.get("client_credentials"),
        }
        self._core.state.webhooks[webhook["id"]] = webhook
        return webhook

    def require_free_target(self, app_id: str, target: str, but: str = "") -> None:
        """Raise the error 400 if a webhook of the app has this target already.

        The webhook with the id `but` is ignored.
        """
        if any(one["target"] == target and one["id"] != but for one in self.webhooks(app_id)):
            raise invalid("target", "the app has a webhook with this target already")


_PLAIN_FIELDS = (
    "conversation_metadata_report_view",
    "processing_mode",
    "retention_policy",
    "dispatch_retention_policy",
    "smart_conversation",
    "callback_settings",
    "delivery_report_based_fallback",
    "message_retry_settings",
)


def _change(app: Json, changes: Json) -> None:
    for name in _PLAIN_FIELDS:
        if changes.get(name) is not None:
            value = changes[name]
            whole = isinstance(value, dict) and isinstance(app[name], dict)
            app[name] = {**app[name], **value} if whole else value


def _configured(index: int, given: Json) -> Json:
    """Return a channel credential in the API's form, with its state and the fields that the API
    adds.

    The default of `channel_known_id` is the claimed identity; without a claimed identity, it is the
    channel's name.
    """
    kind = next(name for name in CREDENTIALS if given.get(name) is not None)
    body = given[kind]
    known = given.get("channel_known_id") or body.get("claimed_identity") or given["channel"]
    return {
        "channel": given["channel"],
        kind: body,
        "callback_secret": given.get("callback_secret") or "",
        "state": {"status": "ACTIVE", "description": ""},
        "channel_known_id": known,
        "credential_ordinal_number": given.get("credential_ordinal_number", index),
    }


def fits(channel: str, kind: str) -> bool:
    """Return whether a channel accepts this type of credential."""
    if channel == "LINE" and kind == "line_enterprise_credentials":
        return True
    return CHANNELS[channel].credential == kind
