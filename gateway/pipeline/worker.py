"""The worker: claim what is due, deliver it, settle the outcome, sleep until there is more.

A backlog never sits in memory: a lane claims exactly as many deliveries as it has free slots. It claims
when a good part of them is free, or a moment after its last claim, not once for every delivery that ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Callable, Collection, Iterable, Sequence

from gateway.config import Subscription
from gateway.destinations import Answer
from gateway.pipeline.admission import Admissions
from gateway.pipeline.batch import whole
from gateway.pipeline.handing_on import keep_answer
from gateway.pipeline.healths import Healths
from gateway.pipeline.lane import Lane
from gateway.pipeline.lanes import Lanes
from gateway.pipeline.owner import this_process, vanished
from gateway.pipeline.retry import RetryAt, parse_retry_after
from gateway.pipeline.runs import StoredRuns
from gateway.pipeline.settle import attempt_of, decided, interrupted, parked, settlement
from gateway.pipeline.telling import span_of, tell
from gateway.running import Running
from gateway.store import Store, StoreError
from gateway.store.records import Attempt, Claimed, Settlement
from gateway.telemetry.process import Telemetry
from gateway.telemetry.series import Series
from gateway.telemetry.trace import CURRENT

POLL = 1.0
"""Seconds after which the worker looks for deliveries that another process has made (a replay)."""

LOST = "the worker stopped before it told the outcome"
STOPPED = "the gateway stopped during the attempt"

log = logging.getLogger("gateway.worker")


class Worker:
    """Delivers for every subscription of the config in force, until stopped."""

    def __init__(
        self,
        store: Store,
        running: Callable[[], Running],
        clock: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
        only: Collection[str] | None = None,
        telemetry: Telemetry | None = None,
    ) -> None:
        """`clock` gives Unix seconds, `chance` a number in [0, 1) that places a retry in its jitter.

        `only` names the subscriptions that this worker delivers for, None for all.
        """
        self._store = store
        self._running = running
        self._clock = clock
        self._chance = chance
        self._telemetry = telemetry or Telemetry()
        self._runs = StoredRuns(store, running, self.wake, clock)
        self._owner = this_process()
        self._lanes = Lanes(only, self._runs)
        self._healths = Healths(store, running, self.wake)
        self._admissions = Admissions(store, running, self.wake, self._telemetry.counts)
        self._more = asyncio.Event()
        self._claiming = asyncio.Lock()
        self._polled = 0.0
        self._stopping = False

    def wake(self, subscriptions: Iterable[str]) -> None:
        """Say that these subscriptions have new deliveries."""
        for name in subscriptions:
            lane = self._lanes.get(name)
            if lane is not None and not lane.claimable:
                lane.claimable = True
                self._more.set()

    async def run(self) -> None:
        """Deliver until `stop`, whatever happens. A store that fails is waited for, never given up on."""
        while not self._stopping:
            try:
                await self.step()
                pause = self._idle_for()
            except StoreError as error:
                log.error("deliveries wait for the store: %s", error)
                pause = POLL
            except Exception:
                log.exception("the worker failed; it goes on")
                pause = POLL
            await self._wait(pause)

    async def step(self) -> None:
        """One round: follow the config, settle what a lost worker left, claim what is due."""
        self._lanes.follow(self._running().settings)
        if time.monotonic() - self._polled >= POLL:
            self._polled = time.monotonic()
            await self._poll()
        await self._claim()

    def series(self) -> Series:
        """What is under way and how much may be, for /metrics."""
        return self._lanes.series(self._telemetry.counts)

    @property
    def failing(self) -> list[str]:
        """The subscriptions whose attempts fail now."""
        return self._healths.failing

    async def stop(self, limit: float) -> None:
        """Claim no more, let what is under way finish for `limit` seconds, give the other leases back."""
        self._stopping = True
        self._more.set()
        async with self._claiming:  # what a last claim brings is delivered or given back like the rest
            tasks = {task for lane in self._lanes.values() for task in lane.under_way.values()}
        if tasks:
            await asyncio.wait(tasks, timeout=limit)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for lane in self._lanes.values():
            await lane.close()

    async def recover(self) -> None:
        """End the leases of processes of this machine that are gone, so that nothing waits for them."""
        for owner in await self._store.owners():
            if vanished(owner):
                count = await self._store.disown(owner, self._now())
                log.warning("a stopped process held %d deliveries; they go on now", count)

    async def _poll(self) -> None:
        """Look again at every lane, put idle connections away, and settle what a lost worker left."""
        await self._lanes.look_again()
        await self._admissions.sweep(self._lanes, self._now())
        for claimed in await self._store.expired(self._now()):
            await self._settle_lost(claimed)
        for name in await self._healths.look(
            [n for n, lane in self._lanes.items() if lane.wanted], self._now()
        ):
            await self._probe(name, self._lanes[name])

    async def _probe(self, name: str, lane: Lane) -> None:
        """Try one delivery of a subscription whose breaker is open."""
        async with self._claiming:
            if self._stopping:
                return
            claimed = await self._healths.probe(name, lane.subscription, lane.lease, self._now(), self._owner)
            if claimed is not None:
                self._start(lane, claimed)

    async def _settle_lost(self, claimed: Claimed) -> None:
        """Count the attempt of a lost worker as failed; where nobody wants it now, only end its lease."""
        now = self._now()
        name, delivery_id = claimed.delivery.subscription, claimed.delivery.delivery_id
        subscription = self._running().settings.subscriptions.get(name)
        attempt = Attempt(delivery_id, claimed.delivery.attempts, now, 0, error=LOST)
        if subscription is None:
            await self._write(claimed, interrupted(claimed, attempt, now))
        elif name not in self._lanes or delivery_id not in self._lanes[name].under_way:
            claimed = await whole(self._store, subscription, claimed)
            await self._settle(subscription, claimed, attempt, None)

    async def _claim(self) -> None:
        lanes = self._lanes.claiming(time.monotonic(), self._clock()) if not self._stopping else {}
        if not lanes:
            return
        slots = {name: lane.wants for name, lane in lanes.items()}
        retries = {name: lane.free_for_retries for name, lane in lanes.items()}
        leases = {name: lane.lease for name, lane in lanes.items()}
        async with self._claiming:
            ordered = {name for name, lane in lanes.items() if lane.subscription.order_by is not None}
            result = await self._store.claim(
                slots, leases, self._now(), self._owner, ordered, retries, self._lanes.prioritized
            )
            for name, lane in lanes.items():
                lane.gave_way()
                lane.next_due = result.next_due.get(name, float("inf")) / 1000
            for claimed in result.claimed:
                if not lanes[claimed.delivery.subscription].is_limited:
                    self._start(lanes[claimed.delivery.subscription], claimed)
            for name, lane in lanes.items():
                if lane.is_limited:
                    await self._admit(
                        lane, [one for one in result.claimed if one.delivery.subscription == name]
                    )

    async def _admit(self, lane: Lane, claimed: Sequence[Claimed]) -> None:
        """Begin what the limits of a subscription let begin; without a word of the store, nothing."""
        try:
            for each in await self._admissions.admit(lane, claimed, self._now()):
                self._start(lane, each)
        except StoreError as error:
            log.error("%d deliveries wait until their lease ends: %s", len(claimed), error)

    def _start(self, lane: Lane, claimed: Claimed) -> None:
        delivery_id = claimed.delivery.delivery_id
        task = asyncio.create_task(self._deliver(lane, claimed))
        lane.begin(delivery_id, claimed.delivery.retries > 0, task)

        def done(_: asyncio.Task[None]) -> None:
            lane.end(delivery_id)
            if lane.free == 1 or (lane.claimable and lane.roomy):
                self._more.set()

        task.add_done_callback(done)

    async def _deliver(self, lane: Lane, claimed: Claimed) -> None:
        """One attempt, from the request to the row that tells of it."""
        started = self._clock()
        CURRENT.set(span_of(claimed, self._telemetry.tracer))  # in this task, which makes this attempt only
        try:
            claimed = await whole(self._store, lane.subscription, claimed)
            answer = await self._try(lane, claimed, started)
        except StoreError as error:
            log.error("%s waits for the rest of its batch: %s", claimed.delivery.delivery_id, error)
            return
        except asyncio.CancelledError:
            attempt = attempt_of(claimed, started, Answer(self._ms_since(started), error=STOPPED))
            await self._write(claimed, interrupted(claimed, attempt, self._now()))
            raise
        wait = parse_retry_after(answer.retry_after, self._clock())
        if claimed.delivery.subscription in self._running().proxied:
            await keep_answer(self._store, claimed, answer, self._now())
        attempt = attempt_of(claimed, started, answer)
        try:
            if answer.parked is not None:
                await self._park(lane, claimed, attempt, answer)
            else:
                await self._settle(lane.subscription, claimed, attempt, wait, answer)
            await self._healths.attempted(claimed, answer.error is None, self._now())
        except StoreError as error:
            log.error("an attempt of %s was not recorded: %s", claimed.delivery.delivery_id, error)

    async def _park(self, lane: Lane, claimed: Claimed, attempt: Attempt, answer: Answer) -> None:
        until, now = answer.parked or 0, self._now()
        await self._write(claimed, parked(claimed, attempt, until, answer.waits, now))
        lane.due(until / 1000)
        self._more.set()

    async def _try(self, lane: Lane, claimed: Claimed, now: float) -> Answer:
        try:
            return await lane.destination.deliver(claimed, now)
        except Exception as error:
            log.exception("delivering %s failed in the gateway itself", claimed.delivery.delivery_id)
            return Answer(self._ms_since(now), error=f"{type(error).__name__}: {error}")

    async def _settle(
        self,
        subscription: Subscription,
        claimed: Claimed,
        attempt: Attempt,
        retry_after: float | None,
        answer: Answer | None = None,
    ) -> None:
        """Decide what follows an attempt and write it down; `retry_after` is seconds."""
        now, chance = self._clock(), self._chance()
        decision = decided(subscription.retry, claimed, attempt, answer, retry_after, now, chance)
        router, skip = self._running().router, subscription.order == "skip"
        await self._write(claimed, settlement(claimed, attempt, decision, router, round(now * 1000), skip))
        if isinstance(decision, RetryAt) and (lane := self._lanes.get(claimed.delivery.subscription)):
            lane.due(decision.at)
            self._more.set()

    async def _write(self, claimed: Claimed, settled: Settlement) -> None:
        held = await self._store.settle(settled)
        emitted = [one for each in (settled, *settled.others) for one in each.emit]
        self.wake({name for candidate in emitted for name in candidate.subscriptions})
        if settled.ordered is not None:  # the next one of the key may go now
            self.wake([settled.ordered])
        tell(self._telemetry, claimed, settled, held, self._running().settings.redactions)

    def _idle_for(self) -> float:
        """Seconds until a lane should claim, POLL at most. Marks those where something has become due."""
        at, now = self._clock(), time.monotonic()
        pauses = [POLL]
        for lane in self._lanes.values():
            lane.claimable = lane.claimable or lane.next_due <= at
            if lane.claimable:
                pauses.append(max(lane.claims_in(now), lane.opens_at - at))
            elif lane.free > 0:
                pauses.append(lane.next_due - at)
        return min(pauses)

    async def _wait(self, seconds: float) -> None:
        """Sleep until woken or `seconds` are over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._more.wait()
        self._more.clear()

    def _now(self) -> int:
        return round(self._clock() * 1000)

    def _ms_since(self, started: float) -> int:
        return max(0, round((self._clock() - started) * 1000))
