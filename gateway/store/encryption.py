"""Which columns are encrypted, which keys a store has seen, and how its old rows come under another key."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from gateway.store.contract import Store
from gateway.store.errors import StoreRefused
from gateway.store.keyring import Keyring

PAGE = 200
"""Rows that are read and rewritten at a time."""

ATTRIBUTES = "attributes"
"""The kind of an event's attributes, which stay a JSON object: `{"sealed": …}`."""

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Sealable:
    """A table with columns that are sealed, in the order of its key.

    A row of its statements has `keys` columns that find it, the first of them as `first` has them to go on
    behind; then a column for each of `kinds`.
    """

    name: str
    first: Row
    keys: int
    kinds: tuple[str, ...]


TABLES = (
    Sealable("events", (0,), 2, ("data", "headers", "url", ATTRIBUTES)),
    Sealable("requests", ("", ""), 2, ("body",)),
    Sealable("duplicates", (0,), 1, ("headers", "data")),
    Sealable("rejections", (0,), 1, ("headers", "url", "body")),
    Sealable("deliveries", (0,), 3, ("error",)),
    Sealable("attempts", ("", "", 0), 3, ("error", "response")),
    Sealable("verdicts", ("", ""), 2, ("saw", "error")),
    Sealable("answers", ("", 0), 2, ("headers", "body")),
    Sealable("steps", ("", "", ""), 3, ("result",)),
)


class Encryption(Protocol):
    """The part of a store that knows of keys, by their ids, and that sees rows as they are stored."""

    async def keys(self) -> Sequence[str]:
        """The keys that something may be encrypted with."""
        ...

    async def use_key(self, id: str, now: int) -> None:
        """Note that from `now` (Unix ms) on something may be encrypted with a key."""
        ...

    async def forget_keys(self, kept: Sequence[str]) -> None:
        """Note that nothing is encrypted with any other than these."""
        ...

    async def page(self, table: Sealable, after: Row, limit: int) -> Sequence[Row]:
        """The next rows of a table behind the key `after`."""
        ...

    async def rewrite(self, table: Sealable, rows: Sequence[Row]) -> None:
        """Store other values in the columns of these rows; one that is gone or changed is left alone."""
        ...


async def check_keys(store: Store, keyring: Keyring | None, where: str, now: int) -> None:
    """Note the key that encrypts. Raises StoreRefused where the store needs a key that is missing."""
    known = await store.encryption.keys()
    missing = sorted(set(known) - (keyring.ids if keyring else frozenset()))
    if missing:
        has = f"store.encrypt has {', '.join(sorted(keyring.ids))}" if keyring else "store.encrypt has none"
        raise StoreRefused(
            f"{where} holds bodies that are encrypted with the key {' and '.join(missing)}, and {has}; "
            "add it to store.encrypt, behind the key that encrypts. Nothing is lost meanwhile"
        )
    if keyring is not None and keyring.first not in known:
        await store.encryption.use_key(keyring.first, now)


async def rotate(
    encryption: Encryption, keyring: Keyring, plain: bool = False
) -> AsyncIterator[tuple[str, int, int]]:
    """Bring every row under the first key, or `plain` under none. Interrupted, it can begin again.

    Yields after each page the table, how many rows were looked at, and how many of them were changed.
    Raises Unreadable where a row can't be opened: it, and all after it, stay as they are.
    """
    for table in TABLES:
        after = table.first
        while rows := await encryption.page(table, after, PAGE):
            changed = list(_changed(table, rows, keyring, plain))
            if changed:
                await encryption.rewrite(table, changed)
            after = rows[-1][: len(table.first)]
            yield table.name, len(rows), len(changed)
    await encryption.forget_keys([] if plain else [keyring.first])


def _changed(table: Sealable, rows: Iterable[Row], keyring: Keyring, plain: bool) -> Iterable[Row]:
    for row in rows:
        key, old = row[: table.keys], row[table.keys :]
        new = tuple(moved(v, kind, keyring, plain) for v, kind in zip(old, table.kinds, strict=True))
        if new != old:
            yield (*key, *new)


def moved(value: Any, kind: str, keyring: Keyring, plain: bool) -> Any:
    """A stored value under the first key, or `plain` under none."""
    if value is None:
        return None
    if kind == ATTRIBUTES:
        return _moved_attributes(value, keyring, plain)
    if not plain and keyring.is_current(value):
        return value
    if isinstance(value, bytes):
        body = keyring.open_bytes(value, kind)
        return body if plain else keyring.seal_bytes(body, kind)
    text = keyring.open(value, kind)
    return text if plain or not text else keyring.seal(text, kind)


def _moved_attributes(value: str, keyring: Keyring, plain: bool) -> str:
    held = orjson.loads(value)
    sealed = held.get("sealed") if set(held) == {"sealed"} else None
    text = value if sealed is None else keyring.open(sealed, ATTRIBUTES)
    if plain or text == "{}" or (sealed is not None and keyring.is_current(sealed)):
        return text if plain or text == "{}" else value
    return orjson.dumps({"sealed": keyring.seal(text, ATTRIBUTES)}).decode()
