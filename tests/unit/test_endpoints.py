"""The HTTP endpoints for other systems."""

import json
from dataclasses import replace

import httpx
import pytest
from starlette.applications import Starlette

from bot import END, Flow, ask, on, parse
from bot.app.asgi import bare_app, routes
from bot.emulator.fault_injection import RequestFault
from bot.items import inbound
from bot.settings import Secret
from bot.telemetry.metrics import REGISTRY
from bot.testing import Simulation

TOKEN = b"a-token-of-some-length"


class Parcel(Flow):
    start_on = ("parcel",)

    where = ask("Where to?", accept=parse.text(), to="day")
    day = ask(lambda data: f"When to {data.where}?", accept=parse.date(), to=END)

    is_broken = False

    @on("arrived")
    def arrive(self, turn):
        if self.is_broken:
            raise RuntimeError("the door is shut")
        turn.say(f"It's at {turn.event_data['at']}.")


pytestmark = pytest.mark.flows([Parcel])


@pytest.fixture
def bot_settings(bot_settings):
    return replace(bot_settings, events_token=Secret(TOKEN.decode()), max_body_bytes=10_000)


async def post(
    simulation: Simulation, path: str, body: object, token: bytes = TOKEN, traceparent: bytes = b""
):
    """Post a request. Return the status and the answer."""
    headers = {b"authorization": b"Bearer " + token} if token else {}
    headers |= {b"traceparent": traceparent} if traceparent else {}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    transport = httpx.ASGITransport(simulation.asgi_app)
    async with httpx.AsyncClient(transport=transport, base_url="http://bot.test") as http:
        answer = await http.post(path, content=content, headers=headers)
    return answer.status_code, answer.json()


