"""URLs, and what error messages show of them."""

import re

import pytest

from bot.errors import ConfigError, StoreAway, StoreError
from bot.settings import Settings
from bot.store import Store
from bot.store.client import connect, host_of


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("redis://localhost:6379/0", "localhost:6379"),
        ("rediss://ann:s3cret@example.org:6380/1", "example.org:6380"),
        ("redis+cluster://:p%40ss@10.0.0.1:7000", "10.0.0.1:7000"),
        ("redis://:a@b@host", "host"),
        ("unix:///var/run/a%20b.sock?db=1", "/var/run/a b.sock"),
        ("unix://ann:s3cret@/var/run/redis.sock", "/var/run/redis.sock"),
    ],
)
def test_a_host_is_shown_without_user_and_password(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(
    "url",
    [
        "redis://h:s3cret",
        "http://h:s3cret@x",
        "redis+cluster://:s3cret@h:1/7",
        "redis://h:s3cret@x:y",
    ],
)
def test_an_unreadable_url_is_reported_without_its_value(url: str) -> None:
    with pytest.raises(ConfigError) as told:
        connect(url)
    assert "REDIS_URL" in str(told.value)
    assert "s3cret" not in str(told.value)


@pytest.mark.parametrize(
    ("url", "form"),
    [
        ("redis+sentinel://h:26379", "redis+sentinel://user:password@sentinel:26379"),
        ("redis+cluster://h:1/7", "redis+cluster://user:password@host:6379"),
        ("redis://h:x", "redis://user:password@host:6379/0"),
    ],
)
def test_the_error_about_an_unreadable_url_shows_the_form_of_its_scheme(
    url: str, form: str
) -> None:
    with pytest.raises(ConfigError, match=re.escape(form)):
        connect(url)


async def test_an_unreachable_server_is_reported(namespace: str) -> None:
    settings = Settings(redis_url="redis://:s3cret@127.0.0.1:1/0", namespace=namespace)

    with pytest.raises(StoreAway) as told:
        await Store.open(settings)
    assert str(told.value) == (
        "Redis at 127.0.0.1:1: nothing accepts connections there. Start the Redis server, or set"
        " REDIS_URL to its address"
    )


async def test_an_unreachable_cluster_is_reported(namespace: str) -> None:
    settings = Settings(redis_url="redis+cluster://127.0.0.1:1", namespace=namespace)

    with pytest.raises(StoreError, match=r"Redis at 127\.0\.0\.1:1: no node of the cluster"):
        await Store.open(settings)


async def test_a_namespace_with_braces_is_refused(redis_url: str) -> None:
    with pytest.raises(ConfigError, match="BOT_NAMESPACE"):
        await Store.open(Settings(redis_url=redis_url, namespace="a{b}"))
