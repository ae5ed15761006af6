"""What was counted: buckets, sums, what goes into a file, and Prometheus's own parser on the page."""

from __future__ import annotations

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as text

from gateway.telemetry import named
from gateway.telemetry.counts import MOST_NAMES, MOST_REASONS, Commits, Counts
from gateway.telemetry.prometheus import page
from gateway.telemetry.series import Histogram, added, dumped, loaded, only_counted

# value -> the bucket it is counted in, of the bounds 1 and 2
VALUES = [(0.5, 0), (1.0, 0), (1.01, 1), (2.0, 1), (2.5, 2)]


@pytest.mark.parametrize(("value", "bucket"), VALUES)
def test_a_bound_belongs_to_the_bucket_below_it(value: float, bucket: int) -> None:
    histogram = Histogram((1.0, 2.0))
    histogram.observe(value)
    assert histogram.buckets.index(1) == bucket and histogram.total == value


def counts() -> Counts:
    """Two requests, one of them refused, and an attempt."""
    made = Counts()
    made.source("stripe").answered(200, 0.003)
    made.source("stripe").answered(401, 0.001)
    made.source("stripe").rejected("bad_signature")
    made.source("stripe").events += 1
    made.subscription("app").attempted("succeeded", 0.2)
    made.subscription("app").finished("succeeded")
    return made


def told(counted: Counts, accept: str = "") -> dict[tuple[str, str], float]:
    """The samples of the page: (name, labels) to value, as Prometheus's parser reads it."""
    content, content_type = page(counted.series(), accept)
    parse = openmetrics if "openmetrics" in content_type else text
    samples = [sample for family in parse(content.decode()) for sample in family.samples]
    return {(s.name, " ".join(f"{k}={v}" for k, v in sorted(s.labels.items()))): s.value for s in samples}


@pytest.mark.parametrize("accept", ["", "application/openmetrics-text; version=1.0.0"])
def test_the_page_is_what_prometheus_reads(accept: str) -> None:
    found = told(counts(), accept)
    assert found["gateway_events_total", "source=stripe"] == 1
    assert found["gateway_rejections_total", "reason=bad_signature source=stripe"] == 1
    assert found["gateway_answers_total", "source=stripe status=401"] == 1
    assert found["gateway_ack_seconds_count", "source=stripe"] == 1
    assert found["gateway_ack_seconds_bucket", "le=0.005 source=stripe"] == 1
    assert found["gateway_ack_seconds_bucket", "le=0.0025 source=stripe"] == 0
    assert found["gateway_deliveries_total", "state=dead subscription=app"] == 0


def test_two_processes_add_up_through_a_file() -> None:
    one = counts().series()
    both = added([loaded(dumped(one)), one])
    assert both[named.EVENTS.name, ("stripe",)] == 2
    ack = both[named.ACK.name, ("stripe",)]
    assert isinstance(ack, Histogram) and sum(ack.buckets) == 2 and ack.total == pytest.approx(0.006)


# what another version, or half a disk, could have left in the file
SPOILT = [
    b"",
    b"[",
    b"{}x",
    b'[["gateway_unheard_of",[],[[1],1.0]]]',
    b'[["gateway_ack_seconds",["a"],[[1,2],0.5]]]',
]


@pytest.mark.parametrize("written", SPOILT)
def test_a_spoilt_file_is_refused(written: bytes) -> None:
    with pytest.raises(ValueError):
        loaded(written)


def test_gauges_are_left_out_of_what_outlives_a_process() -> None:
    series = {(named.REQUESTS.name, ()): 3, (named.EVENTS.name, ("a",)): 4}
    assert only_counted(series) == {(named.EVENTS.name, ("a",)): 4}


def test_the_number_of_labels_has_a_bound() -> None:
    made = Counts()
    for number in range(MOST_NAMES + 20):
        made.source(f"s{number}").events += 1
        made.source("s0").rejected(f"reason_{number}")
    series = made.series()
    events = {labels: n for (name, labels), n in series.items() if name == named.EVENTS.name}
    reasons = {labels: n for (name, labels), n in series.items() if name == named.REJECTIONS.name}
    assert len(events) == MOST_NAMES + 1 and events["other",] == 20
    assert len(reasons) == MOST_REASONS + 1 and sum(map(float, reasons.values())) == MOST_NAMES + 20  # type: ignore[arg-type]


def test_a_failed_group_is_an_error_and_no_commit() -> None:
    commits = Commits()
    commits.committed(3, 0.01)
    commits.failed(unavailable=True)
    series = commits.series()
    assert series[named.STORE_ERRORS.name, ("unavailable",)] == 1
    writes = series[named.COMMIT_WRITES.name, ()]
    assert isinstance(writes, Histogram) and sum(writes.buckets) == 1 and writes.total == 3


def test_names_follow_the_rules_of_prometheus() -> None:
    assert len({metric.name for metric in named.METRICS}) == len(named.METRICS)
    for metric in named.METRICS:
        assert metric.name.startswith("gateway_")
        assert metric.name.endswith("_total") == (metric.kind == "counter")
        assert bool(metric.bounds) == (metric.kind == "histogram")
        assert list(metric.bounds) == sorted(metric.bounds)
