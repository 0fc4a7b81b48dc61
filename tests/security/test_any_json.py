"""JSON texts that some readers refuse: what the webhook accepts, everything behind it can read."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import count

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot import END, Flow, ask, callbacks, parse, step
from bot.callbacks import signature
from bot.console.transition_counts import count as counted
from bot.contact.session import Session, decode
from bot.errors import Malformed
from bot.flow.definition import of_class
from bot.flow.hooks import Hooks
from bot.flow.load import Flows
from bot.items import inbound, turn_log
from bot.ops import contacts, dead_letters, unrouted
from bot.settings import Secret
from bot.telemetry import store_gauges
from bot.testing.recording import chat_text
from bot.testing.simulation import Simulation
from bot.tooling.replay import replay
from tests.support.tried import tried

ODD = [
    *(r'"hi \ud83d"', r'"\ude00 hi"', r'"\ud83d\u0041"', r'"\u0000"', r'{"\ud83d":1,"\ude00":2}'),
    *("1e999", "-1e999", "1E+400", "1e-999", "[0.1e99999999999999999999]", "-0", "-0.0"),
    *("1" * 25, "-" + "9" * 400, "1" * 4300, "1" * 4301, "-" + "1" * 5000, "1" * 5000 + ".5"),
    *('{"a":1,"a":[2],"a":1e999}', '{"":{"":""}}', '{"$sealed":"x"}', '" raw"', "null", "true"),
    *("[" * levels + "]" * levels for levels in (9, 390, 410, 560, 700, 990, 3000)),
    *('{"a":' * levels + "1" + "}" * levels for levels in (390, 560, 980)),
    *("NaN", "-Infinity", "01", "1.", "'a'", "[1,]", '"\x00"', '"\x1f"', "\ufeff1", "\x00", ""),
]
scalars = (
    st.sampled_from(ODD)
    | st.builds(json.dumps, st.text(), ensure_ascii=st.booleans())
    | st.builds(json.dumps, st.integers() | st.floats(allow_nan=False, allow_infinity=False))
)
keys = st.builds(json.dumps, st.text(max_size=3)) | st.sampled_from([r'"\ud83d"', '"a"', '"id"'])
texts = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: f"[{','.join(parts)}]")
        | st.lists(st.tuples(keys, inner), max_size=3).map(
            lambda parts: "{" + ",".join(f"{key}: {value}" for key, value in parts) + "}"
        )
    ),
    max_leaves=6,
)
"""JSON as it may be written, some of it wrong."""

MORE = {
    "known field": ',"metadata":%s,"sender_id":%s',
    "field of a message": ',"new":%s',
    "address": ',"channel_identity":%s',
    "contact message": ',"contact_message":%s',
}
"""The places of odd JSON in a message, each with the fields to add; `%s` is the odd JSON."""


def body(id: str, contact: str, place: str, odd: str) -> bytes:
    """Return an inbound message with the JSON `odd` at a place: "text" or a key of MORE."""
    text = odd if place == "text" else '"hello"'
    number = f"467{contact[-8:]}"  # A STOP holds for a number, whatever the contact's id.
    message = (
        f'{{"id":"{id}","contact_id":"{contact}","contact_message":{{"text_message":'
        f'{{"text":{text}}}}},"channel_identity":{{"channel":"SMS","identity":"{number}"}}'
        f"{MORE.get(place, '').replace('%s', odd)}}}"
    )
    outside = f'"new":{odd},' if place == "unknown field" else ""
    first = f'"message":{odd},' if place == "key that comes twice" else ""
    found = f'{{"app_id":"",{outside}{first}"message":{message}}}'
    return (("\ufeff" if place == "byte order mark" else "") + found).encode()


places = st.sampled_from(
    [*MORE, "text", "unknown field", "key that comes twice", "byte order mark"]
)


class Listens(Flow):
    fallback = True
    more = ask("Yes?", accept=parse.text(), to=END)


class Fails(Flow):
    start_on = ("fail",)
    words = ask("What?", accept=parse.text(), to="burn")

    @step(to=END)
    def burn(self, turn):
        raise RuntimeError(f"no {turn.text}")


class Pin(Flow):
    start_on = ("pin",)
    pin = ask("Your PIN?", accept=parse.text(), to=END, secret=True)


hooks = Hooks()
forwarded: list[str] = []


@hooks.handoff
async def tell(forward):
    forwarded.append(json.dumps(forward))


BEFORE = {"turn": "hi", "failing turn": "fail", "secret question": "pin", "hand-over": "agent"}
"""A contact's first text, by the part of the bot that handles the contact's next text."""


@pytest.fixture
def bot_flows():
    return Flows([of_class(Listens), of_class(Fails), of_class(Pin)], hooks=hooks)


@pytest.fixture
def bot_settings(bot_settings):
    return replace(
        bot_settings, handoff_url="https://desk.example/bot", handoff_secret=Secret("of-the-desk")
    )


class Line:
    """Posts callbacks of contacts to the webhook, signed and byte by byte as given."""

    def __init__(self, simulation: Simulation, http: httpx.AsyncClient) -> None:
        self.simulation = simulation
        self._http = http
        self._numbers = count()

    def new_id(self) -> str:
        return f"01{next(self._numbers):024}"

    async def post(self, raw: bytes) -> int:
        secret, now = self.simulation.settings.webhook_secrets[0], self.simulation.clock.now()
        headers = signature.headers(secret, raw, "n", int(now))
        return (await self._http.post("/webhook", content=raw, headers=headers)).status_code

    async def says(self, contact: str, text: str) -> None:
        said = body(self.new_id(), contact, "text", json.dumps(text))
        assert await self.post(said) == 200
        await self.simulation.wait(600)

    async def session(self, contact: str) -> Session:
        raw = await self.simulation.bot.store.reader.session(contact)
        assert raw is not None
        return decode(raw)


@pytest.fixture
async def line(simulation: Simulation) -> AsyncIterator[Line]:
    transport = simulation.new_webhook_transport()
    async with httpx.AsyncClient(transport=transport, base_url="http://bot") as http:
        yield Line(simulation, http)


async def read_everything(simulation: Simulation, contact: str, capsys, monkeypatch) -> None:
    """Let each command and page read what is stored of the contact."""
    store, bot = simulation.bot.store, simulation.bot
    for as_json in (False, True):
        await contacts.show(store, contact, as_json=as_json)
        await contacts.list_contacts(store, contacts.Filter(), as_json=as_json)
        await unrouted.list_kept(store, 3, as_json=as_json)
        await dead_letters.list_letters(store, as_json=as_json)
    await contacts.rows_of(store, contacts.Filter(stuck_s=1.0), bot.flows, simulation.clock.now())
    async for letter in store.admin.dead_letters():
        await dead_letters.show(store, letter.id)
        await store.admin.drop_dead(letter.id)
    assert await contacts.export(store, contact, "text")
    assert json.loads(await contacts.export(store, contact, "json"))
    assert await chat_text(store, contact)
    monkeypatch.setattr("bot.tooling.replay.load_flows", lambda where: bot.flows)
    assert (await replay(simulation.settings, 0.0, [contact])).turns
    await counted(store, bot.flows, [contact])
    await store_gauges.read(store, bot.settings, bot.clock)
    for record in await store.reader.log(contact):
        assert turn_log.decode(record).turn
    for printed in capsys.readouterr().out.splitlines():
        printed.encode()


@pytest.mark.parametrize("where", BEFORE)
@settings(
    derandomize=True,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(place=places, odd=texts)
@example(place="text", odd=r'"hi \ud83d"')
@example(place="unknown field", odd=r'{"\ud83d":"\ud83d"}')
@example(place="unknown field", odd="1e999")
@example(place="unknown field", odd="1" * 5000)
@example(place="text", odd="1" * 5000)
@example(place="field of a message", odd="[" * 560 + "]" * 560)
async def test_an_accepted_callback_is_read_by_everything(
    line, where, place, odd, capsys, caplog, monkeypatch
):
    simulation, contact = line.simulation, line.new_id()
    store = simulation.bot.store
    await line.says(contact, BEFORE[where])
    caplog.clear()
    desk, hook = len(simulation.desk.told), len(forwarded)

    status = await line.post(body(line.new_id(), contact, place, odd))
    await simulation.wait(600)

    tried(f"odd JSON, {where}")
    assert status in (200, 400)
    assert await store.reader.inbox(contact) == []
    assert await store.reader.outbox(contact) == []
    logged = {(r.getMessage(), getattr(r, "reason", "")) for r in caplog.records if r.levelno >= 40}
    assert {message for message, _ in logged} <= {
        "Not sent; the message is now a dead letter",  # The platform knows none of these contacts.
        *(["The turn failed", "The turn failed; its item is now a dead letter"]),
    }
    if where != "failing turn":
        assert "The turn failed" not in caplog.text
    if where == "hand-over":
        assert len(simulation.desk.told) - desk == len(forwarded) - hook
        assert status == 400 or len(forwarded) > hook
    await read_everything(simulation, contact, capsys, monkeypatch)
    await line.says(contact, "STOP")
    assert (await line.session(contact)).consent == "out"


@settings(derandomize=True, deadline=None)
@given(place=places, odd=texts)
def test_what_is_stored_reads_as_what_was_posted(place, odd):
    raw = body("M", "C", place, odd)
    try:
        callback = callbacks.receive(raw)
    except Malformed:
        return

    item = inbound.decode(inbound.encode(inbound.Item(id="x", callback=msgspec.Raw(callback.raw))))
    again = callbacks.decode(bytes(item.callback))

    assert again == callback
    assert again.dedupe_id == callback.dedupe_id
    assert msgspec.json.encode(callbacks.read(again.raw))
