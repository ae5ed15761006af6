"""The operations that tend the gateway: purging, reading the config again, backfills, signed samples."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from adapters.provider_api import ApiError
from gateway.api.v1.bodies import Backfill, Erase, Purge, Samples
from gateway.api.v1.operation import Asked, Operation
from gateway.api.v1.problem import Problem, missing
from gateway.backfilling import BackfillBusy, Backfilling, Report, Wanted
from gateway.catching_up import horizon, open_api
from gateway.config import Source
from gateway.config.backfill import Backfill as Plan
from gateway.housekeeping import purge as purge_all
from gateway.housekeeping import purge_audit
from gateway.operate import answers, purging
from gateway.operate.reloading import Reloaded, ReloadRow, Silent, reload_all
from gateway.operate.sampling import NoSample, Sample, Sampled, receive, signed
from gateway.store.retention import Purged

AT_LENGTH = 15.0
"""Seconds after which an action that takes long ends early, with `more`: proxies do not wait for ever."""


def _over() -> Callable[[], bool]:
    ends = time.monotonic() + AT_LENGTH
    return lambda: time.monotonic() >= ends


async def purge(asked: Asked) -> answers.Purged:
    """Remove what `store.retention` lets go, or all that is older than `older_than`.

    An event with a pending delivery stays, a dedupe key stays until its window ends.
    """
    body, opened = asked.body_as(Purge), asked.opened
    retain = purging.retain(opened, body.older_than)
    if body.dry_run:
        return _purged(await opened.whole.purgeable(retain), True, False)
    is_over = _over()
    purged = await purge_all(opened.whole, retain, is_over=is_over)
    if body.older_than is None and not is_over():
        await purge_audit(opened.whole, opened.settings, opened.now / 1000)
    return _purged(purged, False, is_over())


def _purged(purged: Purged, dry_run: bool, more: bool) -> answers.Purged:
    return answers.Purged.model_construct(
        dry_run=dry_run,
        events=purged.events,
        duplicates=purged.duplicates,
        rejections=purged.rejections,
        keys=purged.keys,
        more=more,
    )


async def erase(asked: Asked) -> answers.Erased:
    """Remove one event with its deliveries, attempts and duplicates, whatever its age.

    Pending deliveries go too; its dedupe key stays, so that a copy is a duplicate still.
    """
    body = asked.body_as(Erase)
    gone = await purging.erase(asked.opened, body.id, body.dry_run)
    if gone is None:
        raise missing("event", body.id, "/events")
    return answers.Erased.model_construct(
        dry_run=body.dry_run,
        event_id=gone.event_id,
        name=gone.name,
        deliveries=gone.deliveries,
        duplicates=gone.duplicates,
    )


async def reload(asked: Asked) -> Reloaded:
    """Have every gateway of this machine that works in the same data folder read its config again.

    One that finds a mistake in it keeps its old config, and its `problems` say why.
    """
    folder = asked.opened.settings.store.folder
    try:
        items: list[ReloadRow] = await asyncio.to_thread(lambda: list(reload_all(folder)))
    except (Silent, OSError) as error:
        raise Problem(409, "not_reloaded", str(error)) from error
    if not items:
        raise Problem(409, "not_reloaded", f"no process of `gateway serve` works in {folder}")
    return Reloaded.model_construct(items=items)


async def backfill(asked: Asked) -> answers.Backfilled:
    """Read the provider's own list of events, and take in those that no webhook brought.

    Without `since` it goes on where the last one ended; nothing comes twice.
    """
    body, settings = asked.body_as(Backfill), asked.opened.settings
    if body.source not in settings.sources:
        raise missing("source", body.source, "/sources")
    try:
        report = await _backfilled(asked, settings.sources[body.source], body)
    except BackfillBusy as error:
        raise Problem(409, "backfill_busy", str(error)) from error
    except ApiError as error:
        raise Problem(409, "provider_refused", f"{error}; what was taken in stays") from error
    told = {name: getattr(report, name) for name in ("read", "had", "unwanted", "too_old", "ids", "more")}
    return answers.Backfilled.model_construct(
        **told,
        dry_run=body.dry_run,
        source=body.source,
        account=body.account,
        missed=dict(report.missed),
        until=round(report.until * 1000),
        restarted=report.restarted,
    )


async def _backfilled(asked: Asked, source: Source, body: Backfill) -> Report:
    plan, now, account = source.backfill or Plan(), asked.opened.now / 1000, body.account or ""
    api = open_api(source, plan, account)
    try:
        since = now - plan.since if body.since is None else body.since / 1000
        wanted = Wanted(
            since=since,
            horizon=horizon(source, asked.opened.settings, api, now),
            account=account,
            anew=body.since is not None,
            undelivered=body.undelivered,
            dry_run=body.dry_run,
            rate=body.rate or plan.rate,
        )
        endpoint = asked.running.endpoints[source.name]
        work = Backfilling(
            asked.opened.whole, endpoint, asked.running.router, api, asked.wake, is_over=_over()
        )
        return await work.run(wanted)
    finally:
        await api.close()


async def samples(asked: Asked) -> Sampled:
    """Receive a signed sample, as if the provider had sent it: through the same door, by the same checks.

    It is stored as an event and delivered like any other. With `copies` the same request comes again.
    """
    body, endpoint = asked.body_as(Samples), asked.running.endpoints.get(asked.id)
    if endpoint is None:
        raise missing("source", asked.id, "/sources")
    try:
        request = signed(endpoint, asked.opened.settings, Sample(body.type, body.id), asked.opened.now)
        items = [await receive(asked.take, request, endpoint, asked.client) for _ in range(body.copies)]
    except NoSample as error:
        raise Problem(409, "no_sample", str(error)) from error
    return Sampled.model_construct(source=endpoint.name, items=items)


OPERATIONS = (
    Operation(
        "purge", "POST", "/purges", "admin", "Purge what is old", answers.Purged, purge, body=Purge,
        tag="act",
    ),
    Operation(
        "erase", "POST", "/purges/event", "admin", "Purge one event", answers.Erased, erase, body=Erase,
        problems=(404,), tag="act",
    ),
    Operation(
        "reload", "POST", "/reload", "admin", "Read the config again", Reloaded, reload, problems=(409,),
        tag="act",
    ),
    Operation(
        "backfill", "POST", "/backfills", "operate", "Backfill a source", answers.Backfilled, backfill,
        body=Backfill, problems=(404, 409), tag="act",
    ),
    Operation(
        "sendSample", "POST", "/sources/{name}/samples", "operate", "Receive a signed sample", Sampled,
        samples, body=Samples, problems=(404, 409), tag="act",
    ),
)  # fmt: skip
