"""What was sent, as events that ask to be stored. Pure: values in, values out, the clock passed in."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import orjson

from gateway.api.events import Sent
from gateway.api.seed import Seed
from gateway.config import Settings
from gateway.config.sources import CREDENTIALS
from gateway.conforming import ATTRIBUTE, noted
from gateway.event import API, Event, new_id
from gateway.pipeline.route import Router
from gateway.running import CONNECTION
from gateway.store.records import Candidate, Reception

_LEFT_OUT = CONNECTION | {name.encode() for name in CREDENTIALS} | {b"content-type"}
"""Headers that are not kept. The content type is whatever a tool writes; what is kept of a body is JSON."""


@dataclass(frozen=True, slots=True)
class Sending:
    """How the events of one request came. `key` is the name of its event key, `now` and `window` are ms."""

    key: str
    reception: Reception
    seed: Seed | None
    now: int
    window: int


def candidates(sent: Sequence[Sent], sending: Sending, router: Router) -> list[Candidate]:
    """One candidate an event. Its dedupe key is its id, or what is made from the seed where it has none."""
    return [_candidate(one, index, sending, router) for index, one in enumerate(sent)]


def _candidate(sent: Sent, index: int, sending: Sending, router: Router) -> Candidate:
    event_id = new_id(sending.now)
    broken = {} if sent.breach is None else {ATTRIBUTE: noted(sent.breach)}
    seeded = sending.seed.id(index) if sending.seed else event_id
    event = Event(
        event_id=event_id,
        id=sent.id or seeded,
        name=sent.name,
        source=API,
        data=sent.data,
        ts=sent.ts or sending.now,
        v=sent.v,
        received_at=sending.now,
        attributes={"event_key": sending.key, **sent.beside, **broken},
    )
    digest = hashlib.sha256(sent.data.encode()).digest()
    routed, kept = router.route(event), sending.reception
    made = Candidate(
        event,
        digest,
        routed.subscriptions,
        event.id,
        sending.window,
        kept,
        routed.orders,
        routed.verdicts,
        routed.terms,
        routed.waits,
    )
    return made if sent.breach is None else replace(made, breach=sent.breach)


def window(settings: Settings) -> int:
    """How long an id stays taken, in ms from its first reception."""
    return round(max(settings.dedupe.window, settings.store.retention.keys or 0.0) * 1000)


def kept_headers(headers: Sequence[tuple[bytes, bytes]]) -> str:
    """The headers that matter as JSON text, [name, value] pairs; none that may hold a credential."""
    kept = [[k.decode("latin-1"), v.decode("latin-1")] for k, v in headers if k not in _LEFT_OUT]
    return orjson.dumps(kept).decode()
