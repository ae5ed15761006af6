"""One event with all that belongs to it, for people."""

from __future__ import annotations

import orjson
import typer

from gateway.cli.copies import COPIES
from gateway.cli.listing import Columns, aligned, local, print_table, printable
from gateway.cli.why import COLUMNS as REASONS
from gateway.operate.event_page import Page
from gateway.store.records import Attempt, Delivery, Stored


def print_page(page: Page) -> None:
    """The event for people: its facts, its data, its deliveries, its duplicates."""
    for line in aligned(_facts(page.stored)):
        typer.echo(line)
    typer.echo("\ndata")
    indented = orjson.dumps(orjson.loads(page.stored.event.data), option=orjson.OPT_INDENT_2).decode()
    _print_lines(indented)
    _print_deliveries(page)
    typer.echo(f"\nduplicates: {len(page.duplicates) or 'none'}")
    if page.duplicates:
        print_table(COPIES, page.duplicates)


def _print_lines(text: str) -> None:
    """Lines as they stand, without what a terminal would obey."""
    for line in text.splitlines():
        typer.echo("".join(char if char.isprintable() else "�" for char in line))


def _facts(stored: Stored) -> list[list[str]]:
    event, reception = stored.event, stored.reception
    from_whom = f" from {reception.remote_addr}" if reception and reception.remote_addr else ""
    facts = {
        "event_id": event.event_id,
        "id": event.id,
        "name": event.name,
        "source": event.source,
        "happened": local(event.ts),
        "received": local(event.received_at) + from_whom,
        "version": event.v or "",
        "attributes": orjson.dumps(dict(event.attributes)).decode(),
    }
    return [[name, printable(text)] for name, text in facts.items()]


def _print_deliveries(page: Page) -> None:
    typer.echo(f"\ndeliveries: {len(page.deliveries) or 'none'}")
    if page.deliveries:
        print_table(_DELIVERIES, [delivery for delivery, _ in page.deliveries])
    attempts = [attempt for _, made in page.deliveries for attempt in made]
    if page.missed:
        typer.echo("\nnot delivered to")
        print_table(REASONS, page.missed)
    typer.echo(f"\nattempts: {len(attempts) or 'none'}")
    if attempts:
        print_table(_ATTEMPTS, attempts)
    for attempt in attempts:
        if attempt.stack is not None:
            typer.echo(f"\ntraceback of attempt {attempt.number} of {attempt.delivery_id}")
            _print_lines(attempt.stack)


_DELIVERIES: Columns[Delivery] = {
    "DELIVERY ID": lambda delivery: delivery.delivery_id,
    "SUBSCRIPTION": lambda delivery: delivery.subscription,
    "STATE": lambda delivery: delivery.state,
    "DUE OR ENDED": lambda delivery: local(delivery.finished_at or delivery.due_at),
    "WAITS FOR": lambda delivery: delivery.waits_for,
    "REPLAY OF": lambda delivery: delivery.replay_of or "",
}
_ATTEMPTS: Columns[Attempt] = {
    "DELIVERY ID": lambda attempt: attempt.delivery_id,
    "ATTEMPT": lambda attempt: str(attempt.number),
    "STARTED": lambda attempt: local(attempt.started_at),
    "MS": lambda attempt: str(attempt.latency),
    "STATUS": lambda attempt: str(attempt.status or ""),
    "ERROR OR ANSWER": lambda attempt: (attempt.error or attempt.response)[:120],
}
