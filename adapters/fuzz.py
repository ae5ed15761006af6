"""Requests of random parts, some of which look right, for the conformance kit. The chance is the caller's."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson

from adapters.base import Headers, WebhookRequest


def fuzzed(chance: random.Random, genuine: WebhookRequest, names: Sequence[bytes]) -> WebhookRequest:
    """A request of random parts, some of which look right."""
    pool = [*names, b"content-type", b"x-event-id", *(name for name, _ in genuine.headers.raw)]
    raw = [(chance.choice(pool), _value(chance)) for _ in range(chance.randrange(5))]
    kept = [pair for pair in genuine.headers.raw if pair[0] not in names and chance.random() < 0.5]
    body = chance.choice((_junk, _document, _mutated))(chance, genuine)
    query = "".join(chance.choice("abc=&%2F#é") for _ in range(chance.randrange(12)))
    return replace(genuine, url=f"{genuine.url}?{query}", headers=Headers([*kept, *raw]), body=body)


def _value(chance: random.Random) -> bytes:
    stamp = b"%d" % chance.choice((0, 10**9, 1_800_000_000, 10**30))
    parts = (
        b"t=",
        b"v1=",
        b",",
        b";",
        b" ",
        b"sha256=",
        b"Bearer ",
        b"a.b.c",
        stamp,
        b"\xff",
        b"=",
        b"e30.e30.",
    )
    return b"".join(chance.choice(parts) for _ in range(chance.randrange(8)))


def _junk(chance: random.Random, genuine: WebhookRequest) -> bytes:
    return chance.randbytes(chance.randrange(60))


def _document(chance: random.Random, genuine: WebhookRequest) -> bytes:
    values: tuple[object, ...] = (
        None,
        True,
        -1,
        1.5,
        2**63,
        "",
        "x",
        "é\n",
        [],
        {},
        [None],
        [{"id": 1}],
        {"id": {}, "type": []},
    )
    words = ("id", "type", "event", "events", "data", "created", "object", "action", "payload", "challenge")
    pick = {chance.choice(words): chance.choice(values) for _ in range(chance.randrange(6))}
    return orjson.dumps(chance.choice((pick, [pick], {"events": [pick]}, chance.choice(values))))


def _mutated(chance: random.Random, genuine: WebhookRequest) -> bytes:
    """The genuine body with one of its values, at any depth, replaced."""
    try:
        document = orjson.loads(genuine.body)
    except ValueError:
        cut = chance.randrange(len(genuine.body) + 1)
        return genuine.body[:cut] + chance.choice((b"", b"&", b"%", b"=\xff"))
    node: Any = document
    while isinstance(node, (dict, list)) and node:
        key = chance.choice(list(node)) if isinstance(node, dict) else chance.randrange(len(node))
        inner = node[key]
        if not isinstance(inner, (dict, list)) or not inner or chance.random() < 0.4:
            node[key] = chance.choice((None, 7, -1.5, "", "x\n", [], {}, ["x"], True))
            break
        node = inner
    return orjson.dumps(document)
