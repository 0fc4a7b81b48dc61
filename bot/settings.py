"""Settings: read once, from the environment and then `.env`.

`.env.example` lists every variable with its default and meaning; a test keeps the two equal.
"""

import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dotenv import dotenv_values

from bot.errors import ConfigError

LIKE = 0.85
"""How much of two names must be the same for one to be taken for the other misspelt."""

REGIONS = ("eu", "us", "br")

OUTSIDE_WINDOW = (
    *("wait", "fail", "send"),
    *("SMS", "RCS", "MMS", "VIBERBM", "TELEGRAM", "LINE", "KAKAOTALK", "WECHAT", "APPLEBC"),
)
"""What may become of a message outside its channel's window: it waits until the contact writes, is
given up, is sent all the same, or takes this channel, which has no window."""

HOURS = r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d"
NAMES = r"[A-Za-z]+(\s*,\s*[A-Za-z]+)*"
PROPERTIES = r"\s*[A-Z_]+\s*=[^,=]+(,\s*[A-Z_]+\s*=[^,=]+)*"


class Secret:
    """A text that shows itself only when asked by name: `str()` and `repr()` give `***`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "Secret('***')" if self._value else "Secret('')"

    __str__ = __repr__


NO_SECRET = Secret("")


def _variable(name: str, default: Any, *, shown: bool = True, **more: Any) -> Any:
    return field(default=default, repr=shown, metadata={"variable": name, **more})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What can be set from outside. Durations are in seconds."""

    project_id: str = _variable("SINCH_PROJECT_ID", "")
    app_id: str = _variable("SINCH_APP_ID", "")
    key_id: str = _variable("SINCH_KEY_ID", "")
    key_secret: Secret = _variable("SINCH_KEY_SECRET", NO_SECRET)
    region: str = _variable("SINCH_REGION", "eu", choices=REGIONS)
    webhook_secrets: tuple[Secret, ...] = _variable("SINCH_WEBHOOK_SECRET", ())
    public_url: str = _variable("BOT_PUBLIC_URL", "", url=("http", "https"))
    sms_plan_id: str = _variable("SINCH_SMS_PLAN_ID", "")
    sms_token: Secret = _variable("SINCH_SMS_TOKEN", NO_SECRET)
    api_url: str = _variable("SINCH_API_URL", "", url=("http", "https"))
    auth_url: str = _variable("SINCH_AUTH_URL", "", url=("http", "https"))
    redis_url: str = _variable(  # may hold a password
        "REDIS_URL",
        "",
        before="REDIS_TLS_URL",
        shown=False,
        url=(
            *("redis", "rediss", "redis+cluster", "rediss+cluster"),
            *("redis+sentinel", "rediss+sentinel", "unix"),
        ),
    )
    redis_tls_verify: bool = _variable("BOT_REDIS_TLS_VERIFY", True)
    redis_tls_ca: str = _variable("BOT_REDIS_TLS_CA", "")
    port: int = _variable("PORT", 8000, least=0, most=65_535)
    flows: str = _variable("BOT_FLOWS", "flows")
    language: str = _variable("BOT_LANGUAGE", "en")
    channels: str = _variable(
        "BOT_CHANNELS", "", form=(NAMES, "names of channels, such as SMS,WHATSAPP")
    )
    home: str = _variable("BOT_HOME", ".bot")
    namespace: str = _variable("BOT_NAMESPACE", "bot")
    shards: int = _variable("BOT_SHARDS", 16, least=1)
    send_rate: float = _variable("BOT_SEND_RATE", 20.0, least=0)
    concurrency: int = _variable("BOT_CONCURRENCY", 64, least=1)
    send_timeout_s: float = _variable("BOT_SEND_TIMEOUT", 20.0, least=0.001)
    secret_keys: tuple[Secret, ...] = _variable("BOT_SECRET_KEY", ())
    turn_timeout_s: float = _variable("BOT_TURN_TIMEOUT", 30.0, least=0.001)
    max_replies: int = _variable("BOT_MAX_REPLIES", 100, least=1)
    max_session_bytes: int = _variable("BOT_MAX_SESSION", 262_144, least=1_024)
    turn_attempts: int = _variable("BOT_TURN_ATTEMPTS", 4, least=1)
    send_attempts: int = _variable("BOT_SEND_ATTEMPTS", 50, least=1)
    retry_first_s: float = _variable("BOT_RETRY_FIRST", 1.0, least=0.001)
    retry_most_s: float = _variable("BOT_RETRY_MOST", 600.0, least=0.001)
    lease_s: float = _variable("BOT_LEASE", 15.0, least=0.001)
    grace_s: float = _variable("BOT_GRACE", 20.0, least=0)
    max_connections: int = _variable("BOT_MAX_CONNECTIONS", 1_000, least=1)
    request_timeout_s: float = _variable("BOT_REQUEST_TIMEOUT", 20.0, least=0.001)
    max_body_bytes: int = _variable("BOT_MAX_BODY", 1_048_576, least=1)
    max_inbox: int = _variable("BOT_MAX_INBOX", 1_000, least=1)
    max_backlog: int = _variable("BOT_MAX_BACKLOG", 100_000, least=1)
    signature_age_s: float = _variable("BOT_SIGNATURE_AGE", 172_800.0, least=0)
    signature_ahead_s: float = _variable("BOT_SIGNATURE_AHEAD", 900.0, least=0)
    dedupe_s: float = _variable("BOT_DEDUPE", 172_800.0, least=1)
    log_turns: int = _variable("BOT_LOG_TURNS", 50, least=0)
    log_s: float = _variable("BOT_LOG_AGE", 2_592_000.0, least=1)
    outside_window: str = _variable("BOT_OUTSIDE_WINDOW", "wait", choices=OUTSIDE_WINDOW)
    quiet_hours: str = _variable(
        "BOT_QUIET_HOURS", "", form=(HOURS, "two times of day, such as 21:00-08:00")
    )
    handoff_url: str = _variable("BOT_HANDOFF_URL", "", url=("http", "https"), shown=False)
    handoff_secret: Secret = _variable("BOT_HANDOFF_SECRET", NO_SECRET)
    handoff_s: float = _variable("BOT_HANDOFF_TIMEOUT", 86_400.0, least=0)
    events_token: Secret = _variable("BOT_EVENTS_TOKEN", NO_SECRET)
    channel_properties: str = _variable(
        "BOT_CHANNEL_PROPERTIES",
        "",
        form=(PROPERTIES, "names and values, such as MMS_SENDER=+15550100,RCS_WEBVIEW_MODE=TALL"),
    )
    number_choices: bool = _variable("BOT_NUMBER_CHOICES", True)
    apology: str = _variable(
        "BOT_APOLOGY", "Sorry, something went wrong on our side. Please try again later."
    )
    log: str = _variable("BOT_LOG", "text", choices=("text", "json"))
    log_level: str = _variable(
        "BOT_LOG_LEVEL", "INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR")
    )
    traces: bool = _variable("BOT_TRACES", False)
    console_token: Secret = _variable("BOT_CONSOLE_TOKEN", NO_SECRET, least=16)

    @classmethod
    def from_env(
        cls, environ: Mapping[str, str] | None = None, *, dotenv: Path | None = Path(".env")
    ) -> "Settings":
        """Read `environ` (the process's own by default), then `dotenv`, then the defaults.

        A variable that the environment sets to nothing has its default, whatever `dotenv` says.

        Raises:
            ConfigError: values have the wrong form, and the message names each with its variable;
                or `dotenv` can't be read.
        """
        found = _found(environ, dotenv)
        values: dict[str, Any] = {}
        errors: list[ConfigError] = []
        for attribute, spec in cls.__dataclass_fields__.items():
            for name in _names(spec.metadata):
                text = (found.get(name) or "").strip()
                if text:
                    rules = {**spec.metadata, "variable": name}
                    try:
                        values[attribute] = _cast(rules, spec.default, text)
                    except ConfigError as error:
                        errors.append(error)
        if errors:
            # All at once: each further try may take a whole deployment.
            raise ConfigError(" ".join(map(str, errors))) from errors[0].__cause__
        return cls(**values)

    @classmethod
    def variables(cls) -> dict[str, Any]:
        """Each variable's name with its default."""
        return {
            name: spec.default
            for spec in cls.__dataclass_fields__.values()
            for name in _names(spec.metadata)
        }

    @classmethod
    def misspelt(
        cls, environ: Mapping[str, str] | None = None, *, dotenv: Path | None = Path(".env")
    ) -> dict[str, str]:
        """Variables that are set and mean nothing, each with the one that it is so like.

        Raises:
            ConfigError: `dotenv` can't be read.
        """
        known = cls.variables()
        return {
            name: like[0]
            for name in sorted(_found(environ, dotenv))
            if name.startswith(("BOT_", "SINCH_")) and name not in known
            if (like := get_close_matches(name, known, 1, LIKE))
        }

    def require(self, *attributes: str) -> None:
        """Raise `ConfigError`, naming the variables, unless all these attributes are set."""
        missing = [
            self.__dataclass_fields__[attribute].metadata["variable"]
            for attribute in attributes
            if not getattr(self, attribute)
        ]
        if missing:
            raise ConfigError(
                f"{', '.join(missing)} must be set, in the environment or in .env;"
                " .env.example says what each is. `bot dev` needs none of them."
            )

    @property
    def properties(self) -> dict[str, str]:
        """The `channel_properties` of every message, by name."""
        pairs = (each.partition("=") for each in self.channel_properties.split(",") if each)
        return {name.strip(): value.strip() for name, _, value in pairs}

    @property
    def channel_names(self) -> list[str]:
        """The channels that the bot is on, in upper case; empty where it isn't said."""
        return [name.strip().upper() for name in self.channels.split(",") if name]

    @property
    def api_host(self) -> str:
        """Base URL of the Conversation API, without a slash at its end."""
        return (self.api_url or f"https://{self.region}.conversation.api.sinch.com").rstrip("/")

    @property
    def auth_host(self) -> str:
        """Base URL of the token endpoint's host, without a slash at its end."""
        return (self.auth_url or "https://auth.sinch.com").rstrip("/")


