"""`gateway replay`: new deliveries of stored events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

import typer

from gateway.cli.listing import local, pages
from gateway.cli.opening import (
    NOTHING,
    USAGE,
    ConfigOption,
    Opened,
    UrlOption,
    elsewhere,
    note,
    run,
    stop,
    unknown,
)
from gateway.cli.options import DryRunOption, NameOption, SinceOption, SourceOption, TargetOption, moment
from gateway.cli.planned import Planned, show_planned
from gateway.cli.progress import bar
from gateway.event import new_id
from gateway.operate.auditing import Act
from gateway.repeating import repeat
from gateway.store.records import Delivery, NewDelivery, Query, Stored

BATCH = 500
"""New deliveries in one transaction at most."""

DEAD = "list dead letters with: gateway deliveries --state dead"

RATE = 50
"""New deliveries that become due in a second, where they were not named one by one."""

WRONG = (
    "name events or deliveries, as in: gateway replay ID; or: gateway replay --failed --since 1h; "
    "or: gateway replay --since 1h --name 'stripe/customer.*'"
)


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command()(replay)


def replay(
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID", help="An event_id, a provider's id or a delivery_id."),
    ] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="What died since --since and was not replayed.")
    ] = False,
    since: SinceOption = None,
    until: Annotated[
        int | None,
        typer.Option("--until", parser=moment, metavar="WHEN", help="Before: as --since is written."),
    ] = None,
    source: SourceOption = None,
    name: NameOption = None,
    subscription: TargetOption = None,
    rate: Annotated[
        int | None,
        typer.Option(
            "--rate", min=1, help="New deliveries that are due in a second.  [default: 50; of IDs all]"
        ),
    ] = None,
    dry_run: DryRunOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
) -> None:
    """Deliver stored events anew: those named, those since a time, or what died since.

    An event goes to every subscription that wants it now, a delivery to its own subscription again.
    """
    filters = [since, until, source, name]
    if ids and (failed or any(each is not None for each in filters)) or not (ids or since is not None):
        raise stop(WRONG, USAGE)
    asked = Asked(tuple(ids or ()), failed, Query(source=source, name=name, since=since), until, subscription)

    async def job(opened: Opened) -> None:
        planned = await _plan(opened, asked)
        await _carry_out(opened, _spread(planned, rate or (None if ids else RATE)), dry_run)

    there = elsewhere(config, url)
    if there is None:
        return run(config, job, None if dry_run else asked.act)
    if any(each is not None for each in (until, rate)) or not (ids or failed):
        raise stop("elsewhere, replay IDs, or what --failed --since names: without --until and --rate", USAGE)
    from gateway.cli.remote import replay as replay_there

    replay_there(there, asked.ids, asked.query, subscription, dry_run)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be replayed: `ids`, else what `failed`, else events; `until` is Unix ms."""

    ids: tuple[str, ...]
    failed: bool
    query: Query
    until: int | None
    subscription: str | None

    @property
    def act(self) -> Act:
        """What the audit log keeps of it."""
        query = self.query
        said = {
            "failed": self.failed or None,
            "since": query.since,
            "until": self.until,
            "source": query.source,
        }
        said |= {"name": query.name, "subscription": self.subscription}
        detail = " ".join(f"{key}={value}" for key, value in said.items() if value is not None)
        return Act("replay", " ".join(self.ids), detail)


async def _plan(opened: Opened, asked: Asked) -> list[Planned]:
    """The deliveries to make; ends the command where there are none."""
    _check(asked.subscription, opened)
    if asked.ids:
        return await _of_ids(opened, asked.ids, asked.subscription)
    find = _of_failed if asked.failed else _of_filter
    planned = []
    with bar("looking") as tell:
        async for one in find(opened, asked.query, asked.until, asked.subscription):
            planned.append(one)
            tell(1)
    if not planned:
        raise stop(_nothing(asked.failed, asked.query.since), NOTHING)
    return planned


def _nothing(failed: bool, since: int | None) -> str:
    if failed:
        return f"no dead delivery ended since {local(since)} that has no later one; {DEAD}"
    return f"no event since {local(since)} matches that a subscription wants; list all with: gateway events"