async def test_webhook_with_a_slash_at_its_end_is_not_redirected(simulation):
    served = bare_app(simulation.settings)
    for app in (served, simulation.asgi_app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://bot.test") as http:
            answer = await http.post("/webhook/", content=b"{}")

        assert answer.status_code == 404
        assert "location" not in answer.headers


async def test_an_event_reaches_the_flow_once(simulation, contact):
    await contact.says("parcel")
    key = contact.session.address.key
    event = {"contact": key, "name": "arrived", "data": {"at": "the door"}, "id": "e1"}

    assert await post(simulation, "/events", event) == (200, {"accepted": True})
    assert await post(simulation, "/events", event) == (200, {"accepted": False})
    await contact.run_until_idle()

    contact.sees("It's at the door.")
    contact.sees_nothing()


async def test_an_event_keeps_the_trace_of_who_posted_it(simulation, contact):
    await contact.says("parcel")
    key = contact.session.address.key
    caller = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    event = {"contact": key, "name": "arrived", "data": {"at": "the door"}}
    await post(simulation, "/events", event, traceparent=caller.encode())
    [raw] = await simulation.bot.store.reader.inbox(key)

    assert inbound.decode(raw).traceparent == caller


async def test_an_event_reaches_a_contact_whose_first_turn_has_not_run_yet(simulation, contact):
    number = f"SMS:+{contact.phone.identity}"
    assert (await post(simulation, "/start", {"contact": number, "flow": "parcel"}))[0] == 200

    event = {"contact": number, "name": "arrived", "data": {"at": "the door"}}
    assert await post(simulation, "/events", event) == (200, {"accepted": True})
    await contact.run_until_idle()

    contact.sees("It's at the door.")


async def test_a_flow_starts_in_a_state_with_data_once(simulation, contact):
    await contact.says("parcel")
    key = contact.session.address.key
    start = {"contact": key, "flow": "parcel", "state": "day", "data": {"where": "Lund"}, "id": "1"}

    assert await post(simulation, "/start", start) == (200, {"accepted": True})
    assert await post(simulation, "/start", start) == (200, {"accepted": False})
    await contact.run_until_idle()
    contact.sees("When to Lund?")
    assert len(contact.session.runs) == 2

    assert (await post(simulation, "/start", {**start, "id": "2", "replace": True}))[0] == 200
    await contact.run_until_idle()
    assert len(contact.session.runs) == 1


@pytest.mark.parametrize("mode", ["CONVERSATION", "DISPATCH"])
@pytest.mark.parametrize("name", ["SMS:{}", "sms:+{}", "+{}", "{}"])
async def test_numbers_and_identities_name_a_contact(simulation, contacts, name, mode):
    (contact,) = contacts(1, mode=mode)
    await contact.says("parcel")
    name = name.format(contact.phone.identity)
    event = {"contact": name, "name": "arrived", "data": {"at": "the door"}, "id": "e1"}
    assert await post(simulation, "/events", event) == (200, {"accepted": True})
    await contact.run_until_idle()
    contact.sees("It's at the door.")
    query = httpx.QueryParams({"contact": name})
    assert await get(simulation, f"/events/e1?{query}") == (200, {"outcome": "handled"})

    start = {"contact": name, "flow": "parcel", "state": "day", "data": {"where": "Lund"}}
    assert await post(simulation, "/start", start) == (200, {"accepted": True})
    assert await post(simulation, "/say", {"contact": name, "text": "Hi."}) == (
        200,
        {"accepted": True},
    )
    await contact.run_until_idle()
    contact.sees("When to Lund?")
    contact.sees("Hi.")


@pytest.mark.parametrize("mode", ["CONVERSATION", "DISPATCH"])
async def test_a_flow_starts_for_a_new_contact_who_can_answer(simulation, contacts, mode):
    (contact,) = contacts(1, mode=mode)
    name = f"SMS:+{contact.phone.identity}"
    start = {"contact": name, "flow": "parcel", "state": "day", "data": {"where": "Lund"}}
    assert await post(simulation, "/start", {**start, "id": "1"}) == (200, {"accepted": True})
    assert await post(simulation, "/start", {**start, "id": "1"}) == (200, {"accepted": False})
    await contact.run_until_idle()
    contact.sees("When to Lund?")
    await contact.says("Friday")
    assert contact.flow is None


async def test_a_number_of_two_contacts_names_neither(simulation, contacts):
    (sms,) = contacts(1)
    (whatsapp,) = contacts(1, channel="WHATSAPP", identity=sms.phone.identity)
    await sms.says("parcel")
    await whatsapp.says("parcel")
    number = sms.phone.identity

    status, answer = await post(simulation, "/say", {"contact": number, "text": "Hi."})
    assert status == 400
    assert "2 contacts have this phone number" in answer["error"]
    assert number not in answer["error"]
    assert "SMS, WHATSAPP" in answer["error"]
    body = {"contact": f"WHATSAPP:{number}", "text": "Hi."}
    assert (await post(simulation, "/say", body))[0] == 200
    await whatsapp.run_until_idle()
    whatsapp.sees("Hi.")


async def test_an_api_that_is_away_is_told_from_an_unknown_contact(simulation):
    simulation.platform.faults.rules.requests.append(
        RequestFault(on="GET */contacts", action="refuse", status=503)
    )
    body = {"contact": "SMS:46700000009", "name": "arrived"}

    assert (await post(simulation, "/events", body))[0] == 503


async def get(simulation: Simulation, path: str, token: bytes = TOKEN):
    """Send a GET request. Return the status and the answer."""
    headers = {b"authorization": b"Bearer " + token}
    transport = httpx.ASGITransport(simulation.asgi_app)
    async with httpx.AsyncClient(transport=transport, base_url="http://bot.test") as http:
        answer = await http.get(path, headers=headers)
    return answer.status_code, answer.json()


async def test_the_outcome_of_an_event_is_known_by_its_id(simulation, contact):
    await contact.says("parcel")
    key = contact.session.address.key
    for id, name in (("e1", "arrived"), ("e2", "unknown")):
        body = {"contact": key, "name": name, "data": {"at": "the door"}, "id": id}
        await post(simulation, "/events", body)
    status, answer = await get(simulation, f"/events/e1?contact={key}")
    assert (status, "error" in answer) == (404, True)
    await contact.run_until_idle()

    assert await get(simulation, f"/events/e1?contact={key}") == (200, {"outcome": "handled"})
    assert await get(simulation, f"/events/e2?contact={key}") == (200, {"outcome": "unhandled"})
    assert (await get(simulation, f"/events/e1?contact={key}", b"another token"))[0] == 401
    assert (await get(simulation, "/events/e1?contact=nobody"))[0] == 404


async def test_an_event_that_waits_says_so_until_it_is_handled(simulation, contact):
    await contact.says("parcel")
    await contact.says("agent")
    key = contact.session.address.key
    body = {"contact": key, "name": "arrived", "data": {"at": "the door"}, "id": "e3"}
    await post(simulation, "/events", body)
    await contact.run_until_idle()
    assert await get(simulation, f"/events/e3?contact={key}") == (200, {"outcome": "waiting"})
    await simulation.bot.resume(key)
    await contact.run_until_idle()

    assert await get(simulation, f"/events/e3?contact={key}") == (200, {"outcome": "handled"})


@pytest.mark.contact(mode="DISPATCH")
async def test_the_outcome_of_an_event_whose_handler_fails_is_failed_until_a_retry(
    simulation, contact, monkeypatch
):
    await contact.says("parcel")
    key = contact.session.address.key
    body = {"contact": key, "name": "arrived", "data": {"at": "the door"}, "id": "e4"}
    monkeypatch.setattr(Parcel, "is_broken", True)
    await post(simulation, "/events", body)
    await contact.run_until_idle()
    status, answer = await get(simulation, f"/events/e4?contact={key}")
    assert (status, "tried again after an error" in answer["error"]) == (404, True)

    await contact.waits("1h")
    contact.sees_nothing(failed="the door is shut")
    assert await get(simulation, f"/events/e4?contact={key}") == (200, {"outcome": "failed"})
    assert await post(simulation, "/events", {**body, "wait": "2s"}) == (
        200,
        {"accepted": False, "outcome": "failed"},
    )

    monkeypatch.setattr(Parcel, "is_broken", False)
    [letter] = [each async for each in simulation.bot.store.admin.dead_letters()]
    assert await simulation.bot.store.admin.retry_dead(letter.id)
    await contact.run_until_idle()
    contact.sees("It's at the door.")
    assert await get(simulation, f"/events/e4?contact={key}") == (200, {"outcome": "handled"})


async def test_the_outcome_of_a_waiting_event_whose_handler_fails_is_failed(
    simulation, contact, monkeypatch
):
    await contact.says("parcel")
    await contact.says("agent")
    key = contact.session.address.key
    monkeypatch.setattr(Parcel, "is_broken", True)
    await post(simulation, "/events", {"contact": key, "name": "arrived", "id": "e5"})
    await simulation.bot.resume(key)
    await contact.run_until_idle()

    contact.sees("Where to?")
    contact.sees_nothing(failed="the door is shut")
    assert await get(simulation, f"/events/e5?contact={key}") == (200, {"outcome": "failed"})


async def test_the_outcome_of_an_event_that_waits_changes_with_a_stop(simulation, contact):
    await contact.says("parcel")
    await contact.says("agent")
    key = contact.session.address.key
    body = {"contact": key, "name": "arrived", "data": {"at": "the door"}, "id": "e6"}
    await post(simulation, "/events", body)
    await contact.run_until_idle()
    assert await get(simulation, f"/events/e6?contact={key}") == (200, {"outcome": "waiting"})

    await contact.says("stop")
    assert await get(simulation, f"/events/e6?contact={key}") == (200, {"outcome": "unhandled"})


async def test_an_event_is_answered_with_its_outcome_if_it_waits_for_it(
    simulation, contact, monkeypatch
):
    await contact.says("parcel")
    body = {"contact": contact.session.address.key, "name": "arrived", "data": {"at": "the door"}}
    assert await post(simulation, "/events", {**body, "wait": "2s"}) == (
        200,
        {"accepted": True, "outcome": None},
    )

    async def sleep(seconds: float) -> None:
        await simulation.run_until_idle()

    monkeypatch.setattr(simulation.clock, "sleep", sleep)
    for id in ("e1", ""):
        assert await post(simulation, "/events", {**body, "id": id, "wait": "2s"}) == (
            200,
            {"accepted": True, "outcome": "handled"},
        )
    assert await post(simulation, "/events", {**body, "id": "e1", "wait": "2s"}) == (
        200,
        {"accepted": False, "outcome": "handled"},
    )


async def test_too_long_a_wait_for_an_outcome_is_refused_before_the_event_is_taken(
    simulation, contact
):
    await contact.says("parcel")
    contact.sees("Where to?")
    body = {"contact": contact.session.address.key, "name": "arrived", "wait": "11s"}
    status, answer = await post(simulation, "/events", body)
    await contact.run_until_idle()

    assert status == 400
    assert "wait is '11s'; the maximum is 10s" in answer["error"]
    contact.sees_nothing()


async def test_the_same_id_means_different_things_to_different_endpoints(simulation, contact):
    await contact.says("parcel")
    key = contact.session.address.key
    text = {"contact": key, "text": "Hello from Ann.", "agent": "Ann", "id": "e1"}

    assert await post(simulation, "/pause", {"contact": key, "id": "e1"}) == (
        200,
        {"accepted": True},
    )
    assert await post(simulation, "/say", text) == (200, {"accepted": True})
    await contact.run_until_idle()
    contact.sees("Hello from Ann.")
    assert contact.session.pause is not None

    back = {"contact": key, "state": "where"}
    assert await post(simulation, "/resume", back) == (200, {"accepted": True})
    await contact.run_until_idle()
    contact.sees("Where to?")
    assert contact.session.pause is None


@pytest.mark.parametrize("token", [b"", b"another", TOKEN + b"x", "é".encode()])
async def test_without_the_token_nobody_is_heard(simulation, token):
    status, answer = await post(simulation, "/events", {}, token)

    assert status == 401
    assert "BOT_EVENTS_TOKEN" in answer["error"]


def refused_for_token() -> float:
    return REGISTRY.get_sample_value("bot_callbacks_refused_total", {"reason": "token"}) or 0.0


async def test_a_wrong_token_is_logged_and_counted(simulation, caplog):
    before = refused_for_token()

    await post(simulation, "/events", {}, b"a-guess-of-somebody")
    await post(simulation, "/say", {}, b"")

    records = [each for each in caplog.records if getattr(each, "reason", "") == "token"]
    assert [vars(each)["path"] for each in records] == ["/events", "/say"]
    assert "a-guess" not in caplog.text
    assert refused_for_token() == before + 2


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([b"bearer " + TOKEN], 400),
        ([b"BEARER   " + TOKEN], 400),
        ([b"Basic " + TOKEN], 401),
        ([TOKEN], 401),
        ([b"Bearer " + TOKEN, b"Bearer " + TOKEN], 401),
        ([b"Bearer x", b"Bearer " + TOKEN], 401),
    ],
)
async def test_one_authorization_header_counts_in_upper_or_lower_case(simulation, headers, status):
    transport = httpx.ASGITransport(simulation.asgi_app)
    async with httpx.AsyncClient(transport=transport, base_url="http://bot.test") as http:
        given = [(b"authorization", each) for each in headers]
        answer = await http.post("/events", content=b"{}", headers=given)

    assert answer.status_code == status


