"""One event with all that belongs to it, as JSON and for people."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson
import typer

from gateway.cli.copies import COPIES, duplicate_json
from gateway.cli.deliveries import delivery_json
from gateway.cli.listing import Columns, aligned, local, pages, print_table, printable
from gateway.cli.opening import Opened
from gateway.cli.reasons import COLUMNS as REASONS
from gateway.cli.reasons import Why, reasons, why_json
from gateway.operate import event_page
from gateway.operate.opened import Looked
from gateway.store.records import Attempt, Delivery, Duplicate, Query, Stored


@dataclass(frozen=True, slots=True)
class Page:
    """An event, its deliveries with their attempts, its duplicates, oldest first. `now` is Unix ms.

    `missed` says of the subscriptions that have no delivery why not.
    """

    stored: Stored
    deliveries: Sequence[tuple[Delivery, Sequence[Attempt]]]
    duplicates: Sequence[Duplicate]
    now: int
    missed: Sequence[Why] = ()


async def read_page(opened: Opened, stored: Stored) -> Page:
    """Read what belongs to `stored`."""
    store, query = opened.store, Query(event_id=stored.event.event_id)
    deliveries = [(d, await store.attempts(d.delivery_id)) async for d in pages(store.deliveries, query)]
    duplicates = [copy async for copy in pages(store.duplicates, query)]
    found = await reasons(opened, stored.event, [delivery for delivery, _ in deliveries[::-1]])
    missed = [why for why in found if not why.deliveries]
    return Page(stored, deliveries[::-1], duplicates[::-1], opened.now, missed)


async def read_page_elsewhere(there: Looked, stored: Stored) -> Page:
    """The same of a gateway elsewhere, whose API does not say why others have no delivery."""
    page = await event_page.read_page(there.store, stored, there.now)
    return Page(stored, page.deliveries, page.duplicates, page.now)


def page_json(page: Page) -> dict[str, Any]:
    """What `event ID --json` tells beyond the event's own fields."""
    reception = page.stored.reception
    return {
        "remote_addr": reception.remote_addr if reception else None,
        "url": reception.url if reception else None,
        "secret": reception.secret if reception else None,
        "headers": orjson.loads(reception.headers) if reception else [],
        **_body(page.stored.body),
        "deliveries": [
            {**delivery_json(delivery, page.now), "attempts": [_attempt_json(each) for each in attempts]}
            for delivery, attempts in page.deliveries
        ],
        "not_delivered": [why_json(why) for why in page.missed],
        "duplicates": [duplicate_json(copy) for copy in page.duplicates],
    }


def _body(body: bytes) -> Mapping[str, str]:
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body_base64": b64encode(body).decode()}


def _attempt_json(attempt: Attempt) -> Mapping[str, Any]:
    return {key: value for key, value in asdict(attempt).items() if key != "delivery_id"}


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
