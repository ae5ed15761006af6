"""What a client does: a method for each operation of the API that changes something."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict, Unpack
from urllib.parse import quote

from gateway.client.connection import Connection
from gateway.operate import answers
from gateway.operate.connecting import Connected
from gateway.operate.reloading import Reloaded, ReloadRow
from gateway.operate.rows import PauseRow
from gateway.operate.sampling import Sampled, SampleRow
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
        self,
        source: str,
        *,
        since: int | None = None,
        cursor: str | None = None,
        limit: int = 100,
        dry_run: bool = False,
    ) -> answers.Released:
        """Verify quarantined requests again, and let the genuine ones in; `next` is the cursor to go on."""
        return self.post(
            answers.Released,
            "quarantine/release",
            source=source,
            since=since,
            cursor=cursor,
            limit=limit,
            dry_run=dry_run,
        )

    def purge(self, older_than: int | None = None, *, dry_run: bool = False) -> answers.Purged:
        """Remove what retention lets go, or all that is older than so many ms; `more`: ask again."""
        return self.post(answers.Purged, "purges", older_than=older_than, dry_run=dry_run)

    def erase(self, id: str, *, dry_run: bool = False) -> answers.Erased:
        """Remove one event with all that belongs to it."""
        return self.post(answers.Erased, "purges/event", id=id, dry_run=dry_run)

    def reload(self) -> list[ReloadRow]:
        """Have the gateway read its config again."""
        return self.post(Reloaded, "reload").items

    def backfill(
        self,
        source: str,
        *,
        since: int | None = None,
        undelivered: bool = False,
        account: str | None = None,
        rate: int | None = None,
        dry_run: bool = False,
    ) -> answers.Backfilled:
        """Take in what no webhook brought, `rate` a second; `more`: ask again, with `until` as `since`."""
        return self.post(
            answers.Backfilled,
            "backfills",
            source=source,
            since=since,
            undelivered=undelivered,
            account=account,
            rate=rate,
            dry_run=dry_run,
        )

    def send_sample(
        self, source: str, type: str | None = None, *, id: str | None = None, copies: int = 1
    ) -> list[SampleRow]:
        """Have the gateway receive a signed sample, as if the provider had sent it."""
        path = f"sources/{quote(source, safe='')}/samples"
        return self.post(Sampled, path, type=type, id=id, copies=copies).items

    def connect(
        self,
        source: str,
        url: str,
        *,
        update: bool = False,
        connected: bool = False,
        api_version: str | None = None,
        dry_run: bool = False,
    ) -> Connected:
        """Have the provider send what subscriptions want to `url`."""
        return self.post(
            Connected,
            f"sources/{quote(source, safe='')}/endpoint",
            url=url,
            update=update,
            connected=connected,
            api_version=api_version,
            dry_run=dry_run,
        )
