"""The sample project that the emulator has at its start: an app and credentials."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.emulator.api_error import Json
from bot.emulator.channels import CHANNELS
from bot.settings import Secret, Settings

DEFAULT_CHANNELS = (
    "SMS",
    "WHATSAPP",
    "RCS",
    "MESSENGER",
    "MMS",
    "VIBERBM",
    "INSTAGRAM",
    "TELEGRAM",
    "KAKAOTALK",
    "LINE",
    "WECHAT",
    "KAKAOTALKCHAT",
    "APPLEBC",
    "VIBER",
)

CREDENTIALS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "static_bearer": (("claimed_identity", "token"), ()),
    "static_token": (("token",), ()),
    "mms_credentials": (("account_id", "api_key"), ("basic_auth",)),
    "telegram_credentials": (("token",), ()),
    "instagram_credentials": (("token",), ("business_account_id",)),
    "line_credentials": (("token", "secret"), ("is_default",)),
    "line_enterprise_credentials": ((), ("line_japan", "line_thailand", "is_default")),
    "kakaotalk_credentials": (("kakaotalk_plus_friend_id", "kakaotalk_sender_key"), ()),
    "kakaotalkchat_credentials": (("kakaotalk_plus_friend_id",), ("api_key",)),
    "wechat_credentials": (("app_id", "app_secret", "token", "aes_key"), ()),
    "applebc_credentials": (
        ("business_chat_account_id",),
        ("merchant_id", "apple_pay_certificate_reference", "apple_pay_certificate_password"),
    ),
}
"""Mandatory and optional fields of each type of channel credential."""

SENDER = "447520650000"
"""The number or account to which contacts of the sample app write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleProject:
    """The project that the emulator has at its start.

    Its secrets are public, but valid only for the emulator.
    """

    project_id: str = "5f0c8a3e-6d1b-4c39-9a57-2e8b1d4f7a60"
    app_id: str = "01J0SANDB0XAPP000000000001"
    key_id: str = "c1d2e3f4-0a1b-4c2d-8e3f-4a5b6c7d8e9f"
    key_secret: str = "emulator-key-secret"
    region: str = "eu"
    """The project's region. Hosts of other regions do not have the project."""
    processing_mode: str = "CONVERSATION"
    channels: Sequence[str] = DEFAULT_CHANNELS
    dispatch_retention_days: int = 0
    """Days for which DISPATCH mode stores messages. The default 0, as in the API, stores none."""

    def app(self) -> Json:
        """Return the app in the format of POST /apps."""
        return {
            "display_name": "Emulated app",
            "processing_mode": self.processing_mode,
            "conversation_metadata_report_view": "FULL",
            "dispatch_retention_policy": {
                "retention_type": "MESSAGE_EXPIRE_POLICY",
                "ttl_days": self.dispatch_retention_days,
            },
            "channel_credentials": [credential(channel) for channel in self.channels],
        }

    def settings(self, own: Settings, url: str) -> Settings:
        """Return the settings of a bot that uses this project at `url`.

        All other settings come from `own`.
        """
        return replace(
            own,
            project_id=self.project_id,
            app_id=self.app_id,
            key_id=self.key_id,
            key_secret=Secret(self.key_secret),
            api_url=url,
            auth_url=url,
        )

    def environment(self, url: str) -> dict[str, str]:
        """Return environment variables for a bot that uses this project at `url`."""
        return {
            "SINCH_API_URL": url,
            "SINCH_AUTH_URL": url,
            "SINCH_PROJECT_ID": self.project_id,
            "SINCH_APP_ID": self.app_id,
            "SINCH_KEY_ID": self.key_id,
            "SINCH_KEY_SECRET": self.key_secret,
        }


def credential(channel: str) -> Json:
    """Return a made-up credential that the emulator accepts for this channel."""
    kind = CHANNELS[channel].credential
    mandatory, _ = CREDENTIALS[kind]
    fields: Json = {
        name: SENDER if name == "claimed_identity" else "emulated" for name in mandatory
    }
    if kind == "mms_credentials":
        # Sinch's samples have this field, and the types of its Node SDK require it.
        fields["basic_auth"] = {"username": "emulated", "password": "emulated"}
    return {"channel": channel, kind: fields, "channel_known_id": SENDER}
