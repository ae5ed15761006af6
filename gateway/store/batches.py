"""The batches of a store: deliveries that go in one call, and succeed or fail together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.store.records import Claimed


@dataclass(frozen=True, slots=True)
class Batch:
    """What goes with a claimed delivery: the id of its batch, None where it has none, and the others."""

    batch_id: str | None
    others: Sequence[Claimed] = ()


class Batches(Protocol):
    """Reached as `store.batches`."""

    async def of(self, delivery_id: str) -> Batch:
        """The batch of a delivery. While it is claimed, nothing joins it; what is cancelled leaves it."""
        ...
