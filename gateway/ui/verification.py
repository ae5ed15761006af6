"""What an event passed before it was stored, in the order of ingest, and what a proof covers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import orjson

from adapters.base import AdapterError, Headers, NeedsKey, WebhookRequest
from adapters.page import scheme_words
from gateway.config import describe
from gateway.config.describing import SourceDescription
from gateway.event import API
from gateway.running import Endpoint
from gateway.store.records import Reception, Stored
from gateway.store.rejections import Rejection
from gateway.ui.visit import Visit

COVERED = 4096
"""Bytes that are shown of what the proof is over."""

BODY = b"{body}"
"""What stands for a body that nobody proved to be genuine."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that was done or checked, and by what, where there is more to say."""

    text: str
    detail: str = ""


def verification(visit: Visit, stored: Stored) -> Sequence[Step]:
    """The steps of an event; none of one that the gateway itself emitted.

    The proof, the tolerance and the window are told as the config of now has them.
    """
    reception = stored.reception
    if reception is None:
        return ()
    size = f"{len(stored.body):,} {'byte' if len(stored.body) == 1 else 'bytes'}"
    known = {one.name: one for one in describe(visit.settings).sources}
    source = known.get(stored.event.source)
    first = Step(f"received, {size}, from {reception.remote_addr}", reception.url)
    return (first, *_proven(visit, stored, reception, source), *_told_apart(stored, reception, source))


def _proven(
    visit: Visit, stored: Stored, reception: Reception, source: SourceDescription | None
) -> Iterator[Step]:
    """Who says that it is genuine."""
    if stored.event.source == API and reception.secret is None:
        yield Step(f"sent by the function {stored.event.attributes.get('function')} in a run of its own")
    elif stored.event.source == API:
        yield Step(f"event key number {(reception.secret or 0) + 1} of the config was right")
    elif reception.secret is None:
        yield Step("read from the provider’s own list by a backfill, which needs no signature")
    elif source is None:
        yield Step(f"verified with secret number {reception.secret + 1} of a source that is gone by now")
    else:
        many = f" of {len(source.secrets)}" if source.secrets else ""
        proof = proofs(visit)[source.name].replace("`", "")
        yield Step(f"signature right, by secret number {reception.secret + 1}{many}", proof)
        if source.tolerance:
            yield Step(f"signed time within {source.tolerance} of the reception")
        else:
            yield Step("no time is signed, so none was checked")


def _told_apart(stored: Stored, reception: Reception, source: SourceDescription | None) -> Iterator[Step]:
    """What it was taken for, and that nothing had its dedupe key."""
    event = stored.event
    with_others = ", one event of several in its request" if reception.request_id else ""
    yield Step(f"read as {event.name}{with_others}", event.id)
    window = f" within {source.window}" if source else ""
    yield Step(f"dedupe key free: {event.source} sent none like it{window}; stored")


def proofs(visit: Visit) -> dict[str, str]:
    """What the proof of each source's requests is, in words."""
    return {
        name: source.adapter.proof or scheme_words(source.adapter.scheme)
        for name, source in visit.settings.sources.items()
    }


def covered(visit: Visit, stored: Stored) -> str | None:
    """The beginning of what the proof of an event's request is over; None where that can't be told.

    Of the request as people see it: what its source hides is hidden here too.
    """
    endpoint, reception = visit.running.endpoints.get(stored.event.source), stored.reception
    if endpoint is None or reception is None or reception.secret is None:
        return None
    at = stored.event.received_at / 1000
    method = min(endpoint.adapter.methods)
    kept = WebhookRequest(method, reception.url, _headers(reception.headers), stored.body, at)
    return _signed(endpoint, kept)


def should_cover(visit: Visit, refused: Rejection) -> str | None:
    """What the proof of a refused request should have covered, with BODY for its body; else as `covered`."""
    endpoint = visit.running.endpoints.get(refused.source)
    if endpoint is None:
        return None
    at = refused.received_at / 1000
    return _signed(endpoint, WebhookRequest(refused.method, refused.url, _headers(refused.headers), BODY, at))


def _signed(endpoint: Endpoint, request: WebhookRequest) -> str | None:
    try:
        signed = endpoint.adapter.signed_bytes(request)
    except (AdapterError, NeedsKey, ValueError):
        return None
    return None if signed is None else signed[:COVERED].decode("utf-8", "replace")


def _headers(kept: str) -> Headers:
    """Headers again, but for those that were not kept."""
    pairs = orjson.loads(kept)
    return Headers([(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in pairs])
