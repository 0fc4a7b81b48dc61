"""The settings of a bot. The settings are read once, from the environment and from `.env`.

`.env.example` lists every variable with its default and meaning; a test compares the file with
`Settings`.
"""

import os
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import Field, dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import msgspec
from dotenv import dotenv_values
from msgspec import Meta

from bot.clock import is_zone
from bot.errors import ConfigError

MIN_SIMILARITY = 0.85
"""Minimum similarity, from 0 to 1, at which a setting is suggested for an unknown variable."""

FILES_RESERVE = 32
"""Number of files that a process opens besides its connections to clients and to Sinch."""

Durability = Literal["server", "disk", "replica"]

MAX_AHEAD_S = 900.0
"""Maximum difference between the clocks of this machine and of Sinch, in seconds."""

MIN_SECRET_CHARS = 16
"""Minimum number of characters of a token or secret that the operator chooses."""

Region = Literal["eu", "us", "br"]
REGIONS: tuple[Region, ...] = get_args(Region)

Count = Annotated[int, Meta(ge=1, description="a whole number from 1")]
Seconds = Annotated[float, Meta(ge=0.001, le=1e9, description="a number from 0.001 to 1e9")]
SecondsOrZero = Annotated[float, Meta(ge=0, le=1e9, description="a number from 0 to 1e9")]
CountOrZero = Annotated[int, Meta(ge=0, description="a whole number from 0")]
Rate = Annotated[float, Meta(ge=0, le=1e6, description="a number from 0 to 1e6")]
Port = Annotated[int, Meta(ge=0, le=65_535, description="a whole number from 0 to 65535")]
Channels = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z]+(\s*,\s*[A-Za-z]+)*$",
        description="names of channels, such as SMS,WHATSAPP",
    ),
]
_HOURS = r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d"
_PURPOSE = "(marketing|notification)"
_OWN_HOURS = f"{_PURPOSE}=({_HOURS}|none)"

Purposes = Annotated[
    str,
    Meta(
        pattern=rf"^{_PURPOSE}(\s*,\s*{_PURPOSE})*$",
        description="marketing, notification, or both separated by a comma",
    ),
]
Hours = Annotated[
    str,
    Meta(
        pattern=rf"^(?!.*(\d\d:\d\d)-\1)({_HOURS}|{_OWN_HOURS})(,\s*{_OWN_HOURS})*$",
        description="two different times of day, such as 21:00-08:00, the times of a purpose, such"
        " as marketing=20:00-10:00, or both separated by a comma",
    ),
]
Zone = Annotated[
    str,
    Meta(pattern=r"^[A-Za-z0-9_+/-]+$", description="an IANA time zone, such as Europe/Stockholm"),
]
Language = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8})*$",
        description="a language tag, such as en, sv or pt-BR",
    ),
]
OutsideWindow = Literal[
    "wait",
    "fail",
    "send",
    "SMS",
    "RCS",
    "MMS",
    "VIBERBM",
    "TELEGRAM",
    "LINE",
    "KAKAOTALK",
    "WECHAT",
    "APPLEBC",
]
"""What happens to a message outside its channel's messaging window.

`wait`: the message waits until the contact writes. `fail`: the message fails. `send`: the message
is sent nevertheless. A channel's name: the message is sent on this channel, which has no window.
"""

Properties = Annotated[
    str,
    Meta(
        pattern=r"^\s*[A-Z_]+\s*=[^,=]+(,\s*[A-Z_]+\s*=[^,=]+)*$",
        description="names and values, such as MMS_SENDER=+15550100,RCS_WEBVIEW_MODE=TALL",
    ),
]

Host = Annotated[
    str,
    Meta(
        pattern=r"^(\*\.)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$",
        description="names of hosts, such as media.example.com,*.example.org",
    ),
]

WEB = ("http", "https")
REDIS = (
    *("redis", "rediss", "redis+cluster", "rediss+cluster"),
    *("redis+sentinel", "rediss+sentinel", "unix"),
)

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
"""Variables that many programs read, in upper or lower case. Lower case takes precedence."""


class Secret:
    """A text that `str()` and `repr()` show as `***`; only `reveal` returns it."""

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


