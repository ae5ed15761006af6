"""Answers that wait for more than the disk: until a subscriber has the event, or for what it answers.

The events are stored before anybody waits. So whoever gives up waiting, the provider that then retries or the
gateway that stops, loses nothing: the retry is a duplicate, and its answer waits for the same delivery.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import orjson

from gateway.answer import Answer, Refused
from gateway.config.ack import AckRule
from gateway.running import Endpoint
from gateway.store import Store, StoreError
from gateway.store.records import Candidate, Outcome
from gateway.store.watch import Awaited, KeptAnswer

LOOK_EVERY = 0.025
"""Seconds between two looks at what is waited for; one look serves all who wait. Nobody waits: no look."""

UNDELIVERED = Refused(503, "undelivered", "stored, and its subscriber does not have it yet; send it again")
UNANSWERED = Refused(503, "unanswered", "stored, and its subscriber did not answer; send it again")
TOO_LONG = Refused(502, "answer_too_long", "the subscriber's answer is too long to be handed on")
CROWDED = Refused(503, "overloaded", "stored, and too many wait for subscribers; send it again")
STOPPING = Refused(503, "stopping", "stored, and the gateway stops; send it again")
NO_STORE = Refused(503, "store_unavailable", "stored, and the store can't be read now; send it again")

log = logging.getLogger("gateway.ingest")


@dataclass(frozen=True, slots=True)
class Held:
    """One event whose delivery an answer waits for. `again`: it came before, so an old answer may stand."""

    event_id: str
    rule: AckRule
    subscription: str
    again: bool

    @property
    def pair(self) -> tuple[str, str]:
        """What the store is asked for."""
        return self.event_id, self.subscription


def held(endpoint: Endpoint, candidates: Sequence[Candidate], outcomes: Sequence[Outcome]) -> list[Held]:
    """The events of one request that its answer waits for, by the rules of its source."""
    waits = []
    for candidate, outcome in zip(candidates, outcomes, strict=True):
        rule = rule_for(endpoint, candidate.event.name)
        if rule is not None and rule.subscription is not None:
            again = outcome.duplicate is not None
            waits.append(Held(outcome.event_id, rule, rule.subscription, again))
    return waits


def rule_for(endpoint: Endpoint, name: str) -> AckRule | None:
    """The first rule that holds for an event's name."""
    return next((ack.rule for ack in endpoint.acks if ack.names.fullmatch(name)), None)


class Acking:
    """Those who wait. `limit` says how many may, so that others find room beside them."""

    def __init__(self, store: Store, limit: Callable[[], int]) -> None:
        self._store = store
        self._limit = limit
        self._waiting = 0
        self._asked: list[tuple[tuple[str, str], asyncio.Future[list[Awaited]]]] = []
        self._looking: asyncio.Task[None] | None = None
        self._closed = False

    async def answer(self, endpoint: Endpoint, waits: Sequence[Held], accepted: Answer) -> Answer:
        """What the provider hears: `accepted` once all is delivered, a subscriber's answer, or a 503."""
        if self._waiting + len(waits) > self._limit():
            return CROWDED.answer
        self._waiting += len(waits)
        tasks = [asyncio.create_task(self._settled(endpoint, each)) for each in waits]
        try:
            found = await asyncio.gather(*tasks)
        except Refused as refused:
            return refused.answer
        except StoreError as error:
            log.error("an answer of %s waits for the store: %s", endpoint.name, error)
            return NO_STORE.answer
        finally:
            for task in tasks:
                task.cancel()
            self._waiting -= len(waits)
        return next((answer for answer in found if answer is not None), accepted)

    def send_home(self) -> None:
        """Have nobody wait any more: what they wait for is stored, and is delivered after the next start."""
        self._closed = True

    async def close(self) -> None:
        """Send everybody home, and stop looking."""
        self.send_home()
        if self._looking is not None:
            await asyncio.gather(self._looking, return_exceptions=True)

    async def _settled(self, endpoint: Endpoint, held: Held) -> Answer | None:
        """The answer to hand on, None where there is none and all is well. Raises Refused, StoreError."""
        settle = self._delivered if held.rule.mode == "delivered" else self._answered
        late = UNDELIVERED if held.rule.mode == "delivered" else UNANSWERED
        try:
            async with asyncio.timeout(held.rule.timeout):
                return await settle(endpoint, held)
        except TimeoutError:
            raise late from None

    async def _delivered(self, endpoint: Endpoint, held: Held) -> None:
        while deliveries := await self._look(held):
            states = {delivery.state for delivery in deliveries}
            if "succeeded" in states:
                return
            if "pending" not in states:
                raise UNDELIVERED
        _nobody(endpoint, held)

    async def _answered(self, endpoint: Endpoint, held: Held) -> Answer | None:
        """The newest delivery's answer; of one that goes on after a failure, its next."""
        before = -1
        while deliveries := await self._look(held):
            newest = deliveries[-1]
            if before < 0:
                before = newest.ended if held.again else 0
            if newest.ended > before or newest.state != "pending":
                kept = await self._store.answer(newest.delivery_id)
                return _handed_on(endpoint, newest, kept, before)
        _nobody(endpoint, held)
        return None

    async def _look(self, held: Held) -> list[Awaited]:
        """Where its deliveries stand, seen in the next look."""
        if self._closed:
            raise STOPPING
        seen: asyncio.Future[list[Awaited]] = asyncio.get_running_loop().create_future()
        self._asked.append((held.pair, seen))
        if self._looking is None:
            self._looking = asyncio.create_task(self._look_for_all())
        return await seen

    async def _look_for_all(self) -> None:
        """Look until nobody asks any more."""
        while self._asked:
            await asyncio.sleep(0 if self._closed else LOOK_EVERY)
            asked, self._asked = self._asked, []
            open_ = [(pair, seen) for pair, seen in asked if not seen.done()]
            try:
                found = await self._store.awaited(list(dict.fromkeys(pair for pair, _ in open_)))
            except Exception as error:
                _fail((seen for _, seen in open_), error)
                continue
            for pair, seen in open_:
                if not seen.done():
                    seen.set_result([one for one in found if (one.event_id, one.subscription) == pair])
            await asyncio.sleep(0)  # those who look again do so now
        self._looking = None


def _fail(waiting: Iterable[asyncio.Future[list[Awaited]]], error: Exception) -> None:
    for seen in waiting:
        if not seen.done():
            seen.set_exception(error)


def _nobody(endpoint: Endpoint, held: Held) -> None:
    """To wait for a delivery that does not exist would have the provider retry for ever."""
    log.warning(
        "the answer of %s did not wait: the event %s has no delivery for the subscription %s",
        endpoint.name,
        held.event_id,
        held.subscription,
    )


def _handed_on(endpoint: Endpoint, newest: Awaited, kept: KeptAnswer | None, before: int) -> Answer | None:
    """The kept answer, unless it is of an attempt before the one that was waited for."""
    if kept is None or (newest.state == "pending" and kept.number <= before):
        if newest.state == "succeeded":  # its answer is kept for a day only
            return None
        raise UNANSWERED
    if kept.body is None:
        raise TOO_LONG
    wanted = endpoint.adapter.answer_headers | {"content-type"}
    said = [(name, value) for name, value in orjson.loads(kept.headers) if name in wanted]
    headers = [(name.encode(), value.encode("latin-1", "replace")) for name, value in said]
    return Answer(kept.status, kept.body, headers)
