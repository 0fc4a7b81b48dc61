"""The endpoints of `bot dev` besides the page, and who may use them."""

import json
import shlex
import socket
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from bot.dev import Running, stack
from bot.emulator import Behavior
from bot.emulator.serving import bind
from bot.settings import Settings

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = "/emulator/phones/SMS/46700000001"
WHATSAPP = "/emulator/phones/WHATSAPP/46700000001"


async def news_of(
    http: httpx.AsyncClient,
    act: dict[str, object],
    *kinds: str,
    phone: str = PHONE,
    words: str = "",
) -> None:
    """Let the contact act. Read the changes until each of `kinds`, and `words`, have come."""
    seen: set[str] = set()
    async with http.stream("GET", "/emulator/news", timeout=10) as news:
        lines = news.aiter_lines()
        assert await anext(lines) == ": listening"
        await http.post(phone, json=act)
        async for line in lines:
            if line.startswith("data: "):
                seen.add(json.loads(line.removeprefix("data: "))["kind"])
                if words and words in line:
                    words = ""
            if set(kinds) <= seen and not words:
                return


async def test_the_page_may_load_nothing_from_elsewhere(http: httpx.AsyncClient):
    page = await http.get("/")

    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "require-trusted-types-for 'script'" in policy
    assert "http" not in page.text.replace("http-equiv", "")
    assert page.headers["x-content-type-options"] == "nosniff"


async def test_a_turn_is_told_when_its_session_can_be_read(http: httpx.AsyncClient):
    await news_of(http, {"text": "hello"}, "turn", "shown")

    view = (await http.get("/dev/sessions/SMS/46700000001")).json()
    assert view["session"]["chains"][0]["runs"][0]["state"] == "size"
    assert view["turns"][0]["path"] == ["shop/size"]
    assert view["turns"][0]["by"] == "message"


async def test_a_contact_nobody_knows_has_no_session(http: httpx.AsyncClient):
    view = (await http.get("/dev/sessions/WHATSAPP/46700000003")).json()

    assert view["session"] is None
    assert view["turns"] == []


async def test_a_thread_holds_both_sides_in_order(http: httpx.AsyncClient):
    await news_of(http, {"text": "hello"}, "shown", phone=WHATSAPP)
    await news_of(http, {"label": "Large"}, "shown", phone=WHATSAPP)

    thread = (await http.get("/dev/phones/WHATSAPP/46700000001")).json()

    assert [(m["from"], m["kind"], m["text"]) for m in thread["messages"]] == [
        ("contact", "text", "hello"),
        ("app", "choice", "Which size?"),
        ("contact", "choice_response", "Large"),
        ("app", "text", "Where to?"),
    ]
    assert thread["messages"][2]["status"] == "taken"


async def test_a_message_that_did_not_arrive_is_in_the_thread_with_its_reason(
    http: httpx.AsyncClient,
):
    rules = {"deliveries": [{"action": "refuse", "reason": "RECIPIENT_NOT_REACHABLE"}]}
    await http.put("/emulator/faults", json=rules)

    await news_of(http, {"text": "hello"}, "callback", words="RECIPIENT_NOT_REACHABLE")

    thread = (await http.get("/dev/phones/SMS/46700000001")).json()
    failed = thread["messages"][-1]
    assert (failed["from"], failed["kind"], failed["status"]) == ("app", "failed", "FAILED")
    assert failed["reason"].startswith("RECIPIENT_NOT_REACHABLE: ")


async def test_callbacks_can_be_sent_again_signed_anew(http: httpx.AsyncClient, dev: Running):
    await news_of(http, {"text": "hello"}, "turn")
    entries = (await http.get("/dev/traffic")).json()
    inbound = next(one for one in entries if one.get("trigger") == "MESSAGE_INBOUND")

    command = shlex.split((await http.get(f"/dev/traffic/{inbound['id']}/curl")).text)

    headers = dict(word.split(": ", 1) for flag, word in pairwise(command) if flag == "-H")
    answer = await http.post(command[4], content=command[-1].encode(), headers=headers)
    assert command[4] == f"{dev.bot_url}/webhook"
    assert answer.status_code == 200


