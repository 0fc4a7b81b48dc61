"""What the deployment guide and the dashboard name is there."""

import json
import re
from pathlib import Path

from bot.settings import Settings
from bot.telemetry import metrics

CHECKOUT = Path(__file__).parents[2]
GUIDE = (CHECKOUT / "docs" / "deploy.md").read_text()
DASHBOARD = (CHECKOUT / "docs" / "grafana.json").read_text()


def samples() -> set[str]:
    """The names under which `/metrics` tells its figures."""
    found = set()
    for family in metrics.REGISTRY.collect():
        kinds = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}
        found |= {family.name + ending for ending in kinds.get(family.type, [""])}
    return found


def test_the_dashboard_shows_every_metric_and_no_other():
    shown = set(re.findall(r"\bbot_[a-z_]+", DASHBOARD))
    families = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in samples()}

    assert shown <= samples()
    assert {re.sub(r"_(total|bucket)$", "", name) for name in shown} >= families - {"bot_timers"}


def test_the_dashboard_has_no_panel_on_another():
    places = [tuple(panel["gridPos"].values()) for panel in json.loads(DASHBOARD)["panels"]]

    assert len(set(places)) == len(places)


def test_the_guide_names_metrics_that_are_there():
    assert set(re.findall(r"`(bot_[a-z_]+)`", GUIDE)) <= samples()


def test_the_guide_names_settings_that_are_there():
    others = {"WEB_CONCURRENCY", "FORWARDED_ALLOW_IPS", "CONVERSATION", "DISPATCH", "GET"}
    others |= {"PIP_INDEX_URL", "UV_DEFAULT_INDEX"}
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)(?:=\w+)?`", GUIDE))

    assert named - others <= set(Settings.variables())


def test_the_guide_shows_the_procfile_as_it_is():
    lines = (CHECKOUT / "Procfile").read_text().splitlines()

    assert "\n".join(f"    {line}" for line in lines) in GUIDE
