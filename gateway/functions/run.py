"""What a run asks of the gateway that makes it: the border between a function's context and the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from gateway.functions.event import Event
from gateway.wait import NewWait

Sendable = Event | Mapping[str, Any]
"""An event to send; a mapping has the fields that are sent, as in `{"name": …, "data": {…}}`."""

Wait = float | str | timedelta
"""Seconds, or a duration as in config.yaml: `"5m"`."""


@dataclass(frozen=True, slots=True)
class Waited:
    """A wait of a run: still open, or with the event that came, None where its time was over."""

    is_open: bool
    event: Event | None = None


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

    async def steps(self) -> Mapping[str, str]:
        """The results of the steps that are finished, as JSON, by their keys. Raises StoreError."""
        ...

    async def keep(self, key: str, result: str) -> str:
        """Keep the result of a step on disk. Returns the one that is kept: the first counts.

        Raises Abandoned where the run is not this attempt's any more, and StoreError.
        """
        ...

    async def send(self, key: str, events: Sequence[Sendable], positions: Sequence[str]) -> str:
        """Store `events`, all or none, and keep under `key`, in the same moment, what was sent.

        Returns that: the name and the event_id of each, as JSON. The same position of the same run is the
        same event. Raises ValueError where an event can't be, Abandoned and StoreError.
        """
        ...

    def waited(self, key: str) -> Waited | None:
        """What came of a wait of the run; None where it was not opened yet."""
        ...

    def new_wait(self, key: str, events: Sequence[str], match: str | None, timeout: Wait | None) -> NewWait:
        """A wait to open when the attempt ends. Raises ValueError where it can't be."""
        ...

    def timer(self, key: str, until: int) -> NewWait:
        """A wait for nothing but that time (Unix ms)."""
        ...

    def until(self, wait: Wait) -> int:
        """When `wait` is over that begins now, as Unix ms. Raises ValueError where it is no duration."""
        ...

    def is_over(self, until: int) -> bool:
        """Whether that time (Unix ms) has come."""
        ...


class Runs(Protocol):
    """Makes the run of a claimed delivery; `claimed` is a gateway.store.records.Claimed."""

    def of(self, claimed: Any) -> Run:
        """The run whose attempt the claim is for."""
        ...
