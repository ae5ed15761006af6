"""What the settings amount to, in the words that `gateway check` prints, and what a reload cannot change."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.config.ack import AckRule
from gateway.config.gathering import batch, debounce, idempotency
from gateway.config.settings import Settings, Source
from gateway.config.subscription import Subscription
from gateway.config.units import format_duration
from gateway.config.waits import Cancel

_FIXED = {
    "server.host": ("server", "host"),
    "server.port": ("server", "port"),
    "store.url": ("store", "target"),  # the same file may be written in several ways
    "store.connections": ("store", "connections"),
    "store.data_folder": ("store", "data_folder"),
    "store.encrypt": ("store", "encrypt"),
}
"""Settings that are taken once, when the process starts: the key, and where its value stands."""


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """One source; durations as text (`3d`), `tolerance` None where the provider signs no time."""

    name: str
    path: str
    adapter: str
    dedupe_key: str
    window: str
    key_kept: str
    tolerance: str | None
    secrets: tuple[str, ...]
    quarantine: bool
    keep_rejections: int
    acks: tuple[str, ...] = ()
    expect: str | None = None
    backfill: str | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionDescription:
    """One subscription; durations as text. `total` is the time from the first attempt to the dead letter."""

    name: str
    events: tuple[str, ...]
    destination: str
    format: str
    timeout: str
    schedule: tuple[str, ...]
    total: str
    concurrency: int
    secrets: tuple[str, ...]
    signs: bool = True
    condition: str | None = None
    order: str | None = None
    waits: str | None = None
    cancels: tuple[str, ...] = ()
    transform: str | None = None
    idempotency: str | None = None
    debounce: str | None = None
    batch: str | None = None
    breaker: str | None = None
    priority: str | None = None
    rate_limit: str | None = None
    throttle: str | None = None
    timeouts: str | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """All sources and subscriptions, in the order of the file, secrets masked.

    `schemas` are the patterns of names with a schema, and whether what breaks it is refused.
    """

    sources: tuple[SourceDescription, ...]
    subscriptions: tuple[SubscriptionDescription, ...]
    schemas: tuple[tuple[str, bool], ...] = ()


def describe(settings: Settings) -> Description:
    """What every source and subscription resolves to; safe to print."""
    return Description(
        tuple(_source(source, settings) for source in settings.sources.values()),
        tuple(_subscription(name, each) for name, each in settings.subscriptions.items()),
        _schemas(settings),
    )


def _schemas(settings: Settings) -> tuple[tuple[str, bool], ...]:
    clauses = settings.contract.clauses if settings.contract else ()
    return tuple((each.pattern, each.refuses) for each in clauses)


def restart_needed(old: Settings, new: Settings) -> list[str]:
    """The keys that differ and that a reload cannot apply, e.g. `["server.port"]`.

    Python code that was changed since it was imported is one of them, named by its module.
    """
    stale = [f"the code of {module}" for module in new.stale]
    return stale + [
        key
        for key, (section, name) in _FIXED.items()
        if getattr(getattr(old, section), name) != getattr(getattr(new, section), name)
    ]


def _order(subscription: Subscription) -> str | None:
    if subscription.order_by is None:
        return None
    failing = "blocks the next of its key" if subscription.order == "block" else "lets the next of its key go"
    return f"{subscription.order_by.text}; a failing delivery {failing}"


def _waits(subscription: Subscription) -> str | None:
    waits = subscription.waits
    if waits is None:
        return None
    where = "" if waits.match is None else f" where {waits.match.text}"
    return f"{', '.join(waits.for_)}{where}, {format_duration(waits.timeout)} long"


def _cancel(rule: Cancel) -> str:
    where = "" if rule.if_ is None else f" where {rule.if_.text}"
    return f"{', '.join(rule.event)}{where}"


def _source(source: Source, settings: Settings) -> SourceDescription:
    tolerance = source.adapter.tolerance
    return SourceDescription(
        name=source.name,
        path=source.path,
        adapter=source.adapter.name,
        dedupe_key=source.adapter.key,
        window=format_duration(source.window(settings)),
        key_kept=format_duration(source.key_kept(settings)),
        tolerance=None if tolerance is None else format_duration(tolerance),
        secrets=tuple(secret.masked for secret in source.secrets),
        quarantine=source.quarantine,
        keep_rejections=source.keep_rejections,
        acks=tuple(map(_ack, source.ack)),
        expect=None if source.expect is None else f"every {format_duration(source.expect)}",
        backfill=_backfill(source),
    )


def _ack(rule: AckRule) -> str:
    """What one rule comes to: `stripe/*: delivered to app within 10s, else 503`."""
    events = ", ".join(rule.events)
    if rule.subscription is None:
        return f"{events}: once stored"
    within = f"within {format_duration(rule.timeout)}, else 503"
    if rule.mode == "proxy":
        return f"{events}: the answer of {rule.subscription} {within}"
    return f"{events}: once delivered to {rule.subscription} {within}"


def _backfill(source: Source) -> str | None:
    """When the source is backfilled, and how far back at first."""
    plan = source.backfill
    if plan is None:
        return None
    times = ["at the start"] if plan.at_start else []
    times += [f"every {format_duration(plan.every)}"] if plan.every is not None else []
    return f"{' and '.join(times) or 'on request'}; the first time {format_duration(plan.since)} back"


def _subscription(name: str, subscription: Subscription) -> SubscriptionDescription:
    destination, retry = subscription.destination, subscription.retry
    return SubscriptionDescription(
        name=name,
        events=subscription.events,
        destination=destination.summary,
        format=subscription.format,
        timeout=format_duration(destination.timeout),
        schedule=tuple(map(format_duration, retry.schedule)),
        total=format_duration(retry.total),
        concurrency=subscription.concurrency,
        secrets=destination.shown_secrets,
        signs=destination.signs,
        condition=None if subscription.if_ is None else subscription.if_.text,
        order=_order(subscription),
        waits=_waits(subscription),
        cancels=tuple(map(_cancel, subscription.cancel_on)),
        transform=None if subscription.transform is None else subscription.transform.text,
        idempotency=None if subscription.idempotency is None else idempotency(subscription.idempotency),
        debounce=None if subscription.debounce is None else debounce(subscription.debounce),
        batch=None if subscription.batch is None else batch(subscription.batch),
        breaker=None if subscription.breaker is None else subscription.breaker.summary,
        priority=None if subscription.priority is None else subscription.priority.text,
        rate_limit=None if subscription.rate_limit is None else subscription.rate_limit.summary,
        throttle=None if subscription.throttle is None else subscription.throttle.summary,
        timeouts=None if subscription.timeouts is None else subscription.timeouts.summary,
    )
