"""Finding events by what is in them: no index helps, so a look goes through a bounded number of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gateway.store.records import Query, Stored

MOST = 20_000
"""Events that one look goes through: some 60 MB of 3 kB payloads."""

MOST_ENCRYPTED = 2_000
"""The same where each has to be decrypted first."""


class Searching(Protocol):
    """The part of a store that looks into the data of events."""

    @property
    def most(self) -> int:
        """How many events one look should go through at most: places between `Query.after` and `before`."""
        ...

    async def holding(self, text: str, query: Query) -> Sequence[Stored]:
        """The events that `query` wants whose data has `text` in it, as JSON is written; newest first."""
        ...
