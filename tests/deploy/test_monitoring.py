"""The alert rules and the dashboard ask for metrics and labels that the gateway has, and leave none out."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
import yaml

from gateway.telemetry.named import BY_NAME, METRICS, Metric
from tests.deploy.files import DEPLOY

PROMETHEUS = DEPLOY / "prometheus"
RULES = yaml.safe_load((PROMETHEUS / "alerts.yaml").read_text())["groups"][0]["rules"]
DASHBOARD = json.loads((DEPLOY / "grafana" / "webhook-gateway.json").read_text())
PANELS: list[dict[str, Any]] = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
OF_THE_SERVER = {"instance", "job", "le"}
"""Labels that Prometheus adds, and the one of buckets."""


def asked() -> Iterator[Any]:
    """Every expression, as a parameter of a test."""
    for rule in RULES:
        yield pytest.param(rule["expr"], id=rule["alert"])
    for panel in PANELS:
        for target in panel["targets"]:
            yield pytest.param(target["expr"], id=f"{panel['title']}:{target['refId']}")


ASKED = list(asked())


def metric_of(name: str) -> Metric | None:
    """The metric that a series of this name is of."""
    if name in BY_NAME:
        return BY_NAME[name] if BY_NAME[name].kind != "histogram" else None
    base, _, part = name.rpartition("_")
    found = BY_NAME.get(base)
    return found if found and found.kind == "histogram" and part in ("bucket", "sum", "count") else None


@pytest.mark.parametrize("expression", ASKED)
def test_every_metric_and_label_that_is_asked_for_exists(expression: str) -> None:
    found = {name: metric_of(name) for name in re.findall(r"\bgateway_\w+", expression)}
    assert None not in found.values(), found
    labels = {label for metric in found.values() if metric for label in metric.labels} | OF_THE_SERVER
    matched = re.findall(r"[{,]\s*(\w+)\s*(?:=|!=|=~|!~)\"", expression)
    grouped = [name for names in re.findall(r"\bby \(([^)]*)\)", expression) for name in names.split(", ")]
    assert {*matched, *grouped} <= labels


@pytest.mark.parametrize("expression", ASKED)
def test_what_every_node_tells_alike_is_never_summed_over_nodes(expression: str) -> None:
    for name in re.findall(r"\bgateway_\w+", expression):
        metric = metric_of(name)
        if metric is not None and metric.shared:
            assert re.search(rf"max (by \(subscription\) )?\({name}|max\({name}", expression)


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule["alert"]) for rule in RULES])
def test_a_rule_says_how_bad_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"] and rule["annotations"]["description"]
    named = re.findall(r"\$labels\.(\w+)", str(rule["annotations"]))
    kept = re.findall(r"\bby \((\w+)\)", rule["expr"]) or ["instance", "job"]
    assert set(named) <= {*kept}


def test_the_dashboard_leaves_no_metric_out() -> None:
    named = json.dumps(DASHBOARD)
    assert [metric.name for metric in METRICS if metric.name not in named] == []


def test_no_panel_covers_another() -> None:
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(places)
    for a, b in combinations(places, 2):
        beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        below = a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        assert beside or below


def test_the_dashboard_asks_the_data_source_that_was_chosen() -> None:
    variables = {variable["name"] for variable in DASHBOARD["templating"]["list"]}
    assert variables == {"datasource", "instance"}
    assert {panel["datasource"]["uid"] for panel in PANELS} == {"${datasource}"}


def test_a_scrape_sends_the_token_to_the_right_path() -> None:
    config = yaml.safe_load((PROMETHEUS / "prometheus.yaml").read_text())
    [job] = config["scrape_configs"]
    assert (job["job_name"], job["metrics_path"]) == ("webhook-gateway", "/metrics")
    assert job["authorization"]["type"] == "Bearer"
    assert config["rule_files"] == ["alerts.yaml"]


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool, of Prometheus, is not installed")
def test_prometheus_itself_takes_the_rules() -> None:
    command = ["promtool", "check", "rules", str(PROMETHEUS / "alerts.yaml")]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert checked.returncode == 0, checked.stdout + checked.stderr
