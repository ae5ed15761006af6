"""The parts of a store that have a contract of their own."""

from __future__ import annotations

from typing import Protocol

from gateway.store.health import HealthStore
from gateway.store.steps import Steps
from gateway.store.waits import Waits


class Parts(Protocol):
    """What a store has beside its own operations."""

    @property
    def health(self) -> HealthStore: ...

    @property
    def steps(self) -> Steps: ...

    @property
    def waits(self) -> Waits: ...
