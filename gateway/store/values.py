"""Records as rows of values, in the order of the columns that both engines have."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from gateway.store.records import Candidate, Duplicate
from gateway.store.rejections import Rejection

Row = tuple[object, ...]


def event(candidate: Candidate) -> Row:
    """A row of `events` without its `seq`."""
    event, r = candidate.event, candidate.reception
    attributes = orjson.dumps(dict(event.attributes)).decode() if event.attributes else "{}"
    kept: Row = (None, None, None, None, None)
    if r is not None:
        kept = (r.secret, r.remote_addr, r.request_id, r.url, r.headers)
    return (
        event.event_id,
        event.id,
        event.name,
        event.source,
        event.ts,
        event.v,
        event.received_at,
        attributes,
        *kept,
        event.data,
    )


def key(candidate: Candidate) -> Row:
    """A row of `dedupe_keys`."""
    event = candidate.event
    end = event.received_at + candidate.window
    id = None if event.id == candidate.key else event.id
    return (event.source, candidate.key, event.event_id, id, candidate.digest, event.received_at, end)


def verdicts(candidate: Candidate) -> list[Row]:
    """Its rows of `verdicts`."""
    event_id = candidate.event.event_id
    return [
        (event_id, v.subscription, v.reason, v.expression, v.saw, v.error, v.first_event_id)
        for v in candidate.verdicts
    ]


def duplicate(duplicate: Duplicate) -> Row:
    """A row of `duplicates` without its `seq`."""
    return (
        duplicate.duplicate_id,
        duplicate.event_id,
        duplicate.id,
        duplicate.name,
        duplicate.source,
        duplicate.received_at,
        duplicate.gap,
        duplicate.same_body,
        orjson.dumps(duplicate.fields).decode(),
        duplicate.reason,
        duplicate.secret,
        duplicate.remote_addr,
        duplicate.headers,
        duplicate.data,
    )


def rejection(rejection: Rejection) -> Row:
    """A row of `rejections` without its `seq`."""
    return (
        rejection.rejection_id,
        rejection.source,
        rejection.reason,
        rejection.detail,
        rejection.received_at,
        rejection.remote_addr,
        rejection.method,
        rejection.url,
        rejection.headers,
        rejection.body_size,
        rejection.body_sha256,
        rejection.body,
    )


def priorities(deliveries: Iterable[tuple[Candidate, Row]]) -> list[Row]:
    """The priority and the id of each that has one. Rows begin with id, event and subscription."""
    return [
        (terms.priority, row[0])
        for candidate, row in deliveries
        if candidate.terms and (terms := candidate.terms.get(str(row[2]))) is not None and terms.priority
    ]
