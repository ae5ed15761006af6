"""Several deliveries in one body: a JSON array of what each would be by itself. Pure."""

from __future__ import annotations

from gateway.destinations.formats import CLOUDEVENTS, FORMATS, JSON
from gateway.destinations.message import gateway_headers
from gateway.store.records import Claimed

CLOUDEVENTS_BATCH = "application/cloudevents-batch+json"
"""https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md, seen 2026-11-25."""

_OF_ONE = ("gateway-event", "gateway-source", "gateway-delivery")
"""Headers that say something of a single delivery."""


def batch_body(claimed: Claimed, format: str) -> tuple[bytes, dict[str, str]]:
    """The bodies in the order of `ts`, then of arrival, and their content type."""
    members = sorted((claimed, *claimed.others), key=lambda each: (each.event.ts, each.delivery.seq))
    made = [FORMATS[format](each) for each in members]
    is_cloudevents = made[0][1]["content-type"] == CLOUDEVENTS
    body = b"[" + b",".join(body for body, _ in made) + b"]"
    return body, {"content-type": CLOUDEVENTS_BATCH if is_cloudevents else JSON}


def batch_headers(claimed: Claimed) -> dict[str, str]:
    """What the gateway tells of a batch; `webhook-id` is the batch's own, the same at every attempt."""
    headers = {name: value for name, value in gateway_headers(claimed).items() if name not in _OF_ONE}
    size = str(1 + len(claimed.others))
    return headers | {"webhook-id": batch_id(claimed), "gateway-batch-size": size}


def batch_id(claimed: Claimed) -> str:
    """A delivery that came into no batch, a replay, goes alone and by its event's id."""
    return claimed.delivery.batch_id or claimed.event.event_id
