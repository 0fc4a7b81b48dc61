"""Settings: environment, then .env, then defaults; wrong values are named, secrets are not."""

import dataclasses
import re
from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.settings import Secret, Settings

EXAMPLE = Path(__file__).parents[2] / ".env.example"
BLANK = ("", (), Secret(""))
SET_OUT = re.compile(r"^# ([A-Z_]+)=(.*)$", re.MULTILINE)


def read(**environ: str) -> Settings:
    return Settings.from_env(environ, dotenv=None)


def test_the_environment_goes_before_the_file_and_the_file_before_the_default(
    tmp_path: Path,
) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("PORT=8001\nBOT_FLOWS=ours\n")

    settings = Settings.from_env({"PORT": "8002"}, dotenv=dotenv)

    assert (settings.port, settings.flows, settings.region) == (8002, "ours", "eu")


def test_the_process_environment_is_read_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SINCH_APP_ID", "app-1")

    assert Settings.from_env(dotenv=None).app_id == "app-1"


@pytest.mark.parametrize("blank", ["", "   "])
def test_a_blank_variable_has_its_default_whatever_the_file_says(
    tmp_path: Path, blank: str
) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("PORT=8001\n")

    assert Settings.from_env({"PORT": blank}, dotenv=dotenv).port == 8000


def test_a_missing_file_is_no_fault(tmp_path: Path) -> None:
    assert Settings.from_env({}, dotenv=tmp_path / ".env") == Settings()


def test_a_file_that_is_no_text_is_named_without_its_content(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_bytes(b"SINCH_KEY_SECRET=hunter2\n\xff")

    with pytest.raises(ConfigError, match=r"\.env must be UTF-8 text; byte 25") as caught:
        Settings.from_env({}, dotenv=dotenv)

    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_file_that_cannot_be_opened_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(path: Path) -> dict[str, str]:
        raise PermissionError(13, "Permission denied")

    dotenv = tmp_path / ".env"
    dotenv.touch()
    monkeypatch.setattr("bot.settings.dotenv_values", refuses)

    with pytest.raises(ConfigError, match=r"\.env can't be read: Permission denied"):
        Settings.from_env({}, dotenv=dotenv)


def test_values_are_read_by_the_type_of_their_default() -> None:
    settings = read(
        PORT=" 0 ",
        BOT_SEND_RATE="2.5",
        BOT_TRACES="True",
        SINCH_REGION="US",
        BOT_LOG_LEVEL="debug",
        SINCH_WEBHOOK_SECRET="a-new-secret-of-mine, an-old-secret-of-mine,",
        REDIS_URL="rediss+cluster://u:p@host:6380/0",
    )

    assert settings.port == 0
    assert settings.send_rate == 2.5
    assert settings.traces is True
    assert settings.region == "us"
    assert settings.log_level == "DEBUG"
    assert settings.webhook_secrets == (
        Secret("a-new-secret-of-mine"),
        Secret("an-old-secret-of-mine"),
    )
    assert settings.redis_url == "rediss+cluster://u:p@host:6380/0"


@pytest.mark.parametrize(
    ("variable", "value", "way_out"),
    [
        ("PORT", "web", "it takes a whole number from 0 to 65535"),
        ("PORT", "80.5", "it takes a whole number from 0 to 65535"),
        ("PORT", "-1", "it takes a whole number from 0 to 65535"),
        ("PORT", "65536", "it takes a whole number from 0 to 65535"),
        ("BOT_CONCURRENCY", "0", "it takes a whole number from 1"),
        ("BOT_SEND_RATE", "fast", "it takes a number from 0 to 1e6"),
        ("BOT_SEND_TIMEOUT", "0", "it takes a number from 0.001 to 1e9"),
        ("BOT_SEND_TIMEOUT", "nan", "it takes a number from 0.001 to 1e9"),
        ("BOT_LEASE", "inf", "it takes a number from 0.001 to 1e9"),
        ("BOT_TRACES", "perhaps", "it takes true or false"),
        ("BOT_OUTSIDE_WINDOW", "a/b", "it takes wait, fail, send, SMS, RCS, MMS, VIBERBM"),
        ("BOT_OUTSIDE_WINDOW", "NONSENSE", "it takes wait, fail, send, SMS"),
        ("BOT_OUTSIDE_WINDOW", "WHATSAPP", "it takes wait, fail, send, SMS"),
        ("BOT_LANGUAGE", "klingon", "it takes a language tag, such as en, sv or pt-BR"),
        ("BOT_QUIET_HOURS", "9-5", "it takes two different times of day"),
        ("BOT_QUIET_HOURS", "21:00-21:00", "it takes two different times of day"),
        ("BOT_QUIET_HOURS", "21:00-08:00, marketing=20:00-20:00", "two different times of day"),
        ("BOT_QUIET_HOURS", "sales=9:00-5:00", "marketing=20:00-10:00"),
        ("BOT_QUIET_HOURS", "marketing=20:00-10:00,21:00-08:00", "marketing=20:00-10:00"),
        ("BOT_OPT_IN", "sales", "it takes marketing, notification, or both separated by a comma"),
        ("SINCH_REGION", "se", "it takes eu, us, br"),
        ("BOT_CHANNELS", "SMS;RCS", "it takes names of channels, such as SMS,WHATSAPP"),
    ],
)
def test_a_wrong_value_is_named_with_what_fits(variable: str, value: str, way_out: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(**{variable: value})

    assert variable in str(caught.value)
    assert value in str(caught.value)
    assert way_out in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "value", "form"),
    [
        ("REDIS_URL", "user:hunter2@host", "redis://…, rediss://…"),
        ("REDIS_URL", "http://user:hunter2@host", "redis://…, rediss://…"),
        ("REDIS_URL", "redis://user:hunter2@host:port", "redis://…, rediss://…"),
        ("REDIS_URL", "redis://user:hunter2#1@host", "# [ ] are written as %2F %3F %23"),
        ("REDIS_URL", "redis://:hunter2@host/cache", "redis://…, rediss://…"),
        ("REDIS_URL", "unix://", "unix://…"),
        ("HTTPS_PROXY", "socks5://user:hunter2@host", "http://…, https://…"),
        ("SINCH_API_URL", "hunter2", "http://…, https://…"),
        ("SINCH_API_URL", "https:///hunter2", "http://…, https://…"),
        ("SINCH_AUTH_URL", "https://[hunter2", "http://…, https://…"),
    ],
)
def test_a_wrong_url_is_named_without_its_value(variable: str, value: str, form: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(**{variable: value})

    assert variable in str(caught.value)
    assert form in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("value", ['"hunter2"', "'hunter2'", '""', '"'])
@pytest.mark.parametrize("variable", ["SINCH_KEY_SECRET", "SINCH_APP_ID", "REDIS_URL", "PORT"])
def test_quotes_that_a_host_left_on_are_named(variable: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"^{variable} is in quotes.*Remove the quotes") as caught:
        read(**{variable: value})

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "meant"), [("FAIL", "fail"), ("Wait", "wait"), ("sms", "SMS"), ("RCS", "RCS")]
)
def test_outside_window_is_read_in_any_case(value: str, meant: str) -> None:
    settings = Settings.from_env({"BOT_OUTSIDE_WINDOW": value}, dotenv=None)

    assert settings.outside_window == meant


