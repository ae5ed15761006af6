"""Between a claim and its attempts: what is too late or over a rate limit is cancelled, the throttled waits.

Subscriptions without any of these are not looked at.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence

from gateway.config import Subscription, format_duration
from gateway.config.limits import RateLimit, Timeouts
from gateway.config.limits import Throttle as ThrottleRule
from gateway.expression import Expression, variables
from gateway.pipeline import system
from gateway.pipeline.keys import key_of
from gateway.pipeline.lane import Lane
from gateway.running import Running
from gateway.store import Store
from gateway.store.flow import Admission, Asking, Rate, Throttle
from gateway.store.records import Cancellation, Candidate, Claimed
from gateway.telemetry.counts import Counts
from gateway.wait import CONFIGURED

log = logging.getLogger("gateway.worker")

SWEEP = 5_000
"""ms from one look for what should have begun long ago to the next."""


class Admissions:
    """Asks the store for every claimed delivery of a limited subscription. Times are Unix ms."""

    def __init__(
        self,
        store: Store,
        running: Callable[[], Running],
        wake: Callable[[Iterable[str]], None],
        counts: Counts,
    ) -> None:
        """`wake` hears of the subscriptions that get deliveries."""
        self._store = store
        self._counts = counts
        self._running = running
        self._wake = wake
        self._swept = 0

    async def admit(self, lane: Lane, claimed: Sequence[Claimed], now: int) -> Sequence[Claimed]:
        """Those of what a lane has claimed that may begin now. Raises StoreError."""
        subscription = lane.subscription
        in_time = await self._in_time(subscription, claimed, now)
        if not in_time or (subscription.rate_limit is None and subscription.throttle is None):
            return in_time
        asked = lane.in_turn(in_time)
        answers = await self._store.flow.admit(_admission(subscription, asked, now))
        over = [each for each, told in zip(asked, answers, strict=True) if told.answer == "over"]
        if subscription.rate_limit is not None:
            await self._cancel(over, _over(subscription.rate_limit), now, quiet=True)
        waits = [told.until for told in answers if told.answer == "wait"]
        if waits:
            lane.wait_until(min(waits) / 1000)
        return [each for each, told in zip(asked, answers, strict=True) if told.answer == "go"]

    async def sweep(self, lanes: Mapping[str, Lane], now: int) -> None:
        """Cancel what has waited for too long, leased by nobody; every SWEEP ms. Raises StoreError."""
        if now - self._swept < SWEEP and now >= self._swept:
            return
        self._swept = now
        for name, lane in lanes.items():
            timeouts = lane.subscription.timeouts
            if not lane.wanted or timeouts is None:
                continue
            start = _before(min(each for each in (timeouts.start, timeouts.finish) if each is not None), now)
            finish = None if timeouts.finish is None else _before(timeouts.finish, now)
            late = await self._store.flow.overdue(name, start, finish)
            await self._cancel_late(late, timeouts, now, untried=False)

    async def _in_time(
        self, subscription: Subscription, claimed: Sequence[Claimed], now: int
    ) -> Sequence[Claimed]:
        if subscription.timeouts is None:
            return claimed
        late = await self._cancel_late(claimed, subscription.timeouts, now, untried=True)
        return [each for each in claimed if each.delivery.delivery_id not in late]

    async def _cancel_late(
        self, found: Iterable[Claimed], timeouts: Timeouts, now: int, untried: bool
    ) -> set[str]:
        """Cancel those that are too late. Returns their ids."""
        late: dict[str, list[Claimed]] = {}
        for each in found:
            reason = _late(each, timeouts, now, untried)
            if reason is not None:
                late.setdefault(reason, []).append(each)
        for reason, together in late.items():
            await self._cancel(together, reason, now, untried=untried)
        return {each.delivery.delivery_id for together in late.values() for each in together}

    async def _cancel(
        self, ended: Sequence[Claimed], reason: str, now: int, quiet: bool = False, untried: bool = True
    ) -> None:
        """End deliveries; `quiet` tells of it only where a subscription names the event."""
        if not ended:
            return
        router = self._running().router
        told = not quiet or router.names_system_event(system.CANCELLED)
        emits = [self._emit(each, reason, now) if told else () for each in ended]
        await self._store.cancel(
            [
                Cancellation(each.delivery.delivery_id, now, emit, reason, untried)
                for each, emit in zip(ended, emits, strict=True)
            ]
        )
        self._wake({name for emit in emits for candidate in emit for name in candidate.subscriptions})
        for each in ended:
            self._counts.subscription(each.delivery.subscription).finished("cancelled")
        log.info("%d deliveries of %s are cancelled: %s", len(ended), ended[0].delivery.subscription, reason)

    def _emit(self, each: Claimed, reason: str, now: int) -> tuple[Candidate, ...]:
        because = {"reason": reason}
        router = self._running().router
        return system.ended(each.delivery, each.event, "cancelled", None, router, now, because)


def _late(each: Claimed, timeouts: Timeouts, now: int, leased: bool) -> str | None:
    """Why a delivery is too late. Both times count from when it was to be made, or went on after a wait."""
    went_on = [one.wait.resolved_at or 0 for one in each.waits if one.wait.step == CONFIGURED]
    waited = (now - max(each.event.ts, each.delivery.created_at, *went_on)) / 1000
    if timeouts.start is not None and each.delivery.attempts - leased == 0 and waited >= timeouts.start:
        return f"timed out: it did not start within {format_duration(timeouts.start)}"
    if timeouts.finish is not None and waited >= timeouts.finish:
        return f"timed out: it did not finish within {format_duration(timeouts.finish)}"
    return None


def _before(seconds: float, now: int) -> int:
    return now - round(seconds * 1000)


def _over(limit: RateLimit) -> str:
    return f"over the rate limit of {limit.summary}"


def _admission(subscription: Subscription, claimed: Sequence[Claimed], now: int) -> Admission:
    rate, throttle = subscription.rate_limit, subscription.throttle
    asking = tuple(_asking(each, rate, throttle) for each in claimed)
    return Admission(
        claimed[0].delivery.subscription,
        asking,
        now,
        None if rate is None else Rate(rate.limit, round(rate.period * 1000)),
        None
        if throttle is None
        else Throttle(throttle.interval * 1000, throttle.at_once, throttle.key is not None),
        subscription.order_by is not None,
    )


def _asking(each: Claimed, rate: RateLimit | None, throttle: ThrottleRule | None) -> Asking:
    """A rate limit counts deliveries, at their first attempt; a throttle counts attempts."""
    delivery, rate_key, throttle_key = each.delivery, None, None
    if rate is not None and delivery.attempts == 1:  # a run that slept goes on, and does not begin again
        rate_key = _key(rate.key, each)
    if throttle is not None:
        throttle_key = _key(throttle.key, each) or ""
    return Asking(delivery.delivery_id, delivery.attempts, rate_key, throttle_key)


def _key(expression: Expression | None, each: Claimed) -> str | None:
    """The key of an event; None: it has none, or it can't be computed."""
    if expression is None:
        return ""
    text = key_of(expression, variables(each.event)).text
    return None if text is None else text.replace("\0", "\ufffd")
