"""The operations that change something. Each is one line in the audit log."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.api.v1.bodies import (
    CancelIds,
    CancelPending,
    Pausing,
    Release,
    ReplayDead,
    ReplayEvents,
    ReplayIds,
)
from gateway.api.v1.operation import Asked, Operation
from gateway.api.v1.problem import Problem, missing
from gateway.operate import answers, cancelling, replaying
from gateway.operate.paging import pages
from gateway.operate.releasing import Releasing, oldest_first
from gateway.operate.rows import PauseRow, in_flight
from gateway.store.records import Delivery, Pause


async def replay(asked: Asked) -> answers.Replayed:
    """Deliver stored events anew: an event to every subscription that wants it, a delivery to its own again.

    Where one of the ids can't be replayed, none is.
    """
    body = asked.body_as(ReplayIds)
    _check_subscription(asked, body.subscription)
    plan = await replaying.plan_of_ids(asked.opened, body.ids, body.subscription)
    if plan.problems:
        raise _not_replayed(plan.problems)
    return await _carry_out(asked, plan, body.rate, body.dry_run)


async def replay_events(asked: Asked) -> answers.Replayed:
    """Deliver the events of a time anew, to every subscription that wants them now, the oldest first.

    Where that comes to more than `limit` deliveries, none is made: narrow it by `since` and `until`. Asking
    twice delivers twice.
    """
    body = asked.body_as(ReplayEvents)
    _check_subscription(asked, body.subscription)
    plan = await replaying.plan_of_events(
        asked.opened, body.query(), body.until, body.subscription, body.limit
    )
    if plan.more:
        detail = (
            f"nothing was replayed: it comes to more than {body.limit} deliveries; narrow it by since, until"
        )
        raise Problem(409, "too_many", detail)
    return await _carry_out(asked, plan, body.rate, body.dry_run)


async def replay_dead(asked: Asked) -> answers.Replayed:
    """Deliver dead letters anew, those of one filter. Asking twice delivers once.

    A dead letter that has a later delivery for the same subscription is left alone.
    """
    body = asked.body_as(ReplayDead)
    _check_subscription(asked, body.subscription)
    plan = await replaying.plan_of_dead(asked.opened, body.query(), body.limit, body.until)
    return await _carry_out(asked, plan, body.rate, body.dry_run)


def _check_subscription(asked: Asked, name: str | None) -> None:
    if name is not None and name not in asked.opened.settings.subscriptions:
        raise missing("subscription", name, "/subscriptions")


def _not_replayed(problems: Sequence[replaying.Problem]) -> Problem:
    words = {
        "missing": "there is no event or delivery {id!r}",
        "unwanted": "{id}: no subscription wants {name}; name one as `subscription`",
        "gone": "{id}: the subscription {name!r} is not in the config; name another as `subscription`",
    }
    told = [words[each.why].format(id=each.id, name=each.name) for each in problems]
    errors = [
        {"at": f"body.ids: {each.id}", "message": text} for each, text in zip(problems, told, strict=True)
    ]
    is_missing = any(each.why == "missing" for each in problems)
    status, code = (404, "not_found") if is_missing else (409, "not_replayable")
    return Problem(status, code, f"nothing was replayed: {'; '.join(told[:3])}", errors)


async def _carry_out(asked: Asked, plan: replaying.Plan, rate: int | None, dry_run: bool) -> answers.Replayed:
    made = len(plan.planned)
    if not dry_run:
        made = await replaying.carry_out(asked.opened, replaying.spread(plan.planned, rate))
        asked.wake({one.new.subscription for one in plan.planned})
    items = [
        answers.NewRow(
            delivery_id=None if dry_run else one.new.delivery_id,
            event_id=one.new.event_id,
            name=one.name,
            subscription=one.new.subscription,
            replayed_from=one.new.replay_of,
        )
        for one in plan.planned
    ]
    return answers.Replayed.model_construct(dry_run=dry_run, made=made, items=items, more=plan.more)


async def cancel(asked: Asked) -> answers.Cancelled:
    """End pending deliveries. Each that ends emits gateway/delivery.cancelled.

    Those that ended before are left as they are. Where one of the ids names nothing, nothing is cancelled.
    """
    body = asked.body_as(CancelIds)
    found, unknown = await cancelling.deliveries_named(asked.opened, body.ids)
    if unknown:
        errors = [{"at": f"body.ids: {id}", "message": "there is no delivery or event"} for id in unknown]
        told = f"nothing was cancelled: there is no delivery or event {unknown[0]!r}"
        raise Problem(404, "not_found", told, errors)
    return await _end(asked, [each for each in found if each.state == "pending"], body.dry_run)


async def cancel_pending(asked: Asked) -> answers.Cancelled:
    """End the pending deliveries that match. Each that ends emits gateway/delivery.cancelled."""
    body = asked.body_as(CancelPending)
    found: list[Delivery] = []
    async for each in pages(asked.opened.store.deliveries, body.query()):
        if len(found) == body.limit:
            return await _end(asked, found, body.dry_run, more=True)
        found.append(each)
    return await _end(asked, found, body.dry_run)


async def _end(asked: Asked, found: list[Delivery], dry_run: bool, more: bool = False) -> answers.Cancelled:
    ended = len(found) if dry_run else await cancelling.end(asked.opened, found)
    under_way = [each.delivery_id for each in found if in_flight(each, asked.opened.now)]
    return answers.Cancelled.model_construct(dry_run=dry_run, cancelled=ended, in_flight=under_way, more=more)


async def pause(asked: Asked) -> PauseRow:
    """Hold a subscription's deliveries back until it is resumed. Emits gateway/subscription.paused."""
    _check_subscription(asked, asked.id)
    reason = asked.body_as(Pausing).reason or f"paused over the API by {asked.who.name}"
    if not await cancelling.pause(asked.opened, asked.id, reason):
        raise Problem(409, "already_paused", f"the subscription {asked.id!r} is paused already")
    waiting = (await asked.opened.store.waiting()).get(asked.id, 0)
    return PauseRow.of(Pause(asked.id, asked.opened.now, reason, waiting))


