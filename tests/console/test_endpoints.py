"""The console's endpoints: their results, and who may use them."""

import json
from typing import Any

import httpx
import pytest

from bot.console import (
    contact_snapshot,
    dead_letter_groups,
    endpoints,
    text_search,
    transition_counts,
)
from bot.contact.session import decode as decode_session
from bot.engine.machines import Limits
from bot.errors import StoreError
from bot.flow.load import Flows
from bot.store.outcomes import Outcomes
from tests.support.console import TOKEN, Talk, key_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def counts(http: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await http.get("/api/counts")).json()
    return found


async def test_nobody_gets_in_without_the_token(http):
    for given in ("", "Bearer ", "Bearer open-the-consol", f"Basic {TOKEN}", "Bearer é"):
        answer = await http.get("/api/counts", headers={b"authorization": given.encode()})
        assert answer.status_code == 401
    assert (await http.post("/api/pause", headers={"authorization": ""})).status_code == 401


async def test_the_page_itself_needs_none_and_names_nothing_from_elsewhere(http):
    answer = await http.get("/", headers={"authorization": ""})

    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert (await http.get("/static/base.css")).status_code == 200
    assert (await http.get("/static/console.js")).status_code == 200


async def test_only_this_machine_is_answered_where_it_is_not_mounted(http):
    answer = await http.get("/api/counts", headers={"host": "rebound.example"})

    assert answer.status_code == 403


async def test_flow_is_switched_off_and_on(talk: Talk, http):
    off = {"flow": "pizza", "because": "the oven is broken", "say": "Back at 5 pm."}
    assert (await http.post("/api/flows/off", json=off)).json() == {"done": True}

    known = (await counts(http))["off"]["pizza"]
    assert (known["because"], known["say"]) == ("the oven is broken", "Back at 5 pm.")
    (await talk.contact("pizza")).sees("Back at 5 pm.")

    assert (await http.post("/api/flows/on", json={"flow": "pizza"})).json() == {"done": True}
    assert (await counts(http))["off"] == {}


async def test_only_flows_that_exist_are_switched_off_with_a_reason(http):
    unknown = {"flow": "soup", "because": "cold"}
    assert (await http.post("/api/flows/off", json=unknown)).status_code == 400
    assert (await http.post("/api/flows/off", json={"flow": "pizza"})).status_code == 400


async def test_counts_contacts_in_each_state(talk: Talk, http):
    await talk.contact("pizza")
    await talk.contact("pizza")
    await talk.contact("pizza", "small", channel="WHATSAPP")
    await talk.contact("hello")

    told = await counts(http)

    assert told["waiting"] == {"pizza/size": 2, "pizza/address": 1}
    assert (told["contacts"], told["idle"], told["is_complete"]) == (4, 1, True)


async def test_what_takes_long_is_kept_for_a_while(talk: Talk, http):
    await talk.contact("pizza")
    assert (await counts(http))["contacts"] == 1
    await talk.contact("pizza")

    assert (await counts(http))["contacts"] == 1
    talk.later()
    assert (await counts(http))["contacts"] == 2


async def test_no_more_sessions_are_read_than_the_bound(talk: Talk, http, monkeypatch):
    monkeypatch.setattr(contact_snapshot, "MAX_CONTACTS", 2)
    for _ in range(3):
        await talk.contact("pizza")

    told = await counts(http)

    assert (told["contacts"], told["is_complete"]) == (2, False)


async def test_walks_tell_who_went_where_and_who_gave_up(talk: Talk, http):
    await talk.contact("pizza", "small", "Harbour Street 1")
    await talk.contact("pizza", "small")
    await talk.contact("pizza", "cancel")
    await talk.contact("pizza", "something else")
    slow = await talk.contact("pizza")
    await slow.waits("25h")

    told = (await http.get("/api/walks")).json()

    flow = told["flows"]["pizza"]
    assert told["contacts"] == 5
    states = {one.pop("state"): one for one in flow["states"]}
    assert states["address"] == {"came": 2, "left": 0, "stay": 1, "median_s": 0}
    assert states["end"] == {"came": 3, "left": 0, "stay": 0, "median_s": None}
    assert states["size"] == {"came": 5, "left": 1, "stay": 0, "median_s": 43_200}
    assert (flow["began"], flow["completed"]) == (5, 3)
    assert flow["options"] == [
        {"state": "size", "option": "small", "label": "Small", "took": 2, "completed": 1, "left": 0}
    ]
    assert {(move["source"], move["target"]): move["took"] for move in flow["moves"]} == {
        ("size", "address"): 2,
        ("size", "end"): 2,
        ("address", "place"): 1,
        ("place", "end"): 1,
    }