def _spread(planned: Sequence[Planned], rate: int | None) -> Sequence[Planned]:
    """The same, due `rate` a second, so that live deliveries find their place between them."""
    if rate is None:
        return planned
    return [
        replace(one, new=replace(one.new, due_at=one.new.due_at + 1000 * number // rate))
        for number, one in enumerate(planned)
    ]


def _check(subscription: str | None, opened: Opened) -> None:
    known = opened.settings.subscriptions
    if subscription is not None and subscription not in known:
        raise stop(unknown("subscription", subscription, known, opened.settings.file), USAGE)


async def _of_ids(opened: Opened, ids: Sequence[str], subscription: str | None) -> list[Planned]:
    """What the ids ask for. Ends the command, with nothing done, where one of them can't be replayed."""
    planned: list[Planned] = []
    problems: list[str] = []
    for id in dict.fromkeys(ids):
        # First as a delivery: the system event of a failed delivery has the delivery's id as its own.
        if (delivery := await opened.whole.delivery(id)) is not None:
            planned += _of_delivery(opened, delivery, subscription, problems)
        elif (stored := await opened.whole.event(id)) is not None:
            planned += _of_event(opened, stored, subscription, problems)
        else:
            problems.append(f"there is no event or delivery {id!r}; list them with: gateway events")
    if problems:
        raise stop("\n".join([*problems, "nothing was replayed"]), NOTHING)
    return planned


def _of_delivery(
    opened: Opened, delivery: Delivery, subscription: str | None, problems: list[str]
) -> list[Planned]:
    target = subscription or delivery.subscription
    if target not in opened.settings.subscriptions:
        known = opened.settings.subscriptions
        gone = unknown("subscription", target, known, opened.settings.file)
        problems.append(f"{delivery.delivery_id}: {gone}; choose one with --subscription")
        return []
    if delivery.state == "pending":
        again = f"to end that one: gateway cancel {delivery.delivery_id}"
        note(f"{delivery.delivery_id} is still pending and due at {local(delivery.due_at)}; {again}")
    return [_planned(opened, delivery.event_id, delivery.name, target, delivery.delivery_id)]


def _of_event(opened: Opened, stored: Stored, subscription: str | None, problems: list[str]) -> list[Planned]:
    event = stored.event
    targets = (subscription,) if subscription else opened.router.route(event).subscriptions
    if not targets:
        problems.append(f"{event.event_id}: no subscription wants {event.name}; name one with --subscription")
    keys = {target: opened.router.order_key(target, event) for target in targets}
    planned = [_planned(opened, event.event_id, event.name, target) for target in targets]
    return [replace(each, new=replace(each.new, order_key=keys[each.new.subscription])) for each in planned]


async def _of_filter(
    opened: Opened, query: Query, until: int | None, subscription: str | None
) -> AsyncIterator[Planned]:
    """The events that `query` wants, oldest first; system events where a pattern or source asks for them."""
    found = [
        one
        async for one in pages(opened.whole.events, query)
        if (until is None or one.event.received_at < until)
        and (not one.event.is_system or query.source is not None or query.name is not None)
    ]
    for stored in reversed(found):
        for planned in _of_event(opened, stored, subscription, []):
            last = await _last(opened, stored.event.event_id, planned.new.subscription)
            yield replace(planned, new=replace(planned.new, replay_of=last))


async def _last(opened: Opened, event_id: str, subscription: str) -> str | None:
    """The newest delivery of an event for a subscription: what a new one replays."""
    last = await opened.whole.deliveries(Query(event_id=event_id, subscription=subscription, limit=1))
    return last[0].delivery_id if last else None


async def _of_failed(
    opened: Opened, query: Query, until: int | None, subscription: str | None
) -> AsyncIterator[Planned]:
    """The dead deliveries that are the last of their event for their subscription.

    One that was replayed already, or has a replay under way, is left alone, so that doing this twice
    delivers once.
    """
    dead = replace(query, state="dead", subscription=subscription)
    gone: set[str] = set()
    async for delivery in pages(opened.whole.deliveries, dead):
        if until is not None and (delivery.finished_at or 0) >= until:
            continue
        if delivery.subscription not in opened.settings.subscriptions:
            gone.add(delivery.subscription)
        elif await _is_last(opened, delivery):
            id, name = delivery.event_id, delivery.name
            yield _planned(opened, id, name, delivery.subscription, delivery.delivery_id)
    for name in sorted(gone):
        known = unknown("subscription", name, opened.settings.subscriptions, opened.settings.file)
        note(f"left out what died there: {known}")


async def _is_last(opened: Opened, delivery: Delivery) -> bool:
    query = Query(event_id=delivery.event_id, subscription=delivery.subscription, limit=1)
    return [last.seq for last in await opened.whole.deliveries(query)] == [delivery.seq]


def _planned(
    opened: Opened, event_id: str, name: str, subscription: str, replay_of: str | None = None
) -> Planned:
    now = opened.now
    return Planned(NewDelivery(new_id(now), event_id, subscription, now, replay_of), name)


async def _carry_out(opened: Opened, planned: Sequence[Planned], dry_run: bool) -> None:
    made = 0
    with bar("replaying", len(planned)) as tell:
        for start in range(0, 0 if dry_run else len(planned), BATCH):
            batch = [one.new for one in planned[start : start + BATCH]]
            made += await repeat(opened.whole, opened.router, batch, opened.now)
            tell(len(batch))
    show_planned(planned, len(planned) if dry_run else made, dry_run)
    await _tell_of_pauses(opened, {one.new.subscription for one in planned})


async def _tell_of_pauses(opened: Opened, subscriptions: set[str]) -> None:
    for pause in await opened.whole.paused():
        if pause.subscription in subscriptions:
            note(
                f"{pause.subscription} is paused ({pause.reason}); its deliveries wait until: "
                f"gateway resume {pause.subscription}"
            )
