"""Delivering to an Amazon EventBridge bus."""

from __future__ import annotations

from datetime import UTC, datetime
from time import monotonic
from typing import Any

import orjson

from gateway.config import Subscription
from gateway.config.destinations.eventbridge import EventBridge
from gateway.destinations.attempt import Refused, first_line
from gateway.destinations.aws import LARGEST, AwsDestination
from gateway.destinations.formats import FORMATS
from gateway.destinations.message import gateway_headers
from gateway.store.records import Claimed

LONGEST_TYPE = 128
"""Characters of an event's name, which is its detail type; PutEvents says yes to more, and drops the event.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html and
https://github.com/segmentio/action-destinations/pull/2828, seen 2026-11-24.
"""

LOOKED_UP = 60.0
"""Seconds that a bus is taken to be there after it was."""


class EventBridgeDestination(AwsDestination):
    """One bus. A success tells the id that EventBridge gave the event.

    PutEvents also says yes where there is no such bus, and drops the event
    (https://github.com/aws/aws-cli/issues/9186, seen 2026-11-24). So the bus is looked up first.
    """

    service = "events"
    action = "events:PutEvents (and events:DescribeEventBus, unless assume_bus is true)"
    ways_out = {"ResourceNotFoundException": "create the bus, or correct bus and region"}

    def __init__(self, subscription: Subscription) -> None:
        super().__init__(subscription)
        assert isinstance(subscription.destination, EventBridge)
        self._bus = subscription.destination.bus
        self._assumed = subscription.destination.assume_bus or self._bus == "default"
        self._there_until = 0.0

    async def put(self, client: Any, claimed: Claimed) -> dict[str, str]:
        entry = _entry(claimed, self._format) | {"EventBusName": self._bus}
        if not self._assumed and monotonic() >= self._there_until:
            await client.describe_event_bus(Name=self._bus)
            self._there_until = monotonic() + LOOKED_UP
        return {"bus": self._bus, "event_id": _event_id(await client.put_events(Entries=[entry]))}


def _entry(claimed: Claimed, format: str) -> dict[str, Any]:
    """The event as PutEvents takes it; what the gateway tells beside it is in `headers` of the detail.

    Not in a CloudEvent: that has the event's id as its own, and none but simple extensions.
    """
    if len(claimed.event.name) > LONGEST_TYPE:
        length = len(claimed.event.name)
        raise Refused(f"the event's name has {length} characters; EventBridge takes {LONGEST_TYPE} at most")
    detail = FORMATS[format](claimed)[0].decode()
    if format == "event":
        detail = f'{detail[:-1]},"headers":{orjson.dumps(gateway_headers(claimed)).decode()}}}'
    entry = {"Source": claimed.event.source, "DetailType": claimed.event.name, "Detail": detail}
    size = sum(len(text.encode()) for text in entry.values())
    if size > LARGEST:
        raise Refused(f"the event has {size} bytes; EventBridge takes {LARGEST} at most")
    return entry | {"Time": datetime.fromtimestamp(claimed.event.ts / 1000, UTC)}


def _event_id(answer: Any) -> str:
    """The id of the one event. Raises Refused: PutEvents answers 200 also where it took nothing."""
    entry = (answer.get("Entries") or [{}])[0]
    if answer.get("FailedEntryCount") or not entry.get("EventId"):
        code, text = entry.get("ErrorCode", "no event id"), first_line(entry.get("ErrorMessage", ""))
        raise Refused(f"EventBridge refused the event: {code}: {text}".rstrip(": "))
    return str(entry["EventId"])
