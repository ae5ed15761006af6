"""What was stored last, read forward, in SQLite: one writer, so places come in the order of commits."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

import orjson

from gateway.store import rows
from gateway.store.records import Delivery, Duplicate, Stored
from gateway.store.rejections import Rejection
from gateway.store.sqlite.connection import Read
from gateway.store.sqlite.writer import Writer
from gateway.store.statements import load
from gateway.store.tail import GONE_AFTER, MOST_LISTENERS, Kind, Listener, Span

SQL = load("gateway.store.sqlite", "tail.sql")
Record = TypeVar("Record")


class Tail:
    """Keeps the contract of `gateway.store.tail.Tail`."""

    def __init__(self, writer: Writer, read: Read) -> None:
        self._writer, self._read = writer, read

    async def head(self, kind: Kind, after: int) -> int:
        statement = SQL[f"head_of_{kind}"]
        return await self._read(lambda db: int(db.execute(statement).fetchone()[0]))

    async def events(self, span: Span) -> Sequence[Stored]:
        return await self._list("events", asdict(span), rows.stored)

    async def duplicates(self, span: Span) -> Sequence[Duplicate]:
        return await self._list("duplicates", asdict(span), rows.duplicate)

    async def rejections(self, span: Span) -> Sequence[Rejection]:
        return await self._list("rejections", asdict(span), rows.rejection)

    async def deliveries(self, span: Span) -> Sequence[Delivery]:
        return await self._list("deliveries", asdict(span), rows.delivery)

    async def ended(self, places: Sequence[int]) -> Sequence[Delivery]:
        return await self._list("ended", {"places": orjson.dumps(list(places)).decode()}, rows.delivery)

    async def attend(self, listener: Listener) -> None:
        await self._writer.write(_attend, listener)

    async def listeners(self, since: int) -> Sequence[Listener]:
        return await self._list("listeners", {"since": since}, lambda row: Listener(*row))

    async def hand(self, listener: str, event_id: str) -> bool:
        return await self._writer.write(_hand, (listener, event_id))

    async def handed(self, listener: str, after: int, limit: int = 100) -> Sequence[tuple[int, Stored]]:
        asked = {"listener": listener, "after": after, "limit": limit}
        return await self._list("handed", asked, lambda row: (row["number"], rows.stored(row)))

    async def last_handed(self, listener: str) -> int:
        asked = {"listener": listener}
        return await self._read(lambda db: int(db.execute(SQL["last_handed"], asked).fetchone()[0]))

    async def _list(
        self, statement: str, values: Mapping[str, Any], record: Callable[[sqlite3.Row], Record]
    ) -> list[Record]:
        return await self._read(lambda db: [record(row) for row in db.execute(SQL[statement], values)])


def _attend(db: sqlite3.Connection, listeners: Sequence[Listener]) -> list[None]:
    for one in listeners:
        if db.execute(SQL["forget_listeners"], {"gone": one.seen_at - GONE_AFTER}).rowcount:
            db.execute(SQL["forget_handed"])
        db.execute(SQL["attend"], asdict(one) | {"most": MOST_LISTENERS})
    return [None] * len(listeners)


def _hand(db: sqlite3.Connection, asked: Sequence[tuple[str, str]]) -> list[bool]:
    return [_hand_one(db, listener, event_id) for listener, event_id in asked]


def _hand_one(db: sqlite3.Connection, listener: str, event_id: str) -> bool:
    number = db.execute(SQL["count_handed"], {"listener": listener}).fetchone()
    if number is None:
        return False
    db.execute(SQL["hand"], {"listener": listener, "number": number[0], "event_id": event_id})
    return True