def test_unknown_variables_are_reported() -> None:
    given = {
        "BOT_SEND_RTE": "5",
        "SINCH_APPID": "x",
        "bot_zone": "UTC",
        "BOT_REDIS_URL": "x",
        "BOT_APP_ID": "x",
        "SINCH_PUBLIC_URL": "x",
        "SINCH_WEBHOOK_SECRETS": "x",
        "BOT_SHARDS": "4",
        "BOT_LOG": "json",
        "PORTS": "1",
    }

    assert Settings.unknown(given, dotenv=None) == {
        "BOT_SEND_RTE": "Did you mean BOT_SEND_RATE?",
        "BOT_SHARDS": "It has no effect.",
        "SINCH_APPID": "Did you mean SINCH_APP_ID?",
        "bot_zone": "Did you mean BOT_ZONE?",
        "BOT_REDIS_URL": "Did you mean REDIS_URL?",
        "BOT_APP_ID": "Did you mean SINCH_APP_ID?",
        "SINCH_PUBLIC_URL": "Did you mean BOT_PUBLIC_URL?",
        "SINCH_WEBHOOK_SECRETS": "Did you mean SINCH_WEBHOOK_SECRET?",
    }


@pytest.mark.parametrize("dedupe_s", [1.0, 60.0, 172_800.0])
def test_a_handled_callback_is_remembered_as_long_as_its_signature_is_valid(
    dedupe_s: float,
) -> None:
    settings = Settings(dedupe_s=dedupe_s)

    assert settings.signature_ahead_s <= 900
    assert settings.signature_ahead_s + settings.signature_age_s == dedupe_s


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SINCH_WEBHOOK_SECRET", "fifteen-charact"),
        ("SINCH_WEBHOOK_SECRET", "a-secret-of-some-length,short"),
        ("BOT_EVENTS_TOKEN", "x"),
        ("BOT_HANDOFF_SECRET", "x"),
        ("BOT_CONSOLE_TOKEN", "x"),
    ],
)
def test_a_secret_that_could_be_guessed_is_refused(variable: str, value: str) -> None:
    shortest = min(map(len, value.split(",")))
    with pytest.raises(ConfigError, match=f"^{variable} has {shortest} characters; it takes 16"):
        read(**{variable: value})


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy"])
def test_a_proxy_is_named_in_upper_or_lower_case(tmp_path: Path, name: str) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("HTTPS_PROXY=http://of-the-file:1\n")

    settings = Settings.from_env({name: "proxy:3128", "HTTP_PROXY": "http://a:1"}, dotenv=dotenv)

    assert settings.https_proxy == "http://proxy:3128"
    assert settings.http_proxy == "http://a:1"


