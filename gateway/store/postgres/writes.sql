-- name: begin
BEGIN;
SET LOCAL lock_timeout = '4s';
SET LOCAL plan_cache_mode = force_custom_plan;
SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true);

-- name: take_keys
-- Takes the keys that are free or whose window is over, and locks the others. The keys come sorted, so that two
-- groups wait for each other in one order only. Who holds the others is asked for afterwards: this statement
-- sees them as they were when it began, perhaps before another node took them.
WITH asked AS (
    SELECT * FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::bigint[],
                         $8::bigint[]) AS a (slot, source, key, event_id, id, digest, first_at, expires_at)
), won AS (
    INSERT INTO dedupe_keys AS k (source, key, event_id, id, digest, first_at, expires_at)
    SELECT source, key, event_id, id, digest, first_at, expires_at FROM asked
    ON CONFLICT (source, key) DO UPDATE SET
        event_id = excluded.event_id,
        id = excluded.id,
        digest = excluded.digest,
        first_at = excluded.first_at,
        expires_at = excluded.expires_at
    WHERE k.expires_at <= excluded.first_at
    RETURNING source, key
)
SELECT a.slot FROM asked AS a JOIN won USING (source, key);

-- name: key_holders
SELECT a.slot, k.event_id, coalesce(k.id, k.key) AS id, k.digest, k.first_at, k.expires_at
FROM unnest($1::int[], $2::text[], $3::text[]) AS a (slot, source, key)
JOIN dedupe_keys AS k USING (source, key);

-- name: retake_key
UPDATE dedupe_keys SET event_id = $3, id = $4, digest = $5, first_at = $6, expires_at = $7
WHERE source = $1 AND key = $2;

-- name: event_data
SELECT event_id, data FROM events WHERE event_id = ANY ($1::text[]);

-- name: insert_events
-- Those that an open wait may be for are noted, in the same breath. The names are looked up one by one: a planner
-- that may do so would read all waits at once instead.
WITH RECURSIVE stored AS (
INSERT INTO events (event_id, id, name, source, ts, v, received_at, attributes, secret, remote_addr,
                    request_id, url, headers, data)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::bigint[],
                     $8::text[], $9::int[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[])
RETURNING seq, event_id, name, received_at
), patterns (topic) AS (
    (SELECT w.topic FROM waits AS w WHERE w.state = 'open' AND w.is_pattern ORDER BY w.topic LIMIT 1)
    UNION ALL
    SELECT (SELECT w.topic FROM waits AS w
            WHERE w.state = 'open' AND w.is_pattern AND w.topic > p.topic ORDER BY w.topic LIMIT 1)
    FROM patterns AS p WHERE p.topic IS NOT NULL
)
INSERT INTO arrivals (seq, event_id, name, received_at)
SELECT s.seq, s.event_id, s.name, s.received_at FROM stored AS s
WHERE (SELECT true FROM waits AS w WHERE w.state = 'open' AND NOT w.is_pattern AND w.topic = s.name LIMIT 1)
    OR (SELECT true FROM patterns AS p WHERE s.name ~ ('^(?:' || p.topic || ')$') LIMIT 1);

-- name: insert_requests
INSERT INTO requests (moment, request_id, body)
SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[])
ON CONFLICT (moment, request_id) DO NOTHING;

-- name: insert_deliveries
INSERT INTO deliveries_pending (delivery_id, event_id, subscription, due_at, created_at, order_key, order_at)
SELECT delivery_id, event_id, subscription, ts, created_at, order_key, ts
FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[])
    AS d (delivery_id, event_id, subscription, ts, created_at, order_key);

-- name: prioritize
UPDATE deliveries_pending AS d SET priority = p.priority
FROM unnest($1::text[], $2::int[]) AS p (delivery_id, priority) WHERE d.delivery_id = p.delivery_id;

-- name: insert_verdicts
INSERT INTO verdicts (event_id, subscription, reason, expression, saw, error, first_event_id)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[]);

-- name: insert_duplicates
INSERT INTO duplicates (duplicate_id, event_id, id, name, source, received_at, gap, same_body, fields, reason,
                        secret, remote_addr, headers, data)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[],
                     $8::boolean[], $9::text[], $10::text[], $11::int[], $12::text[], $13::text[], $14::text[]);

-- name: insert_rejections
INSERT INTO rejections (rejection_id, source, reason, detail, received_at, remote_addr, method, url, headers,
                        body_size, body_sha256, body)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[],
                     $8::text[], $9::text[], $10::bigint[], $11::text[], $12::bytea[]);

-- name: count_rejections
INSERT INTO rejection_counts AS c (source, reason, count, first_at, last_at)
SELECT source, reason, count(*), min(at), max(at)
FROM unnest($1::text[], $2::text[], $3::bigint[]) AS r (source, reason, at)
GROUP BY source, reason ORDER BY source, reason
ON CONFLICT (source, reason) DO UPDATE SET
    count = c.count + excluded.count,
    last_at = greatest(c.last_at, excluded.last_at);

-- name: trim_rejections
DELETE FROM rejections WHERE seq IN (
    SELECT seq FROM rejections WHERE source = $1 AND seq <= (
        SELECT seq FROM rejections WHERE source = $1 ORDER BY seq DESC LIMIT 1 OFFSET $2
    ) FOR UPDATE SKIP LOCKED
);

-- name: release_rejection
UPDATE rejections SET released_at = $2 WHERE rejection_id = $1;

-- name: heartbeat
INSERT INTO heartbeat (id, at) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET at = excluded.at;

-- name: notify
-- A NOTIFY takes a lock that the whole server shares until its transaction ends: this one waits for no disk.
SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, message)
FROM unnest($2::text[]) AS message;

-- name: begin_backfill
INSERT INTO backfills AS b (source, account, busy_until) VALUES ($1, $2, $3)
ON CONFLICT (source, account) DO UPDATE SET busy_until = excluded.busy_until WHERE b.busy_until <= $4
RETURNING cursor;

-- name: mark_backfill
UPDATE backfills SET cursor = $3, busy_until = $4 WHERE source = $1 AND account = $2;
