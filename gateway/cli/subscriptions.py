"""`gateway subscriptions`: who wants what, what waits, and what goes wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer

from gateway.cli.listing import Columns, local, print_json, print_table
from gateway.cli.opening import ConfigOption, Opened, UrlOption, look, note
from gateway.cli.options import JsonOption
from gateway.event import made_at
from gateway.operate.latencies import Within
from gateway.operate.opened import Looked
from gateway.operate.reasons import verdict_text
from gateway.operate.subscriptions import SubscriptionRow, read_subscriptions


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command()(subscriptions)


def subscriptions(as_json: JsonOption = False, config: ConfigOption = None, url: UrlOption = None) -> None:
    """List subscriptions: patterns, state, what waits, failed expressions, the last verdict."""

    async def job(looked: Looked) -> None:
        rows = await _rows(looked)
        if as_json:
            for row in rows:
                print_json(_json(row))
        elif rows:
            print_table(_COLUMNS, rows)
        else:
            note(f"{looked.file} has no subscriptions: events are stored, and delivered to nobody")

    look(config, url, job)


async def _rows(looked: Looked) -> Sequence[SubscriptionRow]:
    if isinstance(looked, Opened):
        return (await read_subscriptions(looked)).items
    from gateway.cli.remote import subscriptions_of

    return subscriptions_of(looked)


def _json(row: SubscriptionRow) -> dict[str, Any]:
    paused, health, last = row.paused, row.health, row.last_verdict
    breaker = health.breaker if health else "closed"
    return {
        "subscription": row.name,
        "events": row.events,
        "if": row.condition,
        "order_by": row.order_by,
        "state": "active" if paused is None else "paused",
        "paused_at": None if paused is None else paused.paused_at,
        "paused_because": None if paused is None else paused.reason,
        "breaker": None if row.breaker is None else breaker,
        "probe_at": health.probe_at if health else None,
        "failing_since": health.failing_since if health else None,
        "failing": health.failing if health else None,
        "waiting": row.waiting,
        "latency": row.latency.plain(),
        "expression_errors": row.expression_errors,
        "last_verdict": None if last is None else last.plain(),
    }


def _state(row: SubscriptionRow) -> str:
    paused, health = row.paused, row.health
    if paused is not None:
        return f"paused since {local(paused.paused_at)}: {paused.reason}"
    if health is not None and health.failing_since is not None:
        return f"failing since {local(health.failing_since)}: {health.failing}"
    return "active"


def _last(row: SubscriptionRow) -> str:
    last = row.last_verdict
    return "" if last is None else f"{local(made_at(last.event_id))} {verdict_text(last.record(row.name))}"


def _within(took: Within) -> str:
    return "" if took.p50 is None else f"{took.p50}/{took.p95}/{took.p99} ms"


_COLUMNS: Columns[SubscriptionRow] = {
    "SUBSCRIPTION": lambda row: row.name,
    "EVENTS": lambda row: " ".join(row.events),
    "STATE": _state,
    "WAITING": lambda row: str(row.waiting),
    "ATTEMPT P50/P95/P99": lambda row: _within(row.latency.attempts),
    "DELIVERED P50/P95/P99": lambda row: _within(row.latency.deliveries),
    "EXPRESSION ERRORS": lambda row: str(row.expression_errors),
    "LAST VERDICT": _last,
}
