"""The copies of one event: finding them, telling what differs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
import typer

from gateway.cli.listing import Columns, local, print_table, printable
from gateway.cli.opening import NOTHING, stop
from gateway.config import format_gap
from gateway.event import values_at
from gateway.operate import copies
from gateway.operate.opened import Looked
from gateway.operate.rows import DuplicateRow
from gateway.store.records import Duplicate, Stored

LONGEST_VALUE = 200
"""Characters of a field's value that are shown; `gateway event ID` has it whole."""


async def copies_of(opened: Looked, id: str) -> list[Duplicate]:
    """The copies of one first event, oldest first; `id` is its event_id, a provider's id or a duplicate_id.

    Ends the command where there is none.
    """
    found, stored = await copies.copies_of(opened.store, id)
    if not found and stored:
        raise stop(
            f"the event {id!r} came once: it has no duplicates; see it with: gateway event {id}", NOTHING
        )
    if not found:
        raise stop(f"there is no event or duplicate {id!r}; list them with: gateway duplicates", NOTHING)
    return found


def duplicate_json(copy: Duplicate) -> dict[str, Any]:
    """The fields of a duplicate; `gap` is ms after the first event, `fields` the paths that differ."""
    return DuplicateRow.of(copy).plain()


def print_copies(found: Sequence[Duplicate], first: Stored | None) -> None:
    """The first event, its copies, and the fields in which they differ from it."""
    one = found[0]
    name, id = (first.event.name, first.event.id) if first else (one.name, one.id)
    purged = "" if first else ", purged meanwhile"
    typer.echo(printable(f"{name} from {one.source}: {id} (event {one.event_id}{purged})"))
    typer.echo(f"first  {local(one.received_at - one.gap)}")
    typer.echo("")
    print_table(COPIES, found)
    for copy in found:
        if not copy.same_body:
            _print_difference(copy, first)


def _print_difference(copy: Duplicate, first: Stored | None) -> None:
    fields = "these fields" if copy.fields else "fields that are not known: the first event was purged before"
    typer.echo(f"\n{copy.duplicate_id} differs from the first event in {fields}")
    kept = {"first": first.event.data if first else None, "copy": copy.data}
    documents = {name: orjson.loads(data) for name, data in kept.items() if data is not None}
    for path in copy.fields:
        values = (f"   {name}: {value_at(document, path)}" for name, document in documents.items())
        typer.echo(f"  {printable(path)}{''.join(values)}")


def value_at(document: object, path: str) -> str:
    """The JSON text of the field at the dotted `path`, cut at LONGEST_VALUE; `absent` where there is none."""
    found = [document] if path == "$" else values_at(document, path)
    if not found:
        return "absent"
    text = printable(orjson.dumps(found[0]).decode())
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def body(copy: Duplicate) -> str:
    """Whether the copy was the same bytes as the first event."""
    return "same" if copy.same_body else "differs"


COPIES: Columns[Duplicate] = {
    "DUPLICATE ID": lambda copy: copy.duplicate_id,
    "ID": lambda copy: copy.id,
    "RECEIVED": lambda copy: local(copy.received_at),
    "GAP": lambda copy: format_gap(copy.gap),
    "BODY": body,
    "REASON": lambda copy: copy.reason,
    "SECRET": lambda copy: "" if copy.secret is None else str(copy.secret),
    "FROM": lambda copy: copy.remote_addr,
}