async def test_a_token_may_have_other_letters_than_english_ones(simulation):
    settings = replace(simulation.settings, events_token=Secret("ett-långt-lösenord"))
    simulation.asgi_app = Starlette(routes=routes(settings))
    simulation.asgi_app.state.bot = simulation.bot

    assert (await post(simulation, "/events", {}, "ett-långt-lösenord".encode()))[0] == 400


async def test_without_the_setting_there_is_no_endpoint(simulation):
    without = replace(simulation.settings, events_token=Secret(""))
    simulation.asgi_app = Starlette(routes=routes(without))
    simulation.asgi_app.state.bot = simulation.bot

    status, answer = await post(simulation, "/events", {}, b"")

    assert (status, "isn't set" in answer["error"]) == (404, True)


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("/events", {"contact": "01NOBODY", "name": "x"}, 404, "has no such contact"),
        ("/say", {"contact": "01NOBODY", "text": "x"}, 404, "has no such contact"),
        ("/start", {"contact": "01NOBODY", "flow": "parcel"}, 404, "has no such contact"),
        ("/start", {"contact": "SMS:46700", "flow": "parcl"}, 400, "There is no flow 'parcl'"),
        ("/start", {"contact": "SMS:46700", "flow": "parcel", "state": "x"}, 400, "no state 'x'"),
        (
            "/start",
            {"contact": "SMS:46700", "flow": "parcel", "data": {"day": "never"}},
            400,
            "the value of day does not fit",
        ),
        ("/start", {"contact": "SMS:46700", "flow": "parcel", "data": []}, 400, "data"),
        ("/start", {"contact": "SMS:07000", "flow": "parcel"}, 400, "lacks its country code"),
        ("/start", {"contact": "SMS:x", "flow": "parcel"}, 400, "not a phone number"),
        ("/start", {"contact": "46700000009", "flow": "parcel"}, 404, "has no such contact"),
        ("/events", {"contact": "46700000009", "name": "x"}, 404, "has no such contact"),
        ("/events", {"contact": "SMS:46700000009", "name": "x"}, 404, "has no such contact"),
        ("/events", {"contact": "0700000000", "name": "x"}, 400, "lacks its country code"),
        ("/say", {"contact": "0700000000", "text": "x"}, 400, "lacks its country code"),
        ("/pause", {"contact": "NOCHANNEL:46700000009"}, 404, "has no such contact"),
        ("/events", {"contact": "", "name": "x"}, 400, "contact"),
        ("/events", {"contact": "a\nb", "name": "x"}, 404, "has no such contact"),
        ("/events", {"contact": "a"}, 400, "name"),
        ("/events", {"contact": "a", "name": ""}, 400, "name"),
        ("/events", {"contact": "a", "name": "x", "extra": 1}, 400, "extra"),
        ("/events", b"no json", 400, "JSON"),
        ("/events", b"\xff", 400, ""),
        ("/events", b"[" * 9000, 400, ""),
        ("/events", b" " * 10_001, 413, "BOT_MAX_BODY"),
    ],
)
async def test_what_cannot_be_done_is_told(simulation, path, body, status, words):
    answer = await post(simulation, path, body)

    assert answer[0] == status
    assert words in answer[1]["error"]


async def test_a_contact_who_said_stop_is_not_written_to(simulation, contact):
    await contact.says("parcel")
    key = contact.session.address.key
    await contact.says("stop")

    assert (await post(simulation, "/say", {"contact": key, "text": "Hello?"}))[0] == 409
    assert (await post(simulation, "/start", {"contact": key, "flow": "parcel"}))[0] == 409


async def test_a_state_that_is_not_there_is_refused(simulation, contact):
    await contact.says("parcel")
    body = {"contact": contact.session.address.key, "state": "nowhere"}

    status, answer = await post(simulation, "/resume", body)

    assert (status, "has no such state" in answer["error"]) == (400, True)


async def test_an_empty_text_is_refused(simulation, contact):
    await contact.says("parcel")
    body = {"contact": contact.session.address.key, "text": " "}

    assert (await post(simulation, "/say", body))[0] == 400
