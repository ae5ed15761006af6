"""The deliveries that a replay makes, as they are printed."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.cli.listing import TABLE_LIMIT, Columns, print_table
from gateway.cli.opening import note
from gateway.operate.replaying import Planned


def show_planned(planned: Sequence[Planned], count: int, dry_run: bool) -> None:
    """Print what a replay made, or would make."""
    print_table(_DRY if dry_run else _MADE, planned[:TABLE_LIMIT])
    if len(planned) > TABLE_LIMIT:
        note(f"and {len(planned) - TABLE_LIMIT} more")
    note(f"{'would make' if dry_run else 'made'} {count} new {'delivery' if count == 1 else 'deliveries'}")


_DRY: Columns[Planned] = {
    "EVENT ID": lambda planned: planned.new.event_id,
    "NAME": lambda planned: planned.name,
    "SUBSCRIPTION": lambda planned: planned.new.subscription,
    "REPLAY OF": lambda planned: planned.new.replay_of or "",
}
_MADE: Columns[Planned] = {"DELIVERY ID": lambda planned: planned.new.delivery_id, **_DRY}