def _names(rules: Mapping[str, Any]) -> list[str]:
    """The variables that set an attribute; a later one takes precedence."""
    return [rules["variable"], *((rules["before"],) if "before" in rules else ())]


def _found(environ: Mapping[str, str] | None, dotenv: Path | None) -> dict[str, str | None]:
    found = _read(dotenv) if dotenv is not None and dotenv.is_file() else {}
    found.update(os.environ if environ is None else environ)
    return found


def _read(dotenv: Path) -> dict[str, str | None]:
    try:
        return dict(dotenv_values(dotenv))
    except OSError as error:
        raise ConfigError(f"{dotenv} can't be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        # The parser's fault holds the file's content, which is full of secrets.
        raise ConfigError(f"{dotenv} must be UTF-8 text; byte {error.start} isn't.") from None


_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


def _cast(rules: Mapping[str, Any], default: Any, text: str) -> Any:
    name = rules["variable"]
    if text[0] == text[-1] and text[0] in "\"'":
        # Hosts' dashboards keep the quotes that .env and a shell take away. A secret with them on
        # fits nowhere, and nothing would say why.
        raise ConfigError(f"{name} stands in quotes, which would count as part of it: remove them.")
    if isinstance(default, Secret):
        if len(text) < (least := rules.get("least", 1)):
            raise ConfigError(f"{name} must have {least} characters at least; it has {len(text)}.")
        return Secret(text)
    if isinstance(default, tuple):
        return tuple(Secret(part) for part in map(str.strip, text.split(",")) if part)
    if isinstance(default, bool):
        if text.lower() not in _TRUE + _FALSE:
            raise ConfigError(f"{name} is {text!r}; it takes true or false.")
        return text.lower() in _TRUE
    if isinstance(default, int | float):
        return _number(rules, int if isinstance(default, int) else float, text)
    return _text(rules, text)


def _number(rules: Mapping[str, Any], kind: Callable[[str], Any], text: str) -> Any:
    name, least, most = rules["variable"], rules["least"], rules.get("most", math.inf)
    try:
        value = kind(text)
    except ValueError as error:
        form = "a whole number" if kind is int else "a number"
        raise ConfigError(f"{name} is {text!r}; it takes {form}.") from error
    if not value >= least:
        raise ConfigError(f"{name} is {text}; the least it takes is {least}.")
    if value > most:
        raise ConfigError(f"{name} is {text}; the most it takes is {most}.")
    if math.isinf(value):
        raise ConfigError(f"{name} is {text}; it takes a finite number.")
    return value


def _text(rules: Mapping[str, Any], text: str) -> str:
    name = rules["variable"]
    if choices := rules.get("choices"):
        fitting = {choice.lower(): choice for choice in choices}
        if text.lower() not in fitting:
            raise ConfigError(f"{name} is {text!r}; it takes {', '.join(choices)}.")
        return str(fitting[text.lower()])
    if form := rules.get("form"):
        expression, words = form
        if not re.fullmatch(expression, text):
            raise ConfigError(f"{name} is {text!r}; it takes {words}.")
    schemes = rules.get("url")
    if schemes and not _is_url(text, schemes):
        # The value may hold a password, so it isn't repeated.
        hint = " In its password, / ? # [ ] are written as %2F %3F %23 %5B %5D."
        raise ConfigError(
            f"{name} must be a URL of the form {'://…, '.join(schemes)}://…."
            f"{hint if '@' in text else ''}"
        )
    return text


def _is_url(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        url = urlsplit(text)
        if not url.scheme.endswith("+sentinel"):  # which names several hosts, each with its port
            _ = url.port  # raises where it is no number
    except ValueError:
        return False
    if url.scheme in ("redis", "rediss") and not re.fullmatch(r"/?\d*", url.path):
        return False  # A database has a number; another word would silently mean number 0.
    has_place = {"http": url.hostname, "https": url.hostname, "unix": url.path}.get(
        url.scheme, True
    )
    return url.scheme in schemes and bool(has_place)
