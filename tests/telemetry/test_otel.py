"""Spans as OpenTelemetry exports them: our ids, our parents, and its sampler."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gateway.event import new_id
from gateway.telemetry.otel import OpenTelemetry
from gateway.telemetry.trace import of_attempt, of_event
from gateway.telemetry.tracing import tracer_of

EVENT = new_id(1_800_000_000_000)
UNSAMPLED = '[["traceparent","00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"]]'


@pytest.fixture
def export() -> Iterator[Callable[..., list[ReadableSpan]]]:
    """Records spans and returns what left: `export(span, …)`."""
    memory = InMemorySpanExporter()
    tracer = OpenTelemetry(memory)

    def export(*spans: object, error: str | None = None) -> list[ReadableSpan]:
        for span in spans:
            tracer.record(span, "deliver app", False, 1.5, 2.0, {"gateway.attempt": 1}, error)  # type: ignore[arg-type]
        tracer._provider.force_flush()
        return list(memory.get_finished_spans())

    yield export
    tracer.close()


def test_a_span_leaves_with_the_ids_that_the_subscriber_was_told(
    export: Callable[..., list[ReadableSpan]],
) -> None:
    event = of_event(EVENT, "[]")
    attempt = of_attempt(event, "d1", 1)
    root, child = export(event, attempt)
    assert root.parent is None and root.context is not None and child.context is not None
    assert f"{root.context.trace_id:032x}-{root.context.span_id:016x}" == f"{event.trace_id}-{event.span_id}"
    assert f"{child.context.span_id:016x}" == attempt.span_id
    assert child.parent is not None and child.parent.span_id == root.context.span_id
    assert (child.start_time, child.end_time) == (1_500_000_000, 2_000_000_000)


def test_a_failed_attempt_is_an_error(export: Callable[..., list[ReadableSpan]]) -> None:
    [span] = export(of_event(EVENT, "[]"), error="refused")
    assert span.status.description == "refused" and not span.status.is_ok


def test_what_the_provider_did_not_sample_is_not_recorded(export: Callable[..., list[ReadableSpan]]) -> None:
    assert export(of_event(EVENT, UNSAMPLED)) == []


def test_the_sampler_decides_where_a_trace_begins_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_always_off")
    tracer = OpenTelemetry(InMemorySpanExporter())
    assert of_event(EVENT, "[]", tracer).headers["traceparent"].endswith("-00")
    tracer.close()


def test_our_name_is_the_services_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    names = []
    for told in ("", "hooks"):
        monkeypatch.setenv("OTEL_SERVICE_NAME", told)
        tracer = OpenTelemetry(InMemorySpanExporter())
        names.append(tracer._provider.resource.attributes["service.name"])
        tracer.close()
    assert names == ["webhook-gateway", "hooks"]


URL = "http://127.0.0.1:4318"

# the environment -> whether spans are exported
SET = [
    ({}, False),
    ({"OTEL_EXPORTER_OTLP_ENDPOINT": URL}, True),
    ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": URL}, True),
    ({"OTEL_EXPORTER_OTLP_ENDPOINT": URL, "OTEL_SDK_DISABLED": "true"}, False),
    ({"OTEL_EXPORTER_OTLP_ENDPOINT": URL, "OTEL_TRACES_EXPORTER": "none"}, False),
]


@pytest.mark.parametrize(("environ", "exports"), SET)
def test_the_standard_variables_switch_it_on(environ: dict[str, str], exports: bool) -> None:
    tracer = tracer_of(environ)
    assert (tracer is not None) == exports
    if tracer is not None:
        tracer.close()


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr("gateway.telemetry.tracing.find_spec", lambda _: None)
    assert tracer_of({"OTEL_EXPORTER_OTLP_ENDPOINT": URL}) is None
    assert "pip install 'webhook-gateway[otel]'" in caplog.text
