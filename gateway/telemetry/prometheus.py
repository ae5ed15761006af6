"""Series as Prometheus's text or OpenMetrics, whichever is asked for. The only user of prometheus-client."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from gateway.telemetry import named
from gateway.telemetry.series import Histogram, Labels, Series, Value


def page(series: Series, accept: str) -> tuple[bytes, str]:
    """The page and its content type, for a request with this Accept header."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Page(series))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


class _Page(Collector):
    def __init__(self, series: Series) -> None:
        self._by_metric: dict[str, list[tuple[Labels, Value]]] = {}
        for (name, labels), value in series.items():
            self._by_metric.setdefault(name, []).append((labels, value))

    def collect(self) -> Iterator[Metric]:
        """Every metric that has a value, in the order of the list."""
        for metric in named.METRICS:
            values = self._by_metric.get(metric.name)
            if values:
                yield _family(metric, sorted(values, key=lambda value: value[0]))


def _family(metric: named.Metric, values: list[tuple[Labels, Value]]) -> Metric:
    if metric.kind == "histogram":
        return _histograms(metric, values)
    kind = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    family = kind(metric.name, metric.help, labels=metric.labels)
    for labels, value in values:
        assert not isinstance(value, Histogram)
        family.add_metric(labels, value)
    return family


def _histograms(metric: named.Metric, values: list[tuple[Labels, Value]]) -> Metric:
    family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
    for labels, value in values:
        assert isinstance(value, Histogram)
        family.add_metric(labels, list(_buckets(value)), value.total)
    return family


def _buckets(histogram: Histogram) -> Iterator[tuple[str, float]]:
    """(upper bound, values up to it), as the text has them."""
    below = 0
    for bound, count in zip((*map(str, histogram.bounds), "+Inf"), histogram.buckets, strict=True):
        below += count
        yield bound, below
