"""What the sender of a webhook hears of what became of it."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from adapters.base import WebhookRequest
from gateway.answer import Answer, Refused
from gateway.running import Endpoint
from gateway.store import StoreError
from gateway.store.records import Outcome

INTERNAL_ERROR = Refused(500, "internal_error", "the gateway failed; send it again")
KEY_UNAVAILABLE = Refused(
    503, "key_unavailable", "what the signature is checked with can't be fetched now; send it again"
)
UNCONFIRMED = Refused(503, "unconfirmed", "the confirmation could not be sent; send it again")

log = logging.getLogger("gateway.ingest")


def fault(error: Exception, endpoint: Endpoint) -> Answer:
    """What the sender hears of an exception before anything was stored."""
    if isinstance(error, Refused):
        return error.answer
    log.error("a webhook to %s broke the adapter %s", endpoint.name, endpoint.adapter.name, exc_info=error)
    return INTERNAL_ERROR.answer


def accepted(endpoint: Endpoint, request: WebhookRequest, outcomes: Sequence[Outcome]) -> Answer:
    """The provider's own words where it wants to hear such, else ours."""
    try:
        reply = endpoint.adapter.reply(request)
    except Exception:  # the events are on disk, so whatever an adapter does, the sender hears of it
        log.exception("the reply of the adapter %s failed", endpoint.adapter.name)
        reply = None
    if reply is not None:
        return Answer.of(reply)
    duplicates = sum(outcome.duplicate is not None for outcome in outcomes)
    return Answer.json({"ids": [outcome.event_id for outcome in outcomes], "duplicates": duplicates})


def failure(error: BaseException) -> Answer:
    """Nothing was acknowledged, and the sender's next try does it again."""
    if isinstance(error, StoreError):
        log.error("nothing acknowledged: %s", error)
        return Refused(503, "store_unavailable", "the gateway can't store now; send it again").answer
    log.error("nothing acknowledged: the store failed", exc_info=error)
    return INTERNAL_ERROR.answer
