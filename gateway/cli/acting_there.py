"""What the command line does to a gateway elsewhere, over its API."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import typer

from gateway.cli.cancel import show_ended, show_resumed
from gateway.cli.listing import printable
from gateway.cli.opening import NOTHING, note, stop
from gateway.cli.planned import show_planned
from gateway.cli.progress import bar
from gateway.cli.purge import show_erased, show_purged
from gateway.cli.quarantine import Outcome, show_released
from gateway.cli.remote import connected
from gateway.cli.replay import Asked
from gateway.cli.serve import show_reloaded
from gateway.cli.trigger import source_among
from gateway.client import Gateway, GatewayError
from gateway.operate import answers
from gateway.operate.purging import Erased
from gateway.operate.replaying import Planned
from gateway.store.records import NewDelivery
from gateway.store.retention import Purged

AT_ONCE = 100
"""Quarantined requests that one question is about."""


def replay(url: str, asked: Asked, rate: int | None, dry_run: bool) -> None:
    """`gateway replay` on the gateway at `url`: ids, else what died, else events."""
    with connected(url) as gateway, bar("replaying") as tell:
        made = 0
        planned: list[Planned] = []
        while True:
            done = _replayed(gateway, asked, rate, dry_run)
            planned += map(_planned, done.items)
            made += done.made
            tell(done.made)
            if dry_run or not done.more:
                break
    if not planned:
        raise stop(asked.nothing, NOTHING)
    show_planned(planned, made, dry_run)
    if done.more:
        note("and more: a dry run elsewhere looks at the newest 10000 only")


def _replayed(gateway: Gateway, asked: Asked, rate: int | None, dry_run: bool) -> answers.Replayed:
    to, most = asked.subscription, 10_000
    if asked.ids:
        return gateway.replay(asked.ids, subscription=to, rate=rate, dry_run=dry_run)
    query = asked.query
    do = gateway.replay_dead if asked.failed else gateway.replay_events
    return do(
        since=query.since,
        until=asked.until,
        source=query.source,
        name=query.name,
        subscription=to,
        rate=rate,
        limit=most,
        dry_run=dry_run,
    )


def _planned(row: answers.NewRow) -> Planned:
    new = NewDelivery(row.delivery_id or "", row.event_id, row.subscription, 0, row.replayed_from)
    return Planned(new, row.name)


def cancel(url: str, ids: Sequence[str]) -> None:
    """`gateway cancel` on the gateway at `url`."""
    with connected(url) as gateway:
        done = gateway.cancel(ids)
        for delivery_id in done.in_flight:
            note(f"{delivery_id} is in flight: the attempt under way may still arrive")
        show_ended(done.cancelled)


def pause(url: str, subscription: str, reason: str | None) -> None:
    """`gateway pause` on the gateway at `url`."""
    with connected(url) as gateway:
        paused = gateway.pause(subscription, reason)
        typer.echo(f"paused {subscription}: {paused.waiting} waiting")


def resume(url: str, subscription: str) -> None:
    """`gateway resume` on the gateway at `url`."""
    with connected(url) as gateway:
        show_resumed(subscription, gateway.resume(subscription).waiting)


def release(url: str, source: str, since: int | None, dry_run: bool) -> None:
    """`gateway quarantine release` on the gateway at `url`."""
    let_in, duplicates, refused = 0, 0, Counter[str]()
    cursor: str | None = None
    with connected(url) as gateway, bar("verifying") as tell:
        while True:
            some = gateway.release(source, since=since, cursor=cursor, limit=AT_ONCE, dry_run=dry_run)
            let_in, duplicates = let_in + some.let_in, duplicates + some.duplicates
            refused.update(some.refused)
            tell(some.let_in + some.duplicates + sum(some.refused.values()))
            cursor = some.next
            if cursor is None:
                break
    show_released(Outcome(dry_run, let_in, duplicates, refused), source, url)


def purge(url: str, older_than: int | None, event: str | None, dry_run: bool) -> None:
    """`gateway purge` on the gateway at `url`; `older_than` is ms."""
    with connected(url) as gateway:
        if event is not None:
            return show_erased(event, _erased(gateway, event, dry_run), dry_run)
        total = Purged()
        with bar("purging") as tell:
            while True:
                some = gateway.purge(older_than, dry_run=dry_run)
                total = total.and_(Purged(some.events, some.duplicates, some.rejections, some.keys))
                tell(some.events + some.duplicates + some.rejections + some.keys)
                if not some.more:
                    break
        show_purged(total, dry_run)


def _erased(gateway: Gateway, id: str, dry_run: bool) -> Erased | None:
    try:
        gone = gateway.erase(id, dry_run=dry_run)
    except GatewayError as error:
        if error.status == 404:
            return None
        raise
    return Erased(gone.event_id, gone.name, gone.deliveries, gone.duplicates)


def reload(url: str) -> None:
    """`gateway reload` on the gateway at `url`."""
    with connected(url) as gateway:
        show_reloaded(gateway.reload())


def source_there(gateway: Gateway, provider: str, source: str | None) -> answers.SourceRow:
    """The source of a gateway elsewhere that `provider`, a source's or an adapter's name, means."""
    known = {each.name: each for each in gateway.sources()}
    adapters = {name: each.adapter for name, each in known.items()}
    return known[source_among(adapters, gateway.url, provider, source)]


def trigger(url: str, provider: str, source: str | None, event: str, id: str | None, copies: int) -> None:
    """`gateway trigger` on the gateway at `url`, which signs the sample and receives it by itself."""
    with connected(url) as gateway:
        name = source_there(gateway, provider, source).name
        found = gateway.send_sample(name, event, id=id, copies=copies)
        for one in found:
            ids = f"event {', '.join(one.event_ids) or 'none'}  duplicates {one.duplicates}"
            said = printable(one.error) if one.error else ids
            typer.echo(f"{one.status}  {said}", err=one.error is not None)
        if any(one.status >= 300 for one in found):
            raise typer.Exit(NOTHING)
