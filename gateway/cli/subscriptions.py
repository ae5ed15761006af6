"""`gateway subscriptions`: who wants what, what waits, and what goes wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import typer

from gateway.cli.listing import Columns, local, print_json, print_table
from gateway.cli.opening import ConfigOption, Opened, note, run
from gateway.cli.options import JsonOption
from gateway.config import Subscription
from gateway.event import made_at
from gateway.expression import Expression
from gateway.operate.latencies import NONE, LatencyRow, Within, latencies
from gateway.operate.reasons import verdict_json, verdict_text
from gateway.store.health import Health
from gateway.store.records import Pause
from gateway.verdict import VerdictCount


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command()(subscriptions)


def subscriptions(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """List subscriptions: patterns, state, what waits, failed expressions, the last verdict."""

    async def job(opened: Opened) -> None:
        rows = await _rows(opened)
        if as_json:
            for row in rows:
                print_json(_json(row))
        elif rows:
            print_table(_COLUMNS, rows)
        else:
            note(f"{opened.settings.file} has no subscriptions: events are stored, and delivered to nobody")

    run(config, job)


@dataclass(frozen=True, slots=True)
class _Row:
    """A subscription of the config with what the store knows of it."""

    name: str
    subscription: Subscription
    paused: Pause | None
    waiting: int
    verdicts: VerdictCount
    health: Health
    latency: LatencyRow


async def _rows(opened: Opened) -> list[_Row]:
    known, store = opened.settings.subscriptions, opened.store
    paused = {each.subscription: each for each in await store.paused()}
    waiting, counts = await store.waiting(), await store.verdict_counts(list(known))
    took = await latencies(store)
    healths = {each.subscription: each for each in await store.health.all()}
    return [
        _Row(each.subscription, known[each.subscription], paused.get(each.subscription),
             waiting.get(each.subscription, 0), each,
             healths.get(each.subscription, Health(each.subscription)), took.get(each.subscription, NONE))
        for each in counts
    ]  # fmt: skip


def _json(row: _Row) -> dict[str, Any]:
    last, paused = row.verdicts.last, row.paused
    return {
        "subscription": row.name,
        "events": row.subscription.events,
        "if": _text(row.subscription.if_),
        "order_by": _text(row.subscription.order_by),
        "state": "active" if paused is None else "paused",
        "paused_at": None if paused is None else paused.paused_at,
        "paused_because": None if paused is None else paused.reason,
        "breaker": None if row.subscription.breaker is None else row.health.breaker,
        "probe_at": row.health.probe_at,
        "failing_since": row.health.failing_since,
        "failing": row.health.failing,
        "waiting": row.waiting,
        "latency": row.latency.plain(),
        "expression_errors": row.verdicts.errors,
        "last_verdict": None if last is None else {"event_id": last.event_id, **verdict_json(last)},
    }


def _text(expression: Expression | None) -> str | None:
    return None if expression is None else expression.text


def _state(row: _Row) -> str:
    paused, health = row.paused, row.health
    if paused is not None:
        return f"paused since {local(paused.paused_at)}: {paused.reason}"
    if health.failing_since is not None:
        return f"failing since {local(health.failing_since)}: {health.failing}"
    return "active"


def _last(row: _Row) -> str:
    last = row.verdicts.last
    return "" if last is None else f"{local(made_at(last.event_id))} {verdict_text(last)}"


def _within(took: Within) -> str:
    return "" if took.p50 is None else f"{took.p50}/{took.p95}/{took.p99} ms"


_COLUMNS: Columns[_Row] = {
    "SUBSCRIPTION": lambda row: row.name,
    "EVENTS": lambda row: " ".join(row.subscription.events),
    "STATE": _state,
    "WAITING": lambda row: str(row.waiting),
    "ATTEMPT P50/P95/P99": lambda row: _within(row.latency.attempts),
    "DELIVERED P50/P95/P99": lambda row: _within(row.latency.deliveries),
    "EXPRESSION ERRORS": lambda row: str(row.verdicts.errors),
    "LAST VERDICT": _last,
}
