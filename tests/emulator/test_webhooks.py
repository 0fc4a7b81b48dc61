"""Webhooks that may be registered."""

from typing import Any

import pytest

from bot.emulator import Platform
from tests.support.emulator import Client


def hook(platform: Platform, **more: Any) -> Any:
    return {"app_id": platform.app_id, "target": "https://new.example/hook", **more}


async def test_a_webhook_from_beginning_to_end(api: Client, platform: Platform) -> None:
    made = await api.good("POST", "/webhooks", hook(platform, triggers=["OPT_IN"], secret="s"))
    path = f"/webhooks/{made['id']}"
    changed = await api.good(
        "PATCH",
        path,
        {"triggers": ["OPT_OUT"], "secret": "t"},
        params={"update_mask": ["triggers"]},
    )
    listed = await api.good("GET", f"/apps/{platform.app_id}/webhooks")
    gone = await api.good("DELETE", path)

    assert made == {
        "id": made["id"],
        "app_id": platform.app_id,
        "target": "https://new.example/hook",
        "target_type": "HTTP",
        "secret": "s",
        "triggers": ["OPT_IN"],
        "client_credentials": None,
    }
    assert (changed["triggers"], changed["secret"]) == (["OPT_OUT"], "s")
    assert [one["id"] for one in listed["webhooks"]][-1] == made["id"]
    assert gone == {}
    assert (await api("GET", path)).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"target": "https://bot.example/webhook"}, "target"),
        ({"target": "ftp://x.example"}, "target"),
        ({"target": "https://" + "x" * 740}, "target"),
        ({"target": "https://conversation-api.prod1.sinch.com/x"}, "target"),
        ({"target": "http://[x"}, "target"),
        ({"triggers": ["OPT_IN", "OPT_IN"]}, "triggers"),
        ({"triggers": ["UNSPECIFIED_TRIGGER"]}, "triggers[0]"),
        ({"target_type": "GRPC"}, "target_type"),
        ({"client_credentials": {"client_id": "a"}}, "client_credentials.client_secret"),
    ],
)
async def test_wrong_webhooks_are_refused(
    api: Client, platform: Platform, change: Any, field: str
) -> None:
    answer = await api("POST", "/webhooks", hook(platform) | change)

    assert answer.status_code == 400
    assert answer.json()["error"]["details"][0]["field_violations"][0]["field"] == field


async def test_an_app_has_at_most_five_webhooks_each_with_its_own_target(
    api: Client, platform: Platform
) -> None:
    statuses = []
    for number in range(5):
        body = hook(platform, target=f"https://{number}.example/")
        statuses.append((await api("POST", "/webhooks", body)).status_code)
    webhook = platform.apps.webhooks(platform.app_id)[0]
    clash = await api("PATCH", f"/webhooks/{webhook['id']}", {"target": "https://0.example/"})
    same = await api("PATCH", f"/webhooks/{webhook['id']}", {"target": webhook["target"]})

    assert statuses == [200, 200, 200, 200, 400]
    assert (clash.status_code, same.status_code) == (400, 200)


async def test_a_mask_may_not_name_what_cannot_be_changed(api: Client, platform: Platform) -> None:
    path = f"/webhooks/{platform.apps.webhooks(platform.app_id)[0]['id']}"

    answer = await api("PATCH", path, {"app_id": "x"}, params={"update_mask": "app_id"})

    assert answer.status_code == 400