async def test_requests_can_be_sent_again_with_the_key(http: httpx.AsyncClient, dev: Running):
    await news_of(http, {"text": "hello"}, "request", "shown")
    entries = (await http.get("/dev/traffic")).json()
    sent = next(one for one in entries if one.get("path", "").endswith("messages:send"))

    command = shlex.split((await http.get(f"/dev/traffic/{sent['id']}/curl")).text)

    user, _, password = command[command.index("-u") + 1].partition(":")
    answer = await http.post(
        command[4],
        content=command[-1].encode(),
        headers={"content-type": "application/json"},
        auth=(user, password),
    )
    assert command[4].startswith(dev.emulator_url)
    assert answer.status_code == 200


async def test_an_entry_that_is_gone_has_no_command(http: httpx.AsyncClient):
    assert (await http.get("/dev/traffic/999999/curl")).status_code == 404


async def test_only_what_is_newer_is_asked_for(http: httpx.AsyncClient):
    await news_of(http, {"text": "hello"}, "turn", "request")
    entries = (await http.get("/dev/traffic")).json()

    later = (await http.get(f"/dev/traffic?after={entries[-1]['id'] - 1}")).json()

    assert later[0] == entries[-1]


async def test_a_conversation_is_saved_once_under_a_name(http: httpx.AsyncClient):
    await news_of(http, {"text": "hello"}, "shown")

    nameless = await http.post("/dev/tests/SMS/46700000001", json={"name": None})
    assert (nameless.status_code, "can't be a file's name" in nameless.text) == (400, True)
    first = await http.post("/dev/tests/SMS/46700000001", json={"name": "mine"})
    second = await http.post("/dev/tests/SMS/46700000001", json={"name": "mine"})

    assert first.json() == {"path": "tests/mine.chat"}
    assert (second.status_code, second.text) == (
        400,
        "The file tests/mine.chat exists already; choose another name.",
    )


async def test_without_a_conversation_there_is_no_test(http: httpx.AsyncClient):
    answer = await http.get("/dev/tests/SMS/46700000001")

    assert answer.status_code == 400
    assert answer.text.startswith("There is no conversation yet.")


async def test_starting_over_forgets_the_contact_on_both_sides(http: httpx.AsyncClient):
    await news_of(http, {"text": "hello"}, "shown")

    await http.delete("/dev/phones/SMS/46700000001")

    assert (await http.get("/dev/phones/SMS/46700000001")).json()["messages"] == []
    assert (await http.get("/dev/sessions/SMS/46700000001")).json()["session"] is None


async def test_every_flow_is_drawn_with_the_kinds_of_its_states(http: httpx.AsyncClient):
    flows = {flow["name"]: flow for flow in (await http.get("/dev/flows")).json()}

    groups = {group["attributes"]["class"]: group for group in flows["shop"]["svg"]["children"]}
    states = {
        state["attributes"]["data-state"]: state["attributes"]["class"]
        for state in groups["states"]["children"]
    }
    assert states["size"] == "state ask"
    assert states["place"] == "state step"
    assert states["end"] == "state final"
    assert list(states) == flows["shop"]["states"]


async def test_an_unknown_channel_is_not_found(http: httpx.AsyncClient):
    assert (await http.get("/dev/phones/PIGEON/1")).status_code == 404


async def test_answers_are_not_held_back_for_more():
    with bind("127.0.0.1", 0) as listener:
        assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_ticks_and_reasons_outlive_a_restart(
    dev_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bot.worker.worker.BLOCK_S", 0.1)  # how long the stack takes to end
    rules = {"deliveries": [{"action": "refuse", "reason": "RECIPIENT_NOT_REACHABLE"}]}
    threads: list[list[dict[str, object]]] = []
    for _ in ("before", "after"):
        async with (
            stack(dev_settings, 0, 0, Behavior()) as where,
            httpx.AsyncClient(base_url=where.bot_url) as http,
        ):
            if not threads:
                await http.put("/emulator/faults", json=rules)
                await news_of(http, {"text": "hello"}, "callback", words="RECIPIENT_NOT_REACHABLE")
            threads.append((await http.get("/dev/phones/SMS/46700000001")).json()["messages"])

    before, after = threads
    assert [message["status"] for message in after] == ["taken", "FAILED"]
    assert after == before