async def resume(asked: Asked) -> answers.Resumed:
    """Let a paused subscription's deliveries go. Emits gateway/subscription.resumed.

    One that is not in the config any more can be resumed too.
    """
    waiting = (await asked.opened.store.waiting()).get(asked.id, 0)
    if not await cancelling.resume(asked.opened, asked.id):
        _check_subscription(asked, asked.id)
        raise Problem(409, "not_paused", f"the subscription {asked.id!r} is not paused")
    asked.wake([asked.id])
    return answers.Resumed.model_construct(subscription=asked.id, waiting=waiting)


async def release(asked: Asked) -> answers.Released:
    """Verify quarantined requests of a source again, the oldest first, and let the genuine ones in.

    The secrets are those of now, the time is the one at which a request was received.
    """
    body, whole = asked.body_as(Release), asked.opened.whole
    if body.source not in asked.opened.settings.sources:
        raise missing("source", body.source, "/sources")
    done = Releasing(whole, asked.running, asked.opened.now, body.dry_run)
    came_to, next = int(body.cursor or 0), None
    try:
        async for rejection in oldest_first(whole, body.source, body.since, came_to):
            if done.total == body.limit:
                next = str(came_to)
                break
            await done.release(rejection)
            came_to = rejection.seq
    finally:
        await done.fetcher.close()
    return answers.Released.model_construct(
        dry_run=body.dry_run,
        let_in=done.let_in,
        duplicates=done.duplicates,
        refused=dict(done.refused),
        more=next is not None,
        next=next,
    )


OPERATIONS = (
    Operation(
        "replay", "POST", "/replays", "operate", "Replay events or deliveries", answers.Replayed, replay,
        body=ReplayIds, problems=(404, 409), tag="act",
    ),
    Operation(
        "replayEvents", "POST", "/replays/events", "operate", "Replay events of a time", answers.Replayed,
        replay_events, body=ReplayEvents, problems=(404, 409), tag="act",
    ),
    Operation(
        "replayDead", "POST", "/replays/dead", "operate", "Replay dead letters", answers.Replayed,
        replay_dead, body=ReplayDead, problems=(404,), tag="act",
    ),
    Operation(
        "cancel", "POST", "/cancellations", "operate", "Cancel deliveries", answers.Cancelled, cancel,
        body=CancelIds, problems=(404,), tag="act",
    ),
    Operation(
        "cancelPending", "POST", "/cancellations/pending", "operate", "Cancel what waits", answers.Cancelled,
        cancel_pending, body=CancelPending, tag="act",
    ),
    Operation(
        "pause", "POST", "/subscriptions/{name}/pause", "operate", "Pause a subscription", PauseRow, pause,
        body=Pausing, problems=(404, 409), tag="act",
    ),
    Operation(
        "resume", "POST", "/subscriptions/{name}/resume", "operate", "Resume a subscription", answers.Resumed,
        resume, problems=(404, 409), tag="act",
    ),
    Operation(
        "release", "POST", "/quarantine/release", "operate", "Release from quarantine", answers.Released,
        release, body=Release, problems=(404,), tag="act",
    ),
)  # fmt: skip