async def test_no_more_logs_are_read_than_the_bound(talk: Talk, http, monkeypatch):
    monkeypatch.setattr(transition_counts, "MAX_LOGS", 2)
    for _ in range(3):
        await talk.contact("pizza")

    assert (await http.get("/api/walks")).json()["contacts"] == 2


async def test_a_way_that_is_no_transition_is_no_transition_taken():
    counted = transition_counts.TransitionCounts(Flows([]))
    counted.add(
        [transition_counts._Turn(1.0, ["gone/a"]), transition_counts._Turn(2.0, ["gone/b"])]
    )

    assert counted.told()["flows"] == {
        "gone": {
            "states": [
                {"state": "a", "came": 1, "left": 1, "stay": 0, "median_s": None},
                {"state": "b", "came": 1, "left": 1, "stay": 0, "median_s": None},
            ],
            "moves": [],
            "options": [],
            "began": 2,
            "completed": 0,
        }
    }


async def test_contacts_are_found_by_state_number_and_hold(talk: Talk, http, monkeypatch):
    monkeypatch.setattr(endpoints, "PAGE", 1)
    first = await talk.contact("pizza")
    talk.later()
    second = await talk.contact("pizza", "small")

    async def found(**wanted) -> list[int | str]:
        answer = (await http.post("/api/contacts", json=wanted)).json()
        return [answer["total"], *(row["identity"] for row in answer["rows"])]

    assert await found(flow="pizza", state="size") == [1, first.phone.identity]
    assert await found(search=f"+{second.phone.identity}") == [1, second.phone.identity]
    assert await found(flow="pizza", skip=1) == [2, first.phone.identity]
    assert await found(paused=True) == [0]


async def test_a_contact_is_taken_over_and_handed_back(talk: Talk, http):
    contact = await talk.contact("pizza")
    key = key_of(contact)

    answer = await http.post("/api/pause", json={"contact": key, "reason": "calls us"})
    await contact.run_until_idle()
    held = (await http.post("/api/contact", json={"contact": key})).json()
    assert answer.status_code == 200
    assert held["session"]["pause"]["reason"] == "calls us"
    await contact.says("small")
    assert contact.state == "size"

    await http.post("/api/resume", json={"contact": key})
    await contact.run_until_idle()
    contact.sees("Which size?", choices=["Small", "Large"])
    freed = (await http.post("/api/contact", json={"contact": key})).json()
    assert "pause" not in freed["session"]
    assert [line["who"] for line in freed["transcript"]] == [
        *("contact", "bot", "event", "contact", "event", "bot"),
    ]


async def test_data_of_a_contact_is_shown_without_secrets(talk: Talk, http):
    contact = await talk.contact("pizza")
    raw = await talk.simulation.bot.store.reader.session(key_of(contact))
    assert raw is not None
    session = decode_session(raw)
    session.data = {"born": {"$": "date", "v": "1990-01-02"}, "pin": {"$sealed": "gAAA"}}
    await talk.simulation.introduce(session)

    found = (await http.post("/api/contact", json={"contact": key_of(contact)})).json()

    assert found["data"] == {"born": "1990-01-02", "pin": "***"}


async def test_a_person_answers_under_a_name_once(talk: Talk, http):
    contact = await talk.contact("pizza", channel="WHATSAPP")
    key = key_of(contact)
    await http.post("/api/pause", json={"contact": key})
    await contact.run_until_idle()

    answer = {"contact": key, "text": "Anna here.", "agent": "Anna", "id": "answer-1"}
    assert (await http.post("/api/say", json=answer)).json() == {"done": True}
    assert (await http.post("/api/say", json=answer)).json() == {"done": False}
    await contact.run_until_idle()

    contact.sees("Anna here.")
    held = (await http.post("/api/contact", json={"contact": key})).json()
    assert held["session"]["pause"]["agent"]["display_name"] == "Anna"
    lines = [(line["who"], line["text"], line.get("by")) for line in held["transcript"]]
    assert lines[-2:] == [("event", "Anna joined", None), ("agent", "Anna here.", "Anna")]


async def test_who_said_stop_is_not_answered(talk: Talk, http):
    contact = await talk.contact("pizza")
    await contact.stops()

    answer = await http.post("/api/say", json={"contact": key_of(contact), "text": "Wait!"})

    assert answer.status_code == 409
    assert "STOP" in answer.json()["error"]["message"]


async def test_an_empty_answer_is_refused(talk: Talk, http):
    contact = await talk.contact("pizza")

    answer = await http.post("/api/say", json={"contact": key_of(contact), "text": ""})

    assert answer.status_code == 400


