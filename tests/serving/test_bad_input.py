"""Bad input over real HTTP: each kind has its answer, and nothing of it reaches a flow."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from redis.asyncio import Redis

from tests.support.bot_process import BotProcess
from tests.support.bot_stack import Stack, running_stack
from tests.support.http import as_body, inbound, signed
from tests.support.redis_server import RedisServer
from tests.support.stored_items import stored_items

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Site:
    """One `bot web` with its store, for all tests here. No worker runs."""

    def __init__(self, stack: Stack, bot: BotProcess, redis: RedisServer) -> None:
        self.stack = stack
        self.bot = bot
        self.redis = redis
        self.http = httpx.AsyncClient(base_url=bot.url)
        self.store = Redis(port=redis.port)

    async def post(self, body: bytes, headers: dict[str, str] | None = None) -> int:
        answer = await self.http.post("/webhook", content=body, headers=headers or signed(body))
        return answer.status_code

    async def stored(self) -> int:
        """Return the number of items in all inboxes."""
        return await stored_items(self.store)

    async def counted(self, line: str) -> float:
        """Return the value of a metric; 0 if it is missing."""
        text = (await self.http.get("/metrics")).text
        found = [each for each in text.splitlines() if each.startswith(line)]
        return float(found[0].rpartition(" ")[2]) if found else 0.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    folder: Path = tmp_path_factory.mktemp("site")
    redis = RedisServer(folder / "redis", appendonly="no")
    await redis.start()
    async with running_stack(folder) as stack:
        bot = stack.bot("web", REDIS_URL=redis.url)
        await bot.start()
        site = Site(stack, bot, redis)
        yield site
        await site.http.aclose()
        await site.store.aclose()
    redis.kill()


BODY = as_body(inbound("never stored"))


@pytest.mark.parametrize(
    ("reason", "headers"),
    [
        pytest.param("unsigned", {"content-type": "application/json"}, id="missing"),
        pytest.param("signature", signed(BODY, secret="another"), id="wrong secret"),
        pytest.param("signature", signed(BODY + b" "), id="of another body"),
        pytest.param(
            "signature", signed(BODY) | {"x-sinch-webhook-signature": "%%%"}, id="malformed"
        ),
        pytest.param(
            "signature",
            signed(BODY) | {"x-sinch-webhook-signature-timestamp": "soon"},
            id="no time",
        ),
        pytest.param(
            "signature",
            signed(BODY) | {"x-sinch-webhook-signature-algorithm": "none"},
            id="another algorithm",
        ),
        pytest.param("clock", signed(BODY, age_s=3 * 86_400), id="too old"),
        pytest.param("clock", signed(BODY, age_s=-3_600), id="too far ahead"),
        pytest.param(
            "doctor", signed(BODY, secret="another", nonce="bot-doctor-1"), id="by bot doctor"
        ),
    ],
)
async def test_an_unsigned_callback_is_refused_and_counted_by_reason(
    site: Site, reason: str, headers: dict[str, str]
) -> None:
    figure = f'bot_callbacks_refused_total{{reason="{reason}"}}'
    stored = await site.stored()
    counted = await site.counted(figure)

    assert await site.post(BODY, headers) == 401

    assert await site.stored() == stored
    assert await site.counted(figure) == counted + 1
    assert "never stored" not in site.bot.log


async def test_a_repeated_callback_is_accepted_once_whatever_its_signature(site: Site) -> None:
    body = as_body(inbound("twice", 2))
    stored = await site.stored()

    statuses = [await site.post(body, signed(body, nonce=nonce)) for nonce in ("a", "a", "b")]

    assert statuses == [200, 200, 200]
    assert await site.stored() == stored + 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"x" * 262_145, 413, id="over 256 KiB"),
        pytest.param(b"", 400, id="empty"),
        pytest.param(b"{", 400, id="cut off"),
        pytest.param(b'{"a":"\xff\xfe"}', 400, id="not UTF-8"),
        pytest.param(b"[1]", 400, id="no object"),
        pytest.param(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, id="too deep"),
        pytest.param(b'{"hello": "world"}', 200, id="of no known shape"),
        pytest.param(b'{"app_id": 7, "message": []}', 200, id="wrong types"),
        pytest.param(as_body(inbound("x") | {"app_id": "another"}), 200, id="another app's"),
    ],
)
async def test_a_signed_body_that_is_no_callback_of_ours(
    site: Site, body: bytes, status: int
) -> None:
    stored = await site.stored()

    assert await site.post(body) == status

    assert await site.stored() == stored


async def test_what_is_unknown_is_kept_for_inspection(site: Site) -> None:
    kept = await site.store.xlen("bot:unrouted")

    for _ in range(3):
        assert await site.post(b'{"a_kind_of_tomorrow": {"id": "1"}}') == 200

    assert await site.store.xlen("bot:unrouted") == kept + 1, "a repeat is stored once"


async def test_unknown_fields_are_let_pass_and_known_ones_used(site: Site) -> None:
    callback = inbound("known", 3, mood="fine", direction="SIDEWAYS")
    stored = await site.stored()

    assert await site.post(as_body(callback | {"weather": {"rain": True}})) == 200

    assert await site.stored() == stored + 1


async def test_a_contact_named_by_nonsense_is_kept_aside(site: Site) -> None:
    stored = await site.stored()

    for id in ("a\nb", "a\x00b", "x" * 10_000):
        assert await site.post(as_body(inbound("hello", 4, contact_id=id))) == 200

    assert await site.stored() == stored


async def test_only_post_is_taken(site: Site) -> None:
    for method in ("GET", "PUT", "DELETE"):
        assert (await site.http.request(method, "/webhook")).status_code == 405


async def test_web_refuses_to_start_without_a_secret(site: Site) -> None:
    bot = site.stack.bot("web", REDIS_URL=site.redis.url, SINCH_WEBHOOK_SECRET="")
    await bot.spawn()

    assert await bot.end() == 1
    assert bot.log.count("\n") == 1
    assert "SINCH_WEBHOOK_SECRET must be set" in bot.log


async def test_web_refuses_a_store_made_with_other_shards(site: Site) -> None:
    bot = site.stack.bot("web", {"shards": 3}, REDIS_URL=site.redis.url)
    await bot.spawn()

    assert await bot.end() == 1
    assert "bot: The store at 127.0.0.1" in bot.log
    assert "Traceback" not in bot.log


async def test_serve_ends_where_a_service_can_not_be_opened(site: Site, tmp_path: Path) -> None:
    flows = tmp_path / "closed"
    flows.mkdir()
    (flows / "closed.py").write_text(
        "from bot import END, Flow, ask, parse\n"
        "from bot.flow.hooks import Hooks\n"
        "hooks = Hooks()\n"
        "@hooks.service\n"
        "async def kitchen(settings):\n"
        "    raise OSError('no gas at postgres://cook:pa55@kitchen')\n"
        "    yield\n"
        "class Hello(Flow):\n"
        "    who = ask('Who?', accept=parse.text(), to=END)\n"
    )
    bot = site.stack.bot("serve", REDIS_URL=site.redis.url, BOT_FLOWS=str(flows))
    await bot.spawn()

    assert await bot.end() == 1
    told = "bot: Service 'kitchen' can't be opened: closed.py:6 raised OSError. Correct the code"
    assert f"{told} there, or start the server that the service connects to.\n" in bot.log
    assert "pa55" not in bot.log, "the fault's own words may hold what only the service may know"
    assert "Traceback" not in bot.log
