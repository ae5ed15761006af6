"""Whether spans are exported: by the standard variables of OpenTelemetry, and with its package installed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from importlib.util import find_spec

from gateway.telemetry.trace import Tracer

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")

log = logging.getLogger("gateway")


def tracer_of(environ: Mapping[str, str]) -> Tracer | None:
    """A tracer where one of ENDPOINTS is set; None says that spans are told to subscribers only."""
    named = next((name for name in ENDPOINTS if environ.get(name)), None)
    off = environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    if named is None or off or environ.get("OTEL_TRACES_EXPORTER", "otlp") == "none":
        return None
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.sdk") is None:
        log.warning("%s is set, but traces need: pip install 'webhook-gateway[otel]'", named)
        return None
    from gateway.telemetry.otel import OpenTelemetry

    return OpenTelemetry()
