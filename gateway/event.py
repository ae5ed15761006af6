"""The event: its shape, its name, its ids, and the patterns that names are matched with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from os import urandom
from threading import Lock
from typing import Any

import orjson
from ulid_transform import bytes_to_ulid, ulid_to_timestamp

from adapters.record import record

SYSTEM = "gateway"
"""The source of every system event and the first segment of its name."""

API = "api"
"""The source of every event that was sent with an event key."""

MAX_NAME = 256
"""Characters of an event's name at most."""

SENT_BESIDE = ("user", "meta")
"""The objects that the official packages may send beside `data`: attributes that hold JSON text."""

EARLIEST_TS, LATEST_TS = 315_532_800_000, 4_102_444_800_000
"""Unix ms of 1980-01-01 and 2100-01-01: a time outside is a mistake of unit, not a time."""

_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


@record
class Event:
    """One thing that happened; stored once, never changed.

    `event_id` is the gateway's own ULID and unique for ever; `id` is the provider's event id and can come
    again once its dedupe window has ended. `data` is the provider's payload as JSON text, byte for byte
    where the payload was the whole body. `ts` (when it happened) and `received_at` are Unix ms.
    """

    event_id: str
    id: str
    name: str
    source: str
    data: str
    ts: int
    v: str | None
    received_at: int
    attributes: Mapping[str, str | int | bool | None] = field(default_factory=dict)

    @property
    def is_system(self) -> bool:
        """Whether the gateway itself emitted it."""
        return self.source == SYSTEM

    def wire(self) -> dict[str, Any]:
        """The five fields that subscribers and system events see, `data` spliced in unchanged.

        One that was sent with an event key has its `user` and `meta` beside them.
        """
        fields: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "data": orjson.Fragment(self.data.encode()),
            "ts": self.ts,
            "v": self.v,
        }
        if self.source == API:
            sent = {name: self.attributes.get(name) for name in SENT_BESIDE}
            fields |= {name: orjson.Fragment(str(text).encode()) for name, text in sent.items() if text}
        return fields


class _Ids:
    """Makes ULIDs: 48 bits of Unix ms, then 80 at random, or one more than the last where its ms is the same.

    https://github.com/ulid/spec, seen 2026-11-24. The highest random bit stays 0, which leaves more than
    can ever be counted up to.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._ms = -1
        self._last = 0

    def new(self, ms: int) -> str:
        """The next id; threads may call it at once."""
        with self._lock:
            if ms == self._ms:
                self._last += 1
            else:
                self._ms = ms
                self._last = ms << 80 | int.from_bytes(urandom(10)) >> 1
            number = self._last
        return bytes_to_ulid(number.to_bytes(16))


_ids = _Ids()


def new_id(now_ms: int) -> str:
    """A new ULID for `now_ms` (Unix ms); ids made by one process in one ms keep their order."""
    return _ids.new(now_ms)


def first_id(ms: int) -> str:
    """The smallest ULID of `ms` (Unix ms): every id below it is older, so that ids are an index of time."""
    return bytes_to_ulid((max(0, ms) << 80).to_bytes(16))


def made_at(id: str) -> int | None:
    """The time in a ULID (Unix ms); None where `id` is none."""
    return ulid_to_timestamp(id) if _ULID.fullmatch(id) else None


def sane_ts(ts: int | None, received_at: int) -> int:
    """`ts` where it lies between 1980 and 2100, else `received_at`; both Unix ms."""
    return ts if ts is not None and EARLIEST_TS <= ts <= LATEST_TS else received_at


def compile_patterns(patterns: Iterable[str]) -> re.Pattern[str]:
    """One expression for several name patterns: `*` stays within a segment, `**` crosses the `/`."""
    return re.compile("|".join(_expression(pattern) for pattern in patterns) or r"(?!)")


def _expression(pattern: str) -> str:
    parts = re.split(r"(\*\*|\*)", pattern)
    return "".join({"**": ".*", "*": "[^/]*"}.get(part) or re.escape(part) for part in parts)


def differing_fields(first: str, second: str, limit: int = 50) -> list[str]:
    """The dotted paths at which two JSON documents differ, sorted, `limit` at most.

    A list counts as one field; a text that is no JSON differs as a whole, at the path `$`.
    """
    try:
        a, b = orjson.loads(first), orjson.loads(second)
    except ValueError:
        return ["$"]
    return sorted(_differences(a, b, ""))[:limit]


def _differences(a: Any, b: Any, path: str) -> Iterable[str]:
    if isinstance(a, dict) and isinstance(b, dict):
        for key in a.keys() | b.keys():
            if key not in a or key not in b:
                yield f"{path}{key}"
            else:
                yield from _differences(a[key], b[key], f"{path}{key}.")
    elif a != b or type(a) is not type(b):
        yield path.rstrip(".") or "$"


def values_at(document: Any, path: str) -> list[Any]:
    """The value of a JSON document at the dotted `path`, if any, as the one item.

    A key may itself hold dots, so every way to divide the path is tried.
    """
    if not isinstance(document, dict):
        return []
    if path in document:
        return [document[path]]
    parts = path.split(".")
    for count in range(1, len(parts)):
        key, rest = ".".join(parts[:count]), ".".join(parts[count:])
        if key in document and (found := values_at(document[key], rest)):
            return found
    return []
