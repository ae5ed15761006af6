"""One delivery as brokers and files get it: the body in the subscription's format, and what tells of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.destinations.formats import FORMATS, waited
from gateway.store.records import Claimed
from gateway.telemetry import trace


@dataclass(frozen=True, slots=True)
class Message:
    """`id` is the event's own and the same at every attempt, so that receivers can tell a repetition.

    `headers` are the body's (`content-type`, with `raw` the provider's) and the gateway's own.
    """

    id: str
    name: str
    body: bytes
    headers: Mapping[str, str]


def message(claimed: Claimed, format: str) -> Message:
    """The message of a delivery in `format`, one of FORMATS."""
    body, headers = FORMATS[format](claimed)
    return Message(claimed.event.event_id, claimed.event.name, body, gateway_headers(claimed) | headers)


def gateway_headers(claimed: Claimed) -> dict[str, str]:
    """What the gateway tells with every delivery; `webhook-id` is the same at every attempt.

    `traceparent` is the attempt's own span, a child of the one in which the event was received, and that a
    child of the provider's where it sent one.
    """
    event, delivery = claimed.event, claimed.delivery
    own = {
        "webhook-id": event.event_id,
        "gateway-event": event.name,
        "gateway-source": event.source,
        "gateway-subscription": delivery.subscription,
        "gateway-delivery": delivery.delivery_id,
        "gateway-attempt": str(delivery.attempts),
    }
    span = trace.CURRENT.get() or trace.of_attempt(
        trace.of_event(event.event_id, claimed.headers), delivery.delivery_id, delivery.attempts
    )
    second = waited(claimed)
    told = {} if second is None else {"gateway-wait": second.wait.state}
    return own | told | span.headers


def ms_since(started: float) -> int:
    """Milliseconds since `started`, a time.perf_counter()."""
    return round((time.perf_counter() - started) * 1000)
