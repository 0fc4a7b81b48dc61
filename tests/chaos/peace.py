"""Runs the same conversations without faults and compares the final sessions."""

from typing import Any

import msgspec

from bot.flow.load import load_flows
from bot.settings import Settings
from bot.store import Store
from bot.testing.simulation import Simulation
from tests.chaos.checker import Verdict
from tests.support.bot_stack import FLOWS

Sessions = dict[str, dict[str, Any]]
"""Stored sessions, by the contact's identity."""

NIGHT_S = 60.0
"""Seconds until the last reminder has come."""


async def sessions_in_peace(
    verdicts: list[Verdict], redis_url: str, namespace: str = "peace"
) -> Sessions:
    """Return each contact's final session, by identity, after its messages in the order of
    `verdicts`.
    """
    settings = Settings(redis_url=redis_url, namespace=namespace, shards=4, log_turns=0)
    store = await Store.open(settings)
    simulation = Simulation(store, load_flows(str(FLOWS)), settings, mode="CONVERSATION")
    webhooks = simulation.platform.state.webhooks.values()
    for webhook in webhooks:
        webhook["triggers"] = ["MESSAGE_INBOUND"]
    found = {}
    for verdict in verdicts:
        phone = simulation.platform.phone(verdict.channel, verdict.identity)
        for text in verdict.order:
            phone.says(text)
            await simulation.run_until_idle()
    await simulation.wait(NIGHT_S)
    async for contact in store.reader.contacts():
        session = msgspec.json.decode(await store.reader.session(contact) or b"{}")
        found[session["address"]["identity"]] = session
    await simulation.aclose()
    await store.close()
    return found


def differing(found: Sessions, wanted: Sessions) -> list[str]:
    """Return the contacts whose sessions differ, apart from their times."""
    return [
        who
        for who, session in wanted.items()
        if _without_circumstances(found.get(who, {})) != _without_circumstances(session)
    ]


def _without_circumstances(session: dict[str, Any]) -> dict[str, Any]:
    """Return a session without what depends on when it happened: times, ids and numbers of
    turns.
    """
    passing = ("heard", "turn", "runs_started", "tapped", "answers")
    kept = {name: value for name, value in session.items() if name not in passing}
    kept["address"] = {**session.get("address", {}), "contact_id": ""}
    # A scheduled event may come before or after the answers around it, so the last texts differ.
    kept["sent"] = len(session.get("sent", []))
    kept["timers"] = [timer["name"] for timer in session.get("timers", [])]
    kept["chains"] = [
        {**chain, "asked_at": 0.0, "runs": [_without_times(run) for run in chain["runs"]]}
        for chain in session.get("chains", [])
    ]
    return kept


def _without_times(run: dict[str, Any]) -> dict[str, Any]:
    passing = ("entered", "asked_at", "timed_at", "id")
    kept = {name: each for name, each in run.items() if name not in passing}
    kept["trail"] = [_without_times(each) for each in run.get("trail", [])]
    for entry in kept["trail"]:
        if entry.get("called"):
            entry["called"] = _without_times(entry["called"])
    return kept
