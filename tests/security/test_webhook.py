"""Thousands of forged signatures and hostile bodies at the webhook's endpoint: none is accepted."""

import base64
import json
import random
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from bot import END, Flow, ask, parse
from bot.app.asgi import routes
from bot.callbacks import signature
from bot.testing.simulation import Simulation
from tests.support.http import as_body, inbound
from tests.support.stored_items import stored_items
from tests.support.tried import tried

ROUNDS = 3_000
PREFIX = "x-sinch-webhook-signature"


class Listens(Flow):
    fallback = True
    more = ask("Yes?", accept=parse.text(), to=END)


pytestmark = pytest.mark.flows([Listens])

Headers = list[tuple[str, str | bytes]]


class Door:
    """The webhook's endpoint, without a server before it."""

    def __init__(self, simulation: Simulation, http: httpx.AsyncClient) -> None:
        self.simulation = simulation
        self._http = http

    async def post(self, body: bytes, headers: Headers | None = None) -> int:
        given = self.signed(body) if headers is None else headers
        coded = [(name.encode(), _bytes(value)) for name, value in given]
        return (await self._http.post("/webhook", content=body, headers=coded)).status_code

    def signed(self, body: bytes, nonce: str = "a-nonce", age_s: float = 0.0) -> Headers:
        secret = self.simulation.settings.webhook_secrets[0]
        at = int(self.simulation.clock.now() - age_s)
        return list(signature.headers(secret, body, nonce, at).items())

    async def stored(self) -> int:
        """Return the number of items in all inboxes."""
        client = self.simulation.bot.store.connection.client
        return await stored_items(client, self.simulation.settings.namespace)


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode()


@pytest.fixture
async def door(simulation: Simulation) -> AsyncIterator[Door]:
    app = Starlette(routes=routes(simulation.settings))
    app.state.bot = simulation.bot
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://bot") as http:
        yield Door(simulation, http)


def flip(text: str, dice: random.Random) -> str:
    """Return the text with one character changed. The result is still valid in a header."""
    at = dice.randrange(len(text))
    other = dice.choice([c for c in map(chr, range(33, 127)) if c != text[at]])
    return text[:at] + other + text[at + 1 :]


def forged(good: Headers, body: bytes, dice: random.Random) -> tuple[str, Headers, bytes]:
    """Return a forgery without the secret: its description, headers and body."""
    found: dict[str, str] = {name: str(value) for name, value in good}
    digest = base64.b64decode(found[PREFIX])
    names = list(found)
    name = dice.choice(names)
    at = dice.randrange(len(body))
    ways: dict[str, Callable[[], dict[str, Any]]] = {
        "a character of a header changed": lambda: {name: flip(found[name], dice)},
        "a header empty": lambda: {name: ""},
        "a header cut short": lambda: {name: found[name][: dice.randrange(len(found[name]))]},
        "a header made longer": lambda: {name: found[name] + dice.choice("=A0 x\t") + "x"},
        "a header of other bytes": lambda: {
            name: bytes(dice.randrange(128, 256) for _ in range(9))
        },
        "a header very long": lambda: {name: "A" * dice.randrange(1_000, 60_000)},
        "a guessed signature": lambda: {PREFIX: base64.b64encode(dice.randbytes(32)).decode()},
        "a signature of another length": lambda: {
            PREFIX: base64.b64encode(digest[: dice.randrange(32)]).decode()
        },
        "a signature in hexadecimal": lambda: {PREFIX: digest.hex()},
        "another algorithm": lambda: {
            f"{PREFIX}-algorithm": dice.choice(["none", "HmacSHA1", "hmacsha256", "RS256", "*"])
        },
        "another time": lambda: {f"{PREFIX}-timestamp": str(dice.randrange(2**31))},
        "a time that is none": lambda: {
            f"{PREFIX}-timestamp": dice.choice(["-1", "1e9", "0x10", "NaN", "9" * 400, "1 ", "+1"])
        },
    }
    if dice.random() < 0.2:
        return "a byte of the body changed", good, _changed(body, at, dice)
    if dice.random() < 0.1:
        return "a header missing", [(n, v) for n, v in good if n != name], body
    if dice.random() < 0.1:
        return "a header twice", [*good, (name, found[name])], body
    way = dice.choice(list(ways))
    return way, [(n, v) for n, v in {**found, **ways[way]()}.items()], body


def _changed(body: bytes, at: int, dice: random.Random) -> bytes:
    return body[:at] + bytes([body[at] ^ (1 << dice.randrange(8))]) + body[at + 1 :]


async def test_no_forged_signature_is_accepted(door: Door) -> None:
    dice = random.Random(7)
    body = as_body(inbound("never stored"))

    for _ in range(ROUNDS):
        way, headers, changed = forged(door.signed(body), body, dice)
        same = (headers, changed) == (door.signed(body), body)
        assert not same, way
        assert await door.post(changed, headers) == 401, (way, headers)
        tried(f"signature: {way}")

    assert await door.stored() == 0


async def test_a_replay_is_accepted_once_and_an_old_callback_never(door: Door) -> None:
    body = as_body(inbound("once", 1))
    first = door.signed(body)

    statuses = {await door.post(body, first) for _ in range(50)}
    statuses |= {await door.post(body, door.signed(body, f"nonce{n}")) for n in range(50)}
    tried("replay: with the same or a new signature", 99)

    assert statuses == {200}
    assert await door.stored() == 1
    door.simulation.clock.advance_to(
        door.simulation.clock.now() + door.simulation.settings.signature_age_s + 1
    )
    assert {await door.post(body, first) for _ in range(20)} == {401}
    tried("replay: of a signature that is too old", 20)
    assert await door.stored() == 1


