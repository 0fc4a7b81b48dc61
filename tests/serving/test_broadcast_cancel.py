"""A broadcast is canceled while several processes work on it, one of which is killed."""

import asyncio
import json
from pathlib import Path

from bot.emulator.fault_injection import RequestFault
from tests.support.bot_stack import Stack
from tests.support.redis_server import RedisServer

FLOWS = """
from bot import END, Flow, Turn, step


class News(Flow):
    @step(to=END)
    def tell(self, turn: Turn) -> str:
        turn.say("one")
        turn.say("two")
        return END


class Last(Flow):
    @step(to=END)
    def tell(self, turn: Turn) -> str:
        turn.say("last")
        return END
"""
CONTACTS = 40


async def test_every_contact_gets_all_of_a_canceled_broadcast_or_nothing(
    stack: Stack, redis_server: RedisServer, tmp_path: Path
) -> None:
    flows, file = tmp_path / "flows", tmp_path / "list.csv"
    flows.mkdir()
    (flows / "news.py").write_text(FLOWS)
    phones = [stack.phone(number) for number in range(CONTACTS)]
    file.write_text("channel,identity\n" + "".join(f"SMS,{one.identity}\n" for one in phones))
    settings = {"REDIS_URL": redis_server.url, "BOT_FLOWS": flows, "BOT_LEASE": 1}
    workers = [stack.bot("worker", {"retry_first_s": 0.1}, **settings) for _ in range(2)]
    await asyncio.gather(*(worker.start() for worker in workers))

    def messages() -> int:
        return sum(len(stack.said_to(phone)) for phone in phones)

    begun = asyncio.create_task(workers[0].command(*_broadcast("news", file, "--rate", "3")))
    await stack.until(lambda: messages() >= 12)
    refusals = stack.platform.faults.rules.requests
    refusals.append(RequestFault(on="POST */messages:send", action="refuse", status=503))
    await workers[1].kill()
    status, printed = await workers[0].command("broadcast", "cancel", "news/list.csv")
    assert status == 0, printed
    assert "news/list.csv is canceled: " in printed
    refusals.clear()
    status, printed = await begun
    assert status == 1
    assert "'news/list.csv' was canceled on " in printed
    status, again = await workers[0].command(*_broadcast("news", file))
    assert status == 1
    assert "was canceled on" in again
    await workers[1].start()

    # Whatever a contact still gets of the first broadcast comes before this.
    assert (await workers[0].command(*_broadcast("last", file, "--rate", "0")))[0] == 0
    await stack.until(lambda: all("last" in stack.said_to(phone) for phone in phones))
    got = [stack.said_to(phone)[:-1] for phone in phones]
    sent = got.count(["one", "two"])
    assert got.count([]) == CONTACTS - sent
    assert 0 < sent < CONTACTS
    status, printed = await workers[0].command("broadcast", "report", "news/list.csv", "--json")
    report = json.loads(printed)
    assert (report["waiting"], report["sent"], report["canceled"]) == (0, sent, CONTACTS - sent)


def _broadcast(flow: str, file: Path, *words: str) -> tuple[str, ...]:
    return ("broadcast", flow, "--csv", str(file), *words)
