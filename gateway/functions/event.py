"""The event as functions see it, and as they send it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from gateway.event import SENT_BESIDE
from gateway.event import Event as Happened


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    `data` is the provider's payload, parsed anew for every attempt, so that changing it changes nothing.
    `ts` is Unix ms. `event_id` is the gateway's own id, the same at every attempt; `id` is the provider's,
    `source` where it came from, `received_at` (Unix ms) when.

    To send one, a name and data will do: `Event("shop/order.shipped", {"order": "o_1"})`. A `ts` in the
    future delays it, and the same `id` is the same event.
    """

    name: str
    data: Any = field(default_factory=dict)
    id: str = ""
    ts: int = 0
    v: str | None = None
    user: Mapping[str, Any] | None = None
    meta: Mapping[str, Any] | None = None
    event_id: str = ""
    source: str = ""
    received_at: int = 0

    @classmethod
    def of(cls, happened: Happened) -> Event:
        """A stored event as functions see it."""
        kept = {name: happened.attributes.get(name) for name in SENT_BESIDE}
        beside = {name: orjson.loads(text) for name, text in kept.items() if isinstance(text, str)}
        return cls(
            name=happened.name,
            data=orjson.loads(happened.data),
            id=happened.id,
            ts=happened.ts,
            v=happened.v,
            event_id=happened.event_id,
            source=happened.source,
            received_at=happened.received_at,
            **beside,
        )

    @property
    def happened_at(self) -> datetime:
        """`ts` as a time, in UTC."""
        return datetime.fromtimestamp(self.ts / 1000, UTC)

    def wire(self) -> dict[str, Any]:
        """The fields that are sent, without those that say nothing."""
        fields = {name: getattr(self, name) for name in ("id", "name", "data", "ts", "v", *SENT_BESIDE)}
        return {name: value for name, value in fields.items() if value not in ("", None, 0)}
