"""How far backfills got."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """How far a backfill of a source got: behind the event with the id `cursor`, None where it has none yet.

    `account` is a connected account, "" for the provider's own.
    """

    source: str
    account: str
    cursor: str | None = None
