"""A subscriber's answer on its way back to the provider that waits for it."""

from __future__ import annotations

import logging
from collections.abc import Iterable

import orjson

from gateway.destinations import Answer
from gateway.store import Store, StoreError
from gateway.store.records import Claimed
from gateway.store.watch import KeptAnswer

MAX_HEADERS = 8192
"""Characters of headers that are kept; those that come after them are left out."""

_OF_THE_CONNECTION = frozenset(
    {"connection", "content-length", "date", "keep-alive", "proxy-authenticate", "server", "set-cookie"}
    | {"te", "trailer", "transfer-encoding", "upgrade"}
)

log = logging.getLogger("gateway.worker")


async def keep_answer(store: Store, claimed: Claimed, answer: Answer, now: int) -> None:
    """Keep what a subscriber answered, before the attempt is written down: then whoever waits finds it.

    A store that can't costs the provider its answer, not the delivery.
    """
    if answer.whole is None or answer.status is None:
        return
    delivery = claimed.delivery
    headers = orjson.dumps(_kept(answer.whole.headers)).decode()
    kept = KeptAnswer(delivery.delivery_id, delivery.attempts, answer.status, headers, answer.whole.body, now)
    try:
        await store.keep_answer(kept)
    except StoreError as error:
        log.error("the answer to %s was not kept for its provider: %s", delivery.delivery_id, error)


def _kept(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    kept, room = [], MAX_HEADERS
    for name, value in headers:
        room -= len(name) + len(value)
        if room >= 0 and name.lower() not in _OF_THE_CONNECTION and "\0" not in value:
            kept.append((name.lower(), value))
    return kept
