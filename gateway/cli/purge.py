"""`gateway purge`: what retention lets go, rows older than a duration, or one event."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, TypeVar

import typer

from gateway.cli.listing import Numbered, pages
from gateway.cli.opening import NOTHING, USAGE, ConfigOption, Opened, run, stop
from gateway.cli.options import AgeOption, DryRunOption
from gateway.cli.progress import bar
from gateway.housekeeping import purge as purge_all
from gateway.housekeeping import purge_audit, retention
from gateway.operate.auditing import Act
from gateway.store.records import Query, Stored
from gateway.store.retention import Purged, Retention

EVERYTHING = Query()
Row = TypeVar("Row", bound=Numbered)


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
) -> None:
    """Remove what `store.retention` lets go, or all that is older, or one event.

    An event with a pending delivery stays unless it is named; a dedupe key stays until its window ends.
    """
    if event is not None and older_than is not None:
        raise stop("--event says which event: leave out --older-than", USAGE)

    async def job(opened: Opened) -> None:
        if event is not None:
            await _erase(opened, event, dry_run)
        else:
            await _purge(opened, _retention(opened, older_than), dry_run)
            if older_than is None and not dry_run:
                await purge_audit(opened.store, opened.settings, opened.now / 1000)

    act = Act("purge", event or "", f"older than {older_than:g} s" if older_than is not None else "")
    run(config, job, None if dry_run else act)


def _retention(opened: Opened, older_than: float | None) -> Retention:
    if older_than is None:
        return retention(opened.settings, opened.now / 1000)
    before = opened.now - round(older_than * 1000)
    return Retention(opened.now, before, before, before)


async def _purge(opened: Opened, retain: Retention, dry_run: bool) -> None:
    with bar("counting" if dry_run else "purging") as tell:
        purged = await (_count(opened, retain, tell) if dry_run else purge_all(opened.whole, retain, tell))
    keys = "" if dry_run else f", {purged.keys} dedupe keys"
    counts = f"{purged.events} events, {purged.duplicates} duplicates, {purged.rejections} rejections{keys}"
    typer.echo(f"{'would purge' if dry_run else 'purged'} {counts}")


async def _count(opened: Opened, retain: Retention, tell: Callable[[int], None]) -> Purged:
    """What a purge would take; dedupe keys can't be counted without removing them."""
    store = opened.whole
    pending = {d.event_id async for d in pages(store.deliveries, Query(state="pending"))}

    def goes(stored: Stored) -> bool:
        event = stored.event
        tell(1)
        return event.received_at < retain.events_before and event.event_id not in pending

    return Purged(
        events=await _how_many(store.events, goes),
        duplicates=await _how_many(store.duplicates, lambda d: d.received_at < retain.duplicates_before),
        rejections=await _how_many(store.rejections, lambda r: r.received_at < retain.rejections_before),
    )


async def _how_many(
    fetch: Callable[[Query], Awaitable[Sequence[Row]]],
    goes: Callable[[Row], bool] = lambda _: True,
    query: Query = EVERYTHING,
) -> int:
    return sum([goes(row) async for row in pages(fetch, query)])


async def _erase(opened: Opened, id: str, dry_run: bool) -> None:
    stored = await opened.whole.event(id)
    if stored is None:
        raise stop(f"there is no event {id!r}; list them with: gateway events", NOTHING)
    event_id = stored.event.event_id
    query = Query(event_id=event_id)
    deliveries = await _how_many(opened.whole.deliveries, query=query)
    duplicates = await _how_many(opened.whole.duplicates, query=query)
    if not dry_run:
        await opened.whole.erase(event_id)
    what = f"the event {event_id} ({stored.event.name}), {deliveries} deliveries, {duplicates} duplicates"
    typer.echo(f"{'would purge' if dry_run else 'purged'} {what}; its dedupe key stays")
