"""Injected faults of the API, as a client sees them."""

from typing import Any

import httpx
import pytest

from bot.emulator import Platform, RequestFault
from bot.emulator.fault_injection import rules_from
from tests.support.emulator import Client, recipient
from tests.support.hand_clock import HandClock


def body(platform: Platform) -> Any:
    return {
        "app_id": platform.app_id,
        "recipient": recipient("SMS:46700000001"),
        "message": {"text_message": {"text": "Hello"}},
    }


@pytest.mark.parametrize(
    ("fault", "status", "retry_after"),
    [
        (RequestFault(action="refuse", status=429, retry_after=3), 429, "3"),
        (RequestFault(action="refuse", status=429), 429, None),
        (RequestFault(action="refuse", status=500), 500, None),
        (
            RequestFault(action="refuse", status=503, retry_after="Wed, 21 Oct 2026 07:28:00 GMT"),
            503,
            "Wed, 21 Oct 2026 07:28:00 GMT",
        ),
        (RequestFault(action="region"), 404, None),
    ],
)
async def test_a_request_is_refused(
    api: Client, platform: Platform, fault: RequestFault, status: int, retry_after: str | None
) -> None:
    platform.faults.add(fault)

    answer = await api("POST", "/messages:send", body(platform))

    assert answer.status_code == status
    assert answer.json()["error"]["code"] == status
    assert answer.headers.get("retry-after") == retry_after
    assert platform.state.messages == {}


@pytest.mark.parametrize("taken", [False, True])
async def test_a_connection_is_dropped_before_or_after(
    api: Client, platform: Platform, taken: bool
) -> None:
    platform.faults.add(RequestFault(action="drop", taken=taken))

    with pytest.raises(httpx.RemoteProtocolError):
        await api("POST", "/messages:send", body(platform))

    assert len(platform.state.messages) == taken
    assert platform.record.counts == {"request 0": 1}


async def test_a_refusal_may_come_after_the_deed(api: Client, platform: Platform) -> None:
    platform.faults.add(RequestFault(action="refuse", status=500, taken=True))

    answer = await api("POST", "/messages:send", body(platform))

    assert answer.status_code == 500
    assert len(platform.state.messages) == 1


async def test_a_fault_strikes_where_and_as_often_as_told(api: Client, platform: Platform) -> None:
    platform.faults.add(RequestFault(on="POST */messages:send", action="refuse", count=2))

    statuses = [(await api("GET", "/apps")).status_code]
    statuses += [
        (await api("POST", "/messages:send", body(platform))).status_code for _ in range(3)
    ]

    assert statuses == [200, 503, 503, 200]


async def test_a_rate_is_thrown_with_the_platforms_dice(api: Client, platform: Platform) -> None:
    platform.faults.add(RequestFault(action="refuse", rate=0.5))

    statuses = [(await api("GET", "/apps")).status_code for _ in range(100)]

    assert 30 < statuses.count(503) < 70


async def test_delays_add_up_and_leave_room_for_another_fault(
    api: Client, platform: Platform, clock: HandClock
) -> None:
    platform.faults.rules.request_delay_s = 1
    platform.faults.add(
        RequestFault(delay_s=2), RequestFault(delay_s=4), RequestFault(action="refuse")
    )
    began = clock.at

    answer = await api("GET", "/apps")

    assert clock.at - began == 7
    assert answer.status_code == 503


async def test_an_expired_token_is_told_and_stays_expired(api: Client, platform: Platform) -> None:
    token = platform.tokens.give()["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    platform.faults.add(RequestFault(action="expire", count=1))

    answers = [await api("GET", "/apps", auth=None, headers=headers) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert all("expired" in answer.headers["www-authenticate"] for answer in answers)


async def test_a_slow_token_is_a_delay_of_its_path(
    api: Client, platform: Platform, clock: HandClock
) -> None:
    platform.faults.add(RequestFault(on="POST /oauth2/token", delay_s=30))
    began = clock.at
    form = {"grant_type": "client_credentials"}

    answer = await api.http.post("/oauth2/token", data=form)
    await api("GET", "/apps")

    assert answer.status_code == 200
    assert clock.at - began == 30


async def test_all_requests_are_on_record(api: Client, platform: Platform) -> None:
    await api("GET", "/apps")
    await api("POST", "/messages:send", {"app_id": platform.app_id})

    first, second = platform.record.requests
    assert (first.method, first.status) == ("GET", 200)
    assert (second.path, second.status) == (f"{api.root}/messages:send", 400)
    assert second.body == b'{"app_id":"%s"}' % platform.app_id.encode()
    assert b"field_violations" in second.answer


@pytest.mark.parametrize(
    "rules",
    [
        {"requests": [{"action": "explode"}]},
        {"requests": [{"rate": 2}]},
        {"callbacks": [{"copies": -1}]},
        {"deliveries": [{"nummer": "1"}]},
        {"request_delay_s": -1},
    ],
)
def test_wrong_rules_are_refused(rules: Any) -> None:
    with pytest.raises(ValueError, match=r"\$"):
        rules_from(rules)
