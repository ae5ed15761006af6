"""What an operation works with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from gateway.config import Settings
from gateway.operate.shown import shown
from gateway.pipeline.route import Router
from gateway.store import Store
from gateway.store.audit import Entry, Which
from gateway.store.records import Attempt, Delivery, Duplicate, Pause, Query, Stored
from gateway.store.rejections import Rejection, RejectionCount


class ReadsAudit(Protocol):
    """The part of an audit log that looks."""

    async def entries(self, which: Which) -> Sequence[Entry]: ...


class Reads(Protocol):
    """The part of a store that looks; a gateway elsewhere that is asked over its API keeps it too."""

    async def event(self, id: str) -> Stored | None: ...

    async def events(self, query: Query) -> Sequence[Stored]: ...

    async def duplicates(self, query: Query) -> Sequence[Duplicate]: ...

    async def rejections(self, query: Query, quarantined: bool = False) -> Sequence[Rejection]: ...

    async def rejection_counts(self) -> Sequence[RejectionCount]: ...

    async def deliveries(self, query: Query) -> Sequence[Delivery]: ...

    async def delivery(self, delivery_id: str) -> Delivery | None: ...

    async def attempts(self, delivery_id: str) -> Sequence[Attempt]: ...

    async def paused(self) -> Sequence[Pause]: ...

    @property
    def audit(self) -> ReadsAudit: ...


Named = Literal["source", "subscription"]
"""What has a name in a config."""


class Looked(Protocol):
    """A gateway to look at: here, or elsewhere. `now` is Unix ms."""

    @property
    def store(self) -> Reads: ...

    @property
    def now(self) -> int: ...

    @property
    def place(self) -> str:
        """Where its rows are, for messages."""
        ...

    @property
    def file(self) -> str:
        """Where its names stand, for messages."""
        ...

    def names(self, kind: Named) -> Iterable[str]:
        """The sources or subscriptions of its config."""
        ...


@dataclass(frozen=True, slots=True)
class Opened:
    """A gateway to work on: its config, its `whole` store. `now` is Unix ms, the moment the work began."""

    settings: Settings
    whole: Store
    router: Router
    now: int

    @property
    def store(self) -> Store:
        """The store as people see it, without what sources hide; `whole` is for what acts on events."""
        return shown(self.whole, self.settings.redactions)

    @property
    def place(self) -> str:
        """The store as messages name it."""
        return self.settings.store.name

    @property
    def file(self) -> str:
        """The config file."""
        return str(self.settings.file)

    def names(self, kind: Named) -> Iterable[str]:
        """The sources or subscriptions of the config."""
        return self.settings.sources if kind == "source" else self.settings.subscriptions
