"""The runs of functions, kept in the store: what they send goes in as events of others do, and only once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any

import orjson

from gateway.config import parse_duration
from gateway.config.patterns import pattern
from gateway.conforming import held_to
from gateway.event import API, SENT_BESIDE, Event, new_id
from gateway.event_rules import problems
from gateway.functions.errors import LONGEST, Abandoned
from gateway.functions.event import Event as Sent
from gateway.functions.run import Run, Sendable, Wait, Waited
from gateway.running import Running
from gateway.store import Store
from gateway.store.records import Candidate, Claimed, Reception
from gateway.store.steps import NewStep
from gateway.telemetry.trace import CURRENT, of_attempt, of_event
from gateway.wait import NewWait, matching, new_wait

REMOTE = "function"
"""What stands where a sent event has the address of its sender."""

NEVER_SENT = "gateway/run.slept"
"""The event that a sleep waits for in vain beside waits for others: the gateway emits none of this name."""

_compiled = lru_cache(maxsize=1024)(matching)


class StoredRuns:
    """Makes runs on a store. `wake` hears which subscriptions got events."""

    def __init__(
        self,
        store: Store,
        running: Callable[[], Running],
        wake: Callable[[Iterable[str]], None],
        clock: Callable[[], float],
    ) -> None:
        self.store = store
        self.running = running
        self.wake = wake
        self.clock = clock

    def of(self, claimed: Claimed) -> Run:
        return StoredRun(self, claimed)


class StoredRun:
    """One attempt of one run."""

    def __init__(self, runs: StoredRuns, claimed: Claimed) -> None:
        self._runs = runs
        self._claimed = claimed
        delivery = claimed.delivery
        self.run_id = delivery.delivery_id
        self.subscription = delivery.subscription
        self.attempt = delivery.attempts
        self.retries = delivery.retries
        self._waits = {
            one.wait.step: Waited(one.wait.state == "open", None if one.event is None else Sent.of(one.event))
            for one in claimed.waits
        }

    async def steps(self) -> Mapping[str, str]:
        if self.attempt == 1:  # nothing came before it
            return {}
        found = await self._runs.store.steps.of(self._claimed.event.event_id, self.run_id)
        return {step.key: step.result for step in found}

    async def keep(self, key: str, result: str) -> str:
        return await self._kept(key, result)

    async def send(self, key: str, events: Sequence[Sendable], positions: Sequence[str]) -> str:
        wires = [_wire(event) for event in events]
        found = [str(problem) for index, wire in enumerate(wires) for problem in problems(index, wire)]
        found = found or [each for index, wire in enumerate(wires) for each in self._refused(index, wire)]
        if found:
            raise ValueError(f"{'; '.join(found[:3])}; nothing was sent")
        candidates = tuple(
            self._held(wire, self._candidate(wire, position))
            for wire, position in zip(wires, positions, strict=True)
        )
        self._check_size(candidates)
        result = await self._kept(key, "", candidates)
        self._runs.wake({name for candidate in candidates for name in candidate.subscriptions})
        return result

    def waited(self, key: str) -> Waited | None:
        return self._waits.get(key)

    def new_wait(self, key: str, events: Sequence[str], match: str | None, timeout: Wait | None) -> NewWait:
        now = round(self._runs.clock() * 1000)
        wait = None if timeout is None else self.until(timeout) - now
        for name in events:
            pattern(name)
        return new_wait(self._claimed.event, key, events, _compiled(match or ""), wait)

    def timer(self, key: str, until: int) -> NewWait:
        left = max(0, until - round(self._runs.clock() * 1000))
        return new_wait(self._claimed.event, key, (NEVER_SENT,), timeout=left)

    def until(self, wait: Wait) -> int:
        seconds = wait.total_seconds() if isinstance(wait, timedelta) else wait
        if isinstance(seconds, str):
            seconds = parse_duration(seconds)
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= LONGEST:
            raise ValueError(f"must be seconds or a duration such as 5m, at most 366d, not {wait!r}")
        return round((self._runs.clock() + seconds) * 1000)

    def is_over(self, until: int) -> bool:
        """By the clock here, or by that of the store, which gave the run out again at that time."""
        return until <= round(self._runs.clock() * 1000) or until <= self._claimed.delivery.due_at

    async def _kept(self, key: str, result: str, send: tuple[Candidate, ...] = ()) -> str:
        now, event_id = round(self._runs.clock() * 1000), self._claimed.event.event_id
        new = NewStep(event_id, self.run_id, self.attempt, key, result, now, send)
        kept = await self._runs.store.steps.keep(new)
        if kept is None:
            raise Abandoned("the run was cancelled, or another worker has it")
        return kept

    def _refused(self, index: int, wire: dict[str, Any]) -> list[str]:
        """Why a schema refuses an event."""
        contract = self._runs.running().settings.contract
        breach = contract.breach(wire["name"], wire.get("data") or {}) if contract else None
        if breach is None or not breach.refused:
            return []
        return [f"event {index}: {fault} (schema {breach.pattern})" for fault in breach.faults]

    def _held(self, wire: dict[str, Any], candidate: Candidate) -> Candidate:
        """With a note where it breaks a schema that only warns."""
        contract = self._runs.running().settings.contract
        return candidate if contract is None else held_to(contract, candidate, wire.get("data") or {})

    def _candidate(self, wire: dict[str, Any], position: str) -> Candidate:
        """As the event of a sender, whose name is the function's."""
        now = round(self._runs.clock() * 1000)
        data = orjson.dumps(wire.get("data", {})).decode()
        beside = {name: orjson.dumps(wire[name]).decode() for name in SENT_BESIDE if wire.get(name)}
        event = Event(
            event_id=new_id(now),
            id=wire.get("id") or f"{self.run_id}.{position}",
            name=wire["name"],
            source=API,
            data=data,
            ts=wire.get("ts") or now,
            v=wire.get("v"),
            received_at=now,
            attributes={"function": self.subscription, "run_id": self.run_id, **beside},
        )
        settings = self._runs.running().settings
        digest = hashlib.sha256(data.encode()).digest()
        routed = self._runs.running().router.route(event)
        return Candidate(
            event,
            digest,
            routed.subscriptions,
            event.id,
            round(max(settings.dedupe.window, settings.store.retention.keys or 0.0) * 1000),
            Reception(REMOTE, "", self._trace(), None),
            orders=routed.orders,
            verdicts=routed.verdicts,
            terms=routed.terms,
            waits=routed.waits,
        )

    def _trace(self) -> str:
        """The headers by which the trace of this attempt goes on in what it sends."""
        claimed = self._claimed
        event = of_event(claimed.event.event_id, claimed.headers)
        span = CURRENT.get() or of_attempt(event, self.run_id, self.attempt)
        return orjson.dumps(list(span.headers.items())).decode()

    def _check_size(self, candidates: Sequence[Candidate]) -> None:
        most = int(self._runs.running().settings.server.max_send_body)
        size = sum(len(candidate.event.data.encode()) for candidate in candidates)
        if size > most:
            raise ValueError(
                f"the events have {size} bytes, and at most {most} are sent at once; send fewer, or raise "
                "server.max_send_body; nothing was sent"
            )


def _wire(event: Sendable) -> Any:
    """The fields that are sent, as JSON would have them."""
    fields = event.wire() if isinstance(event, Sent) else event
    try:
        return orjson.loads(orjson.dumps(fields))
    except TypeError as error:
        raise ValueError(f"an event can't be written as JSON: {error}; nothing was sent") from error
