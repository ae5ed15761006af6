"""`gateway purge`: what retention lets go, rows older than a duration, or one event."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli.opening import (
    NOTHING,
    USAGE,
    ConfigOption,
    Opened,
    UrlOption,
    elsewhere,
    run,
    stop,
)
from gateway.cli.options import AgeOption, DryRunOption
from gateway.cli.progress import bar, is_shown
from gateway.housekeeping import purge as purge_all
from gateway.housekeeping import purge_audit
from gateway.operate import purging
from gateway.operate.auditing import Act
from gateway.operate.purging import Erased
from gateway.store.retention import Purged, Retention


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command()(purge)


def purge(
    older_than: AgeOption = None,
    event: Annotated[
        str | None, typer.Option("--event", metavar="ID", help="One event with all that belongs to it.")
    ] = None,
    dry_run: DryRunOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
) -> None:
    """Remove what `store.retention` lets go, or all that is older, or one event.

    An event with a pending delivery stays unless it is named; a dedupe key stays until its window ends.
    """
    if event is not None and older_than is not None:
        raise stop("--event says which event: leave out --older-than", USAGE)
    age = None if older_than is None else round(older_than * 1000)
    there = elsewhere(config, url)
    if there is not None:
        from gateway.cli.acting_there import purge as purge_there

        return purge_there(there, age, event, dry_run)

    async def job(opened: Opened) -> None:
        if event is not None:
            return show_erased(event, await purging.erase(opened, event, dry_run), dry_run)
        await _purge(opened, purging.retain(opened, age), dry_run)
        if age is None and not dry_run:
            await purge_audit(opened.store, opened.settings, opened.now / 1000)

    act = Act("purge", event or "", f"older than {older_than:g} s" if older_than is not None else "")
    run(config, job, None if dry_run else act)


async def _purge(opened: Opened, retain: Retention, dry_run: bool) -> None:
    if dry_run:
        return show_purged(await _count(opened, retain), dry_run)
    total = (await _count(opened, retain)).total if is_shown() else None
    with bar("purging", total) as tell:
        show_purged(await purge_all(opened.whole, retain, tell), dry_run)


async def _count(opened: Opened, retain: Retention) -> Purged:
    with bar("counting"):
        return await opened.whole.purgeable(retain)


def show_purged(purged: Purged, dry_run: bool) -> None:
    """Say how many rows of each kind went, or would go."""
    counts = (
        f"{purged.events} events, {purged.duplicates} duplicates, {purged.rejections} rejections, "
        f"{purged.keys} dedupe keys"
    )
    typer.echo(f"{'would purge' if dry_run else 'purged'} {counts}")


def show_erased(id: str, erased: Erased | None, dry_run: bool) -> None:
    """Say what went with one event. Ends the command where it is not there."""
    if erased is None:
        raise stop(f"there is no event {id!r}; list them with: gateway events", NOTHING)
    what = (
        f"the event {erased.event_id} ({erased.name}), {erased.deliveries} deliveries, "
        f"{erased.duplicates} duplicates"
    )
    typer.echo(f"{'would purge' if dry_run else 'purged'} {what}; its dedupe key stays")
