"""Everything that the deployment guide and the dashboard name exists."""

import json
import re
from pathlib import Path

from bot.settings import Settings
from bot.telemetry import metrics

CHECKOUT = Path(__file__).parents[2]
GUIDE = (CHECKOUT / "docs" / "deploy.md").read_text()
DASHBOARD = (CHECKOUT / "docs" / "grafana.json").read_text()
ALERTS = (CHECKOUT / "docs" / "alerts.yml").read_text()


def samples() -> set[str]:
    """Return the names of the metrics at `/metrics`."""
    found = set()
    for family in metrics.REGISTRY.collect():
        kinds = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}
        found |= {family.name + ending for ending in kinds.get(family.type, [""])}
    return found


def test_the_dashboard_shows_every_metric_and_no_other():
    shown = set(re.findall(r"\bbot_[a-z_]+", DASHBOARD))
    families = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in samples()}
    families = {name for name in families if name.startswith("bot_")}

    assert shown <= samples()
    assert {re.sub(r"_(total|bucket)$", "", name) for name in shown} >= families - {"bot_timers"}


def test_every_query_of_the_dashboard_is_of_the_chosen_jobs():
    queries = [
        target["expr"] for panel in json.loads(DASHBOARD)["panels"] for target in panel["targets"]
    ]

    for query in queries:
        names = re.findall(r"\b(?:bot|process)_[a-z_]+", query)
        assert names
        assert query.count('{job=~"$job"}') == len(names), query


def test_alerts_and_guide_are_of_metrics_that_are_there():
    named = set(re.findall(r"\b(?:bot|process)_[a-z_]+", ALERTS))

    assert named <= samples()
    assert {name for name in named if name.startswith("bot_")} <= set(
        re.findall(r"`(bot_[a-z_]+)`", GUIDE)
    )


def test_alerts_are_of_reasons_and_outcomes_that_are_counted():
    reasons = re.findall(r'reason=~"([a-z|_]+)"', ALERTS)[0].split("|")
    outcomes = re.findall(r'outcome=~"([a-z|_]+)"', ALERTS)[0].split("|")

    assert set(reasons) <= set(metrics.REFUSALS)
    assert outcomes == ["failed", "given_up"]


def test_every_reason_to_refuse_a_callback_exists_before_the_first():
    source = "".join(path.read_text() for path in (CHECKOUT / "bot" / "web").glob("*.py"))
    given = set(
        re.findall(r'(?:_refuse\(\d+, |refuse\(|note_refusal\(|refused\.labels\()"(\w+)"', source)
    )

    assert given >= {"store", "head", "pipeline"}
    assert given <= set(metrics.REFUSALS)


def test_the_dashboard_has_no_panel_on_another():
    places = [tuple(panel["gridPos"].values()) for panel in json.loads(DASHBOARD)["panels"]]

    assert len(set(places)) == len(places)


def test_the_guide_names_metrics_that_are_there():
    assert set(re.findall(r"`(bot_[a-z_]+)`", GUIDE)) <= samples()


def test_the_guide_names_settings_that_are_there():
    others = {"WEB_CONCURRENCY", "CONVERSATION", "DISPATCH", "GET"}
    others |= {"PIP_INDEX_URL", "UV_DEFAULT_INDEX"}
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)(?:=\w+)?`", GUIDE))

    assert named - others <= set(Settings.variables())


def test_the_guide_shows_the_procfile_as_it_is():
    lines = (CHECKOUT / "Procfile").read_text().splitlines()

    assert "\n".join(f"    {line}" for line in lines) in GUIDE