def _variable(name: str, default: Any, *, shown: bool = True, **rules: Any) -> Any:
    """Return a dataclass field that the variable `name` sets.

    `override` names another variable that takes precedence. `url` lists the schemes of a URL.
    `min_chars` is the minimum length of a secret. `zone` means that the text names a time zone.
    """
    return field(default=default, repr=shown, metadata={"variable": name, **rules})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a bot. Durations are in seconds.

    Fields without a variable are only set in code.
    """

    project_id: str = _variable("SINCH_PROJECT_ID", "")
    app_id: str = _variable("SINCH_APP_ID", "")
    key_id: str = _variable("SINCH_KEY_ID", "")
    key_secret: Secret = _variable("SINCH_KEY_SECRET", NO_SECRET)
    region: Region = _variable("SINCH_REGION", "eu")
    webhook_secrets: tuple[Secret, ...] = _variable(
        "SINCH_WEBHOOK_SECRET", (), min_chars=MIN_SECRET_CHARS
    )
    public_url: str = _variable("BOT_PUBLIC_URL", "", url=WEB)
    sms_plan_id: str = _variable("SINCH_SMS_PLAN_ID", "")
    sms_token: Secret = _variable("SINCH_SMS_TOKEN", NO_SECRET)
    api_url: str = _variable("SINCH_API_URL", "", url=WEB)
    auth_url: str = _variable("SINCH_AUTH_URL", "", url=WEB)
    redis_url: str = _variable("REDIS_URL", "", override="REDIS_TLS_URL", shown=False, url=REDIS)
    redis_tls_verify: bool = _variable("BOT_REDIS_TLS_VERIFY", True)
    redis_tls_ca: str = _variable("BOT_REDIS_TLS_CA", "")
    durability: Durability = _variable("BOT_DURABILITY", "server")
    port: Port = _variable("PORT", 8000)
    flows: str = _variable("BOT_FLOWS", "flows")
    language: Language = _variable("BOT_LANGUAGE", "en")
    zone: Zone = _variable("BOT_ZONE", "", zone=True)
    channels: Channels = _variable("BOT_CHANNELS", "")
    home: str = _variable("BOT_HOME", ".bot")
    namespace: str = _variable("BOT_NAMESPACE", "bot")
    send_rate: Rate = _variable("BOT_SEND_RATE", 20.0)
    concurrency: Count = _variable("BOT_CONCURRENCY", 64)
    send_timeout_s: Seconds = _variable("BOT_SEND_TIMEOUT", 20.0)
    secret_keys: tuple[Secret, ...] = _variable("BOT_SECRET_KEY", ())
    turn_timeout_s: Seconds = _variable("BOT_TURN_TIMEOUT", 30.0)
    lease_s: Seconds = _variable("BOT_LEASE", 15.0)
    grace_s: SecondsOrZero = _variable("BOT_GRACE", 20.0)
    max_connections: Count = _variable("BOT_MAX_CONNECTIONS", 1_000)
    request_timeout_s: Seconds = _variable("BOT_REQUEST_TIMEOUT", 20.0)
    max_body_bytes: Count = _variable("BOT_MAX_BODY", 262_144)
    max_request_memory_bytes: Count = _variable("BOT_MAX_REQUEST_MEMORY", 67_108_864)
    max_inbox: Count = _variable("BOT_MAX_INBOX", 1_000)
    max_backlog: Count = _variable("BOT_MAX_BACKLOG", 100_000)
    dedupe_s: Seconds = _variable("BOT_DEDUPE", 172_800.0)
    log_turns: CountOrZero = _variable("BOT_LOG_TURNS", 50)
    log_s: Seconds = _variable("BOT_LOG_AGE", 2_592_000.0)
    outside_window: OutsideWindow = _variable("BOT_OUTSIDE_WINDOW", "wait")
    stop_words: Literal["default", "us"] = _variable("BOT_STOP_WORDS", "default")
    whatsapp_burst: CountOrZero = _variable("BOT_WHATSAPP_BURST", 45)
    max_answers: CountOrZero = _variable("BOT_MAX_ANSWERS_PER_HOUR", 600)
    media_hosts: tuple[Host, ...] = _variable("BOT_MEDIA_HOSTS", ())
    max_sms_parts: CountOrZero = _variable("BOT_MAX_SMS_PARTS_PER_DAY", 0)
    opt_in: Purposes = _variable("BOT_OPT_IN", "")
    quiet_hours: Hours = _variable("BOT_QUIET_HOURS", "")
    handoff_url: str = _variable("BOT_HANDOFF_URL", "", url=WEB, shown=False)
    handoff_secret: Secret = _variable("BOT_HANDOFF_SECRET", NO_SECRET, min_chars=MIN_SECRET_CHARS)
    handoff_s: SecondsOrZero = _variable("BOT_HANDOFF_TIMEOUT", 86_400.0)
    events_token: Secret = _variable("BOT_EVENTS_TOKEN", NO_SECRET, min_chars=MIN_SECRET_CHARS)
    channel_properties: Properties = _variable("BOT_CHANNEL_PROPERTIES", "")
    apology: str = _variable(
        "BOT_APOLOGY", "Sorry, something went wrong on our side. Please try again later."
    )
    log: Literal["text", "json"] = _variable("BOT_LOG", "text")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _variable("BOT_LOG_LEVEL", "INFO")
    traces: bool = _variable("BOT_TRACES", False)
    console_token: Secret = _variable("BOT_CONSOLE_TOKEN", NO_SECRET, min_chars=MIN_SECRET_CHARS)
    http_proxy: str = _variable("HTTP_PROXY", "", shown=False, url=WEB)
    https_proxy: str = _variable("HTTPS_PROXY", "", shown=False, url=WEB)
    no_proxy: str = _variable("NO_PROXY", "")

    shards: int = 16
    """Number of parts into which the contacts are divided in Redis. The number must not change
    later.
    """
    max_replies: int = 100
    """Maximum number of messages that a flow may send in one turn."""
    max_session_bytes: int = 262_144
    """Maximum size of a contact's session, in bytes."""
    turn_attempts: int = 4
    send_attempts: int = 50
    """Maximum number of attempts of a turn, and of a request that sends a message.

    If the last attempt fails, the turn or the message becomes a dead letter.
    """
    retry_first_s: float = 1.0
    retry_most_s: float = 600.0
    """Maximum pause between two attempts, in seconds.

    `retry_first_s` is the pause after the first failure. Each further failure doubles the pause.
    """
    number_choices: bool = True
    """Whether options are numbered on channels that show plain text."""

    def __post_init__(self) -> None:
        for spec in self.__dataclass_fields__.values():
            if spec.type not in (Secret, tuple[Secret, ...]):
                continue
            value = getattr(self, spec.name)
            for each in value if isinstance(value, tuple) else (value,):
                if not isinstance(each, Secret):
                    is_tuple = spec.type is not Secret
                    form = "(bot.settings.Secret('…'),)" if is_tuple else "bot.settings.Secret('…')"
                    raise ConfigError(
                        f"Settings.{spec.name} is of type {type(each).__name__}; write"
                        f" {spec.name}={form}. A test sets {spec.metadata['variable']} by"
                        " the marker `settings`."
                    )

    @classmethod
    def from_env(
        cls, environ: Mapping[str, str] | None = None, *, dotenv: Path | None = Path(".env")
    ) -> "Settings":
        """Read the settings from `environ`, from `dotenv`, and from the defaults, in this order of
        precedence.

        The default of `environ` is the environment of the process.

        An empty variable in the environment means the default, even if `dotenv` sets the variable.

        Raises:
            ConfigError: values have a wrong form (the error names the variable of each such value),
                or `dotenv` cannot be read.
        """
        found = _found(environ, dotenv)
        values: dict[str, Any] = {}
        errors: list[ConfigError] = []
        for variable, spec in cls._variables():
            if text := (found.get(variable) or "").strip():
                try:
                    values[spec.name] = _value(variable, spec, text)
                except ConfigError as error:
                    errors.append(error)
        if errors:
            # All errors at once, because each further try may take a whole deployment.
            raise ConfigError(" ".join(map(str, errors)))
        return cls(**values)

    @classmethod
    def variables(cls) -> dict[str, Any]:
        """Return the name and default of each variable."""
        return {variable: spec.default for variable, spec in cls._variables()}

    @classmethod
    def unknown(
        cls, environ: Mapping[str, str] | None = None, *, dotenv: Path | None = Path(".env")
    ) -> dict[str, str]:
        """Return variables that look like misspelled settings, each with a text that says what to
        do.

        Raises:
            ConfigError: `dotenv` can't be read.
        """
        known = cls.variables()
        advice = {}
        for name in sorted(_found(environ, dotenv)):
            if name.upper().startswith(("BOT_", "SINCH_")) and name not in known:
                similar = _similar(name, known)
                advice[name] = f"Did you mean {similar}?" if similar else "It has no effect."
        return advice

    @classmethod
    def _variables(cls) -> Iterable[tuple[str, Field[Any]]]:
        """Yield each variable with the field that it sets.

        If two variables set one field, the later one takes precedence.
        """
        for spec in cls.__dataclass_fields__.values():
            for key in ("variable", "override"):
                if key in spec.metadata:
                    yield spec.metadata[key], spec

    def require(self, *attributes: str) -> None:
        """Raise `ConfigError` unless all `attributes` are set.

        The error names their variables.
        """
        missing = [
            self.__dataclass_fields__[attribute].metadata["variable"]
            for attribute in attributes
            if not getattr(self, attribute)
        ]
        if missing:
            raise ConfigError(
                f"{', '.join(missing)} must be set, in the environment or in .env. The page"
                ' "Settings" of the documentation describes each one. `bot dev` needs none of'
                " them."
            )

    @property
    def signature_ahead_s(self) -> float:
        """Maximum time in seconds by which a callback's signature may be in the future, because
        clocks differ.
        """
        return min(MAX_AHEAD_S, self.dedupe_s / 2)

    @property
    def signature_age_s(self) -> float:
        """Maximum age of a callback's signature, in seconds.

        The store may forget a callback's id BOT_DEDUPE after the callback came, so an older
        callback could be handled twice. The maximum age is shorter than BOT_DEDUPE, because the
        time in the signature may be up to `signature_ahead_s` later than the callback's arrival.
        """
        return self.dedupe_s - self.signature_ahead_s

    @property
    def properties(self) -> dict[str, str]:
        """The `channel_properties` of every message, by name."""
        pairs = (each.partition("=") for each in self.channel_properties.split(",") if each)
        return {name.strip(): value.strip() for name, _, value in pairs}

    @property
    def opt_in_purposes(self) -> frozenset[str]:
        """The purposes whose messages need an opt-in."""
        return frozenset(each.strip() for each in self.opt_in.split(",") if each)

    def quiet_hours_of(self, purpose: str) -> str:
        """Return the quiet hours for messages of a purpose; "" if there are none.

        With `purpose` "", return the quiet hours for messages without a purpose.
        """
        parts = (part.strip().rpartition("=") for part in self.quiet_hours.split(","))
        hours = {name: own for name, _, own in parts}
        found = hours.get(purpose, hours.get("", ""))
        return "" if found == "none" else found

    @property
    def max_open_files(self) -> int:
        """Maximum number of files that a process opens. Each connection is an open file."""
        return FILES_RESERVE + self.concurrency + self.max_connections

    @property
    def channel_names(self) -> list[str]:
        """The channels of the bot, in upper case; [] if BOT_CHANNELS is not set."""
        return [name.strip().upper() for name in self.channels.split(",") if name]

    @property
    def api_host(self) -> str:
        """The base URL of the Conversation API, without a slash at its end."""
        return (self.api_url or f"https://{self.region}.conversation.api.sinch.com").rstrip("/")

    @property
    def auth_host(self) -> str:
        """The base URL of the token endpoint, without the endpoint's path and without a slash at
        its end.
        """
        url = (self.auth_url or "https://auth.sinch.com").rstrip("/")
        return url.removesuffix("/oauth2/token").rstrip("/")


