"""What one process has to tell with: its counts, and where its spans go."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.telemetry.counts import Counts
from gateway.telemetry.trace import Tracer


@dataclass(frozen=True, slots=True)
class Telemetry:
    """One a process. `tracer` None: spans are told to subscribers, and to nobody else."""

    counts: Counts = field(default_factory=Counts)
    tracer: Tracer | None = None
