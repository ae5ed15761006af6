"""The way from events that ask to be stored to the answer: not before they are on disk, nor much later.

What can be made ready is made while the disk works, so that only the answer is left to write then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from functools import partial
from typing import Any

from gateway.acking import Acking, Held, held
from gateway.admitting import is_to_tell, tell, wanted
from gateway.answer import Answer
from gateway.answering import accepted, failure
from gateway.conforming import Warnings
from gateway.receiving import count, trace
from gateway.running import Endpoint
from gateway.store import Store
from gateway.store.records import Candidate, Outcome
from gateway.telemetry.process import Telemetry
from gateway.webhook import Answered, Webhook

Act = Callable[[], None]


class Acknowledging:
    """Stores the events of webhooks and answers. `heard` and `wake` are as `gateway.ingest.Ingest` has them.

    `limit` says how many answers may wait for a subscriber.
    """

    def __init__(
        self,
        store: Store,
        limit: Callable[[], int],
        wake: Callable[[Iterable[str]], None],
        clock: Callable[[], float],
        heard: Callable[[str, float], None],
        telemetry: Telemetry,
    ) -> None:
        self._store = store
        self._wake = wake
        self._clock = clock
        self._heard = heard
        self._telemetry = telemetry
        self._acking = Acking(store, limit)
        self._warnings = Warnings()
        self._later: set[asyncio.Task[None]] = set()

    def store(self, webhook: Webhook, candidates: Sequence[Candidate]) -> None:
        """Have the events of a genuine request stored, and answer it then."""
        stored = self._store.accept_preparing(candidates, partial(self._prepare, webhook, candidates))
        stored.add_done_callback(partial(_act, webhook.answered))

    def do_later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do `work`, which answers a webhook, in a task of its own."""
        task = asyncio.create_task(work)
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    def send_home(self) -> None:
        """Answer those who wait for a subscriber: the gateway is about to stop."""
        self._acking.send_home()

    async def close(self) -> None:
        """Leave no answer unsent."""
        await self._acking.close()
        await asyncio.gather(*self._later)

    def _prepare(self, webhook: Webhook, candidates: Sequence[Candidate], outcomes: Sequence[Outcome]) -> Act:
        """What is to be done once the events are on disk. For nearly every webhook it needs none of them."""
        endpoint = webhook.endpoint
        answer = accepted(endpoint, webhook.request, outcomes)
        heard_at, subscriptions = webhook.request.received_at, wanted(candidates, outcomes)
        note = partial(self._note, endpoint, heard_at, outcomes, subscriptions)
        tells = any(map(is_to_tell, candidates, outcomes))
        if tells or endpoint.acks or endpoint.contract is not None or self._telemetry.tracer is not None:
            return partial(self._go_on, note, webhook, candidates, outcomes, answer, tells)
        return partial(_note_and_answer, note, webhook.answered, answer)

    def _note(
        self, endpoint: Endpoint, heard_at: float, outcomes: Sequence[Outcome], names: Sequence[str]
    ) -> None:
        count(self._telemetry, endpoint.name, outcomes)
        if names:
            self._wake(names)
        if endpoint.expects is not None:
            self._heard(endpoint.name, heard_at)

    def _go_on(
        self,
        note: Act,
        webhook: Webhook,
        candidates: Sequence[Candidate],
        outcomes: Sequence[Outcome],
        answer: Answer,
        tells: bool,
    ) -> None:
        """All is on disk: answer, unless something is to be told or waited for first."""
        note()
        trace(self._telemetry, candidates, outcomes, self._clock)
        if webhook.endpoint.contract is not None:
            self._warnings.tell(candidates, self._telemetry.counts.source(webhook.endpoint.name))
        waits = held(webhook.endpoint, candidates, outcomes) if webhook.endpoint.acks else ()
        if waits or tells:
            self.do_later(self._tell_and_wait(webhook, candidates, outcomes, waits, answer))
        else:
            webhook.answered(answer)

    async def _tell_and_wait(
        self,
        webhook: Webhook,
        candidates: Sequence[Candidate],
        outcomes: Sequence[Outcome],
        waits: Sequence[Held],
        answer: Answer,
    ) -> None:
        try:
            await tell(self._store, candidates, outcomes, webhook.router, self._wake)
            if waits:
                answer = await self._acking.answer(webhook.endpoint, waits, answer)
        except Exception as error:
            return webhook.answered(failure(error))
        webhook.answered(answer)


def _note_and_answer(note: Act, answered: Answered, answer: Answer) -> None:
    note()
    answered(answer)


def _act(answered: Answered, stored: asyncio.Future[Act]) -> None:
    """Called once the store has spoken."""
    error = asyncio.CancelledError() if stored.cancelled() else stored.exception()
    if error is not None:
        return answered(failure(error))
    stored.result()()
