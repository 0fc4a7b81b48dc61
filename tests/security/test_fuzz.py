"""Arbitrary input to everything that reads foreign data may be rejected, and has no other
effect.
"""

import hmac
import json
import random
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette

from bot import END, Flow, ask, parse
from bot.app.asgi import routes
from bot.callbacks import signature
from bot.contact import session
from bot.contact.address import Address
from bot.contact.session import Asked, Chain, Pause, Run, Session, Timer
from bot.errors import BadSignature, LaterSession, UnreadableSession
from bot.settings import Secret
from tests.support.http import inbound
from tests.support.junk import with_junk
from tests.support.tried import tried

ROUNDS = 450
SAMPLES = Path(__file__).parent.parent / "payloads" / "callbacks"


class Listens(Flow):
    fallback = True
    more = ask("Yes?", accept=(parse.location, parse.media(), parse.text()), to=END)


@pytest.mark.flows([Listens])
async def test_no_callback_breaks_the_webhook_or_a_turn(simulation, contact, caplog):
    dice = random.Random(1)
    app = Starlette(routes=routes(simulation.settings))
    app.state.bot = simulation.bot
    shapes = [
        inbound("hello"),
        inbound("x", contact_message={"media_message": {"url": "http://169.254.169.254/"}}),
        inbound(
            "x", contact_message={"choice_response_message": {"postback_data": "v2/a/b/1.1/c/d"}}
        ),
        inbound("x", contact_message={"location_message": {"coordinates": {"latitude": 1}}}),
        {"app_id": simulation.settings.app_id, "opt_out_notification": {"contact_id": "c"}},
        {"app_id": simulation.settings.app_id, "event": {"id": "e", "contact_id": "c"}},
        *(
            {**json.loads(path.read_text()), "app_id": simulation.settings.app_id}
            for path in sorted(SAMPLES.glob("*.json"))
        ),
    ]
    statuses = set()

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot") as http:
        for number in range(ROUNDS):
            callback = with_junk(shapes[number % len(shapes)], dice)
            body = json.dumps(callback).encode()
            now = str(int(simulation.clock.now()))
            headers = signature.headers(simulation.settings.webhook_secrets[0], body, "n", now)
            answer = await http.post("/webhook", content=body, headers=headers)
            statuses.add(answer.status_code)
            tried("junk anywhere in a signed callback")
            await simulation.bot.worker.drain()
    await contact.says("hello")

    assert statuses == {200}
    assert simulation.failures() == []
    depth = await simulation.bot.store.reader.depth()
    assert (depth.waiting, depth.leased) == (0, 0)
    contact.sees("Yes?")
    told = {record.getMessage() for record in caplog.records if record.levelname == "ERROR"}
    # The platform knows none of these contacts.
    assert told <= {"Not sent; the message is now a dead letter"}


words = st.text(max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
runs = st.builds(
    Run,
    flow=words,
    state=words,
    version=st.integers(0, 9),
    entered=st.integers(0, 99),
    attempts=st.integers(0, 9),
    data=st.dictionaries(words, values, max_size=4),
    trail=st.lists(st.builds(Asked, words), max_size=3),
)
sessions = st.builds(
    Session,
    address=st.builds(Address, words, words, words),
    turn=st.integers(0, 2**40),
    chains=st.lists(st.builds(Chain, st.lists(runs, min_size=1, max_size=3)), max_size=3),
    timers=st.lists(st.builds(Timer, words, st.integers(0, 99)), max_size=3),
    heard=st.dictionaries(words, st.integers(0, 2**40), max_size=3),
    language=words,
    consent=st.sampled_from(["", "in", "out"]),
    pause=st.none() | st.builds(Pause, since=st.integers(0, 2**40).map(float), reason=words),
    apologized=st.booleans(),
)


@given(sessions)
def test_a_session_is_read_as_it_was_written(kept):
    assert session.decode(session.encode(kept)) == kept


@given(st.binary(max_size=200) | values.map(lambda value: json.dumps(value).encode()))
def test_bytes_that_are_no_session_are_reported_as_such(raw):
    with suppress(LaterSession, UnreadableSession):
        assert isinstance(session.decode(raw), Session)


def test_every_secret_is_compared_in_constant_time(monkeypatch):
    compared = []

    def compare(ours, theirs):
        compared.append((ours, theirs))
        return real(ours, theirs)

    real = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", compare)
    secrets = [Secret("first"), Secret("second"), Secret("third")]
    signed = signature.headers(secrets[0], b"{}", "nonce", "1700000000")
    headers = [(name.encode(), value.encode()) for name, value in signed.items()]

    read = signature.read(headers, 1_700_000_000, 60, 60)
    read.verify(b"{}", secrets)
    assert len(compared) == 3, "also those after the one that fits"
    with pytest.raises(BadSignature):
        read.verify(b"{ }", secrets)
    assert len(compared) == 6
