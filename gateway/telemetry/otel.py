"""Spans for OpenTelemetry, exported by OTLP over HTTP: the extra `otel`, set up by OTEL_… variables."""

from __future__ import annotations

import os
from collections.abc import Mapping

from opentelemetry import trace as api
from opentelemetry.context import Context
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace.span import TraceState

from gateway import __version__
from gateway.telemetry.trace import SAMPLED, Span


class _Given(IdGenerator):
    """Gives the ids that the span to be recorded has already: the subscriber was told them."""

    def __init__(self) -> None:
        self.next = Span("0" * 32, "0" * 16)

    def generate_span_id(self) -> int:
        return int(self.next.span_id, 16)

    def generate_trace_id(self) -> int:
        return int(self.next.trace_id, 16)


class OpenTelemetry:
    """A tracer that exports. Used on one event loop; what it exports leaves from a thread of its own."""

    def __init__(self, exporter: SpanExporter | None = None) -> None:
        """`exporter` None: by OTLP over HTTP, as OTEL_EXPORTER_OTLP_… say."""
        self._ids = _Given()
        self._provider = TracerProvider(resource=_resource(), id_generator=self._ids, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter or _otlp()))
        self._tracer = self._provider.get_tracer("gateway", __version__)

    def flags(self, trace_id: str) -> int:
        """What OTEL_TRACES_SAMPLER says of a trace without a parent."""
        asked = self._provider.sampler.should_sample(None, int(trace_id, 16), "webhook")
        return SAMPLED if asked.decision is Decision.RECORD_AND_SAMPLE else 0

    def record(
        self,
        span: Span,
        name: str,
        incoming: bool,
        began: float,
        ended: float,
        attributes: Mapping[str, str | int],
        error: str | None = None,
    ) -> None:
        """See Tracer.record."""
        self._ids.next = span
        kind = api.SpanKind.SERVER if incoming else api.SpanKind.PRODUCER
        made = self._tracer.start_span(
            name, context=_parent(span), kind=kind, attributes=attributes, start_time=_ns(began)
        )
        if error is not None:
            made.set_status(api.Status(api.StatusCode.ERROR, error))
        made.end(_ns(ended))

    def close(self) -> None:
        """Send what is left; it may take as long as the exporter's timeout."""
        self._provider.shutdown()


def _parent(span: Span) -> Context | None:
    """The span that led to it; none makes it the first of its trace."""
    if span.parent_id is None:
        return None
    flags = api.TraceFlags(span.flags)
    state = TraceState.from_header([span.state] if span.state else [])
    ids = int(span.trace_id, 16), int(span.parent_id, 16)
    parent = api.SpanContext(*ids, is_remote=True, trace_flags=flags, trace_state=state)
    return api.set_span_in_context(api.NonRecordingSpan(parent))


def _otlp() -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter()


def _resource() -> Resource:
    """Ours, but for what OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say."""
    own: dict[str, str] = {SERVICE_VERSION: __version__}
    if not os.environ.get("OTEL_SERVICE_NAME") and SERVICE_NAME not in os.environ.get(
        "OTEL_RESOURCE_ATTRIBUTES", ""
    ):
        own[SERVICE_NAME] = "webhook-gateway"
    return Resource.create(own)


def _ns(seconds: float) -> int:
    return round(seconds * 1e9)
