"""System events: what the gateway itself has to tell, as events that anybody can subscribe to.

The data of the delivery family has the shape of Inngest's `inngest/function.failed`, so that a handler
written for that needs only another name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from gateway.event import SYSTEM, Event, new_id
from gateway.pipeline.route import Router
from gateway.schema import Breach
from gateway.store.records import Attempt, Candidate, Delivery, Duplicate
from gateway.store.watch import Watched

FAILED = "gateway/delivery.failed"
FINISHED = "gateway/delivery.finished"
CANCELLED = "gateway/delivery.cancelled"
PAUSED = "gateway/subscription.paused"
RESUMED = "gateway/subscription.resumed"
FAILING = "gateway/subscription.failing"
DIFFERS = "gateway/duplicate.differs"
SILENT = "gateway/source.silent"
REJECTED = "gateway/signature.rejected"
BROKEN = "gateway/schema.broken"


def ended(
    delivery: Delivery,
    event: Event,
    state: str,
    error: Attempt | None,
    router: Router,
    now: int,
    because: Mapping[str, Any] | None = None,
) -> tuple[Candidate, ...]:
    """What a delivery emits when it ends as `state`: nothing where its event is a system event itself.

    `delivery.failed` and `delivery.cancelled` are always stored. `delivery.finished`, which comes with
    every delivery that ends, is stored only where a subscription names it by a pattern that begins with
    `gateway/`: the delivery's own row tells the same, and `**` should not double every event. `because` are
    fields that say why.
    """
    if event.is_system:
        return ()
    data = _delivery_data(delivery, event, error) | dict(because or {})
    emitted = []
    if state == "dead":
        emitted.append(emit(FAILED, data, router, now, id=delivery.delivery_id))
    if state == "cancelled":
        emitted.append(emit(CANCELLED, data, router, now, id=delivery.delivery_id))
    if router.names_system_event(FINISHED):
        emitted.append(emit(FINISHED, {**data, "state": state}, router, now, id=delivery.delivery_id))
    return tuple(emitted)


def paused(subscription: str, reason: str, router: Router, now: int) -> Candidate:
    """A subscription gets nothing until it is resumed."""
    return emit(PAUSED, {"function_id": subscription, "reason": reason}, router, now)


def resumed(subscription: str, router: Router, now: int, reason: str | None = None) -> Candidate:
    """A subscription gets its deliveries again; `reason` where no person has resumed it."""
    why = {} if reason is None else {"reason": reason}
    return emit(RESUMED, {"function_id": subscription} | why, router, now)


def failing(subscription: str, why: str, router: Router, now: int) -> Candidate:
    """So many attempts for a subscription fail that a person should look, before deliveries are dead."""
    return emit(FAILING, {"function_id": subscription, "reason": why}, router, now)


def duplicate_differs(duplicate: Duplicate, router: Router, now: int) -> Candidate:
    """A provider sent an event id again with another body: its evidence, without the bodies."""
    data = {
        "event_id": duplicate.event_id,
        "id": duplicate.id,
        "name": duplicate.name,
        "source": duplicate.source,
        "duplicate_id": duplicate.duplicate_id,
        "received_at": duplicate.received_at,
        "gap": duplicate.gap,
        "fields": list(duplicate.fields),
    }
    return emit(DIFFERS, data, router, now, id=duplicate.duplicate_id)


def source_silent(source: str, expect: str, watched: Watched, router: Router, now: int) -> Candidate:
    """A source has sent nothing for longer than `expect`, a duration as people write it."""
    data = {
        "source": source,
        "expect": f"every {expect}",
        "heard_at": watched.heard_at,
        "counted_from": watched.counted_from,
    }
    return emit(SILENT, data, router, now)


def signature_rejected(
    source: str, reasons: Mapping[str, int], since: int, router: Router, now: int
) -> Candidate:
    """Every request to a source fails verification since then: how many, by the reason of the rejection."""
    data = {
        "source": source,
        "rejections": sum(reasons.values()),
        "reasons": dict(reasons),
        "since": since,
    }
    return emit(REJECTED, data, router, now)


def schema_broken(event: Event, breach: Breach, router: Router, now: int) -> Candidate:
    """An event was stored and goes to nobody, since its data breaks a schema that refuses."""
    data = {
        "event_id": event.event_id,
        "id": event.id,
        "name": event.name,
        "source": event.source,
        "schema": breach.pattern,
        "problems": [{"field": each.field, "reason": each.reason} for each in breach.faults],
    }
    return emit(BROKEN, data, router, now, id=event.event_id)


def emit(name: str, data: dict[str, Any], router: Router, now: int, id: str | None = None) -> Candidate:
    """A system event of now (Unix ms); `id` is its event_id unless given."""
    text = orjson.dumps(data)
    event_id = new_id(now)
    event = Event(
        event_id=event_id,
        id=id or event_id,
        name=name,
        source=SYSTEM,
        data=text.decode(),
        ts=now,
        v="1",
        received_at=now,
    )
    routed = router.route(event)
    return Candidate(
        event,
        hashlib.sha256(text).digest(),
        routed.subscriptions,
        orders=routed.orders,
        verdicts=routed.verdicts,
        waits=routed.waits,
        terms=routed.terms,
    )


def _delivery_data(delivery: Delivery, event: Event, attempt: Attempt | None) -> dict[str, Any]:
    data: dict[str, Any] = {
        "function_id": delivery.subscription,
        "run_id": delivery.delivery_id,
        "attempts": delivery.attempts,
        "event": event.wire(),
    }
    if attempt is not None and (attempt.error is not None or (attempt.status or 0) >= 300):
        data["error"] = _error(attempt)
    return data


def _error(attempt: Attempt) -> dict[str, Any]:
    if attempt.status is not None:
        return {
            "name": "HTTPStatusError",
            "message": f"the subscriber answered {attempt.status}",
            "code": attempt.status,
        }
    if attempt.stack is None:
        return {"name": "DeliveryError", "message": attempt.error, "code": None}
    name, _, message = (attempt.error or "").removeprefix("transform: ").partition(": ")
    return {"name": name, "message": message, "code": None, "stack": attempt.stack}
