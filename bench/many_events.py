"""A SQLite store with very many events, made in seconds by SQL of its own rather than one request at a time.

The tables are those of the store's own migrations, and the rows such as the store itself would have written:
a delivery each of which one in a hundred died and one in a thousand waits, an attempt of each that ended, a
duplicate of every hundredth event, and the dedupe keys whose window is open.
"""

from __future__ import annotations

from pathlib import Path

from ulid_transform import bytes_to_ulid

from gateway.store.sqlite.connection import connect
from gateway.store.sqlite.schema import prepare

DAYS = 29
"""Over how many days the events are spread, the newest now: what is older than 30 is purged."""

WINDOW = 3 * 86_400_000
"""ms for which a dedupe key is taken."""

RARE = 50_000
"""One event in so many is of the source `rare`; the others are of `stripe`, for the subscription `app`."""

_FAST = ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", "PRAGMA cache_size = -65536")
_EVENTS = """
WITH RECURSIVE made (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM made WHERE n + 1 < :count),
    timed AS (
        SELECT n, n % :rare = 7 AS is_rare, :now - cast((:count - n) * :step AS INTEGER) AS at FROM made
    )
INSERT INTO events (event_id, id, name, source, ts, v, received_at, secret, remote_addr, url, headers, data)
SELECT ulid(at, 4 * n), printf('evt_%07d', n), iif(is_rare, 'github/push', 'stripe/customer.created'),
    iif(is_rare, 'rare', 'stripe'), at, 'v1', at, 0, '192.0.2.1', 'http://x/webhooks/stripe',
    '[["user-agent","bench"]]', printf('{"id":"evt_%07d","text":"%s"}', n, :text)
FROM timed;
"""
_KEYS = """
INSERT INTO dedupe_keys (source, key, event_id, digest, first_at, expires_at)
SELECT source, id, event_id, zeroblob(32), received_at, received_at + :window FROM events
WHERE received_at > :now - :window ORDER BY source, id;
"""
_DELIVERIES = """
INSERT INTO deliveries (delivery_id, event_id, subscription, due_at, created_at, state, attempts, finished_at,
                        last_status)
SELECT ulid(received_at, 4 * seq + 1), event_id, 'app', received_at, received_at,
    CASE WHEN seq % 1000 = 1 THEN 'pending' WHEN seq % 100 = 0 THEN 'dead' ELSE 'succeeded' END,
    seq % 1000 <> 1, iif(seq % 1000 = 1, NULL, received_at + 50),
    CASE WHEN seq % 1000 = 1 THEN NULL WHEN seq % 100 = 0 THEN 500 ELSE 200 END
FROM events WHERE source = 'stripe' ORDER BY seq;
"""
_ATTEMPTS = """
INSERT INTO attempts (delivery_id, number, started_at, latency, status, response)
SELECT delivery_id, 1, due_at, 20 + seq % 60, last_status, '' FROM deliveries WHERE attempts = 1 ORDER BY seq;
"""
_DUPLICATES = """
INSERT INTO duplicates (duplicate_id, event_id, id, name, source, received_at, gap, same_body, fields, reason,
                        secret, remote_addr, headers)
SELECT ulid(received_at, 4 * seq + 2), event_id, id, name, source, received_at + 900, 900, 1, '[]',
    'event id', 0, '192.0.2.1', '[]'
FROM events WHERE seq % 100 = 1 ORDER BY seq;
"""
_PAUSE = "INSERT INTO paused VALUES ('app', :now, 'nothing is delivered here')"


def fill(file: Path, count: int, now: int, text: str = "") -> None:
    """Make the store `file` with `count` events up to `now` (Unix ms), `text` in the payload of each."""
    prepare(file)
    db = connect(file)
    db.create_function("ulid", 2, _ulid, deterministic=True)
    for setting in _FAST:
        db.execute(setting)
    values = {"count": count, "now": now, "step": DAYS * 86_400_000 / count, "text": text}
    values |= {"window": WINDOW, "rare": RARE}
    db.execute("BEGIN")
    for statement in (_EVENTS, _KEYS, _DELIVERIES, _ATTEMPTS, _DUPLICATES, _PAUSE):
        db.execute(statement, values)
    db.execute("COMMIT")
    db.close()


def _ulid(ms: int, number: int) -> str:
    """The id of something made at `ms` (Unix ms), told apart from others of its time by `number`."""
    return bytes_to_ulid((ms << 80 | number).to_bytes(16))
