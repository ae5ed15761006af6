"""Every metric by its name: the one list that code, docs, dashboard and alert rules are held against.

Names follow https://prometheus.io/docs/practices/naming/ (seen 2026-11-24): base units, `_total` on counters.
Labels hold names of the config and words of the code, never anything that a request brings, so their number
has a bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FAST = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds, for what should take milliseconds."""

ANSWER = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0, 60.0)
"""Seconds, for what another machine answers."""

PATIENT = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 3600.0, 21_600.0, 86_400.0)
"""Seconds, for what may be retried for a day."""

GROUP = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0)
"""Writes in one transaction."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `bounds` are a histogram's; `shared` says that every node of one store tells the same."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    help: str
    bounds: tuple[float, ...] = ()
    shared: bool = False


ANSWERS = Metric(
    "gateway_answers_total", "counter", ("source", "status"), "Requests of a source, by HTTP status."
)
ACK = Metric(
    "gateway_ack_seconds",
    "histogram",
    ("source",),
    "From a whole webhook to its 2xx, the commit included.",
    FAST,
)
EVENTS = Metric("gateway_events_total", "counter", ("source",), "Events stored.")
DUPLICATES = Metric("gateway_duplicates_total", "counter", ("source",), "Verified webhooks that came again.")
REJECTIONS = Metric(
    "gateway_rejections_total",
    "counter",
    ("source", "reason"),
    "Requests refused, by reason. The source is empty where no source has the name that was asked for.",
)
BROKEN = Metric(
    "gateway_schema_breaches_total",
    "counter",
    ("source", "mode"),
    "Events whose data breaks their schema: warn, delivered all the same; refuse, delivered to nobody.",
)
REQUESTS = Metric("gateway_requests_in_flight", "gauge", (), "Webhooks that are being worked on.")
REQUESTS_MAX = Metric("gateway_requests_in_flight_max", "gauge", (), "server.max_in_flight of all processes.")
ATTEMPTS = Metric(
    "gateway_attempts_total",
    "counter",
    ("subscription", "outcome"),
    "Attempts by outcome: succeeded, failed, interrupted (the gateway stopped), parked (a function waits) or "
    "lease_lost.",
)
ATTEMPT = Metric("gateway_attempt_seconds", "histogram", ("subscription",), "What one attempt takes.", ANSWER)
DELIVERIES = Metric(
    "gateway_deliveries_total",
    "counter",
    ("subscription", "state"),
    "Deliveries that a worker ended: succeeded, dead (a dead letter), or cancelled by a limit.",
)
DELIVERED = Metric(
    "gateway_delivery_seconds",
    "histogram",
    ("subscription",),
    "From reception, or the time an event is meant for, to its delivery; replays do not count.",
    PATIENT,
)
DELIVERING = Metric(
    "gateway_deliveries_in_flight", "gauge", ("subscription",), "Attempts under way in this gateway."
)
SLOTS = Metric(
    "gateway_deliveries_in_flight_max", "gauge", ("subscription",), "Attempts that may be under way here."
)
WAITING = Metric(
    "gateway_deliveries_waiting",
    "gauge",
    ("subscription",),
    "Pending deliveries that nobody works on: due, waiting for a retry, or paused.",
    shared=True,
)
DUE = Metric(
    "gateway_deliveries_due",
    "gauge",
    ("subscription",),
    "Those of them that are due now, paused ones included.",
    shared=True,
)
OLDEST = Metric(
    "gateway_oldest_due_seconds",
    "gauge",
    ("subscription",),
    "For how long the oldest due delivery has been due; 0 where none is.",
    shared=True,
)
PAUSED = Metric(
    "gateway_subscription_paused", "gauge", ("subscription",), "1 while it is paused.", shared=True
)
BREAKER = Metric(
    "gateway_breaker_state",
    "gauge",
    ("subscription",),
    "Its circuit breaker: 0 closed, or none; 1 half open, a probe is under way; 2 open.",
    shared=True,
)
FAILING = Metric(
    "gateway_subscription_failing",
    "gauge",
    ("subscription",),
    "1 while so many attempts fail that a person should look.",
    shared=True,
)
READABLE = Metric(
    "gateway_store_readable",
    "gauge",
    (),
    "1 where the store could be asked for this page; 0: what is read from it is missing.",
)
COMMIT_WRITES = Metric("gateway_commit_writes", "histogram", (), "Writes that shared one transaction.", GROUP)
COMMIT = Metric(
    "gateway_commit_seconds", "histogram", (), "What a transaction took, from its begin to the disk.", FAST
)
STORE_ERRORS = Metric(
    "gateway_store_errors_total",
    "counter",
    ("error",),
    "Groups of writes that failed: unavailable (full, locked, unreachable) or fault.",
)
INFO = Metric("gateway_info", "gauge", ("version", "engine"), "Always 1; tells the version and the engine.")

METRICS = (
    ANSWERS,
    ACK,
    EVENTS,
    DUPLICATES,
    REJECTIONS,
    BROKEN,
    REQUESTS,
    REQUESTS_MAX,
    ATTEMPTS,
    ATTEMPT,
    DELIVERIES,
    DELIVERED,
    DELIVERING,
    SLOTS,
    WAITING,
    DUE,
    OLDEST,
    PAUSED,
    BREAKER,
    FAILING,
    READABLE,
    COMMIT_WRITES,
    COMMIT,
    STORE_ERRORS,
    INFO,
)
"""All of them, in the order of the page."""

BY_NAME = {metric.name: metric for metric in METRICS}
