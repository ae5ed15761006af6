"""Vectors: requests that someone else signed, with what must become of them.

tests/vectors/README.md documents the files; any project can use them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from adapters.base import Adapter, Reply
from adapters.checking import Captured, CheckedEvent, judge_with


@dataclass(frozen=True)
class Vector:
    """One request and what must become of it. `reason` is for people; `source` says who signed it."""

    captured: Captured
    expect: str
    reason: str
    source: str
    events: Sequence[CheckedEvent] | None = None
    reply: Mapping[str, Any] | None = None


def read_vectors(file: Path) -> list[Vector]:
    """The vectors in `file`. Raises ValueError naming the file, the vector and what is wrong with it."""
    try:
        document = orjson.loads(file.read_bytes())
        adapter, source, records = document["adapter"], document["source"], document["vectors"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file}: not a file of vectors: {error!r}") from error
    vectors = []
    for record in records:
        try:
            vectors.append(_vector(record, adapter, source))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{file}: vector {record.get('id')!r}: {error}") from error
    return vectors


def difference(kind: type[Adapter], vector: Vector) -> str | None:
    """What an adapter of `kind` makes otherwise of `vector`; None where all is as stated."""
    verdict = judge_with(kind, vector.captured)
    if verdict.verdict != vector.expect:
        return f"expected {vector.expect}, got {verdict.verdict}: {verdict.reason} {verdict.detail}"
    if vector.events is not None and list(verdict.events) != list(vector.events):
        return f"expected the events {vector.events}, got {verdict.events}"
    if vector.reply is not None and not _answers(verdict.reply, vector.reply):
        return f"expected the reply {vector.reply}, got {verdict.reply}"
    return None


def _vector(record: Mapping[str, Any], adapter: str, source: str) -> Vector:
    if record["expect"] not in ("accept", "reject"):
        raise ValueError(f"expect: {record['expect']!r} is neither accept nor reject")
    for name in ("id", "reason"):
        if not isinstance(record[name], str) or not record[name]:
            raise ValueError(f"{name}: {record[name]!r} is not a text")
    events = record.get("events")
    return Vector(
        captured=Captured.of(record, adapter),
        expect=record["expect"],
        reason=record["reason"],
        source=record.get("source") or source,
        events=None if events is None else [CheckedEvent(e["id"], e["name"], e.get("ts")) for e in events],
        reply=record.get("reply"),
    )


def _answers(reply: Reply | None, stated: Mapping[str, Any]) -> bool:
    """Whether `reply` has the status and the body that are stated, and the headers among its own."""
    if reply is None:
        return False
    headers = {name.lower(): value for name, value in reply.headers.items()}
    return (
        reply.status == stated.get("status", 200)
        and ("body" not in stated or reply.body == stated["body"].encode())
        and all(headers.get(name.lower()) == value for name, value in stated.get("headers", {}).items())
    )
