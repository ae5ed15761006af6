"""The parts of a store that have a contract of their own."""

from __future__ import annotations

from typing import Protocol

from gateway.store.flow import FlowStore
from gateway.store.health import HealthStore


class Parts(Protocol):
    """What a store has beside its own operations."""

    @property
    def health(self) -> HealthStore: ...

    @property
    def flow(self) -> FlowStore: ...