def test_the_lower_case_name_of_a_proxy_takes_precedence() -> None:
    assert read(HTTP_PROXY="http://a:1", http_proxy="http://b:1").http_proxy == "http://b:1"
    assert read(HTTP_PROXY="http://a:1", http_proxy="").http_proxy == ""


def test_all_wrong_values_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        read(PORT="web", BOT_LOG="xml")

    assert str(caught.value) == (
        "PORT is 'web'; it takes a whole number from 0 to 65535."
        " BOT_LOG is 'xml'; it takes text, json."
    )


@pytest.mark.parametrize("value", ["redis://", "redis:///0", "unix:///tmp/redis.sock"])
def test_a_store_on_this_machine_needs_no_host(value: str) -> None:
    assert read(REDIS_URL=value).redis_url == value


def test_require_names_every_missing_variable() -> None:
    settings = Settings(project_id="p", key_secret=Secret("s"))

    settings.require("project_id", "key_secret")
    with pytest.raises(ConfigError, match=r"^SINCH_KEY_ID, SINCH_WEBHOOK_SECRET must be set"):
        settings.require("project_id", "key_id", "key_secret", "webhook_secrets")


def test_hosts_follow_the_region_unless_given() -> None:
    assert Settings(region="br").api_host == "https://br.conversation.api.sinch.com"
    assert Settings().auth_host == "https://auth.sinch.com"
    assert Settings(api_url="http://localhost:1/").api_host == "http://localhost:1"
    assert Settings(auth_url="http://localhost:2/").auth_host == "http://localhost:2"


@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/token/", "//oauth2/token"])
def test_auth_url_may_have_the_path_of_the_token_endpoint(path: str) -> None:
    settings = Settings(auth_url=f"https://eu.auth.sinch.com{path}")

    assert settings.auth_host == "https://eu.auth.sinch.com"


def test_auth_url_keeps_another_path() -> None:
    settings = Settings(auth_url="https://proxy.example/sinch/oauth2/token")

    assert settings.auth_host == "https://proxy.example/sinch"


def test_settings_show_no_secret() -> None:
    settings = read(
        SINCH_KEY_SECRET="hunter2",
        SINCH_WEBHOOK_SECRET="hunter2-hunter2-hunter2,hunter2b-hunter2b",
        REDIS_URL="redis://:hunter2@host",
    )

    assert "hunter2" not in f"{settings} {settings!r} {settings.key_secret}"
    assert settings.key_secret.reveal() == "hunter2"


def test_a_secret_is_true_and_equal_by_its_value() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
    assert (bool(Secret("a")), bool(Secret(""))) == (True, False)
    assert repr(Secret("")) == "Secret('')"


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]


def test_the_example_lists_every_variable_once_in_order() -> None:
    named = [name for name, _ in SET_OUT.findall(EXAMPLE.read_text())]

    assert named == list(Settings.variables())


def test_the_example_shows_the_defaults(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text(SET_OUT.sub(r"\1=\2", EXAMPLE.read_text()))

    assert Settings.from_env({}, dotenv=dotenv) == Settings()
    blank = {name for name, value in SET_OUT.findall(EXAMPLE.read_text()) if not value}
    assert blank == {name for name, default in Settings.variables().items() if default in BLANK}


def test_the_example_says_what_each_variable_means() -> None:
    blocks = EXAMPLE.read_text().strip().split("\n\n")[1:]

    unexplained = [block for block in blocks if SET_OUT.match(block)]
    assert unexplained == []
    assert all(SET_OUT.search(block) for block in blocks)


def test_the_encrypted_redis_takes_precedence_where_a_host_sets_both() -> None:
    plain, tls = "redis://h:1", "rediss://h:2"

    assert read(REDIS_URL=plain, REDIS_TLS_URL=tls).redis_url == tls
    assert read(REDIS_URL=plain).redis_url == plain
    with pytest.raises(ConfigError, match=r"^REDIS_TLS_URL must be a URL"):
        read(REDIS_URL=plain, REDIS_TLS_URL="nonsense")


def test_channel_properties_are_names_and_values() -> None:
    settings = read(BOT_CHANNEL_PROPERTIES="MMS_SENDER=+15550100, RCS_WEBVIEW_MODE=TALL")

    assert settings.properties == {"MMS_SENDER": "+15550100", "RCS_WEBVIEW_MODE": "TALL"}
    with pytest.raises(ConfigError, match="BOT_CHANNEL_PROPERTIES is 'tall'; it takes names"):
        read(BOT_CHANNEL_PROPERTIES="tall")


def test_a_misspelled_time_zone_is_refused_with_the_zone_that_is_meant() -> None:
    with pytest.raises(ConfigError, match=r"Did you mean Europe/Stockholm\?$"):
        Settings.from_env({"BOT_ZONE": "Europe/Stokholm"})
