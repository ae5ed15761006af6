-- name: open_waits
-- The numbers that events get tell what came before and what after, also where transactions overlap.
INSERT INTO waits (delivery_id, step, event_id, subscription, is_pattern, topic, patterns, match, path, key, ends,
                   opened_at, until, opened_after)
SELECT n.delivery_id, n.step, n.event_id, n.subscription, n.is_pattern, n.topic, n.patterns, n.match, n.path, n.key,
       n.ends, coalesce(n.now, now_ms()), coalesce(n.now, now_ms()) + n.timeout,
       CASE WHEN $14 THEN nextval('events_seq') END
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::text[], $7::text[], $8::text[],
            $9::text[], $10::text[], $11::boolean[], $12::bigint[], $13::bigint[])
    AS n (delivery_id, step, event_id, subscription, is_pattern, topic, patterns, match, path, key, ends, now, timeout)
ON CONFLICT (delivery_id, step) DO NOTHING
RETURNING delivery_id;

-- name: pending_of
SELECT delivery_id, event_id, subscription FROM deliveries_pending WHERE delivery_id = ANY ($1::text[]);

-- name: count_waits
UPDATE deliveries_pending AS d SET waits = d.waits + o.opened
FROM unnest($1::text[], $2::int[]) AS o (delivery_id, opened)
WHERE d.delivery_id = o.delivery_id;

-- name: park
-- Unless one of its waits has been resolved since the worker looked (`seen`).
UPDATE deliveries_pending AS d
SET leased_until = 8000000000000000,
    due_at = coalesce((SELECT min(w.until) FROM waits AS w
                       WHERE w.delivery_id = d.delivery_id AND w.state = 'open'), d.due_at)
FROM unnest($1::text[], $2::int[]) AS s (delivery_id, seen)
WHERE d.delivery_id = s.delivery_id AND d.leased_by IS NULL AND d.waits = s.seen
    AND EXISTS (SELECT FROM waits AS w WHERE w.delivery_id = d.delivery_id AND w.state = 'open' AND NOT w.ends);

-- name: inherit_outcomes
-- A replay goes on with what came of the waits of the last delivery before it.
INSERT INTO waits (delivery_id, step, event_id, subscription, is_pattern, topic, patterns, match, path, key, ends,
                   state, opened_after, opened_at, until, resolved_at, async_id)
SELECT $1, w.step, w.event_id, w.subscription, w.is_pattern, w.topic, w.patterns, w.match, w.path, w.key, w.ends,
       w.state, w.opened_after, w.opened_at, w.until, w.resolved_at, w.async_id
FROM waits AS w
WHERE w.event_id = $2 AND w.subscription = $3 AND w.step = $4 AND w.state <> 'open' AND NOT w.ends
ORDER BY w.seq DESC LIMIT 1;

-- name: first_arrival
SELECT a.seq AS arrival, a.cursor, e.* FROM (SELECT * FROM arrivals ORDER BY seq LIMIT 1) AS a
LEFT JOIN events AS e ON e.event_id = a.event_id;

-- name: awaited_patterns
-- The different ones that a name fits, by one look into the index for each.
WITH RECURSIVE found (topic) AS (
    (SELECT w.topic FROM waits AS w WHERE w.state = 'open' AND w.is_pattern ORDER BY w.topic LIMIT 1)
    UNION ALL
    SELECT (SELECT w.topic FROM waits AS w
            WHERE w.state = 'open' AND w.is_pattern AND w.topic > found.topic ORDER BY w.topic LIMIT 1)
    FROM found WHERE found.topic IS NOT NULL
)
SELECT topic FROM found WHERE $1::text ~ ('^(?:' || topic || ')$');

-- name: awaited_paths
WITH RECURSIVE found (path) AS (
    (SELECT w.path FROM waits AS w WHERE w.state = 'open' AND w.is_pattern = $1 AND w.topic = $2
     ORDER BY w.path LIMIT 1)
    UNION ALL
    SELECT (SELECT w.path FROM waits AS w
            WHERE w.state = 'open' AND w.is_pattern = $1 AND w.topic = $2 AND w.path > found.path
            ORDER BY w.path LIMIT 1)
    FROM found WHERE found.path IS NOT NULL
)
SELECT path FROM found WHERE path IS NOT NULL;

