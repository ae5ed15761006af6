"""What a sender hears where the gateway, its store or an adapter fails: send it again."""

from __future__ import annotations

import logging

from gateway.answer import Answer, Refused
from gateway.running import Endpoint
from gateway.store import StoreError

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


def failure(error: BaseException) -> Answer:
    """Nothing was acknowledged, and the sender's next try does it again."""
    if isinstance(error, StoreError):
        log.error("nothing acknowledged: %s", error)
        return Refused(503, "store_unavailable", "the gateway can't store now; send it again").answer
    log.error("nothing acknowledged: the store failed", exc_info=error)
    return INTERNAL_ERROR.answer