NOT_UTF_8 = {
    "a lone continuation byte": b"\x80",
    "a sequence cut off": b"\xe2\x82",
    "an overlong slash": b"\xc0\xaf",
    "an overlong NUL": b"\xe0\x80\x80",
    "a surrogate": b"\xed\xa0\x80",
    "a pair of surrogates": b"\xed\xa0\xbd\xed\xb8\x80",
    "beyond Unicode": b"\xf4\x90\x80\x80",
    "five bytes": b"\xf8\x88\x80\x80\x80",
    "never a byte of UTF-8": b"\xfe\xff",
    "Latin-1": "smör".encode("latin-1"),
}


@pytest.mark.parametrize("wrong", NOT_UTF_8.values(), ids=NOT_UTF_8)
async def test_bytes_that_are_not_utf_8_are_rejected_anywhere(door: Door, wrong: bytes) -> None:
    for mark in (b"THE-TEXT", b"THE-ID", b"THE-KEY"):
        callback = inbound("THE-TEXT", id="THE-ID", metadata="x") | {"THE-KEY": 1}
        body = as_body(callback).replace(mark, wrong)

        assert await door.post(body) == 400, mark
        tried("invalid UTF-8")

    assert await door.stored() == 0


@pytest.mark.parametrize(
    "coding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-8-sig"]
)
async def test_json_in_another_coding_is_refused(door: Door, coding: str) -> None:
    body = json.dumps(inbound("grüße"), ensure_ascii=False).encode(coding)

    assert await door.post(body) == 400
    tried("JSON in another coding than UTF-8")
    assert await door.stored() == 0


def monsters() -> Iterator[tuple[str, bytes, set[int]]]:
    """JSON that is deep, wide or long; with the statuses it may have."""
    for depth in (500, 2_000, 20_000, 200_000):
        for opening, closing in ((b"[", b"]"), (b'{"a":', b"}"), (b'[{"a":', b"}]")):
            deep = opening * depth + b"1" + closing * depth
            for around in (b"%b", b'{"message":%b}', b'{"message":{"contact_message":%b}}'):
                body = around % deep
                yield "deep JSON", body, {413} if len(body) > 2**18 else {200, 400}
            yield "deep JSON that isn't closed", opening * depth, {400, 413}
    for count in (1_000, 20_000):
        wide = b",".join(b'"k%d":0' % n for n in range(count))
        yield "JSON of very many keys", b"{" + wide + b"}", {200}
        yield (
            "JSON of the same key again",
            b"{" + b",".join([b'"message":{}'] * count) + b"}",
            {200},
        )
        yield "JSON of a long list", b'{"message":[' + b",".join([b"0"] * count) + b"]}", {200}
        yield "JSON of a long number", b'{"message":' + b"9" * count + b"}", {200, 400}
        yield "JSON of a long fraction", b'{"message":1.' + b"9" * count + b"}", {200, 400}
        yield "JSON of a huge exponent", b'{"message":1e' + b"9" * count + b"}", {200, 400}
        yield "JSON of long white space", b" " * count + b"{}" + b"\n" * count, {200}
        yield "JSON of a long text", b'{"event":"' + b"x" * count + b'"}', {200}
        yield "JSON of escapes", b'{"event":"' + b"\\u0000" * (count // 10) + b'"}', {200}
    for size in (2**18 - 2, 2**18 - 1, 2**18, 2**18 + 1, 2**19):
        yield "a body about as large as is let in", b"[" + b" " * (size - 1), {400, 413}
    for word in (
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"'a'",
        b"/**/1",
        b"01",
        b"1.",
        b"0x1",
        b"\x00",
    ):
        yield "JSON with what isn't JSON", b'{"message":%b}' % word, {400}
    for word in (b"", b" ", b"null", b"1", b'"a"', b"[]", b"{", b"}", b"{}{}", b'{"a":1,}', b"{]"):
        yield "no JSON object", word, {400}


async def test_hostile_json_is_rejected_or_stored_for_inspection(door: Door) -> None:
    for kind, body, statuses in monsters():
        assert await door.post(body) in statuses, (kind, len(body), body[:60])
        tried(kind)

    await door.simulation.bot.worker.drain()
    assert await door.stored() == 0
    assert await door.post(as_body(inbound("honest"))) == 200
    assert await door.stored() == 1


async def test_a_callback_signed_ahead_of_time_is_not_taken_again_later(door: Door) -> None:
    body = as_body(inbound("pay 100"))
    signed = door.signed(body, age_s=-890)
    assert await door.post(body, signed) == 200
    await door.simulation.bot.worker.drain()

    await door.simulation.wait(172_800 + 880)

    assert await door.post(body, signed) == 401


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999", "soon", ""]
)
async def test_a_callback_of_an_impossible_time_is_handled(
    door: Door, at: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert await door.post(as_body(inbound("hello") | {"accepted_time": at})) == 200

    await door.simulation.bot.worker.drain()

    assert await door.stored() == 0
    assert "The turn failed" not in caplog.text
