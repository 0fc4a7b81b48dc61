"""Repeats the conversations of a run without faults, and compares the final sessions."""

from collections.abc import Iterable
from typing import Any

import msgspec

from bot.flow.load import load_flows
from bot.settings import Settings
from bot.store import Store
from bot.testing.simulation import Simulation
from tests.chaos.checker import Verdict, Who
from tests.chaos.modes import MODES
from tests.support.bot_stack import FLOWS

Sessions = dict[Who, dict[str, Any]]
"""Stored sessions, by contact."""

NIGHT_S = 60.0
"""Seconds to wait after the conversations, so that the last reminder comes."""


async def sessions_in_peace(
    verdicts: list[Verdict], redis_url: str, namespace: str = "peace"
) -> Sessions:
    """Return each contact's final session after its messages in the order of `verdicts`."""
    found: Sessions = {}
    for mode in MODES:
        of_mode = [each for each in verdicts if each.has_id == (mode == MODES[0])]
        found |= await _sessions(of_mode, mode, redis_url, f"{namespace}-{mode.lower()}")
    return found


async def _sessions(verdicts: list[Verdict], mode: str, redis_url: str, namespace: str) -> Sessions:
    settings = Settings(redis_url=redis_url, namespace=namespace, shards=4, log_turns=0)
    store = await Store.open(settings)
    simulation = Simulation(store, load_flows(str(FLOWS)), settings, mode=mode)
    webhooks = simulation.platform.state.webhooks.values()
    for webhook in webhooks:
        webhook["triggers"] = ["MESSAGE_INBOUND"]
    for verdict in verdicts:
        phone = simulation.platform.phone(verdict.channel, verdict.identity)
        for text in verdict.order:
            phone.says(text)
            await simulation.run_until_idle()
    await simulation.wait(NIGHT_S)
    found = [
        msgspec.json.decode(await store.reader.session(contact) or b"{}")
        async for contact in store.reader.contacts()
    ]
    await simulation.aclose()
    await store.close()
    return by_contact(found)


def by_contact(sessions: Iterable[dict[str, Any]]) -> Sessions:
    addresses = ((each["address"], each) for each in sessions)
    return {(who["identity"], bool(who["contact_id"])): each for who, each in addresses}


def differing(found: Sessions, wanted: Sessions) -> list[str]:
    """Return the contacts whose sessions differ, apart from their times."""
    return [
        f"{who[0]}, {'with' if who[1] else 'without'} an id"
        for who, session in wanted.items()
        if _without_circumstances(found.get(who, {})) != _without_circumstances(session)
    ]


def _without_circumstances(session: dict[str, Any]) -> dict[str, Any]:
    """Return a session without its times, ids and numbers of turns, which differ between runs."""
    passing = ("heard", "turn", "runs_started", "tapped", "answers", "log_until")
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