-- name: candidates
SELECT w.seq AS wait, w.delivery_id, w.event_id AS first_id, w.subscription, w.step, w.patterns, w.match, w.ends,
       w.state, w.opened_at, w.until, w.resolved_at, w.async_id, e.*
FROM waits AS w JOIN events AS e ON e.event_id = w.event_id
WHERE w.state = 'open' AND w.is_pattern = $1 AND w.topic = $2 AND w.path = $3 AND w.key = $4 AND w.seq > $5
    AND coalesce(w.opened_after, e.seq) < $6
    AND (w.until IS NULL OR w.until >= $7)
ORDER BY w.seq LIMIT $8;

-- name: go_on
UPDATE arrivals SET cursor = $3
WHERE seq = $1 AND cursor = $2 AND NOT EXISTS (SELECT FROM arrivals AS a WHERE a.seq < $1);

-- name: done_with
DELETE FROM arrivals WHERE seq = $1 AND cursor = $2 AND NOT EXISTS (SELECT FROM arrivals AS a WHERE a.seq < $1);

-- name: lock_waiting
-- Before the waits themselves, in the order in which whoever ends a delivery locks them.
SELECT d.delivery_id FROM deliveries_pending AS d
WHERE d.delivery_id = ANY (ARRAY(SELECT w.delivery_id FROM waits AS w WHERE w.seq = ANY ($1::bigint[])))
ORDER BY d.delivery_id
FOR UPDATE;

-- name: resolve
UPDATE waits SET state = $2, resolved_at = coalesce($4, now_ms()), async_id = $3
WHERE seq = ANY ($1::bigint[]) AND state = 'open'
RETURNING delivery_id, subscription, ends;

-- name: resume_parked
-- One that is to be cancelled stays parked.
UPDATE deliveries_pending AS d
SET waits = d.waits + 1,
    due_at = CASE WHEN d.leased_until = 8000000000000000
        THEN greatest(coalesce($2, now_ms()), (SELECT e.ts FROM events AS e WHERE e.event_id = d.event_id))
        ELSE d.due_at END,
    leased_until = CASE WHEN d.leased_until = 8000000000000000 AND EXISTS (
        SELECT FROM waits AS w WHERE w.delivery_id = d.delivery_id AND w.ends AND w.state = 'matched'
    ) THEN d.leased_until ELSE nullif(d.leased_until, 8000000000000000) END
WHERE d.delivery_id = $1
RETURNING d.subscription, d.due_at;

-- name: condemn
UPDATE deliveries_pending AS d
SET waits = d.waits + 1,
    leased_until = CASE WHEN d.leased_by IS NULL THEN 8000000000000000 ELSE d.leased_until END
WHERE d.delivery_id = $1;

-- name: timed_out
SELECT w.seq FROM waits AS w
WHERE w.state = 'open' AND w.until < coalesce($1, now_ms()) AND NOT EXISTS (
    SELECT FROM arrivals AS a WHERE a.received_at <= w.until AND (w.is_pattern OR a.name = w.topic)
)
ORDER BY w.until LIMIT $2;

-- name: next_until
SELECT min(until) FROM waits WHERE state = 'open' AND until IS NOT NULL;

-- name: condemned
SELECT w.* FROM waits AS w JOIN deliveries_pending AS d ON d.delivery_id = w.delivery_id
WHERE w.ends AND w.state = 'matched' AND d.leased_by IS NULL
ORDER BY w.seq LIMIT $1;

-- name: waits_of
SELECT w.* FROM waits AS w WHERE w.delivery_id = ANY ($1::text[]) ORDER BY w.seq;

-- name: waited_events
SELECT e.* FROM events AS e WHERE e.event_id = ANY ($1::text[]);

-- name: count_open
SELECT count(*) FROM waits WHERE state = 'open';

-- name: delete_waits_of
DELETE FROM waits WHERE event_id = ANY ($1::text[]);

-- name: delete_waits_of_day
DELETE FROM waits WHERE event_id >= $1 AND event_id < $2;