def _similar(name: str, known: Iterable[str]) -> str:
    """Return the variable that is most similar to a misspelled name; "" if no variable is
    similar.
    """
    upper = name.upper()
    bare = upper.removeprefix("BOT_").removeprefix("SINCH_")
    same = [each for each in (upper, bare, f"BOT_{bare}", f"SINCH_{bare}") if each in known]
    return next(iter([*same, *get_close_matches(upper, known, 1, MIN_SIMILARITY)]), "")


def _found(environ: Mapping[str, str] | None, dotenv: Path | None) -> dict[str, str | None]:
    found = _proxies_in_upper_case(_read(dotenv) if dotenv and dotenv.is_file() else {})
    return found | _proxies_in_upper_case(os.environ if environ is None else environ)


def _proxies_in_upper_case(found: Mapping[str, str | None]) -> dict[str, str | None]:
    lower = {name: found[name.lower()] for name in PROXIES if name.lower() in found}
    return {**found, **lower}


def _read(dotenv: Path) -> dict[str, str | None]:
    try:
        return dict(dotenv_values(dotenv))
    except OSError as error:
        raise ConfigError(f"{dotenv} can't be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        # The parser's error contains the file's content, which has secrets.
        raise ConfigError(f"{dotenv} must be UTF-8 text; byte {error.start} isn't.") from None


def _value(variable: str, spec: "Field[Any]", text: str) -> Any:
    """Return a variable's text as a value of its field's type.

    Raises:
        ConfigError: the text does not have the form that the type needs. Values that may contain a
            password are not shown.
    """
    if text[0] == text[-1] and text[0] in "\"'":
        # Dashboards of hosts keep quotes that .env and a shell would remove. A secret with quotes
        # never matches, and nothing would report it.
        raise ConfigError(
            f"{variable} is in quotes. Remove the quotes, because they would be part of the value."
        )
    if schemes := spec.metadata.get("url"):
        is_host = variable in PROXIES and "://" not in text
        return _url(variable, f"http://{text}" if is_host else text, schemes)
    kind: Any = spec.type
    if spec.metadata.get("zone") and not is_zone(text):
        near = get_close_matches(text, available_timezones(), n=1)
        meant = f" Did you mean {near[0]}?" if near else ""
        raise ConfigError(f"{variable} is {text!r}; it takes {_expected(kind)}.{meant}")
    parts = [part for part in map(str.strip, text.split(",")) if part]
    shortest = min(map(len, parts if get_origin(kind) is tuple else [text]), default=0)
    if shortest < (least := spec.metadata.get("min_chars", 0)):
        raise ConfigError(
            f"{variable} has {shortest} characters; it takes {least} or more. `openssl rand -base64"
            " 32` makes a random value."
        )
    for spelling in (text, text.lower(), text.upper()):
        with suppress(msgspec.ValidationError):
            given = parts if get_origin(kind) is tuple else spelling
            return msgspec.convert(given, kind, strict=False, dec_hook=lambda _, text: Secret(text))
    raise ConfigError(f"{variable} is {text!r}; it takes {_expected(kind)}.")


def _expected(kind: Any) -> str:
    if kind is bool:
        return "true or false"
    if get_origin(kind) is Literal:
        return ", ".join(get_args(kind))
    described = get_args(kind)[0] if get_origin(kind) is tuple else kind
    return str(get_args(described)[1].description)


def _url(variable: str, text: str, schemes: tuple[str, ...]) -> str:
    if _is_url(text, schemes):
        return text
    hint = " In the password of the URL, / ? # [ ] are written as %2F %3F %23 %5B %5D."
    raise ConfigError(
        f"{variable} must be a URL of the form {'://…, '.join(schemes)}://…."
        f"{hint if '@' in text else ''}"
    )


def _is_url(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        url = urlsplit(text)
        if not url.scheme.endswith("+sentinel"):  # A sentinel URL names several hosts.
            _ = url.port  # raises ValueError if the port is not a number
    except ValueError:
        return False
    if url.scheme in ("redis", "rediss") and not re.fullmatch(r"/?\d*", url.path):
        return False  # A database has a number; another word would silently mean number 0.
    has_place = {"http": url.hostname, "https": url.hostname, "unix": url.path}.get(
        url.scheme, True
    )
    return url.scheme in schemes and bool(has_place)
