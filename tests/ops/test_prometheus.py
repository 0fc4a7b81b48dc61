"""Every kind of failure in one run of real processes, with a real Prometheus and a real receiver of
traces.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx

from bot.callbacks import signature
from bot.clock import SystemClock
from bot.emulator import DeliveryFault, Phone, RequestFault
from tests.support.bot_process import PAUSE_S
from tests.support.bot_stack import SECRET, Stack, running_stack
from tests.support.otlp_receiver import OtlpReceiver, Received, otlp_receiver
from tests.support.prometheus import WAIT_S, Prometheus, prometheus
from tests.support.redis_server import RedisServer

FLOWS = Path(__file__).parent / "failing"
TOKEN = "a-token-of-some-length"
TRIGGERS = ("MESSAGE_INBOUND", "MESSAGE_DELIVERY", "EVENT_INBOUND")
SEND = "POST */messages:send"
MACHINE = "Thanks! We're closed right now and will respond at 9am."

UNANSWERED_MACHINE = 'bot_messages_unanswered_total{reason="machine"}'

CONSUMER, PRODUCER, ERROR = 5, 4, 2

COUNTS = {
    'bot_turns_total{outcome="failed",flow="broken"}': 1,
    'bot_turns_total{outcome="given_up",flow="broken"}': 1,
    'bot_turns_total{outcome="failed",flow="shipping"}': 1,
    'bot_turns_total{outcome="given_up",flow="shipping"}': 1,
    'bot_dead_letters_total{kind="turn"}': 3,
    'bot_dead_letters_total{kind="send"}': 1,
    "max(bot_dead_letters_kept)": 4,
    'bot_sends_total{outcome="dead"}': 1,
    'bot_sends_total{outcome="retry"}': 3,
    'bot_sends_total{outcome="expired"}': 1,
    'bot_sends_total{outcome="opted_out"}': 1,
    'bot_deliveries_total{status="FAILED"}': 7,
    'bot_deliveries_failed_total{reason="RECIPIENT_NOT_REACHABLE"}': 7,
    'bot_messages_unanswered_total{reason="opted_out"}': 2,
    'bot_messages_unanswered_total{reason="handoff"}': 1,
    'bot_events_unhandled_total{reason="no_flow"}': 1,
    'bot_events_unhandled_total{reason="expired"}': 1,
    'bot_callbacks_refused_total{reason="unsigned"}': 1,
    'bot_callbacks_refused_total{reason="signature"}': 1,
    "max(bot_flows_off)": 0,
    "min(bot_store_up)": 1,
    "min(bot_has_worker)": 1,
}
"""The values in Prometheus after the failures. One dead letter is of the message that ended its
processes; the flow of this message is unknown. One unanswered message is the STOP itself.
"""

ALERTS = {
    *("BotDown", "BotStoreAway", "BotDeliveriesFail", "BotDeadLetters"),
    *("BotCallbacksRefused", "BotFlowFails"),
}
"""The alerts of these failures. The others are for failures that last for longer."""


class Shop:
    """The processes, what they report to, and one phone for each failure."""

    def __init__(self, stack: Stack, redis: RedisServer, receiver: OtlpReceiver) -> None:
        traces = {
            "BOT_TRACES": "true",
            "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
            "OTEL_SERVICE_NAME": "shop",
            "OTEL_BSP_SCHEDULE_DELAY": 100,
        }
        usual = {"BOT_FLOWS": FLOWS, "REDIS_URL": redis.url, "BOT_EVENTS_TOKEN": TOKEN, **traces}
        constants: dict[str, object] = {"turn_attempts": 2, "retry_first_s": 0.1}
        self.web = stack.bot("web", constants, **usual)
        self.worker = stack.bot("worker", constants, **usual)
        self.stack = stack
        self.receiver = receiver

    def phone(self, number: int) -> Phone:
        return self.stack.phone(number)

    async def answered(self, phone: Phone, count: int) -> None:
        await self.stack.until(lambda: len(self.stack.said_to(phone)) >= count, within_s=60)

    def next_send(self, status: int, retry_after: int | None = None) -> None:
        fault = RequestFault(
            on=SEND, action="refuse", status=status, retry_after=retry_after, count=1
        )
        self.stack.platform.faults.add(fault)

    async def event(self, phone: Phone, name: str, **options: str) -> None:
        body = {"contact": f"SMS:{phone.identity}", "name": name, **options}
        async with httpx.AsyncClient() as http:
            answer = await http.post(
                f"{self.web.url}/events", json=body, headers={"authorization": f"Bearer {TOKEN}"}
            )
        assert answer.json() == {"accepted": True}, answer.text

    async def post(self, headers: dict[str, str]) -> int:
        async with httpx.AsyncClient() as http:
            answer = await http.post(f"{self.web.url}/webhook", content=b"{}", headers=headers)
        return answer.status_code


async def test_prometheus_and_traces_show_every_kind_of_failure(tmp_path: Path) -> None:
    redis = RedisServer(tmp_path / "redis")
    await redis.start()
    try:
        async with running_stack(tmp_path) as stack:
            with otlp_receiver() as receiver:
                shop = Shop(stack, redis, receiver)
                await asyncio.gather(shop.web.start(), shop.worker.start())
                hook = f"{shop.web.url}/webhook"
                stack.platform.register_webhook(hook, SECRET, TRIGGERS)
                ports = {"web": shop.web.port, "worker": shop.worker.port}
                async with prometheus(tmp_path / "prometheus", ports, ALERTS) as server:
                    await server.until("up", 2)
                    await fail_in_every_way(shop, server)
                    await assert_counts(server)
                    await assert_traces(shop)
                    await store_goes_away(shop, redis, server)
                    await shop.worker.kill()
                    await server.until('ALERTS{alertname="BotDown"}', 1)
                    assert await server.fired() == ALERTS
    finally:
        redis.resume()
        redis.kill()


async def fail_in_every_way(shop: Shop, server: Prometheus) -> None:
    stack = shop.stack
    await a_message_ends_its_processes(shop, server)

    talks = [shop.phone(number) for number in range(10, 13)]
    shop.next_send(400)
    talks[0].says("hello")
    await server.until('bot_sends_total{outcome="dead"}', 1)
    shop.next_send(429, retry_after=1)
    talks[1].says("hello")
    await server.until('bot_sends_total{outcome="retry"}', 1)
    shop.next_send(429, retry_after=11)
    talks[2].says("offer")
    await server.until('bot_sends_total{outcome="retry"}', 2)

    stops = shop.phone(20)
    shop.next_send(429, retry_after=600)
    stops.says("hello")
    await server.until('bot_sends_total{outcome="retry"}', 3)
    stops.says("stop")
    await server.until('bot_sends_total{outcome="opted_out"}', 1)
    stops.says("hello?")

    unreachable = shop.phone(30)
    stack.platform.faults.add(DeliveryFault(identity=unreachable.identity))
    for number in range(7):
        unreachable.says(f"line {number}")
        await shop.answered(unreachable, number + 1)

    shop.phone(40).says("broken")
    handed = shop.phone(50)
    handed.says("person")
    await shop.answered(handed, 1)
    handed.says("anybody?")

    listens = shop.phone(60)
    listens.says("hello")
    await shop.answered(listens, 1)
    await shop.event(listens, "nobody_knows_it")
    await shop.event(listens, "too_late", expires="1s")
    await shop.event(listens, "shipped")

    machine = shop.phone(70)
    machine.says("pick")
    await shop.answered(machine, 1)
    for _ in range(8):
        machine.says(MACHINE)
    await server.until(f"min({UNANSWERED_MACHINE} > 0) * 0 + 1", 1)

    assert await shop.post({}) == 401
    forged = signature.headers(
        "not-the-secret-of-the-bot", b"{}", "nonce", int(SystemClock().now())
    )
    assert await shop.post(forged) == 401


async def a_message_ends_its_processes(shop: Shop, server: Prometheus) -> None:
    """Let a message end the worker until it is given up. The worker is started again each time."""
    shop.phone(1).says("die")
    async with asyncio.timeout(WAIT_S):
        while await server.total("max(bot_dead_letters_kept)") != 1:
            if not shop.worker.is_running:
                await shop.worker.spawn()
            await asyncio.sleep(PAUSE_S)
    await shop.worker.wait_for(200)
    await server.until('bot_dead_letters_total{kind="turn"}', 1)


async def assert_counts(server: Prometheus) -> None:
    for words, count in COUNTS.items():
        await server.until(words, count)


async def assert_traces(shop: Shop) -> None:
    def errors(span: str) -> Counter[str]:
        return Counter(
            each.attributes["error.type"]
            for each in shop.receiver.spans
            if each.name.partition(" ")[0] == span and each.status == ERROR
        )

    expected = {
        "process": Counter({"builtins.RuntimeError": 2, "builtins.LookupError": 2}),
        "send": Counter({"retry": 3, "dead": 1, "expired": 1}),
        "receive": Counter({"RECIPIENT_NOT_REACHABLE": 7}),
    }
    await until(lambda: all(errors(span) == found for span, found in expected.items()))
    spans = [each for each in shop.receiver.spans if each.name.partition(" ")[0] in expected]
    for each in spans:
        operation, _, channel = each.name.partition(" ")
        assert each.resource["service.name"] == "shop"
        assert each.attributes["messaging.system"] == "sinch_conversation"
        assert each.attributes["messaging.operation.type"] == operation
        assert each.kind == (PRODUCER if operation == "send" else CONSUMER)
        if channel:
            assert each.attributes["messaging.destination.name"] == channel
        if each.status == ERROR:
            assert each.events["exception"]["exception.type"] == each.attributes["error.type"]
    for error in ("builtins.RuntimeError", "builtins.LookupError"):
        first, second = sorted(of_error(spans, error), key=lambda each: each.attributes["bot.try"])
        assert first.attributes["bot.item"] == second.attributes["bot.item"]
        assert (first.links, second.links) == ([], [first.span_id])


def of_error(spans: list[Received], error: str) -> list[Received]:
    return [
        each
        for each in spans
        if each.name.startswith("process") and each.attributes.get("error.type") == error
    ]


async def store_goes_away(shop: Shop, redis: RedisServer, server: Prometheus) -> None:
    """Let Redis hang, and come back. A callback meanwhile is refused, and accepted later."""
    phone = shop.phone(80)
    redis.pause()
    await server.until("bot_store_up", 0)
    phone.says("hello")
    await server.until('min(bot_callbacks_refused_total{reason="store"} > 0) * 0 + 1', 1)
    await server.until('ALERTS{alertname="BotStoreAway",alertstate="firing"}', 2)
    redis.resume()
    await shop.answered(phone, 1)
    await server.until("bot_store_up", 2)
    await server.until('ALERTS{alertname="BotStoreAway"}', 0)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not holds():  # noqa: ASYNC110 - the receiver can't tell us
            await asyncio.sleep(PAUSE_S)
