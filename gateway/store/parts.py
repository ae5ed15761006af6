"""The parts of a store that have a contract of their own."""

from __future__ import annotations

from typing import Protocol

from gateway.store.audit import Audit
from gateway.store.rates import Rates
from gateway.store.tail import Tail


class Parts(Protocol):
    """What a store has beside its own operations."""

    @property
    def audit(self) -> Audit: ...

    @property
    def tail(self) -> Tail: ...

    @property
    def rates(self) -> Rates: ...
