"""Checks before every endpoint: tokens, keys, projects, regions, bodies."""

from typing import Any

import pytest

from bot.emulator import Platform
from tests.support.emulator import Client
from tests.support.hand_clock import HandClock

FORM = {"grant_type": "client_credentials"}


async def test_a_token_opens_the_api_until_it_expires(
    api: Client, platform: Platform, clock: HandClock
) -> None:
    grant = (await api.http.post("/oauth2/token", data=FORM)).json()
    headers = {"authorization": f"{grant['token_type']} {grant['access_token']}"}
    fresh = await api("GET", "/apps", auth=None, headers=headers)
    clock.at += 3600
    old = await api("GET", "/apps", auth=None, headers=headers)

    assert (grant["token_type"], grant["expires_in"], grant["scope"]) == ("Bearer", 3600, "")
    assert grant["access_token"].count(".") == 2
    assert fresh.status_code == 200
    assert old.status_code == 401
    assert old.headers["www-authenticate"] == 'Bearer error="expired"'
    assert old.json()["error"]["status"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("key", "form", "status", "error"),
    [
        (("who", "knows"), FORM, 401, "invalid_client"),
        (None, FORM, 401, "invalid_client"),
        ("right", {"grant_type": "password"}, 400, "unsupported_grant_type"),
        ("right", {}, 400, "unsupported_grant_type"),
    ],
)
async def test_no_token_for_wrong_requests(
    api: Client, platform: Platform, key: Any, form: dict[str, str], status: int, error: str
) -> None:
    if key == "right":
        key = (platform.world.key_id, platform.world.key_secret)

    answer = await api.http.post("/oauth2/token", data=form, auth=key)

    assert answer.status_code == status
    assert answer.json()["error"] == error
    assert answer.json()["error_description"]


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer x", "Bearer a.b.c", "Basic !!!", "Basic d3Jvbmc6a2V5", "Digest x"],
)
async def test_wrong_credentials_are_refused_for_good(api: Client, authorization: str) -> None:
    answer = await api("GET", "/apps", auth=None, headers={"authorization": authorization})

    assert answer.status_code == 401
    assert "expired" not in answer.headers["www-authenticate"]


async def test_a_token_that_was_tampered_with_is_refused(api: Client, platform: Platform) -> None:
    head, _, signature = platform.tokens.give()["access_token"].rpartition(".")
    other = head[:-2] + ("AA" if not head.endswith("AA") else "BB")

    answer = await api(
        "GET", "/apps", auth=None, headers={"authorization": f"Bearer {other}.{signature}"}
    )

    assert answer.status_code == 401


async def test_another_project_is_forbidden(api: Client) -> None:
    answer = await api.http.get("/v1/projects/another/apps")

    assert answer.status_code == 403
    assert answer.json()["error"]["status"] == "PERMISSION_DENIED"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("us.conversation.api.sinch.com", 404),
        ("eu.conversation.api.sinch.com", 200),
        ("emulator.example", 200),
    ],
)
async def test_the_wrong_region_knows_nothing(api: Client, host: str, status: int) -> None:
    answer = await api("GET", "/apps", headers={"host": host})

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/templates"), ("PUT", "/apps"), ("GET", "/messages:send"), ("POST", "/settings/x")],
)
async def test_unknown_paths_and_methods_are_not_found(api: Client, method: str, path: str) -> None:
    answer = await api(method, path)

    assert answer.status_code == 404
    assert answer.json()["error"]["status"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'"text"', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'{"app_id": "\\ud800"}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"{}", "text/plain", 400),
        (b" " * 1_048_577, "application/json", 413),
        (b"{}", "application/json; charset=utf-8", 400),
    ],
)
async def test_hostile_bodies_get_an_answer(
    api: Client, content: bytes, content_type: str, status: int
) -> None:
    answer = await api(
        "POST", "/messages:send", content=content, headers={"content-type": content_type}
    )

    assert answer.status_code == status
    assert answer.json()["error"]["code"] == status
