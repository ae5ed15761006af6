"""The runs of functions, kept in the store: what they send goes in as events of others do, and only once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson

from gateway.config import Subscription
from gateway.event import API, SENT_BESIDE, Event, new_id
from gateway.event_rules import problems
from gateway.functions.event import Event as Sent
from gateway.functions.run import Run, Sendable
from gateway.running import Running
from gateway.store import Store
from gateway.store.records import Candidate, Claimed

MARGIN = 86_400.0
"""Seconds that the id of a sent event stays taken beyond the last attempt that could send it again."""


class StoredRuns:
    """Makes runs on a store. `wake` hears which subscriptions got events."""

    def __init__(
        self,
        store: Store,
        running: Callable[[], Running],
        wake: Callable[[Iterable[str]], None],
        clock: Callable[[], float],
    ) -> None:
        self.store = store
        self.running = running
        self.wake = wake
        self.clock = clock

    def of(self, claimed: Claimed) -> Run:
        return StoredRun(self, claimed)


class StoredRun:
    """One attempt of one run."""

    def __init__(self, runs: StoredRuns, claimed: Claimed) -> None:
        self._runs = runs
        self._claimed = claimed
        delivery = claimed.delivery
        self.run_id = delivery.delivery_id
        self.subscription = delivery.subscription
        self.attempt = delivery.attempts
        self.retries = delivery.retries

    async def send(self, events: Sequence[Sendable], positions: Sequence[str]) -> list[str]:
        wires = [_wire(event) for event in events]
        found = [str(problem) for index, wire in enumerate(wires) for problem in problems(index, wire)]
        if found:
            raise ValueError(f"{'; '.join(found[:3])}; nothing was sent")
        candidates = [
            self._candidate(wire, position) for wire, position in zip(wires, positions, strict=True)
        ]
        self._check_size(candidates)
        outcomes = await self._runs.store.accept(candidates) if candidates else ()
        self._runs.wake({name for candidate in candidates for name in candidate.subscriptions})
        return [outcome.event_id for outcome in outcomes]

    def _candidate(self, wire: dict[str, Any], position: str) -> Candidate:
        """As the event of a sender, whose name is the function's."""
        now = round(self._runs.clock() * 1000)
        data = orjson.dumps(wire.get("data", {})).decode()
        beside = {name: orjson.dumps(wire[name]).decode() for name in SENT_BESIDE if wire.get(name)}
        event = Event(
            event_id=new_id(now),
            id=wire.get("id") or f"{self.run_id}.{position}",
            name=wire["name"],
            source=API,
            data=data,
            ts=wire.get("ts") or now,
            v=wire.get("v"),
            received_at=now,
            attributes={"function": self.subscription, "run_id": self.run_id, **beside},
        )
        digest = hashlib.sha256(data.encode()).digest()
        routed = self._runs.running().router.route(event)
        return Candidate(
            event,
            digest,
            routed.subscriptions,
            event.id,
            self._window(),
            orders=routed.orders,
            verdicts=routed.verdicts,
        )

    def _window(self) -> int:
        """How long an id stays taken, in ms: as long as an attempt may follow that sends it again."""
        settings = self._runs.running().settings
        subscription: Subscription | None = settings.subscriptions.get(self.subscription)
        last = subscription.retry.total + MARGIN if subscription is not None else MARGIN
        return round(max(settings.dedupe.window, settings.store.retention.keys or 0.0, last) * 1000)

    def _check_size(self, candidates: Sequence[Candidate]) -> None:
        most = int(self._runs.running().settings.server.max_send_body)
        size = sum(len(candidate.event.data.encode()) for candidate in candidates)
        if size > most:
            raise ValueError(
                f"the events have {size} bytes, and at most {most} are sent at once; send fewer, or raise "
                "server.max_send_body; nothing was sent"
            )


def _wire(event: Sendable) -> Any:
    """The fields that are sent, as JSON would have them."""
    fields = event.wire() if isinstance(event, Sent) else event
    try:
        return orjson.loads(orjson.dumps(fields))
    except TypeError as error:
        raise ValueError(f"an event can't be written as JSON: {error}; nothing was sent") from error