@pytest.mark.parametrize("contact", ["nobody", "", "a\nb"])
async def test_an_unknown_contact_is_not_found(http, contact):
    for path in ("/api/contact", "/api/pause", "/api/resume", "/api/say"):
        answer = await http.post(path, json={"contact": contact, "text": "Hello"})
        assert answer.status_code == 404
        assert answer.json()["error"]["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"contact": 1}', b'{"reason": "x"}'])
async def test_what_cannot_be_read_is_refused(http, body):
    answer = await http.post("/api/contact", content=body)

    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


async def test_stuck_contacts_are_listed_with_why(talk: Talk, http):
    contact = await talk.contact("pizza")
    await talk.contact("pizza")
    await talk.make_stuck(contact)

    found = (await http.get("/api/stuck")).json()

    assert found["total"] == 1
    assert found["rows"][0]["identity"] == contact.phone.identity
    assert found["rows"][0]["why"].startswith("unhandled since")


async def test_of_many_stuck_contacts_the_longest_silent_are_listed(talk: Talk, http, monkeypatch):
    monkeypatch.setattr(contact_snapshot, "MAX_STUCK", 2)
    contacts = []
    for _ in range(6):
        contacts.append(await talk.contact("pizza"))
        talk.later()
    for contact in reversed(contacts):
        await talk.make_stuck(contact)

    found = (await http.get("/api/stuck")).json()

    assert found["total"] == 6
    assert [row["contact"] for row in found["rows"]] == [key_of(each) for each in contacts[:2]]


async def groups(http: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await http.get("/api/dead")).json()
    return found


def kind_of(group: dict[str, Any], **more: object) -> dict[str, object]:
    return (
        {name: group[name] for name in ("kind", "reason", "place")}
        | {"until": group["last"]}
        | more
    )


async def test_a_dead_letter_is_listed_shown_and_tried_again(talk: Talk, http):
    contact = await talk.dead_letter()

    listed = await groups(http)
    (group,) = listed["groups"]
    assert (listed["total"], group["reason"], group["count"]) == (
        *(1, "RuntimeError in pizza/place", 1),
    )
    assert (group["error"], group["contacts"]) == ("RuntimeError: the oven is off", 1)
    assert group["place"].endswith('raise RuntimeError("the oven is off")')
    assert "nowhere" not in json.dumps(listed)
    (letter,) = (await http.post("/api/dead", json=kind_of(group))).json()
    assert (letter["identity"], letter["texts"]) == (contact.phone.identity, ["nowhere"])
    assert letter["tries"] == 4
    whole = (await http.get(f"/api/dead/{letter['id']}")).json()
    assert "nowhere" in json.dumps(whole)

    assert (await http.post(f"/api/dead/{letter['id']}/retry")).json() == {"done": True}
    assert len(await talk.simulation.bot.store.reader.inbox(key_of(contact))) == 1
    assert (await http.post(f"/api/dead/{letter['id']}/retry")).json() == {"done": False}
    assert (await http.get(f"/api/dead/{letter['id']}")).status_code == 404


async def test_a_dead_letter_is_dropped(talk: Talk, http):
    await talk.dead_letter()
    (group,) = (await groups(http))["groups"]
    (letter,) = (await http.post("/api/dead", json=kind_of(group))).json()

    assert (await http.post(f"/api/dead/{letter['id']}/drop")).json() == {"done": True}
    assert await groups(http) == {"total": 0, "groups": []}


async def test_fifty_dead_letters_of_one_error_are_retried_at_once(talk: Talk, http, monkeypatch):
    monkeypatch.setattr(dead_letter_groups, "PAGE", 40)
    first = await talk.dead_letter()
    for _ in range(49):
        await talk.dead_letter()
    (group,) = (await groups(http))["groups"]
    assert (group["count"], group["contacts"]) == (50, 50)
    assert group["last"] - group["first"] > 3600
    newest = (await http.post("/api/dead", json=kind_of(group))).json()
    rest = (await http.post("/api/dead", json=kind_of(group, skip=40))).json()
    assert (len(newest), len(rest), rest[-1]["identity"]) == (40, 10, first.phone.identity)
    await talk.dead_letter()  # after somebody has looked at it

    done = await http.post("/api/dead/retry", json=kind_of(group))

    assert done.json() == {"done": 50}
    (left,) = (await groups(http))["groups"]
    assert left["count"] == 1
    assert (await http.post("/api/dead/drop", json=kind_of(left))).json() == {"done": 1}
    assert (await groups(http))["groups"] == []


async def test_a_contact_whose_first_turn_failed_is_named_by_its_number(talk: Talk, http):
    contact = await talk.contact("boom")
    await contact.waits("1h")
    (group,) = (await groups(http))["groups"]

    (letter,) = (await http.post("/api/dead", json=kind_of(group))).json()

    assert (letter["channel"], letter["identity"]) == ("SMS", contact.phone.identity)


async def test_letters_of_other_errors_are_left_alone(talk: Talk, http):
    await talk.dead_letter()
    (group,) = (await groups(http))["groups"]

    other = kind_of(group, reason="ValueError in pizza/place")
    assert (await http.post("/api/dead/retry", json=other)).json() == {"done": 0}

    assert (await groups(http))["total"] == 1


async def test_the_oldest_unanswered_contact_is_first_in_the_inbox(talk: Talk, http):
    contacts = [await talk.contact("pizza") for _ in range(3)]
    for contact in contacts[:2]:
        await http.post("/api/pause", json={"contact": key_of(contact), "reason": "calls us"})
        await contact.run_until_idle()
        talk.later()
    answered, second, first = contacts
    await first.says("agent")
    talk.later()
    answer = {"contact": key_of(answered), "text": "Hello.", "agent": "Anna"}
    await http.post("/api/say", json=answer)
    await answered.run_until_idle()
    await http.post("/api/say", json=answer | {"contact": key_of(second)})
    await second.run_until_idle()
    talk.later()
    await second.says("Anybody?")
    talk.later()

    queue = (await http.get("/api/inbox")).json()

    assert (queue["total"], queue["unanswered"]) == (3, 2)
    assert [row["contact"] for row in queue["rows"]] == list(map(key_of, (first, second, answered)))
    waits, asks, done = queue["rows"]
    assert (waits["reason"], waits["agent"], waits["waits_since"]) == (
        "asked for by the contact",
        "",
        waits["since"],
    )
    assert (asks["agent"], asks["who"], asks["said"]) == ("Anna", "contact", "Anybody?")
    assert asks["waits_since"] > asks["since"]
    assert (done["waits_since"], done["who"], done["said"]) == (None, "agent", "Hello.")
    assert (await counts(http))["unanswered"] == 2


async def test_a_contact_who_is_taken_over_waits_only_if_nobody_has_answered(talk: Talk, http):
    contact = await talk.contact("pizza")
    talk.later()
    await http.post("/api/pause", json={"contact": key_of(contact)})
    await contact.run_until_idle()
    talk.later()
    (row,) = (await http.get("/api/inbox")).json()["rows"]
    assert (row["waits_since"], row["who"]) == (None, "bot")

    await contact.says("Hello?")
    talk.later()
    (row,) = (await http.get("/api/inbox")).json()["rows"]
    waits_since = row["waits_since"]
    assert waits_since > row["since"]
    await http.post("/api/resume", json={"contact": key_of(contact)})
    await contact.run_until_idle()
    await contact.says("agent")
    talk.later()
    (row,) = (await http.get("/api/inbox")).json()["rows"]
    assert row["waits_since"] == row["since"]


async def test_a_message_that_the_bot_left_unanswered_waits_after_a_take_over(talk: Talk, http):
    contact = await talk.contact("pizza")
    talk.simulation.bot.engine.limits = Limits(answers_per_hour=1)
    await contact.says("what?")
    await contact.says("what now?")
    asked_at = talk.simulation.clock.now()
    talk.later()
    await http.post("/api/pause", json={"contact": key_of(contact)})
    await contact.run_until_idle()
    talk.later()

    (row,) = (await http.get("/api/inbox")).json()["rows"]
    assert (row["said"], row["who"]) == ("what now?", "contact")
    assert row["waits_since"] <= asked_at < row["since"]


async def test_notes_and_assignments_are_kept_with_the_contact(talk: Talk, http):
    contact = await talk.contact("pizza")
    key = key_of(contact)
    await http.post("/api/pause", json={"contact": key})
    await contact.run_until_idle()

    await http.post("/api/note", json={"contact": key, "by": "Anna", "text": "Wants a refund."})
    await http.post("/api/note", json={"contact": key, "by": "Anna", "assigned": "Bo"})
    talk.later()

    held = (await http.post("/api/contact", json={"contact": key})).json()
    assert held["assigned"] == "Bo"
    assert [note.get("text") for note in held["notes"]] == [None, "Wants a refund."]
    (row,) = (await http.get("/api/inbox")).json()["rows"]
    assert (row["agent"], row["notes"]) == ("Bo", 1)
    await http.post("/api/resume", json={"contact": key})
    await contact.run_until_idle()
    talk.later()
    await http.post("/api/pause", json={"contact": key})
    await contact.run_until_idle()
    again = (await http.post("/api/contact", json={"contact": key})).json()
    assert again["assigned"] == ""
    too_long = {"contact": key, "text": "x" * 2001}
    assert (await http.post("/api/note", json=too_long)).status_code == 400
    assert (await http.post("/api/note", json={"contact": "nobody"})).status_code == 404


async def test_texts_are_searched(talk: Talk, http):
    contact = await talk.contact("pizza", "small", "Harbour Street 1")
    await talk.contact("pizza", "small")

    found = (await http.post("/api/texts", json={"search": "harbour"})).json()

    assert found["searched"] == 2
    assert [(row["contact"], row["text"]) for row in found["rows"]] == [
        (key_of(contact), "Harbour Street 1")
    ]
    assert (await http.post("/api/texts", json={"search": "h"})).status_code == 400


async def test_a_search_counts_the_logs_until_it_has_found_enough(talk: Talk, http, monkeypatch):
    monkeypatch.setattr(text_search, "AT_ONCE", 1)
    monkeypatch.setattr(text_search, "MAX_FOUND", 1)
    await talk.contact("pizza", "small", "Harbour Street 1")
    await talk.contact("pizza", "small", "Harbour Street 2")

    found = (await http.post("/api/texts", json={"search": "harbour"})).json()

    assert (found["searched"], len(found["rows"])) == (1, 1)


async def test_walks_have_a_time_range_and_how_long_contacts_were_in_a_state(talk: Talk, http):
    slow = await talk.contact("pizza")
    await slow.waits("10m")
    await slow.says("small")
    await slow.waits("48h")
    await talk.contact("pizza", "large")
    talk.later()

    always = (await http.get("/api/walks")).json()["flows"]["pizza"]
    lately = (await http.get("/api/walks?since=24h")).json()["flows"]["pizza"]

    size = next(one for one in always["states"] if one["state"] == "size")
    assert (size["came"], size["median_s"]) == (2, 300)
    assert {one["option"]: one["took"] for one in always["options"]} == {"small": 1, "large": 1}
    assert {one["option"]: one["took"] for one in lately["options"]} == {"large": 1}
    assert (always["began"], lately["began"]) == (2, 1)


async def test_a_store_that_is_away_is_told(talk: Talk, http, monkeypatch):
    async def away() -> None:
        raise StoreError("Redis at redis.test: it did not answer in time")

    monkeypatch.setattr(talk.console.store.reader, "depth", away)

    answer = await http.get("/api/counts")

    assert answer.status_code == 503
    assert "redis.test" in answer.json()["error"]["message"]


async def test_everyone_who_came_went_on_gave_up_or_is_there(talk: Talk, http):
    for words in (["pizza"], ["pizza", "small"], ["pizza", "small", "back"], ["pizza", "pizza"]):
        await talk.contact(*words)

    flow = (await http.get("/api/walks")).json()["flows"]["pizza"]

    for one in flow["states"]:
        took = sum(move["took"] for move in flow["moves"] if move["source"] == one["state"])
        assert one["came"] == took + one["left"] + one["stay"], one


async def test_broadcasts_are_counted(talk: Talk, http):
    outcomes, tag = talk.simulation.bot.store.outcomes, Outcomes.tag("news")
    await outcomes.begin("news", 2, talk.simulation.clock.now())
    await outcomes.note(tag, "one", "read")
    await outcomes.note(tag, "two", "failed", "RECIPIENT_NOT_REACHABLE")

    (found,) = (await http.get("/api/broadcasts")).json()

    assert (found["name"], found["delivered"], found["read"]) == ("news", 1, 1)
    assert found["failed"] == {"RECIPIENT_NOT_REACHABLE": 1}


async def test_a_broadcast_is_canceled(talk: Talk, http):
    outcomes = talk.simulation.bot.store.outcomes
    await outcomes.begin("news", 2, talk.simulation.clock.now())
    await outcomes.note(Outcomes.tag("news"), "one", "sent")
    assert not (await http.get("/api/broadcasts")).json()[0]["has_ended"]

    for _ in range(2):
        answer = await http.post("/api/broadcasts/cancel", json={"name": "news"})
        assert (answer.status_code, answer.json()["sent"], answer.json()["canceled"]) == (200, 1, 1)
    (found,) = (await http.get("/api/broadcasts")).json()
    assert (found["canceled"], found["has_ended"]) == (1, True)
    unknown = await http.post("/api/broadcasts/cancel", json={"name": "old"})
    assert unknown.status_code == 404
    assert "There is no broadcast 'old'" in unknown.json()["error"]["message"]
