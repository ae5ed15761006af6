"""A config made ready to run: everything the hot path would otherwise work out for every request."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

import orjson

from adapters.base import Adapter, Headers
from gateway.config import Settings, Source, Subscription
from gateway.config.ack import AckRule
from gateway.config.sources import CREDENTIALS
from gateway.event import compile_patterns
from gateway.pipeline.conditions import BatchRule, Conditions, DebounceRule, OnceRule
from gateway.pipeline.route import Router, Rules
from gateway.schema import Contract
from gateway.wait import CONFIGURED, WaitRule


@dataclass(frozen=True, slots=True)
class Ack:
    """A rule of a source's `ack` with the names that it holds for."""

    names: re.Pattern[str]
    rule: AckRule


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A source made ready. `window` is ms, `url` the public URL that signatures may cover.

    A request's query goes after it. `documents` are those that need not be fetched, by URL. `expects` is the
    seconds without a webhook that count as a silence.
    """

    name: str
    adapter: Adapter
    secrets: tuple[str, ...]
    window: int
    url: str
    headers_left_out: frozenset[bytes]
    secret_params: frozenset[str]
    quarantine: bool
    keep_rejections: int
    documents: Mapping[str, bytes]
    acks: tuple[Ack, ...] = ()
    expects: float | None = None
    contract: Contract | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """One config in force; a reload makes a new one, so that a request sees the old or the new, whole."""

    settings: Settings
    endpoints: Mapping[str, Endpoint]
    router: Router
    proxied: frozenset[str]
    """The subscriptions whose subscribers' answers are handed on to a provider."""

    @classmethod
    def of(cls, settings: Settings) -> Running:
        """Make `settings` ready."""
        endpoints = {name: _endpoint(source, settings) for name, source in settings.sources.items()}
        rules = [rule for source in settings.sources.values() for rule in source.ack]
        proxied = {rule.subscription for rule in rules if rule.mode == "proxy" and rule.subscription}
        return cls(settings, endpoints, router(settings), frozenset(proxied))


def router(settings: Settings) -> Router:
    """Who wants which events, by `settings`."""
    each = settings.subscriptions.items()
    rules = {name: Rules(one.if_, one.order_by, _conditions(one), _waits(one)) for name, one in each}
    return Router(
        {name: one.events for name, one in each}, {name: r for name, r in rules.items() if r != Rules()}
    )


def _waits(subscription: Subscription) -> tuple[WaitRule, ...]:
    """What its deliveries wait for, and what ends them."""
    waits = subscription.waits
    first = [WaitRule(CONFIGURED, waits.for_, waits.match, _ms(waits.timeout))] if waits else []
    ends = [
        WaitRule(f"cancel_on {number}", rule.event, rule.if_, ends=True)
        for number, rule in enumerate(subscription.cancel_on, 1)
    ]
    return (*first, *ends)


def _conditions(subscription: Subscription) -> Conditions | None:
    """What is said of events that belong together, its durations in ms."""
    once, debounce, batch = subscription.idempotency, subscription.debounce, subscription.batch
    made = Conditions()
    if once is not None and once.key is not None:
        made = replace(made, once=OnceRule(once.key, _ms(once.window)))
    if subscription.priority is not None:
        made = replace(made, priority=subscription.priority)
    if debounce is not None:
        timeout = None if debounce.timeout is None else _ms(debounce.timeout)
        made = replace(made, debounce=DebounceRule(debounce.key, _ms(debounce.period), timeout))
    if batch is not None:
        rule = BatchRule(batch.key, batch.size, _ms(batch.timeout), int(batch.max_body))
        made = replace(made, batch=rule)
    return None if made == Conditions() else made


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


CONNECTION = frozenset(
    b"host connection keep-alive proxy-connection content-length transfer-encoding te trailer upgrade expect "
    b"accept accept-encoding".split()
)
"""Headers of the connection alone, which say nothing of the webhook."""


def _endpoint(source: Source, settings: Settings) -> Endpoint:
    server = settings.server
    base = server.public_url or f"http://{server.host}:{server.port}"
    never_kept = CREDENTIALS | source.adapter.secret_headers()
    return Endpoint(
        name=source.name,
        adapter=source.adapter,
        secrets=tuple(secret.get_secret_value() for secret in source.secrets),
        window=round(source.key_kept(settings) * 1000),
        url=source.public_url or base + source.path,
        headers_left_out=CONNECTION | {name.encode() for name in never_kept},
        secret_params=source.adapter.secret_params(),
        quarantine=source.quarantine,
        keep_rejections=source.keep_rejections,
        documents=_documents(source) if f"sources.{source.name}" in settings.made_secrets else {},
        acks=tuple(Ack(compile_patterns(rule.events), rule) for rule in source.ack),
        expects=source.expect,
        contract=settings.contract,
    )


def _documents(source: Source) -> Mapping[str, bytes]:
    """The published keys of samples, which development mode trusts beside the provider's own."""
    adapter, now = source.adapter, time.time()
    if adapter.needs_secret:
        return {}
    sample = adapter.sample(adapter.first_sample, now, "sample")
    return adapter.sign(sample, source.secrets[0].get_secret_value(), now).keys


def kept_headers(endpoint: Endpoint, headers: Headers) -> str:
    """The headers that matter as JSON text, [name, value] pairs; none that is or may hold a secret."""
    left_out = endpoint.headers_left_out
    return orjson.dumps(
        [[k.decode("latin-1"), v.decode("latin-1")] for k, v in headers.raw if k not in left_out]
    ).decode()


def kept_url(endpoint: Endpoint, url: str) -> str:
    """The URL without the query parameters that hold a secret."""
    if not endpoint.secret_params or "?" not in url:
        return url
    base, _, query = url.partition("?")
    kept = [(k, v) for k, v in parse_qsl(query, keep_blank_values=True) if k not in endpoint.secret_params]
    return f"{base}?{urlencode(kept)}" if kept else base
