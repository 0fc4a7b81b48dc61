"""The rules of docs/alerts.yml, judged by Prometheus' own tool: each fires at what it is for, from
the first event on, and not before.
"""

import json
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.prometheus import program

RULES = Path(__file__).parents[2] / "docs" / "alerts.yml"

EVERY_S = 15
"""Seconds between two scrapes."""

HEALTHY_S = 3 * EVERY_S
"""Seconds for which each series has its first values, which are those of a healthy bot."""


class Case(NamedTuple):
    """An alert that fires at the time `at`, with this summary.

    `series` maps the names of series to their values in Prometheus' notation.
    """

    alert: str
    series: dict[str, str]
    labels: dict[str, str]
    summary: str
    at: str = "5m"


BOT = {"job": "bot"}
HERE = BOT | {"instance": "web:8000"}
IS_HERE = '{job="bot",instance="web:8000"}'
THERE = '{job="bot",instance="web:8001"}'

CASES = [
    Case("BotDown", {f"up{IS_HERE}": "1x3 0x60"}, HERE, "web:8000 doesn't answer"),
    Case(
        "BotStoreAway",
        {f"bot_store_up{IS_HERE}": "1x3 0x60", f"bot_store_up{THERE}": "1x63"},
        HERE,
        "Redis doesn't answer web:8000, or refuses writes",
    ),
    Case(
        "BotNoWorker",
        {f"bot_has_worker{IS_HERE}": "1x3 0x60", f"bot_has_worker{THERE}": "1x3" + " NaN" * 60},
        BOT,
        "No worker works on the store: contacts are not answered",
    ),
    Case(
        "BotContactsWait",
        {f"bot_contacts_waiting_seconds{IS_HERE}": "0x3 90x60"},
        BOT,
        "Contacts wait for a worker for 1m 30s",
    ),
    Case(
        "BotRepliesWait",
        {f"bot_outbox_oldest_seconds{IS_HERE}": "0x3 301x60"},
        BOT,
        "Sinch doesn't accept replies; the oldest waits for 5m 1s",
    ),
    Case(
        "BotDeliveriesFail",
        {
            'bot_deliveries_total{job="bot",channel="SMS",status="FAILED"}': "0x3 7x60",
            'bot_deliveries_total{job="bot",channel="RCS",status="FAILED"}': "0x3 5x60",
            'bot_deliveries_failed_total{job="bot",channel="SMS",reason="UNKNOWN"}': "_x3 4x60",
            'bot_deliveries_failed_total{job="bot",channel="SMS",reason="EXPIRED"}': "_x3 3x60",
        },
        BOT | {"channel": "SMS"},
        "SMS: 7 replies not delivered, most of them since the start for UNKNOWN",
        at="60s",
    ),
    Case(
        "BotDeadLetters",
        {f"bot_dead_letters_kept{IS_HERE}": "0x3 1x60"},
        BOT,
        "1 dead letters; see `bot dead list`",
    ),
    Case(
        "BotCallbacksRefused",
        {
            'bot_callbacks_refused_total{job="bot",reason="signature"}': "0x3 1x16 2x60",
            'bot_callbacks_refused_total{job="bot",reason="doctor"}': "0x3 1x16 2x60",
        },
        BOT | {"reason": "signature"},
        "Callbacks are refused: signature; see `bot doctor`",
        at="7m",
    ),
    Case(
        "BotFlowFails",
        {
            'bot_turns_total{job="bot",flow="pizza",outcome="failed"}': "0x3 1x60",
            'bot_turns_total{job="bot",flow="hours",outcome="done"}': "0x3 9x60",
        },
        BOT | {"flow": "pizza"},
        "Turns of flow pizza fail; see the log",
        at="60s",
    ),
    Case(
        "BotOpenFiles",
        {f"process_open_fds{IS_HERE}": "100x3 950x60", f"process_max_fds{IS_HERE}": "1000x63"},
        HERE,
        "web:8000 has nearly used up its files (`ulimit -n`)",
    ),
]


def run(*words: str) -> str:
    """Run `promtool`. Return its output if it fails, otherwise ""."""
    result = subprocess.run(
        (program("promtool"), *words), capture_output=True, text=True, check=False
    )
    return result.stdout + result.stderr if result.returncode else ""


def test_rules_are_valid_and_each_has_a_case():
    lines = RULES.read_text().splitlines()

    assert run("check", "rules", str(RULES)) == ""
    named = [line.partition("- alert: ")[2] for line in lines if "- alert: " in line]
    assert named == [case.alert for case in CASES]


@pytest.mark.parametrize("case", CASES, ids=[case.alert for case in CASES])
def test_alert_fires_from_the_first_event_on_and_no_other_does(case, tmp_path):
    fires = {"exp_labels": case.labels, "exp_annotations": {"summary": case.summary}}
    expected = [
        {
            "eval_time": at,
            "alertname": alert,
            "exp_alerts": [fires] if at == case.at and alert == case.alert else [],
        }
        for at in (f"{HEALTHY_S}s", case.at)
        for alert in [each.alert for each in CASES]
    ]
    series = [{"series": name, "values": values} for name, values in case.series.items()]
    every = f"{EVERY_S}s"
    test = {"interval": every, "input_series": series, "alert_rule_test": expected}
    file = tmp_path / "test.yml"  # JSON is YAML, too.
    file.write_text(
        json.dumps({"rule_files": [str(RULES)], "evaluation_interval": every, "tests": [test]})
    )

    assert run("test", "rules", str(file)) == ""
