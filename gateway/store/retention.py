"""What a purge may take, and what it took. Every time is Unix ms."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retention:
    """Unix ms before which rows may go; `now` ends the dedupe keys whose window is over."""

    now: int
    events_before: int
    duplicates_before: int
    rejections_before: int


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows a purge took."""

    events: int = 0
    duplicates: int = 0
    rejections: int = 0
    keys: int = 0
    windows: int = 0

    @property
    def total(self) -> int:
        """All rows together; 0 when there is nothing left to purge."""
        return self.events + self.duplicates + self.rejections + self.keys + self.windows

    def and_(self, more: Purged) -> Purged:
        """Both together."""
        return Purged(
            self.events + more.events,
            self.duplicates + more.duplicates,
            self.rejections + more.rejections,
            self.keys + more.keys,
            self.windows + more.windows,
        )
