"""What a client does: a method for each operation of the API that changes something."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict, Unpack
from urllib.parse import quote

from gateway.client.connection import Connection
from gateway.operate import answers
from gateway.operate.rows import PauseRow
from gateway.operate.tail import Handed


class Which(TypedDict, total=False):
    """Which deliveries or events: `since` is Unix ms, `name` a pattern."""

    since: int | None
    subscription: str | None
    source: str | None
    name: str | None


class Anew(Which, total=False):
    """Which to deliver anew: before `until` (Unix ms), `rate` a second."""

    until: int | None
    rate: int | None


class Acting(Connection):
    """The part of a client that changes something."""

    def hand(self, listener: str, ids: Sequence[str]) -> Handed:
        """Send stored events to a listener."""
        return self.post(Handed, f"listeners/{quote(listener, safe='')}/events", ids=list(ids))

    def replay(
        self,
        ids: Sequence[str],
        *,
        subscription: str | None = None,
        rate: int | None = None,
        dry_run: bool = False,
    ) -> answers.Replayed:
        """Deliver events and deliveries anew: at once, or `rate` a second."""
        more = {"subscription": subscription, "rate": rate, "dry_run": dry_run}
        return self.post(answers.Replayed, "replays", ids=list(ids), **more)

    def replay_dead(
        self, *, limit: int = 1000, dry_run: bool = False, **which: Unpack[Anew]
    ) -> answers.Replayed:
        """Deliver dead letters anew; where `more` is true, others are left."""
        return self.post(answers.Replayed, "replays/dead", **which, limit=limit, dry_run=dry_run)

    def replay_events(
        self, *, limit: int = 1000, dry_run: bool = False, **which: Unpack[Anew]
    ) -> answers.Replayed:
        """Deliver the events of a time anew, to who wants them now. More than `limit` deliveries are refused.

        `since` must be there; a `subscription` gets all of them.
        """
        return self.post(answers.Replayed, "replays/events", **which, limit=limit, dry_run=dry_run)

    def cancel(self, ids: Sequence[str], *, dry_run: bool = False) -> answers.Cancelled:
        """End pending deliveries, named by their ids or those of their events."""
        return self.post(answers.Cancelled, "cancellations", ids=list(ids), dry_run=dry_run)

    def cancel_pending(
        self, *, limit: int = 1000, dry_run: bool = False, **which: Unpack[Which]
    ) -> answers.Cancelled:
        """End the pending deliveries that match; where `more` is true, others are left."""
        return self.post(answers.Cancelled, "cancellations/pending", **which, limit=limit, dry_run=dry_run)

    def pause(self, subscription: str, reason: str | None = None) -> PauseRow:
        """Hold a subscription's deliveries back."""
        return self.post(PauseRow, f"subscriptions/{quote(subscription, safe='')}/pause", reason=reason)

    def resume(self, subscription: str) -> answers.Resumed:
        """Let a paused subscription's deliveries go."""
        return self.post(answers.Resumed, f"subscriptions/{quote(subscription, safe='')}/resume")

    def release(
        self, source: str, *, since: int | None = None, limit: int = 100, dry_run: bool = False
    ) -> answers.Released:
        """Verify quarantined requests again, and let the genuine ones in."""
        return self.post(
            answers.Released, "quarantine/release", source=source, since=since, limit=limit, dry_run=dry_run
        )
