"""What a run asks of the gateway that makes it: the border between a function's context and the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from gateway.functions.event import Event

Sendable = Event | Mapping[str, Any]
"""An event to send; a mapping has the fields that are sent, as in `{"name": …, "data": {…}}`."""


class Run(Protocol):
    """One attempt of one delivery to a function. Used on the event loop of the gateway."""

    @property
    def run_id(self) -> str:
        """The delivery's id, the same at every attempt."""
        ...

    @property
    def subscription(self) -> str:
        """The name of the subscription."""
        ...

    @property
    def attempt(self) -> int:
        """The number of this attempt, from 1."""
        ...

    @property
    def retries(self) -> int:
        """How many attempts failed before."""
        ...

    async def send(self, events: Sequence[Sendable], positions: Sequence[str]) -> list[str]:
        """Store `events`, all or none; the same position of the same run is the same event. Their event_ids.

        Raises ValueError where an event can't be, and StoreError.
        """
        ...


class Runs(Protocol):
    """Makes the run of a claimed delivery; `claimed` is a gateway.store.records.Claimed."""

    def of(self, claimed: Any) -> Run:
        """The run whose attempt the claim is for."""
        ...
