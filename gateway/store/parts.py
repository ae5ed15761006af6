"""The parts of a store that have a contract of their own."""

from __future__ import annotations

from typing import Protocol

from gateway.store.audit import Audit
from gateway.store.batches import Batches
from gateway.store.event_types import EventTypes
from gateway.store.flow import FlowStore
from gateway.store.health import HealthStore
from gateway.store.rates import Rates
from gateway.store.steps import Steps
from gateway.store.tail import Tail
from gateway.store.waits import Waits


class Parts(Protocol):
    """What a store has beside its own operations."""

    @property
    def health(self) -> HealthStore:
        """How subscriptions fare."""
        ...

    @property
    def flow(self) -> FlowStore:
        """What may begin, counted for rate limits and throttles."""
        ...

    @property
    def steps(self) -> Steps:
        """What runs of functions have finished."""
        ...

    @property
    def waits(self) -> Waits:
        """The deliveries that are parked until another event comes."""
        ...

    @property
    def event_types(self) -> EventTypes:
        """What is known of event names."""
        ...

    @property
    def batches(self) -> Batches:
        """Deliveries that go in one call."""
        ...

    @property
    def audit(self) -> Audit:
        """Who did what."""
        ...

    @property
    def tail(self) -> Tail:
        """What was stored, read forward."""
        ...

    @property
    def rates(self) -> Rates:
        """How much goes through, by source and by subscription."""
        ...
