"""When a source is backfilled by itself: at the start and on a schedule, one source after the other."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from adapters.provider_api import ApiError, EventsApi
from gateway.backfilling import BackfillBusy, Backfilling, Report, Wanted
from gateway.config import Settings, Source
from gateway.config.backfill import Backfill
from gateway.running import Running
from gateway.store import Store, StoreError

TICK = 1.0
"""Seconds from one look at the schedule to the next."""

AGAIN = 60.0
"""Seconds after which a backfill that failed is tried again, where its schedule would not do so earlier."""

SHOWN = 5
"""Ids of missed events that a line of the log names."""

log = logging.getLogger("gateway.backfill")

Wake = Callable[[Iterable[str]], None]


def horizon(source: Source, settings: Settings, api: EventsApi, now: float) -> float:
    """The Unix time before which nothing is read: not kept by the provider, or perhaps forgotten by us.

    An event is recognised while its dedupe key or the event itself is stored. One that is older could come
    a second time.
    """
    remembered = source.key_kept(settings)
    if source.adapter.keys_are_ids:
        remembered = max(remembered, settings.store.retention.events)
    return now - min(api.kept, remembered)


def open_api(source: Source, plan: Backfill, account: str) -> EventsApi:
    """The provider's API as the config says. Raises ApiError where there is no key."""
    if plan.api_key is None:
        raise ApiError(f"sources.{source.name}.backfill.api_key is missing")
    key = plan.api_key.get_secret_value()
    api = source.adapter.events_api(key, plan.api_base, account or None)
    if api is None:
        raise ApiError(f"{source.adapter.title} has no API that is read")
    return api


async def catch_up(
    store: Store, running: Running, source: Source, wake: Wake, clock: Callable[[], float]
) -> Mapping[str, Report]:
    """Backfill one source from where its last backfill ended, for each of its accounts."""
    plan = source.backfill or Backfill()
    reports = {}
    for account in ("", *plan.accounts):
        api = open_api(source, plan, account)
        try:
            now = clock()
            oldest = horizon(source, running.settings, api, now)
            wanted = Wanted(now - plan.since, oldest, account, rate=plan.rate)
            endpoint = running.endpoints[source.name]
            work = Backfilling(store, endpoint, running.router, api, wake, clock)
            reports[account] = await work.run(wanted)
        finally:
            await api.close()
    return reports


@dataclass(slots=True)
class Schedule:
    """When each source is due, as Unix seconds. `ended` is when its last backfill ended, well or not."""

    ended: dict[str, float] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)

    def due(self, name: str, plan: Backfill, now: float) -> float:
        """When the source is to be backfilled next; infinite for never."""
        every = math.inf if plan.every is None else plan.every
        if name not in self.ended:
            if plan.at_start:
                return now
            self.ended[name] = now
        return self.ended[name] + (min(AGAIN, every) if name in self.failed else every)

    def note(self, name: str, now: float, failed: bool) -> None:
        """Say how one went."""
        self.ended[name] = now
        (self.failed.add if failed else self.failed.discard)(name)


async def keep_caught_up(
    store: Store, running: Callable[[], Running], wake: Wake, clock: Callable[[], float]
) -> None:
    """Backfill every source of the config in force when it is due, for ever."""
    schedule = Schedule()
    while True:
        for source in list(running().settings.sources.values()):
            plan = source.backfill
            if plan is not None and schedule.due(source.name, plan, clock()) <= clock():
                failed = not await _caught_up(store, running(), source, wake, clock)
                schedule.note(source.name, clock(), failed)
        await asyncio.sleep(TICK)


async def _caught_up(
    store: Store, running: Running, source: Source, wake: Wake, clock: Callable[[], float]
) -> bool:
    """Whether it went well; the log tells what came of it."""
    try:
        for account, report in (await catch_up(store, running, source, wake, clock)).items():
            log_report(source.name, account, report)
    except (ApiError, BackfillBusy, StoreError) as error:
        log.error("the backfill of %s goes on later: %s", source.name, error)
        return False
    except Exception:
        log.exception("the backfill of %s failed", source.name)
        return False
    return True


def log_report(name: str, account: str, report: Report) -> None:
    """A warning where webhooks had missed something, else a line that all is well."""
    whose = f"{name} ({account})" if account else name
    if report.restarted:
        log.warning(
            "%s no longer keeps where its backfill had ended; it was read anew from as far back", whose
        )
    if report.too_old:
        log.warning(
            "%s: %d events are older than what is remembered, and were left out", whose, report.too_old
        )
    if not report.ids:
        log.info("the backfill of %s read %d events; no webhook was missing", whose, report.read)
        return
    names = ", ".join(f"{event} {count}" for event, count in report.missed.most_common())
    more = f" and {len(report.ids) - SHOWN} more" if len(report.ids) > SHOWN else ""
    ids = ", ".join(report.ids[:SHOWN])
    log.warning(
        "the backfill of %s found %d events that no webhook had brought: %s (%s%s)",
        whose, len(report.ids), names, ids, more,
    )  # fmt: skip
